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
  /// The detectors held against the truth beside the data; empty without one.
  public var scores: [DetectionScore] { data.scorings(of: results).map(\.score) }

  public init(data: LoadedData, results: [AnalyzerResult], verdicts: [Verdict]) {
    self.data = data
    self.results = results
    self.verdicts = verdicts
  }

  /// The machine-readable form.
  public var document: FindingsDocument {
    FindingsDocument(
      facts: data.facts, scenario: data.scenario?.scenario.name, selected: data.selection?.rowCount,
      filter: data.filter,
      results: results, verdicts: verdicts, scores: scores)
  }

  /// Where scenario and prices were taken from, a sentence each.
  public var basis: [String] { data.basis }

  /// What should be known about the data before its figures: rejects, torn lines, emptiness.
  public var dataBlocks: [ReportBlock] { data.callouts.map { .callout($0) } }
}

/// What a run of a scenario gave.
public struct RunOutcome: Sendable {
  public var file: SimulatedFile?
  /// The table with what its analysis needs.
  public var data: LoadedData
  public var results: [AnalyzerResult]
  public var verdicts: [Verdict]
  public var summary: Report
  public var document: FindingsDocument
  /// What is kept of it; nil outside a project.
  public var kept: KeptRun?
}

extension LabEnvironment {
  /// Loads a usage file, runs analyzers over the calls that are meant, and judges the thresholds of its scenario.
  ///
  /// - Parameter analyzers: ids; nil for all.
  public func analyse(_ request: DataRequest, analyzers: [String]?) throws(LabFailure) -> AnalysisOutcome {
    for id in analyzers ?? [] where !AnalyzerRegistry.ids.contains(id) {
      throw AnalysisError.unknownAnalyzer(id: id, known: AnalyzerRegistry.ids).failure
    }
    if let from = request.from, let to = request.to, from >= to {
      throw LabFailure(
        .usage, code: "empty_window", "--from \(from.shortDescription) is not before --to \(to.shortDescription)")
    }
    var data = try load(request)
    let results = try analyse(data, analyzers: analyzers)
    var thresholds = data.scenario?.scenario.thresholds ?? []
    if data.selection != nil, !thresholds.isEmpty {
      // They speak of the whole business.
      data.basis.append("thresholds are not judged, since only a part of the calls is meant")
      thresholds = []
    }
    let verdicts = try judge(thresholds, data: data, results: results)
    return AnalysisOutcome(data: data, results: results, verdicts: verdicts)
  }

  /// Runs analyzers over loaded data, and fills in what only the truth beside it can tell. One that fails is in the results
  /// with its error.
  public func analyse(_ data: LoadedData, analyzers: [String]? = nil) throws(LabFailure) -> [AnalyzerResult] {
    let context = data.context(in: self)
    let results: [AnalyzerResult]
    do throws(AnalysisError) { results = try AnalyzerRegistry.run(analyzers, on: data.table, in: context) } catch {
      throw error.failure
    }
    if cancellation.isRaised { throw .cancelled }
    return data.filledIn(results)
  }

  /// Simulates a scenario, analyses what it wrote, judges its thresholds, and keeps the run in the project.
  ///
  /// - Parameter seeds: with more than one, the scenario is run in memory for each of the following seeds too, and what
  ///   they gave is part of the summary and of what is kept.
  public func run(
    _ loaded: LoadedScenario, _ request: SimulationRequest, seeds: Int = 1
  ) throws(LabFailure) -> RunOutcome {
    let paths = UsageFilePaths(data: request.output ?? loaded.outputPath)
    guard !paths.isDirect else {
      throw LabFailure(
        .usage, code: "run_needs_file", "'\(paths.data)' is no regular file; a run analyses what it wrote",
        help: "use 'finops-lab simulate' to write to a pipe or device")
    }
    let file = try simulate(loaded, request)
    var dataRequest = DataRequest(path: file.paths.data)
    dataRequest.isOurs = true
    let data = try load(dataRequest, for: loaded)
    let results = try analyse(data)
    let verdicts = try judge(loaded.scenario.thresholds, data: data, results: results)
    let spread = seeds > 1 ? try seedFigures(of: loaded, first: (results, verdicts), count: seeds) : nil
    let scenario = loaded.scenario
    var summary = RunSummary.report(
      title: scenario.name, question: scenario.description, results: results, verdicts: verdicts)
    if let spread { summary.blocks += SeedReport.blocks(spread, results: results) }
    let scores = data.scorings(of: results).map(\.score)
    if let table = RunSummary.scoreTable(scores) { summary.blocks.append(.table(table)) }
    let document = FindingsDocument(
      facts: data.facts, scenario: scenario.name, results: results, verdicts: verdicts, scores: scores)
    var outcome = RunOutcome(
      file: file, data: data, results: results, verdicts: verdicts, summary: summary, document: document)
    if runs != nil {
      let run = try keptRun(of: data, scenario: loaded, results: results, verdicts: verdicts, seeds: spread?.figures)
      outcome.kept = try keep(run, scenario: loaded, document: document)
    }
    return outcome
  }
}
