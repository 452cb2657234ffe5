import LabCore
import LabPrices
import LabTable

/// Sums of the calls by every text column that someone groups by, and by hour: what ``Understanding`` and
/// ``DatasetOverview`` are made of.
struct CallGroups: Sendable {
  /// The columns by which calls are summed, where a file has them; all that an analyzer groups by must be here.
  static let columns: [UsageColumn] = [
    .provider, .model, .featureID, .productID, .organizationID, .customerID, .region, .subscriptionTier, .environment,
    .metadata, .customerArchetype, .serviceTier, .status, .errorType, .finishReason,
  ]
  /// Beyond so many sums by hour and provider (64 bytes each) the series are not split by provider.
  static let seriesCellLimit = 1 << 17

  /// What is summed.
  enum Detail: Sendable {
    /// Calls, tokens and cost, calls by hour, and recorded against priced cost; all windows of time are one.
    case plain
    /// Also cost split into that of input and of output, sums by window, all sums by hour, and tokens by class.
    case full
  }

  /// With the cubes of all columns, those of large ones included.
  let scan: CallGroupScan

  private static let (plainKey, fullKey) = ("call_groups plain", "call_groups")

  /// The groups of a context's calls, made at most once. Plain ones come from full ones where those are there.
  static func of(
    _ calls: CallTable, _ detail: Detail, in context: AnalysisContext
  ) throws(AnalysisError) -> CallGroups {
    let detail = detail == .plain && context.shared.offers(fullKey) ? .full : detail
    return try context.shared.value(detail == .full ? fullKey : plainKey) { () throws(AnalysisError) in
      var scan = try context.pass(try request(calls, detail, in: context), over: calls)
      scan.addTotal()
      // Sums by a large column take too much memory to be held by every thread.
      for cube in try plan(for: calls, detail, in: context).cubes where cube.isLarge {
        var alone = scan.plan
        alone.cubes = [cube]
        alone.keepsHours = false
        alone.comparison = nil
        alone.keepsClasses = false
        alone.auditsPrices = false
        var serial = context
        serial.threads = 1
        let prices = prices(calls, context) ?? PriceIndex()
        scan.cubes += try serial.pass(
          ScanRequest(key: "call_groups alone", columns: alone.columns) { [alone] in
            CallGroupScan(alone, prices: prices)
          }, over: calls
        ).cubes
      }
      return CallGroups(scan: scan)
    }
  }

  /// The pass over the calls, without large columns.
  static func request(
    _ calls: CallTable, _ detail: Detail, in context: AnalysisContext
  ) throws(AnalysisError) -> ScanRequest<CallGroupScan> {
    var plan = try plan(for: calls, detail, in: context)
    plan.cubes.removeAll { $0.isLarge }
    let prices = prices(calls, context) ?? PriceIndex()
    let isFull = detail == .full
    return ScanRequest(
      key: isFull ? fullKey : plainKey, fuller: isFull ? nil : fullKey, columns: plan.columns
    ) { [plan] in CallGroupScan(plan, prices: prices) }
  }

  private static func prices(_ calls: CallTable, _ context: AnalysisContext) -> PriceIndex? {
    context.prices.flatMap { PriceIndex($0, calls) }
  }

  private static func plan(
    for calls: CallTable, _ detail: Detail, in context: AnalysisContext
  ) throws(AnalysisError) -> CallGroupScan.Plan {
    // Metadata of too many different texts has no dictionary; then there is nothing to group.
    let grouped = columns.filter { calls.has($0) }
    let range = calls.has(.timestamp) ? try context.timeRange(of: calls) : nil
    let isFull = detail == .full
    let comparison =
      isFull ? range.flatMap { WholePeriods(first: $0.lowerBound, last: $0.upperBound).comparison } : nil
    let providers = calls.has(.provider) ? max(1, calls.dictionary(.provider).count) : 1
    let models = max(1, calls.dictionary(.model).count)
    let hours = range.map { ($0.upperBound - $0.lowerBound).microseconds / 3_600_000_000 + 2 } ?? 1
    let splitsSeries = hours < Int64(HourIndex.denseLimit) && Int(hours) * providers <= seriesCellLimit
    let hasTokens = calls.missing([.inputTokens, .outputTokens]).isEmpty
    let hasOnlyTotal = calls.has(.totalTokens) && !hasTokens
    let hasPrices = hasTokens && prices(calls, context) != nil
    // Of the priced columns those that the file lacks are read as code 0 or as unknown.
    let wanted = PricedColumns.columns + grouped + [.status] + (hasOnlyTotal ? [.totalTokens] : [])
    return CallGroupScan.Plan(
      columns: Array(Set(wanted)).sorted { $0.rawValue < $1.rawValue },
      cubes: CallCube.plan(
        grouped.map { (column: $0, size: calls.dictionary($0).count) },
        together: [.provider, .model].filter { grouped.contains($0) }),
      providers: providers, models: models, comparison: comparison, range: range, keepsHours: range != nil,
      hasOnlyTotal: hasOnlyTotal, hasPrices: hasPrices, splitsCosts: isFull,
      keepsClasses: hasPrices && comparison != nil && providers * models <= CallCube.jointLimit,
      seriesProviders: isFull && splitsSeries ? providers : 1,
      auditsPrices: hasPrices && calls.missing([.cost, .timestamp]).isEmpty,
      errorCode: calls.has(.status) ? calls.dictionary(.status).code(of: "error") : nil)
  }
}

extension CallGroups {
  /// The cube that a column is in.
  func cube(of column: UsageColumn) -> CallCube? {
    scan.cubes.first { $0.axes.contains { $0.column == column } }
  }

  /// The hours with calls, by time: the hour since 1970 and its calls.
  var hoursWithCalls: [(hour: Int64, calls: Int64)] {
    let width = scan.plan.seriesProviders
    var hours: [(hour: Int64, calls: Int64)] = []
    for number in 0..<scan.hourIndex.count where (number + 1) * width <= scan.hours.count {
      var sum = CallSums()
      for provider in 0..<width { sum += scan.hours[number * width + provider] }
      if sum.calls > 0 { hours.append((scan.hourIndex.hour(number), sum.calls)) }
    }
    return hours.sorted { $0.hour < $1.hour }
  }
}
