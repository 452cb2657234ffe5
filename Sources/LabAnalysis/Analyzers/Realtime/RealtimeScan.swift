import LabCore
import LabTable

/// What ``Realtime`` sums beside the shared aggregates: cost by provider, calls by day and feature, and the tier prices of
/// customers.
struct RealtimeScan: CallScan {
  /// By provider code: calls, recorded nanodollars, input and output tokens.
  var providers: [SIMD4<Int64>] { (0..<halves.count / 2).map { halves[$0 * 2] &+ halves[$0 * 2 + 1] } }
  /// Two sums of every provider, see ``RowLoops``.
  private var halves: ContiguousArray<SIMD4<Int64>>
  /// Calls by day (from the first) · features + feature code.
  private(set) var features: ContiguousArray<Int64>
  /// By customer code the nanodollars of its last monthly tier price; -1 without one.
  private(set) var tierPrices: ContiguousArray<Int64>
  let firstDay: Int
  let days: Int
  let featureCount: Int
  private var keys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)

  static let columns: [UsageColumn] = [
    .timestamp, .provider, .featureID, .customerID, .cost, .tierPrice, .inputTokens, .outputTokens,
  ]
  /// More sums by day and feature than these (32 MB) are not kept.
  private static let mostSums = 1 << 22

  /// The pass over calls that lie in a range of time.
  static func request(_ calls: CallTable, in range: ClosedRange<Instant>?) -> ScanRequest<RealtimeScan> {
    let days = range.map { $0.lowerBound.day..<$0.upperBound.day + 1 } ?? 0..<0
    return ScanRequest(key: "realtime", columns: columns) { RealtimeScan(calls, days: days) }
  }

  private init(_ calls: CallTable, days: Range<Int>) {
    halves = ContiguousArray(repeating: SIMD4(repeating: 0), count: max(1, calls.dictionary(.provider).count) * 2)
    let features = calls.has(.featureID) ? calls.dictionary(.featureID).count : 0
    let (sums, overflow) = features.multipliedReportingOverflow(by: days.count)
    featureCount = overflow || sums > Self.mostSums ? 0 : features
    self.features = ContiguousArray(repeating: 0, count: featureCount * days.count)
    tierPrices = ContiguousArray(repeating: -1, count: max(1, calls.dictionary(.customerID).count))
    firstDay = days.lowerBound
    self.days = days.count
  }

  mutating func add(_ block: CallBlock) {
    RowLoops.addInTurn(
      block.integers(.cost), block.integers(.inputTokens), block.integers(.outputTokens), by: block.codes(.provider),
      count: block.count, to: &halves)
    RowLoops.keepLast(
      block.integers(.tierPrice), by: block.codes(.customerID), count: block.count, in: &tierPrices)
    guard featureCount > 0 else { return }
    placeInTime(block.integers(.timestamp), count: block.count)
    RowLoops.addKnownKeys(block.codes(.featureID), count: block.count, to: &keys)
    RowLoops.count(keys, count: block.count, in: &features)
  }

  /// Writes where the features of every row's day begin, or ``RowLoops/noKey``.
  private mutating func placeInTime(_ times: borrowing ContiguousArray<Int64>, count: Int) {
    let (firstDay, days) = (Int64(firstDay), Int64(days))
    RowLoops.forEachRun(of: times, count: count, width: Months.microsecondsPerDay) { rows, number in
      let day = number.map { $0 &- firstDay } ?? -1
      let isIn = day >= 0 && day < days
      RowLoops.fill(&keys, rows, isIn ? UInt32(truncatingIfNeeded: Int(day) &* featureCount) : RowLoops.noKey)
    }
  }

  mutating func merge(_ later: RealtimeScan) {
    for index in halves.indices { halves[index] &+= later.halves[index] }
    for index in features.indices { features[index] &+= later.features[index] }
    for index in tierPrices.indices where later.tierPrices[index] >= 0 { tierPrices[index] = later.tierPrices[index] }
  }
}
