import LabAnalysis
import LabCore
import LabPipeline
import LabReport
import LabScenario
import LabTable

/// All that a session remembers between commands. A command that fails leaves it as it was.
struct SessionState {
  enum Mode: String, CaseIterable, Sendable { case table, json, csv, markdown }

  /// The scenario with its changes.
  var scenario: SessionScenario?
  /// The table that look commands look at.
  var data: SessionData?
  /// The calls that look commands look at.
  var filter = CallFilter()
  /// Runs of the session, the last at the end, for `@` outside a project.
  var runs: [KeptRun] = []
  var baseline: KeptRun?
  /// What was shown last.
  var last: Report?

  var mode = Mode.table
  var pages = true
  var showsTimes = false
  var bails = true
  var quits = false
  /// What the command at hand ends with, when it is no error.
  var code = ExitCode.done

  /// The name in the prompt.
  var name: String? { scenario?.loaded.scenario.name ?? data?.name }
}

/// A scenario as it was loaded and changed.
struct SessionScenario {
  var loaded: LoadedScenario
  /// The file that it comes from, as ``LabEnvironment/loadScenario(_:edits:)`` takes it.
  var file: String
  /// What the session has changed, in order.
  var edits: [Edit]
}

/// A table in memory with what was found in it so far.
struct SessionData {
  var data: LoadedData
  /// Whether it is what a run had written when it was stopped.
  var isPartial = false
  /// By the filter that they hold for.
  var results: [CallFilter: [String: AnalyzerResult]] = [:]
  var selections: [CallFilter: LoadedData] = [:]
  /// Of the whole data.
  var verdicts: [Verdict]?
  /// Figures of `top` and `chart`, which take a pass over the table.
  var figures: [MeasureRequest: [MeasuredGroup]] = [:]

  /// How many filters and figures are remembered: some megabytes each on a large table.
  static let remembered = 32

  var name: String { data.scenario?.scenario.name ?? data.facts.path }
}
