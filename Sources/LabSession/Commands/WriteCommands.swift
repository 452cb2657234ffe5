import LabAnalysis
import LabCore
import LabFiles
import LabPipeline
import LabRendering
import LabReport
import LabScenario
import LabTable

extension SessionCommands {
  static let writeCommands: [SessionCommand] = [
    SessionCommand(
      name: "report", group: .write, usage: "[FOLDER]", summary: "Write the report of the data as HTML pages",
      arguments: [.file], examples: ["report", "report reports/today"],
      run: { session, words throws(LabFailure) in
        guard words.count <= 1 else { throw try find("report").wrongUse }
        try session.report(folder: words.first)
      }),
    SessionCommand(
      name: "export", group: .write, usage: "json|csv|markdown|junit FILE",
      summary: "Write all findings into a file", arguments: [.choice(Self.exportFormats), .file],
      examples: ["export json findings.json"],
      run: { session, words throws(LabFailure) in try session.export(words) }),
    SessionCommand(
      name: "view", group: .write, usage: "[stop]", summary: "Serve reports and live status in the browser, or stop",
      arguments: [.choice(["stop"])], examples: ["view", "view stop"],
      run: { session, words throws(LabFailure) in
        guard words.isEmpty || words == ["stop"] else { throw try find("view").wrongUse }
        guard let action = words.isEmpty ? session.hooks.startViewer : session.hooks.stopViewer else {
          throw missing("the viewer")
        }
        session.say(try action())
      }),
  ]

  static let exportFormats = ["json", "csv", "markdown", "junit"]

  private static func missing(_ what: String) -> LabFailure {
    LabFailure(.unavailable, code: "not_here", "\(what) can't be had in this session")
  }
}

extension Session {
  fileprivate func report(folder: String?) throws(LabFailure) {
    let analysis = try self.analysis()
    var request = ReportRequest(analysis, folder: folder)
    request.stamp = environment.now()
    let report = try environment.writeReport(request)
    say(report.sentence)
    for page in report.pages where page.failed {
      tell([Diagnostic(.warning, code: "page_failed", sentence: "the analysis of \(page.name) failed")])
    }
    if let absence = report.chartsMissing { say(absence.sentence) }
  }

  fileprivate func export(_ words: [String]) throws(LabFailure) {
    guard words.count == 2 else { throw try SessionCommands.find("export").wrongUse }
    let (format, path) = (words[0], words[1])
    guard SessionCommands.exportFormats.contains(format) else {
      throw LabFailure(
        .usage, code: "unknown_format", "there is no format '\(format)'",
        help: Suggestion.help(for: format, among: SessionCommands.exportFormats)
          ?? "one of \(SessionCommands.exportFormats.joined(separator: ", "))")
    }
    let analysis = try self.analysis()
    try LabEnvironment.refuse(output: path, overInputs: DataRequest(path: analysis.data.facts.path).inputs)
    let bytes: [UInt8]
    switch format {
    case "json": bytes = try analysis.document.json()
    case "csv":
      let tables = [RunSummary.metricTable(analysis.results)] + analysis.results.flatMap(\.report.tables)
      bytes = Array(tables.map { $0.id + "\n" + CSVRenderer().text(of: $0) }.joined(separator: "\n").utf8)
    case "markdown":
      bytes = Array(analysis.results.map { MarkdownRenderer().text(of: $0.report) }.joined().utf8)
    default:
      let name = analysis.data.scenario?.scenario.name ?? analysis.data.facts.path
      bytes = Array(JUnitReport.xml([JUnitReport.Suite(name: name, verdicts: try verdicts(), seconds: 0)]).utf8)
    }
    do throws(FileError) {
      try FileSystem.createFolder(Path.folder(of: path))
      try FileSystem.replace(path, with: bytes)
    } catch { throw error.failure }
    say("wrote \(path) (\(NumberFormat.bytes(Int64(bytes.count))))")
  }
}
