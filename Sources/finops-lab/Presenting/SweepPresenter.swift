import LabCore
import LabPipeline
import LabRendering
import LabReport

/// Runs a sweep and prints its table and plot.
struct SweepPresenter {
  let shell: Shell
  let environment: LabEnvironment

  func run(_ command: Sweep) throws(LabFailure) -> ExitCode {
    var keys: [VariedKey] = []
    for text in command.vary { keys.append(try VariedKey(text)) }
    let outcome = try environment.sweep(
      SweepRequest(
        scenario: command.file, edits: command.edits.edits, keys: keys, metrics: command.metric,
        seeds: command.seeds))
    let report = Report(
      id: "sweep", title: outcome.scenarioName, question: "What if these values were others?",
      blocks: SweepReport.blocks(outcome))
    switch command.format {
    case .table: shell.show(report.blocks)
    case .json: shell.console.output(JSONRenderer().text(of: report))
    case .csv: shell.console.output(CSVRenderer().text(of: SweepReport.table(outcome)))
    case .markdown: shell.console.output(MarkdownRenderer().text(of: report.blocks))
    }
    return .done
  }
}
