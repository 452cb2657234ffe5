import LabAnalysis
import LabCore
import LabReport
import LabScenario
import LabTable

/// What an analysis of a data file gave.
public struct AnalysisOutcome: Sendable {
  public var data: LoadedData
  public var results: [AnalyzerResult]
  public var verdicts: [Verdict]

  /// The machine-readable form.
  public var document: FindingsDocument { FindingsDocument(facts: data.facts, results: results, verdicts: verdicts) }

  /// Where scenario and prices were taken from, a sentence each.
  public var basis: [String] { data.basis }

  /// What should be known about the data before its figures: rejects, torn lines, emptiness.
  public var dataBlocks: [ReportBlock] { data.callouts.map { .callout($0) } }
}

/// What a run of a scenario gave.
public struct RunOutcome: Sendable {
  public var file: SimulatedFile?
  public var results: [AnalyzerResult]
  public var verdicts: [Verdict]
  public var summary: Report
  public var document: FindingsDocument
}

extension LabEnvironment {
  /// Loads a usage file, runs analyzers over the calls that are meant, and judges the thresholds of its scenario.
  ///
  /// - Parameter analyzers: ids; nil for all.
  public func analyse(_ request: DataRequest, analyzers: [String]?) throws(LabFailure) -> AnalysisOutcome {
    for id in analyzers ?? [] where !AnalyzerRegistry.ids.contains(id) {
      throw AnalysisError.unknownAnalyzer(id: id, known: AnalyzerRegistry.ids).failure
    }
    let data = try load(request)
    let results = try analyse(data, analyzers: analyzers)
    let verdicts = try judge(data.scenario?.scenario.thresholds ?? [], data: data, results: results)
    return AnalysisOutcome(data: data, results: results, verdicts: verdicts)
  }

  /// Runs analyzers over loaded data. One that fails is in the results with its error.
  public func analyse(_ data: LoadedData, analyzers: [String]? = nil) throws(LabFailure) -> [AnalyzerResult] {
    let context = data.context(in: self)
    let results: [AnalyzerResult]
    do throws(AnalysisError) { results = try AnalyzerRegistry.run(analyzers, on: data.table, in: context) } catch {
      throw error.failure
    }
    if cancellation.isRaised { throw .cancelled }
    return results
  }

  /// Simulates a scenario, analyses what it wrote, and judges its thresholds.
  public func run(_ loaded: LoadedScenario, _ request: SimulationRequest) throws(LabFailure) -> RunOutcome {
    let file = try simulate(loaded, request)
    guard !file.isDirect else {
      throw LabFailure(
        .usage, code: "run_needs_file", "'\(file.paths.data)' is no regular file; a run analyses what it wrote",
        help: "use 'finops-lab simulate' to write to a pipe or device")
    }
    var dataRequest = DataRequest(path: file.paths.data)
    dataRequest.isOurs = true
    let data = try load(dataRequest, for: loaded)
    let results = try analyse(data)
    let verdicts = try judge(loaded.scenario.thresholds, data: data, results: results)
    let scenario = loaded.scenario
    return RunOutcome(
      file: file, results: results, verdicts: verdicts,
      summary: RunSummary.report(
        title: scenario.name, question: scenario.description, results: results, verdicts: verdicts),
      document: FindingsDocument(facts: data.facts, results: results, verdicts: verdicts))
  }
}
