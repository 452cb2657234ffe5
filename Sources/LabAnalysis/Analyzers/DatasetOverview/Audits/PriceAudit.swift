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

  private var exact = Tally()
  private var tolerant = Tally()
  /// Calls whose cost could be compared.
  private(set) var compared = 0
  /// Calls that the book can't price: model, tier or time unknown to it.
  private(set) var unpriced = 0
  private var finerThanMicrodollars = false
  private var prices: PriceIndex

  init(_ prices: PriceIndex) { self.prices = prices }

  /// Whether all recorded costs are whole microdollars.
  var hasSixDecimals: Bool { !finerThanMicrodollars }
  var tally: Tally { hasSixDecimals ? tolerant : exact }

  mutating func add(_ block: CallBlock) {
    let columns = PricedColumns(block)
    let costs = block.integers(.cost)
    let inputs = block.integers(.inputTokens)
    let outputs = block.integers(.outputTokens)
    let unknown = IntegerColumn.unknown
    for row in 0..<block.count {
      let cost = costs[row]
      let (input, output) = (inputs[row], outputs[row])
      guard cost != unknown, input != unknown, output != unknown else { continue }
      if cost % Self.nanodollarsPerMicrodollar != 0 { finerThanMicrodollars = true }
      guard let model = prices.model(provider: columns.providers[row], model: columns.models[row]) else {
        unpriced &+= 1
        continue
      }
      let slot = prices.slot(model: model, tierCode: columns.tier(row), at: columns.time(row), input: input)
      guard slot >= 0,
        let expected = priced(
          columns.tokens(row, input: input, output: output), input: input, output: output,
          rule: prices.rule(model: model, errorCode: columns.error(row)), rates: prices.slots[slot].rates)
      else {
        unpriced &+= 1
        continue
      }
      compared &+= 1
      let difference = cost &- expected
      if difference != 0 {
        exact.add(difference)
        if difference.magnitude > Self.sixDecimalTolerance.magnitude { tolerant.add(difference) }
      }
    }
  }

  @inline(__always)
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
