import LabAnalysis
import LabCore
import LabFiles
import LabPipeline
import LabReport
import LabScenario
import LabTable

/// Runs scenarios one after another and shows each result.
struct RunPresenter {
  let shell: Shell
  let environment: LabEnvironment

  func run(_ command: Run) throws(LabFailure) -> ExitCode {
    let edits = command.edits.edits
    let loaded = try loadAll(command.files, edits: edits)
    try checkOutputs(loaded, command)
    for output in [command.junit, command.json].compactMap({ $0 }) {
      try LabEnvironment.refuse(output: output, overInputs: loaded.flatMap(\.files))
    }
    let rules = try command.rules.parsed()
    // Before the runs, which may be what '@' means afterwards and may overwrite the file.
    var baseline: ComparedSide?
    if let name = command.baseline { baseline = try environment.comparedSide(name) }
    var code = ExitCode.done
    var suites: [JUnitReport.Suite] = []
    var documents: [FindingsDocument] = []
    for scenario in loaded {
      let started = SystemClock.monotonic()
      do throws(LabFailure) {
        let outcome = try environment.run(
          scenario,
          SimulationRequest(
            output: command.out.map { Path.joined($0, Path.name(of: scenario.outputPath)) }, resume: command.resume,
            synchronises: command.fsync), seeds: command.seeds)
        let report = command.noReport ? nil : try writeReport(outcome, of: scenario, command)
        if command.json != "-" {
          show(outcome, report: report, scenario: scenario, seconds: SystemClock.monotonic() - started)
        }
        code = code.combined(with: Self.code(of: outcome.verdicts, outcome.results))
        if let baseline { code = code.combined(with: try compare(outcome, with: baseline, scenario, rules, command)) }
        suites.append(
          JUnitReport.Suite(
            name: scenario.scenario.name, verdicts: outcome.verdicts, seconds: SystemClock.monotonic() - started))
        documents.append(outcome.document)
      } catch {
        if error.kind == .cancelled { throw error }
        shell.console.report(error.diagnostics)
        code = code.combined(with: ExitCode(error.kind, cancelledBy: 0))
        suites.append(
          JUnitReport.Suite(
            name: scenario.scenario.name, verdicts: [], error: error.diagnostics.first?.sentence ?? "failed",
            seconds: SystemClock.monotonic() - started))
      }
    }
    if let path = command.junit { try write(Array(JUnitReport.xml(suites).utf8), to: path) }
    if let path = command.json { try write(try FindingsDocument.json(of: documents), to: path) }
    return code
  }

  private func compare(
    _ outcome: RunOutcome, with baseline: ComparedSide, _ scenario: LoadedScenario, _ rules: [ChangeRule],
    _ command: Run
  ) throws(LabFailure) -> ExitCode {
    let kept =
      if let kept = outcome.kept { kept } else {
        try environment.keptRun(
          of: outcome.data, scenario: scenario, results: outcome.results, verdicts: outcome.verdicts)
      }
    let comparison = Comparison(of: baseline, and: ComparedSide(kept))
    let floor = command.rules.floor ?? 0
    if command.json == "-" {
      // Standard output is the findings; the verdict on the change goes where messages go.
      let outcomes = rules.map { $0.outcome(in: comparison, floor: floor) }
      for outcome in outcomes where outcome.fails { shell.console.message("failed: \(outcome.sentence)") }
      return outcomes.contains(where: \.fails) ? .thresholdFailed : .done
    }
    shell.console.output("\n")
    return ComparePresenter(shell: shell, environment: environment)
      .show(comparison, rules: rules, floor: floor, isFull: false)
  }

  /// Loads every scenario before the first starts; the problems of all come out together.
  private func loadAll(_ names: [String], edits: [Edit]) throws(LabFailure) -> [LoadedScenario] {
    var loaded: [LoadedScenario] = []
    var failures: [LabFailure] = []
    for name in names {
      do throws(LabFailure) { loaded.append(try environment.loadScenario(name, edits: edits)) } catch {
        failures.append(error)
      }
    }
    guard let first = failures.first else { return loaded }
    let kind = failures.first { $0.kind == .invalidInput }?.kind ?? first.kind
    throw LabFailure(kind, failures.flatMap(\.diagnostics))
  }

  /// Two scenarios of one command may not write the same file.
  private func checkOutputs(_ loaded: [LoadedScenario], _ command: Run) throws(LabFailure) {
    var names: [String: String] = [:]
    for scenario in loaded {
      let path = command.out.map { Path.joined($0, Path.name(of: scenario.outputPath)) } ?? scenario.outputPath
      if let other = names.updateValue(scenario.files.first ?? "", forKey: Path.normalised(path)) {
        throw LabFailure(
          .usage, code: "same_output", "'\(other)' and '\(scenario.files.first ?? "")' both write '\(path)'",
          help: "run them one after another with --out, or give each its own output.data")
      }
      let own = UsageFilePaths(data: path)
      for file in [own.customers, own.truth, own.run] { names[Path.normalised(file)] = scenario.files.first ?? "" }
    }
    // The findings would take the place of the data, or of each other.
    for output in [command.junit, command.json].compactMap({ $0 }) where output != "-" && !output.hasPrefix("/dev/") {
      if names.updateValue(output, forKey: Path.normalised(output)) != nil {
        throw LabFailure(
          .usage, code: "same_output", "'\(output)' is written by this run already",
          help: "choose another name for --json or --junit")
      }
    }
  }

  /// Writes the report beside the data when that goes to another folder.
  private func writeReport(
    _ outcome: RunOutcome, of scenario: LoadedScenario, _ command: Run
  ) throws(LabFailure) -> ReportOutcome {
    let folder = command.out.map {
      Path.joined($0, ReportRequest.defaultFolder(for: outcome.document.facts.path))
    }
    var request = ReportRequest(outcome, of: scenario, folder: folder)
    request.stamp = environment.now()
    return try environment.writeReport(request)
  }

  private func show(_ outcome: RunOutcome, report: ReportOutcome?, scenario: LoadedScenario, seconds: Double) {
    let console = shell.console
    shell.show(outcome.summary)
    if let file = outcome.file {
      console.output("\n")
      if let sentence = outcome.dataSentence { shell.say(sentence) }
      if file.resumedBytes > 0 { console.note("resumed after \(NumberFormat.bytes(file.resumedBytes))") }
      if file.skippedCalls > 0 {
        console.message(
          "warning: \(NumberFormat.grouped(file.skippedCalls)) calls could not be generated and were skipped")
      }
    }
    if let report { ReportPresenter(shell: shell, environment: environment).show(report) }
    shell.say(outcome.endSentence(seconds: seconds))
  }

  /// 99 for a failed threshold, 70 for a failed analyzer.
  static func code(of verdicts: [Verdict], _ results: [AnalyzerResult]) -> ExitCode {
    let judged: ExitCode = verdicts.contains(where: \.fails) ? .thresholdFailed : .done
    return results.contains { $0.error != nil } ? judged.combined(with: .internalError) : judged
  }

  private func write(_ bytes: [UInt8], to path: String) throws(LabFailure) {
    try OutputFile.write(bytes, to: path, console: shell.console)
  }
}

/// Writes a whole result where a person asked for it: `-` is standard output, a device is written as it is.
enum OutputFile {
  static func write(_ bytes: [UInt8], to path: String, console: Console) throws(LabFailure) {
    if path == "-" { return console.output(bytes) }
    do throws(FileError) {
      if UsageFilePaths(data: path).isDirect {
        try FileHandle.creating(path, anyKind: true).write(bytes)
      } else {
        try FileSystem.createFolder(Path.folder(of: path))
        try FileSystem.replace(path, with: bytes)
      }
    } catch { throw error.failure }
  }
}

extension ScenarioEdits {
  /// The changes as one list; the seed is one of them.
  var edits: [Edit] {
    var edits = sets.compactMap { Edit(assignment: $0) }
    if let seed { edits.append(Edit(path: "seed", value: String(seed), place: .flag)) }
    return edits
  }
}
