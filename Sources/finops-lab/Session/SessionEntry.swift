import ArgumentParser
import Glibc
import LabCore
import LabFiles
import LabPipeline
import LabSession

/// `finops-lab` without a command: a session at a terminal, or the lines of a pipe as a script.
enum SessionEntry {
  /// The flags of a command line that names no command; nil when it does, or asks for help.
  static func options(_ arguments: [String]) -> GlobalOptions? {
    guard ArgumentOrder.areGlobalFlags(arguments) else { return nil }
    return try? GlobalOptions.parse(arguments)
  }

  static func run(_ options: GlobalOptions) -> ExitCode {
    let interruption = SessionInterruption()
    SessionSignals.start(stopping: interruption)
    let shell = Shell(options, CancellationFlag())
    let output = TerminalOutput(shell.console, width: options.width)
    let environment = shell.environment(threads: nil)
    let viewer = SessionViewer(environment)
    var hooks = hooks(shell)
    hooks.startViewer = { () throws(LabFailure) in try viewer.start() }
    hooks.stopViewer = { () throws(LabFailure) in viewer.stop() }
    let session = Session(
      environment: environment, output: output, hooks: hooks, interruption: interruption,
      clock: { SystemClock.monotonic() })
    let code: ExitCode
    if Terminal.isTerminal(STDIN_FILENO) {
      let path = SessionHistory.usualPath { Terminal.environment($0) }
      var interactive = InteractiveSession(session, history: SessionHistory(path: path))
      let greeting = "finops-lab \(productVersion). 'help' lists the commands, 'load peak' loads a scenario.\n"
      code = interactive.run(greeting: options.quiet ? nil : greeting, color: shell.console.style.colorOutput)
    } else {
      code = session.runScript(StandardInputLines()).code
    }
    _ = viewer.stop()
    shell.console.clearProgress()
    return code.combined(with: shell.console.exitCode)
  }

  /// What sessions can do only through other parts of the product.
  static func hooks(_ shell: Shell) -> SessionHooks {
    SessionHooks(version: productVersion)
  }
}
