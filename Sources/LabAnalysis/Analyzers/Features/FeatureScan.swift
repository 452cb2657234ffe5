import LabCore
import LabTable

/// The one pass over the calls that all figures of ``Features`` rest on: per feature and day, per feature and model, and per
/// pair of customer and feature the number of calls and a bit for each day with one.
struct FeatureScan: Sendable {
  /// What the pass reads and how its tables are laid out.
  struct Plan: Sendable {
    var columns: [UsageColumn]
    var customers: Int
    var features: Int
    var models: Int
    var providers: Int
    /// The days (since 1970) that are kept apart, the last ones of the window.
    var days: Range<Int>
    /// Whether every pair of customer and feature has its place, or only those that occur.
    var isDense: Bool
    /// Whether features are split by model.
    var splitsModels: Bool

    /// 64-bit words of a pair's days.
    var words: Int { (days.count + 63) / 64 }
  }

  /// Sums of calls: calls, cost, input tokens, output tokens.
  typealias Sums = SIMD4<Int64>

  /// Two years.
  private static let dayLimit = 731
  /// Sums of features by day: 32 bytes each.
  private static let dayCellLimit = 1 << 19
  /// Words of the pairs' days, 8 bytes each.
  private static let wordLimit = 1 << 21
  private static let denseLimit = 1 << 20
  private static let modelCellLimit = 1 << 18

  let plan: Plan
  /// Feature · (days + 1) + day; the last place of a feature is for calls before the kept days.
  private var byDay: ContiguousArray<Sums>
  /// (Feature · providers + provider) · models + model: calls and cost.
  private(set) var byModel: ContiguousArray<SIMD2<Int64>>
  private(set) var pairs: FeaturePairs
  /// Calls without a recorded cost, which are in no sum of costs.
  private(set) var costlessCalls: Int64 = 0

  /// The scan of a context's calls, made at most once, so that a repeated analysis only sums up.
  static func of(
    _ calls: CallTable, window: ClosedRange<Instant>, in context: AnalysisContext
  ) throws(AnalysisError) -> FeatureScan {
    let plan = plan(calls, window: window)
    // Places of pairs are given as they come; one after the other takes no more room than there are pairs.
    var scanning = context
    if !plan.isDense { scanning.threads = 1 }
    let width = scanning.scan
    return try context.shared.value("feature_scan") { () throws(AnalysisError) in
      try context.scanning { () throws(LabFailure) in
        try calls.fold(
          reading: plan.columns, where: context.selection, width, from: { FeatureScan(plan) }, { $0.add($1) },
          merge: { $0.merge($1) })
      }
    }
  }

  static func plan(_ calls: CallTable, window: ClosedRange<Instant>) -> Plan {
    let columns: [UsageColumn] = [
      .timestamp, .customerID, .featureID, .provider, .model, .cost, .inputTokens, .outputTokens,
    ]
    let (customers, features) = (calls.dictionary(.customerID).count, max(1, calls.dictionary(.featureID).count))
    let last = window.upperBound.day
    let kept = max(7, min(dayLimit, dayCellLimit / features))
    let first = max(window.lowerBound.day, last - kept + 1)
    let (providers, models) = (max(1, calls.dictionary(.provider).count), max(1, calls.dictionary(.model).count))
    let words = (last + 1 - first + 63) / 64
    // Products of sizes of dictionaries stay far below 64 bits.
    let cells = customers * features
    return Plan(
      columns: columns, customers: customers, features: features, models: models, providers: providers,
      days: first..<(last + 1), isDense: cells <= denseLimit && cells * words <= wordLimit,
      splitsModels: features * providers * models <= modelCellLimit && calls.has(.provider) && calls.has(.model))
  }

  init(_ plan: Plan) {
    self.plan = plan
    byDay = ContiguousArray(repeating: .zero, count: plan.features * (plan.days.count + 1))
    byModel = ContiguousArray(
      repeating: .zero, count: plan.splitsModels ? plan.features * plan.providers * plan.models : 0)
    pairs = FeaturePairs(plan)
  }

  mutating func add(_ block: CallBlock) {
    addSums(block)
    pairs.add(block)
    guard plan.splitsModels else { return }
    let (featureCodes, providerCodes) = (block.codes(.featureID), block.codes(.provider))
    let (modelCodes, costValues) = (block.codes(.model), block.integers(.cost))
    let (features, providers, models) = (featureCodes.span, providerCodes.span, modelCodes.span)
    let costs = costValues.span
    let (providerCount, modelCount) = (plan.providers, plan.models)
    // Out of the value while the span is there (docs/decisions/0008).
    var own: ContiguousArray<SIMD2<Int64>> = []
    swap(&own, &byModel)
    var cells = own.mutableSpan
    for row in 0..<block.count {
      let cell = (Int(features[row]) &* providerCount &+ Int(providers[row])) &* modelCount &+ Int(models[row])
      cells[cell] &+= SIMD2(1, costs[row] == IntegerColumn.unknown ? 0 : costs[row])
    }
    swap(&own, &byModel)
  }

  private mutating func addSums(_ block: CallBlock) {
    let (featureCodes, timeValues) = (block.codes(.featureID), block.integers(.timestamp))
    let (costValues, inputValues) = (block.integers(.cost), block.integers(.inputTokens))
    let outputValues = block.integers(.outputTokens)
    let (features, times, costs) = (featureCodes.span, timeValues.span, costValues.span)
    let (inputs, outputs) = (inputValues.span, outputValues.span)
    let unknown = IntegerColumn.unknown
    let (first, dayCount) = (plan.days.lowerBound, plan.days.count)
    var (start, day, costless) = (Int64.max, 0, Int64(0))
    let stride = dayCount &+ 1
    // Out of the value while the span is there (docs/decisions/0008).
    var own: ContiguousArray<Sums> = []
    swap(&own, &self.byDay)
    var byDay = own.mutableSpan
    for row in 0..<block.count {
      let cost = costs[row]
      costless &+= cost == unknown ? 1 : 0
      let sums = Sums(
        1, cost == unknown ? 0 : cost, inputs[row] == unknown ? 0 : inputs[row],
        outputs[row] == unknown ? 0 : outputs[row])
      let time = times[row]
      if time == unknown {
        (start, day) = (.max, dayCount)
      } else if time < start || time &- start >= Months.microsecondsPerDay {
        let number = floorDivide(time, Months.microsecondsPerDay)
        start = number &* Months.microsecondsPerDay
        let kept = Int(number) - first
        day = kept >= 0 && kept < dayCount ? kept : dayCount
      }
      byDay[Int(features[row]) &* stride &+ day] &+= sums
    }
    swap(&own, &self.byDay)
    costlessCalls &+= costless
  }

  mutating func merge(_ other: FeatureScan) {
    for index in byDay.indices { byDay[index] &+= other.byDay[index] }
    for index in byModel.indices { byModel[index] &+= other.byModel[index] }
    pairs.merge(other.pairs)
    costlessCalls &+= other.costlessCalls
  }

  /// A feature's sums on one of the kept days.
  func sums(_ feature: Int, day: Int) -> Sums {
    byDay[feature * (plan.days.count + 1) + day - plan.days.lowerBound]
  }

  /// A feature's sums over all of its calls.
  func total(_ feature: Int) -> Sums {
    let stride = plan.days.count + 1
    return byDay[(feature * stride)..<((feature + 1) * stride)].reduce(Sums.zero) { $0 &+ $1 }
  }
}
