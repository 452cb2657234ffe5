import LabCore
import LabPrices
import LabTable

/// Recorded cost against tokens × price, call by call, exact to the nanodollar.
///
/// Costs written with six decimals (the least that the format asks for) can't be nearer than half a microdollar; where a
/// whole file is like that, such differences are not counted.
struct PriceAudit: Sendable {
  /// Half of 10⁻⁶ USD.
  static let sixDecimalTolerance: Int64 = 500
  private static let nanodollarsPerMicrodollar: Int64 = 1000

  /// Differing calls, and their differences, at a tolerance of zero and of ``sixDecimalTolerance``.
  struct Tally: Sendable {
    var calls = 0
    /// Σ (recorded − priced) in nanodollars.
    var difference: Int128 = 0
    /// Σ |recorded − priced|.
    var absolute: Int128 = 0

    mutating func add(_ difference: Int64) {
      calls += 1
      self.difference += Int128(difference)
      absolute += Int128(difference.magnitude)
    }

    mutating func merge(_ other: Tally) {
      calls += other.calls
      difference += other.difference
      absolute += other.absolute
    }
  }

  /// What a quick look at a block tells of its calls with tokens and a recorded cost.
  struct Look: Sendable {
    /// Those whose cost is surely the book's price to the nanodollar.
    var confirmedCalls = 0
    /// Those without a price row.
    var rowlessCalls = 0
    /// The rows of the others, which it takes more to compare.
    var doubtful: [Int] = []

    /// Takes in what a look at later rows tells.
    mutating func add(_ later: Look) {
      confirmedCalls += later.confirmedCalls
      rowlessCalls += later.rowlessCalls
      doubtful += later.doubtful
    }
  }

  private var exact = Tally()
  private var tolerant = Tally()
  /// Calls whose cost could be compared.
  private(set) var compared = 0
  /// Calls that the book can't price: model, tier or time unknown to it.
  private(set) var unpriced = 0
  private var finerThanMicrodollars = false
  private let prices: PriceIndex

  init(_ prices: PriceIndex) { self.prices = prices }

  /// Whether all recorded costs are whole microdollars.
  var hasSixDecimals: Bool { !finerThanMicrodollars }
  var tally: Tally { hasSixDecimals ? tolerant : exact }

  /// - Parameters:
  ///   - slots: by row the number of the slot that prices the call, or -1.
  ///   - look: what a first look told of the rows.
  mutating func add(_ columns: PricedColumns, slots: ContiguousArray<Int32>, _ look: Look) {
    if !finerThanMicrodollars { finerThanMicrodollars = Self.isFiner(columns) }
    compared += look.confirmedCalls
    unpriced += look.rowlessCalls
    for row in look.doubtful { compare(columns, row, prices.slots[Int(slots[row])]) }
  }

  /// Whether a recorded cost is surely the nanodollar nearest to a price in half femtodollars.
  ///
  /// A price is a sum of six products of numbers that are exact, times the discount: it is off by a few units in the last
  /// place at most, of which 2⁻⁴⁹ of it is more. A cost so near to the middle of two nanodollars that this matters is left
  /// to exact arithmetic.
  @inline(__always)
  static func isPrice(_ cost: Int64, _ price: Double) -> Bool {
    let unit = Double(TokenPrice.halfFemtodollarsPerNanodollar)
    return abs(Double(cost) * unit - price) < unit / 2 - 1 - price * 0x1p-49
  }

  /// Whether the cost of a call with tokens is no whole microdollar.
  private static func isFiner(_ columns: PricedColumns) -> Bool {
    let unknown = IntegerColumn.unknown
    return (0..<columns.count).contains { row in
      columns.costs[row] != unknown && columns.inputs[row] != unknown && columns.outputs[row] != unknown
        && columns.costs[row] % nanodollarsPerMicrodollar != 0
    }
  }

  /// The exact comparison of a call that is not billed whole or whose cost may differ.
  private mutating func compare(_ columns: PricedColumns, _ row: Int, _ slot: PriceIndex.Slot) {
    let (input, output) = (columns.inputs[row], columns.outputs[row])
    guard
      let expected = priced(
        columns.tokens(row, input: input, output: output), input: input, output: output,
        rule: prices.rule(model: slot.model, errorCode: columns.errors[row]), rates: slot.rates)
    else {
      unpriced += 1
      return
    }
    compared += 1
    let difference = columns.costs[row] &- expected
    if difference != 0 {
      exact.add(difference)
      if difference.magnitude > Self.sixDecimalTolerance.magnitude { tolerant.add(difference) }
    }
  }

  private func priced(
    _ tokens: PricedTokens, input: Int64, output: Int64, rule: ErrorBilling.Rule, rates: CallRates
  ) -> Int64? {
    if rule == .free { return 0 }
    let isFull = rule == .full
    let usage = TokenUsage(
      input: input, cachedInput: tokens.classes[1], cacheWrite: tokens.classes[2], cacheWrite1h: tokens.classes[3],
      output: isFull ? output : 0, reasoning: isFull ? tokens.classes[5] : 0)
    return rates.cost(of: usage)?.nanodollars
  }

  mutating func merge(_ other: PriceAudit) {
    exact.merge(other.exact)
    tolerant.merge(other.tolerant)
    compared += other.compared
    unpriced += other.unpriced
    finerThanMicrodollars = finerThanMicrodollars || other.finerThanMicrodollars
  }
}
