import LabAnalysis
import LabCore
import LabPipeline
import LabRendering
import LabReport
import LabScenario
import LabTable

/// Analyses a usage file and prints what was found in the chosen format.
struct AnalyzePresenter {
  let shell: Shell
  let environment: LabEnvironment

  func run(_ command: Analyze) throws(LabFailure) -> ExitCode {
    var request = DataRequest(path: command.data)
    request.scenario = command.scenario
    request.prices = command.prices
    request.filter = try CallFilter(assignments: command.filters)
    request.from = command.from.flatMap { Instant($0) }
    request.to = command.to.flatMap { Instant($0) }
    request.maxRejects = command.maxRejects
    request.rejectsPath = command.rejects
    request.memoryLimit = command.memory.flatMap { MemorySize($0)?.bytes }
    if let output = command.junit { try LabEnvironment.refuse(output: output, overInputs: request.inputs) }
    let outcome = try environment.analyse(request, analyzers: command.analyzers.isEmpty ? nil : command.analyzers)
    try show(outcome, command)
    if let path = command.junit {
      let suite = JUnitReport.Suite(name: command.data, verdicts: outcome.verdicts, seconds: 0)
      try OutputFile.write(Array(JUnitReport.xml([suite]).utf8), to: path, console: shell.console)
    }
    var code = RunPresenter.code(of: outcome.verdicts, outcome.results)
    if outcome.data.facts.rows == 0, outcome.data.facts.rejectedRows > 0 { code = code.combined(with: .invalidInput) }
    return code
  }

  private func show(_ outcome: AnalysisOutcome, _ command: Analyze) throws(LabFailure) {
    let console = shell.console
    for line in outcome.basis { console.note(line) }
    let tables = [RunSummary.scoreTable(outcome.scores), RunSummary.verdictTable(outcome.verdicts)].compactMap { $0 }
    switch command.format {
    case .table:
      shell.show(outcome.dataBlocks)
      for result in outcome.results { shell.show(result.report) }
      shell.show(tables.map { .table($0) })
    case .markdown:
      let renderer = MarkdownRenderer()
      console.output(renderer.text(of: outcome.dataBlocks))
      for result in outcome.results { console.output(renderer.text(of: result.report)) }
      for table in tables { console.output(renderer.text(of: table)) }
    case .json:
      console.output(try outcome.document.json())
    case .csv:
      try showTables(
        [RunSummary.metricTable(outcome.results)] + outcome.results.flatMap(\.report.tables)
          + tables, only: command.table)
    }
  }

  /// Tables as CSV; several are told apart by a line with their id and a blank line between them.
  private func showTables(_ tables: [ReportTable], only id: String?) throws(LabFailure) {
    let renderer = CSVRenderer()
    if let id {
      guard let table = tables.first(where: { $0.id == id }) else {
        throw LabFailure(
          .notFound, code: "no_table", "there is no table '\(id)'",
          help: Suggestion.help(for: id, among: tables.map(\.id))
            ?? "tables: \(tables.map(\.id).joined(separator: ", "))")
      }
      return shell.console.output(renderer.text(of: table))
    }
    for (index, table) in tables.enumerated() {
      shell.console.output((index > 0 ? "\n" : "") + table.id + "\n" + renderer.text(of: table))
    }
  }
}
