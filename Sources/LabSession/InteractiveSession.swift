import LabCore
import LabPipeline
import LabRendering

/// A session at a terminal: reads lines with editing, history and completion until Ctrl-D, `quit` or a signal.
package struct InteractiveSession {
  private let session: Session
  private var history: SessionHistory
  private let readsConfiguration: Bool

  /// - Parameter readsConfiguration: whether `~/.editrc` sets keys.
  package init(_ session: Session, history: SessionHistory, readsConfiguration: Bool = true) {
    self.session = session
    self.history = history
    self.readsConfiguration = readsConfiguration
  }

  /// Runs to the end of the session.
  ///
  /// - Parameters:
  ///   - greeting: written first; nil for none.
  ///   - color: whether the prompt has some.
  package mutating func run(greeting: String?, color: Bool) -> ExitCode {
    SessionSignals.saveTerminal()
    defer { SessionSignals.restoreTerminal() }
    let session = session
    let completer = SessionCompleter(session)
    guard
      let editor = LineEditor(
        readsConfiguration: readsConfiguration, width: { session.output.style.width },
        complete: { completer.completion(for: $0) })
    else {
      session.output.message("error: this terminal can't be edited on; use a pipe instead")
      return .unavailable
    }
    for line in history.lines { editor.remember(line) }
    session.history = history.lines
    if let greeting { session.output.write(greeting) }
    while true {
      switch editor.readLine(prompt: prompt(color: color)) {
      case .text(let line):
        if history.add(line) {
          editor.remember(line.trimmed)
          session.history = history.lines
        }
        let outcome = session.execute(line)
        if outcome.quits { return outcome.code == .thresholdFailed ? .done : outcome.code }
        if let number = SessionSignals.take(), SessionSignals.ends(number) { return .ofSignal(number) }
      case .interrupted:
        if let number = SessionSignals.take(), SessionSignals.ends(number) { return .ofSignal(number) }
        session.output.write("\n")
      case .end:
        if let number = SessionSignals.take(), SessionSignals.ends(number) { return .ofSignal(number) }
        session.output.write("\n")
        return .done
      }
    }
  }

  /// `lab> `, after a load `lab[peak]> `; marks tell the editor what takes no room.
  private func prompt(color: Bool) -> String {
    let name = session.state.name.map { "[\($0)]" } ?? ""
    let text = "lab\(name)"
    return color ? "\u{1}\u{1b}[1;36m\u{1}\(text)>\u{1}\u{1b}[0m\u{1} " : "\(text)> "
  }
}
