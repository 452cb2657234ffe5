import LabCore
import LabTable

/// What ``Realtime`` sums beside the shared aggregates: cost by provider, calls by day and feature, and the tier prices of
/// customers.
struct RealtimeScan: CallScan {
  /// By provider code: calls, recorded nanodollars, input and output tokens.
  private(set) var providers: ContiguousArray<SIMD4<Int64>>
  /// Calls by day (from the first) · features + feature code.
  private(set) var features: ContiguousArray<Int64>
  /// By customer code the nanodollars of its last monthly tier price; -1 without one.
  private(set) var tierPrices: ContiguousArray<Int64>
  let firstDay: Int
  let days: Int
  let featureCount: Int

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
    providers = ContiguousArray(repeating: SIMD4(repeating: 0), count: max(1, calls.dictionary(.provider).count))
    let features = calls.has(.featureID) ? calls.dictionary(.featureID).count : 0
    let (sums, overflow) = features.multipliedReportingOverflow(by: days.count)
    featureCount = overflow || sums > Self.mostSums ? 0 : features
    self.features = ContiguousArray(repeating: 0, count: featureCount * days.count)
    tierPrices = ContiguousArray(repeating: -1, count: max(1, calls.dictionary(.customerID).count))
    firstDay = days.lowerBound
    self.days = days.count
  }

  mutating func add(_ block: CallBlock) {
    let (timeValues, costValues, priceValues) = (
      block.integers(.timestamp), block.integers(.cost), block.integers(.tierPrice)
    )
    let (providerCodes, featureCodes) = (block.codes(.provider), block.codes(.featureID))
    let customerCodes = block.codes(.customerID)
    let (inputValues, outputValues) = (block.integers(.inputTokens), block.integers(.outputTokens))
    let (inputs, outputs) = (inputValues.span, outputValues.span)
    let (times, costs, prices) = (timeValues.span, costValues.span, priceValues.span)
    let (providerSpan, featureSpan, customers) = (providerCodes.span, featureCodes.span, customerCodes.span)
    let (unknown, firstDay, days, width) = (IntegerColumn.unknown, firstDay, self.days, featureCount)
    var (start, day) = (Int64.max, 0)
    // Out of the value while the loop runs, so that no access is checked row by row.
    var providers: ContiguousArray<SIMD4<Int64>> = []
    var (features, tierPrices): (ContiguousArray<Int64>, ContiguousArray<Int64>) = ([], [])
    swap(&providers, &self.providers)
    swap(&features, &self.features)
    swap(&tierPrices, &self.tierPrices)
    for row in 0..<block.count {
      // Unknown is the least number of all.
      providers[Int(providerSpan[row])] &+= SIMD4(
        1, costs[row] == unknown ? 0 : costs[row], max(inputs[row], 0), max(outputs[row], 0))
      if prices[row] != unknown { tierPrices[Int(customers[row])] = prices[row] }
      let time = times[row]
      guard width > 0, time != unknown else { continue }
      if time < start || time &- start >= 86_400_000_000 {
        day = Int(floorDivide(time, 86_400_000_000)) &- firstDay
        start = Int64(day &+ firstDay) &* 86_400_000_000
      }
      if day >= 0, day < days { features[day &* width &+ Int(featureSpan[row])] &+= 1 }
    }
    swap(&providers, &self.providers)
    swap(&features, &self.features)
    swap(&tierPrices, &self.tierPrices)
  }

  mutating func merge(_ later: RealtimeScan) {
    for index in providers.indices { providers[index] &+= later.providers[index] }
    for index in features.indices { features[index] &+= later.features[index] }
    for index in tierPrices.indices where later.tierPrices[index] >= 0 { tierPrices[index] = later.tierPrices[index] }
  }
}
