import ArgumentParser
import LabCore
import LabPipeline
import LabViewer

struct View: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show data, runs and reports in the browser, live and on this machine only.",
    discussion: """
      Serves a page on 127.0.0.1: the data file and its progress, the reports, thresholds, a log, and buttons to analyse \
      or to generate data. A file that another run is writing is followed while it grows. Ctrl-C ends it; analyzers \
      that run get 30 seconds.

      EXAMPLES
        finops-lab view
        finops-lab view ~/business --port 9000
        finops-lab view --open
        finops-lab view exports/ --scenario business.json

      EXIT CODES
        64  wrong command line              66  there is no such folder
        69  the port is busy                130 / 143 ended by Ctrl-C or a signal
      """)

  @Argument(
    help: "A folder with data/ in it, or that of the data files; by default the project's, or this one.",
    completion: .directory)
  var folder: String?
  @Option(help: ArgumentHelp("The port; by default 8000, or the next one that is free.", valueName: "number"))
  var port: Int?
  @Flag(help: "Open the page in the browser (BROWSER is honoured).")
  var open = false
  @Option(
    help: ArgumentHelp(
      "The scenario whose thresholds and settings hold for every data file; by default the one that made it.",
      valueName: "file"), completion: .file(extensions: ["json"]))
  var scenario: String?
  @Option(
    help: ArgumentHelp("The price book of every data file; by default that of its scenario.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var prices: String?
  @Option(help: "Threads that analyses may use.")
  var threads: Int?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try Threads.check(threads)
    if let port, !(1...65_535).contains(port) { throw ValidationError("--port must be 1 to 65535, found \(port).") }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try ViewPresenter(shell: shell, environment: shell.environment(threads: threads)).run(self)
  }
}
