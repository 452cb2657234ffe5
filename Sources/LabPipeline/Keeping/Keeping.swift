import LabAnalysis
import LabCore
import LabFiles
import LabPrices
import LabReport
import LabScenario
import LabTable

extension LabEnvironment {
  /// What is kept of an analysed run, in memory.
  ///
  /// - Parameter isPartial: whether the run was stopped before its end.
  public func keptRun(
    of data: LoadedData, scenario: LoadedScenario, results: [AnalyzerResult], verdicts: [Verdict],
    seeds: SeedFigures? = nil, isPartial: Bool = false
  ) throws(LabFailure) -> KeptRun {
    KeptRun(
      scenarioName: scenario.scenario.name, changes: scenario.changes, seed: scenario.scenario.seed, startedAt: now(),
      rows: Int64(data.facts.rows), fingerprint: data.facts.fingerprint.description, isPartial: isPartial,
      thresholds: (verdicts.count, verdicts.count(where: \.fails)), figures: KeptRun.Figure.all(of: results),
      cube: try RunCube(of: data.table, ScanContext(width: threads, cancellation: cancellation)),
      prices: scenario.prices, seeds: seeds)
  }

  /// Keeps a run in the project; outside one it only stays in memory. What can't be written is told and no failure: the
  /// run itself is done.
  public func keep(_ run: KeptRun, scenario: LoadedScenario, document: FindingsDocument) throws(LabFailure) -> KeptRun {
    guard let runs else { return run }
    var run = run
    do throws(LabFailure) {
      var files: [(name: String, bytes: [UInt8])] = [
        (KeptRunFiles.scenario, Array(scenario.text(pricesAt: KeptRunFiles.prices).utf8)),
        (KeptRunFiles.prices, scenario.prices.written()),
        (KeptRunFiles.summary, try document.json(threads: threads)),
        (KeptRunFiles.record, KeptRunFiles.record(of: run)),
      ]
      if let cube = run.cube { files.append((KeptRunFiles.cube, cube.fileBytes)) }
      if let seeds = run.seeds { files.append((KeptRunFiles.seeds, KeptRunFiles.bytes(of: seeds))) }
      run.number = try runs.keep(
        files, unique: "\(ProcessIdentity.number)-\(run.startedAt.microseconds)", now: now())
    } catch {
      if error.kind == .cancelled { throw error }
      let reason = error.diagnostics.first?.sentence ?? "unknown"
      note(Diagnostic(.warning, code: "run_not_kept", sentence: "the run is not kept in '\(runs.folder)': \(reason)"))
    }
    return run
  }
}
