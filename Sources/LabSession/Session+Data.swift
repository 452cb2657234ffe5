import LabAnalysis
import LabCore
import LabPipeline
import LabReport
import LabScenario
import LabTable

/// What commands need of the loaded data.
extension Session {
  /// The scenario, or an error that says how to get one.
  func scenario() throws(LabFailure) -> SessionScenario {
    if let scenario = state.scenario { return scenario }
    throw LabFailure(
      .usage, code: "no_scenario_loaded", "no scenario is loaded",
      help: "'load peak' loads one; 'list scenarios' shows what there is")
  }

  func data() throws(LabFailure) -> SessionData {
    if let data = state.data { return data }
    throw LabFailure(
      .usage, code: "no_data_loaded", "there is no data to look at",
      help: state.scenario == nil ? "'load FILE.csv' loads some, 'load peak' and 'run' makes some" : "'run' makes some")
  }

  /// The loaded data, the filter of the session applied.
  func selectedData() throws(LabFailure) -> LoadedData {
    var held = try data()
    if state.filter.isEmpty { return held.data }
    if let known = held.selections[state.filter] { return known }
    var data = held.data
    data.selection = try data.select(state.filter, in: environment)
    data.filter = state.filter
    if held.selections.count >= SessionData.remembered { held.selections = [:] }
    held.selections[state.filter] = data
    state.data = held
    return data
  }

  /// The results of analyzers over the calls that are looked at; what was computed before is not computed again.
  ///
  /// - Parameter ids: nil for all.
  func results(_ ids: [String]? = nil, whole: Bool = false) throws(LabFailure) -> [AnalyzerResult] {
    let ids = ids ?? AnalyzerRegistry.ids
    for id in ids where !AnalyzerRegistry.ids.contains(id) {
      throw AnalysisError.unknownAnalyzer(id: id, known: AnalyzerRegistry.ids).failure
    }
    let filter = whole ? CallFilter() : state.filter
    let selected = whole ? try data().data : try selectedData()
    var held = try data()
    var known = held.results[filter] ?? [:]
    let missing = ids.filter { known[$0] == nil }
    if !missing.isEmpty {
      for result in try environment.analyse(selected, analyzers: missing) { known[result.id] = result }
      if held.results.count >= SessionData.remembered { held.results = [:] }
      held.results[filter] = known
      state.data = held
    }
    return ids.compactMap { known[$0] }
  }

  /// The verdicts on the thresholds of the scenario that the data comes from. They speak of all its calls.
  func verdicts() throws(LabFailure) -> [Verdict] {
    var held = try data()
    if let known = held.verdicts { return known }
    guard let scenario = held.data.scenario ?? state.scenario?.loaded else { return [] }
    let thresholds = scenario.scenario.thresholds
    let ids = Set(thresholds.map { String($0.metric.prefix { $0 != "." }) }).sorted()
    let results = try self.results(ids.filter { AnalyzerRegistry.ids.contains($0) }, whole: true)
    held = try data()
    let verdicts = try environment.judge(thresholds, data: held.data, results: results)
    held.verdicts = verdicts
    state.data = held
    return verdicts
  }

  /// Everything that is known of the loaded data, for reports and exports.
  func analysis() throws(LabFailure) -> AnalysisOutcome {
    let results = try self.results()
    return AnalysisOutcome(
      data: try selectedData(), results: results, verdicts: state.filter.isEmpty ? try verdicts() : [])
  }

  /// The figure of a metric such as `understanding.total_cost_usd`.
  ///
  /// - Throws: ``LabFailure`` of kind `notFound` with the nearest metrics.
  func metric(_ name: String) throws(LabFailure) -> (known: SweepOutcome.Measured, metric: Metric?) {
    let known = try LabEnvironment.measured(name)
    let id = String(name.prefix { $0 != "." })
    let metric = try results([id]).first?.summary.first { "\(id).\($0.id)" == name }
    return (known, metric)
  }

  /// Looks at a table from now on.
  func use(_ data: LoadedData, isPartial: Bool = false, results: [AnalyzerResult] = [], verdicts: [Verdict]? = nil) {
    var held = SessionData(data: data, isPartial: isPartial)
    if !results.isEmpty {
      held.results[CallFilter()] = Dictionary(results.map { ($0.id, $0) }) { first, _ in first }
    }
    held.verdicts = verdicts
    state.data = held
  }

  /// A word on the part that is looked at, above what it shows.
  func sayFilter() {
    if !state.filter.isEmpty { say("where \(state.filter.text):") }
    if state.data?.isPartial == true { say("(the run was stopped: these are the calls that it had made)") }
  }
}
