import LabCore
import LabPipeline
import LabRendering
import LabReport

/// Compares two runs or data files and judges the rules on the change.
struct ComparePresenter {
  let shell: Shell
  let environment: LabEnvironment

  func run(_ command: Compare) throws(LabFailure) -> ExitCode {
    let rules = try command.rules.parsed()
    let comparison = try environment.compare(command.before, command.after)
    return show(
      comparison, rules: rules, floor: command.rules.floor ?? 0, isFull: command.all || command.format == .json,
      format: command.format)
  }

  /// Prints a comparison with its rules: 99 when one fails.
  func show(
    _ comparison: Comparison, rules: [ChangeRule], floor: Double, isFull: Bool, format: Compare.Format = .table
  ) -> ExitCode {
    let outcomes = rules.map { $0.outcome(in: comparison, floor: floor) }
    let report = Report(
      id: "comparison", title: "\(comparison.before.name) → \(comparison.after.name)", question: "What changed?",
      blocks: ComparisonReport.blocks(comparison, rules: outcomes, isFull: isFull))
    switch format {
    case .table: shell.show(report)
    case .json: shell.console.output(JSONRenderer().text(of: report))
    case .markdown: shell.console.output(MarkdownRenderer().text(of: report))
    }
    return outcomes.contains(where: \.fails) ? .thresholdFailed : .done
  }
}
