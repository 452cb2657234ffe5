import Glibc
import LabCore
import LabFiles
import LabPipeline
import LabViewer

/// Runs the viewer until a signal comes.
struct ViewPresenter {
  let shell: Shell
  let environment: LabEnvironment

  func run(_ command: View) throws(LabFailure) -> ExitCode {
    let wanted = command.port ?? ViewerServer.Options.defaultPort
    let folder = command.folder ?? shell.project.root ?? "."
    // The flag of the process ends the viewer; each job has its own.
    var environment = environment
    environment.cancellation = CancellationFlag()
    let console = shell.console
    environment.note = { diagnostic in
      if diagnostic.severity == .note { console.detail(diagnostic.sentence) } else { console.report([diagnostic]) }
    }
    var options = ViewerServer.Options(folder: folder, port: wanted, isPortFixed: command.port != nil)
    options.scenario = command.scenario
    options.prices = command.prices
    // What is wrong with them is said now, not in a log once a file is read.
    if let scenario = command.scenario { _ = try environment.loadScenario(scenario) }
    if let prices = command.prices { _ = try environment.loadPriceBook(prices) }
    let viewer = try ViewerServer(options, environment)
    try viewer.start()
    if let port = viewer.port, port != wanted { console.message("port \(wanted) is busy; using \(port)") }
    console.output("viewer: \(viewer.url)\n")
    console.note("Ctrl-C ends it")
    if command.open, !Browser.open(viewer.url) {
      console.message("warning: no browser could be started; open the address yourself")
    }
    while !shell.cancellation.isRaised { usleep(50_000) }
    console.note("ending; analyses that run get up to 30 seconds, Ctrl-C again ends at once")
    if !viewer.stop() { console.message("warning: an analysis didn't stop in time and was left") }
    return .ofSignal(Int32(shell.cancellation.reason))
  }
}
