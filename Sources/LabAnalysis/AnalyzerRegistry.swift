import LabCore
import LabReport
import LabTable

/// All analyzers. A new one is a file in `Analyzers/` and a line here; a test keeps the lines sorted and complete.
///
/// The command line, completion, reports, documents and contract tests read this list; none of them names an analyzer.
public enum AnalyzerRegistry {
  /// Sorted by id.
  static let all: [any Analyzer] = [
    AbuseDetection(),
    Alignment(),
    ChurnGrowth(),
    DatasetOverview(),
    Features(),
    GeographicLatency(),
    Optimization(),
    Performance(),
    Pricing(),
    Profitability(),
    Realtime(),
    TokenEconomics(),
    Understanding(),
  ]

  /// What there is, sorted by id.
  public static var descriptors: [AnalyzerDescriptor] { all.map { type(of: $0).descriptor } }

  /// The ids, sorted.
  public static var ids: [String] { descriptors.map(\.id) }

  /// The descriptor of an id, or nil.
  public static func descriptor(_ id: String) -> AnalyzerDescriptor? { descriptors.first { $0.id == id } }

  /// Every metric that thresholds and `expect` may name, such as `understanding.total_cost_usd`, sorted.
  public static var metricNames: [String] {
    descriptors.flatMap { descriptor in
      (descriptor.metrics + descriptor.budgetMetrics).map { "\(descriptor.id).\($0.id)" }
    }.sorted()
  }

  /// Runs one analyzer. An error of the analysis itself is part of the result.
  ///
  /// - Throws: ``AnalysisError/unknownAnalyzer(id:known:)``.
  public static func run(
    _ id: String, on calls: CallTable, in context: AnalysisContext
  ) throws(AnalysisError) -> AnalyzerResult {
    guard let analyzer = all.first(where: { type(of: $0).descriptor.id == id }) else {
      throw .unknownAnalyzer(id: id, known: ids)
    }
    joinPasses(of: [analyzer], on: calls, in: context)
    return analyzer.result(for: calls, in: context)
  }

  /// Runs several analyzers, a few at a time, and gives their results in the order of `ids`; nil stands for all. The passes
  /// that several ask for are made first, in one reading. One that fails leaves the others.
  ///
  /// - Parameter finished: called as each ends, on its thread.
  /// - Throws: ``AnalysisError/unknownAnalyzer(id:known:)``, before any starts.
  public static func run(
    _ ids: [String]? = nil, on calls: CallTable, in context: AnalysisContext,
    finished: @Sendable (AnalyzerResult) -> Void = { _ in }
  ) throws(AnalysisError) -> [AnalyzerResult] {
    let ids = ids ?? Self.ids
    for id in ids where !Self.ids.contains(id) { throw .unknownAnalyzer(id: id, known: Self.ids) }
    let analyzers = ids.compactMap { id in all.first { type(of: $0).descriptor.id == id } }
    joinPasses(of: analyzers, on: calls, in: context)
    let order =
      analyzers.indices.filter { type(of: analyzers[$0]).needsRoom }
      + analyzers.indices.filter { !type(of: analyzers[$0]).needsRoom }
    let results = Parallel.map(count: analyzers.count, width: min(context.threads, analyzersAtOnce)) { place in
      let result = analyzers[order[place]].result(for: calls, in: context)
      finished(result)
      return result
    }
    return zip(order, results).sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// They fill the gaps that each leaves between its parallel passes; more would only multiply memory.
  private static let analyzersAtOnce = 3

  /// Makes the passes of several analyzers in one reading. What fails here fails again in the analyzer that needs it, and
  /// is part of its result.
  private static func joinPasses(of analyzers: [any Analyzer], on calls: CallTable, in context: AnalysisContext) {
    do throws(AnalysisError) {
      var passes: [JointRequest] = []
      for analyzer in analyzers { passes += try analyzer.passes(over: calls, in: context) }
      try context.joinPasses(passes, over: calls)
    } catch {}
  }
}
