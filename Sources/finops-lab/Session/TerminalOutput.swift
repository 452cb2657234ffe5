import Glibc
import LabCore
import LabRendering
import LabSession

/// Lets a session write through the console, as wide as the terminal is at the moment.
final class TerminalOutput: SessionOutput {
  private let console: Console
  /// The width that a person asked for.
  private let width: Int?
  private let isTerminal: Bool

  init(_ console: Console, width: Int?) {
    self.console = console
    self.width = width
    isTerminal = Terminal.isTerminal(STDOUT_FILENO) && Terminal.isTerminal(STDIN_FILENO)
  }

  var style: TerminalStyle {
    TerminalStyle(
      width: width ?? Terminal.width(of: STDOUT_FILENO).map { min(max($0, 40), 1000) } ?? 80,
      color: console.style.colorOutput, ascii: console.style.ascii)
  }

  var screenLines: Int? { isTerminal ? Terminal.height(of: STDOUT_FILENO) : nil }

  func write(_ text: String) { console.output(text) }
  func message(_ text: String) { console.message(text) }

  func page(_ text: String) -> Bool {
    console.clearProgress()
    return ChildProcess.page(text)
  }
}
