import ArgumentParser
import LabCore
import LabPipeline

struct WriteReport: LabCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write the HTML report of a usage CSV.",
    discussion: """
      Writes reports/NAME/ with index.html, a page for each analyzer, all tables as CSV, summary.json and manifest.json. The \
      pages work from disk with no network. Files of others in that folder are kept; a former report stays whole until the \
      new one is complete.

      EXAMPLES
        finops-lab report data/peak.csv
        finops-lab report data/peak.csv -o /tmp/peak --stamp none
        finops-lab report usage.csv --single-file -o costs.html
        finops-lab report data/peak.csv --baseline reports/last-month
      """)

  enum Stamp: String, ExpressibleByArgument, CaseIterable { case now, none }

  @Argument(
    help: "A usage CSV, or the X.run.json of a run.", completion: .file(extensions: ["csv", "json"]))
  var data: String
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The folder of the report, or with --single-file the file.", valueName: "path"))
  var output: String?
  @Flag(help: "Write one HTML file with everything inside.")
  var singleFile = false
  @Option(help: "now writes the time into the report; none leaves it out, so that equal data gives equal bytes.")
  var stamp = Stamp.now
  @Flag(help: "Open the report in the browser.")
  var open = false
  @Flag(help: "Let the pages load Chart.js from cdn.jsdelivr.net, unchecked, instead of bringing it.")
  var cdn = false
  @Option(
    help: ArgumentHelp("Show what changed against this report or summary.json.", valueName: "report"))
  var baseline: String?
  @Option(
    help: ArgumentHelp("The scenario whose thresholds and settings hold.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var scenario: String?
  @Option(help: ArgumentHelp("The price book.", valueName: "file"), completion: .file(extensions: ["json"]))
  var prices: String?
  @Option(help: "Threads to use; the output is the same for any number.")
  var threads: Int?
  @OptionGroup var global: GlobalOptions

  func validate() throws { try Threads.check(threads) }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try ReportPresenter(shell: shell, environment: shell.environment(threads: threads)).run(self)
  }
}
