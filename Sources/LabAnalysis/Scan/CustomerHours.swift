import LabCore
import LabTable

/// What every customer did in every hour: the aggregate behind all figures per customer over time.
///
/// Cells are sorted by customer, then by hour; hours without a call have none. One pass over the calls appends to the cell
/// that a customer was in last, so the work is linear, and memory is 72 bytes per customer and hour with calls, once and not
/// twice at any time (``SortedHourCells``).
struct CustomerHours: Sendable {
  /// The calls of one customer in one hour. Sums of unknown figures leave them out.
  struct Cell: HourCell {
    var customer: UInt32
    var hour: Int32
    var calls: UInt32 = 0
    /// Failed calls, rate-limited ones included.
    var errors: UInt32 = 0
    var rateLimits: UInt32 = 0
    /// A bit per region code, the last bit standing for all codes from 31 on.
    var regions: UInt32 = 0
    /// The first and the last call, in milliseconds since the hour began.
    var first: UInt32 = 0
    var last: UInt32 = 0
    /// The squares of the gaps between neighbouring calls, in square milliseconds; ``disordered`` when a call stands in the
    /// file before an earlier one, which leaves no gaps to speak of.
    var squaredGaps: Int64 = 0
    /// Recorded cost in nanodollars.
    var cost: Int64 = 0
    var inputTokens: Int64 = 0
    var outputTokens: Int64 = 0
    /// The sum of ``level(of:)`` of every call's input tokens, `UInt32.max` where it leaves 32 bits; see ``levels``.
    private(set) var inputLevels: UInt32 = 0
    /// Calls on models among the dearest (``DearModels``).
    var dearCalls: UInt32 = 0

    init(customer: UInt32, hour: Int32) { (self.customer, self.hour) = (customer, hour) }

    /// Days since 1970 UTC.
    var day: Int { Int(floorDivide(Int64(hour), 24)) }
    var totalTokens: Int64 { inputTokens &+ outputTokens }

    static let disordered: Int64 = -1

    /// The binary logarithm of a number of tokens (one more, so that none is 0) in steps of 1/``levelsPerOctave``, straight
    /// lines between powers of two.
    @inline(__always)
    static func level(of tokens: Int64) -> UInt32 {
      // The exponent and the first six bits of the fraction of a floating-point number stand side by side. Of a number of 2⁵²
      // and more bits that don't show are cleared, so that none is rounded.
      let count = max(tokens, 0)
      let value = Double(count < 1 << 52 ? UInt64(count) &+ 1 : (UInt64(count) &+ 1) & ~0x7ff)
      return UInt32(truncatingIfNeeded: value.bitPattern &>> 46) &- 1023 &<< 6
    }

    static let levelsPerOctave = 64.0

    /// The coefficient of variation of the gaps between the hour's calls; nil under two gaps, without any time between, or
    /// when the calls aren't in order.
    var gapVariation: Double? {
      let gaps = Double(calls) - 1
      let span = Double(last) - Double(first)
      guard gaps >= 2, span > 0, squaredGaps >= 0 else { return nil }
      let mean = span / gaps
      return max(0, Double(squaredGaps) / gaps - mean * mean).squareRoot() / mean
    }

    /// The sum of the binary logarithms of every call's input tokens: a mean that a few long prompts don't move. Of an hour with
    /// so many calls that the sum left 32 bits (some six million) every call is taken for one of mean length.
    var levels: Double {
      let sum =
        inputLevels < .max
        ? Double(inputLevels) : Double(calls) * Double(Self.level(of: inputTokens / Int64(max(calls, 1))))
      return sum / Self.levelsPerOctave
    }

    @inline(__always)
    mutating func add(levels: UInt32) {
      let sum = inputLevels &+ levels
      inputLevels = sum < inputLevels ? .max : sum
    }

    mutating func add(_ other: Cell) {
      let gap = Int64(other.first) - Int64(last)
      let isOrdered = gap >= 0 && squaredGaps >= 0 && other.squaredGaps >= 0
      squaredGaps = isOrdered ? squaredGaps &+ other.squaredGaps &+ gap &* gap : Self.disordered
      first = min(first, other.first)
      last = max(last, other.last)
      calls &+= other.calls
      errors &+= other.errors
      rateLimits &+= other.rateLimits
      regions |= other.regions
      cost &+= other.cost
      inputTokens &+= other.inputTokens
      outputTokens &+= other.outputTokens
      add(levels: other.inputLevels)
      dearCalls &+= other.dearCalls
    }
  }

  let cells: CellPages<Cell>
  /// By customer code where its cells begin and end; other places hold cells without calls.
  let starts: ContiguousArray<Int>
  let ends: ContiguousArray<Int>

  /// The first hour with a call of any customer.
  let firstHour: Int?

  /// How many customer codes the table has.
  var customerCount: Int { starts.count }

  /// The cells of a customer, by hour.
  func cells(of customer: Int) -> Slice<CellPages<Cell>> { Slice(base: cells, bounds: range(of: customer)) }

  /// The places of a customer's cells in ``cells``.
  func range(of customer: Int) -> Range<Int> { starts[customer]..<ends[customer] }

  /// The places of a customer's cells of the hours [start, end).
  func range(of customer: Int, from start: Int, to end: Int) -> Range<Int> {
    let all = range(of: customer)
    let first = place(of: start, in: all)
    return first..<max(first, place(of: end, in: all))
  }

  private func place(of hour: Int, in range: Range<Int>) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if Int(cells[middle].hour) < hour { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The columns without which there is no such aggregate.
  static let needed: [UsageColumn] = [.customerID, .timestamp]

  /// Names it among what analyzers share.
  static let key = "customer_hours"

  /// The aggregate of a context's calls, made at most once; nil when the table lacks one of ``needed``.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> CustomerHours? {
    guard calls.missing(needed).isEmpty else { return nil }
    return try context.shared.value(key) { () throws(AnalysisError) in
      let dear = DearModels(calls, context.prices)
      var scan = try context.scanning { () throws(LabFailure) in
        try calls.fold(
          reading: CustomerHourScan.columns, where: context.selection, context.scan,
          from: { CustomerHourScan(calls, dear) }, { $0.add($1) }, merge: { $0.merge($1) })
      }
      return CustomerHours(scan.store.handOver(), width: context.threads)
    }
  }

  /// - Parameter width: threads.
  init(_ store: consuming HourCellStore<Cell>, width: Int = 1) {
    let sorted = SortedHourCells(store, width: width)
    (cells, starts, ends) = (sorted.cells, sorted.starts, sorted.ends)
    firstHour = sorted.starts.indices.filter { sorted.starts[$0] < sorted.ends[$0] }
      .map { Int(sorted.cells[sorted.starts[$0]].hour) }.min()
  }
}
