import LabAnalysis
import LabCore
import LabFiles
import LabPipeline
import LabReport

/// Analyses a usage file and writes its report.
struct ReportPresenter {
  let shell: Shell
  let environment: LabEnvironment

  func run(_ command: WriteReport) throws(LabFailure) -> ExitCode {
    var data = DataRequest(path: Self.dataFile(command.data))
    data.scenario = command.scenario
    data.prices = command.prices
    let baseline: ReportBaseline? = if let path = command.baseline { try ReportBaseline(path) } else { nil }
    let outcome = try environment.analyse(data, analyzers: nil)
    for line in outcome.basis { shell.console.note(line) }
    var request = ReportRequest(outcome, folder: command.output)
    request.baseline = baseline
    request.singleFile = command.singleFile
    request.stamp = command.stamp == .now ? environment.now() : nil
    request.usesCDN = command.cdn
    let report = try environment.writeReport(request)
    show(report)
    if command.open {
      let path = Path.isAbsolute(report.index) ? report.index : Path.joined(FileSystem.workingDirectory, report.index)
      if !Browser.open(path) {
        shell.console.message("warning: no browser was found; set BROWSER, or open \(report.index) yourself")
      }
    }
    return RunPresenter.code(of: outcome.verdicts, outcome.results)
  }

  /// The CSV of a run that is named by its record.
  static func dataFile(_ path: String) -> String {
    path.hasSuffix(".run.json") ? String(path.dropLast(".run.json".count)) + ".csv" : path
  }

  /// Says where the report is, and what is not as it should be.
  func show(_ report: ReportOutcome) {
    // What goes to standard output is the page itself.
    if FileHandle.status(of: report.path).map({ $0.isDevice || $0.isPipe }) == true {
      shell.console.note(report.sentence)
    } else {
      shell.say(report.sentence)
    }
    let failed = report.pages.filter(\.failed).map(\.name)
    if !failed.isEmpty { shell.console.message("warning: the analysis of \(failed.joined(separator: ", ")) failed") }
    if let absence = report.chartsMissing { shell.console.note(absence.sentence) }
  }
}
