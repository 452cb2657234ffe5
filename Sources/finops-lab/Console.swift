import Glibc
import LabCore
import LabPipeline
import LabRendering
import Synchronization

/// The only place that prints: results to standard output, progress and messages to standard error.
///
/// A closed standard output (`| head -1`) silences it and changes nothing else; any other failure to write is remembered and
/// becomes the exit code.
final class Console: Sendable {
  struct Style: Sendable {
    var quiet = false
    var verbose = false
    /// Whether standard output and standard error get colour.
    var colorOutput = false
    var colorErrors = false
    var ascii = false
    var width = 80
    var showsProgress = false
  }

  let style: Style
  private let failure = Atomic<Int32>(0)
  private let progressShown = Mutex(false)

  init(style: Style) { self.style = style }

  /// Prints text to standard output as it is.
  func output(_ text: String) { output(Array(text.utf8)) }

  func output(_ bytes: [UInt8]) {
    clearProgress()
    guard failure.load(ordering: .relaxed) == 0 else { return }
    let number = Terminal.write(bytes, to: STDOUT_FILENO)
    if number != 0 { failure.store(number, ordering: .relaxed) }
  }

  /// A message for the person at the terminal, left out with `--quiet`.
  func note(_ text: String) { if !style.quiet { message(text) } }

  /// A message that only `--verbose` shows.
  func detail(_ text: String) { if style.verbose { message(text) } }

  /// A message that is always shown.
  func message(_ text: String) {
    clearProgress()
    _ = Terminal.write(Array((text + "\n").utf8), to: STDERR_FILENO)
  }

  func report(_ diagnostics: [Diagnostic]) {
    for diagnostic in diagnostics { message(TerminalText.visible(diagnostic.description)) }
  }

  /// Shows a line of progress in place, on a terminal only.
  func progress(_ line: String) {
    guard style.showsProgress else { return }
    progressShown.withLock { shown in
      shown = true
      _ = Terminal.write(Array("\r\u{1b}[K\(line)".utf8), to: STDERR_FILENO)
    }
  }

  func clearProgress() {
    progressShown.withLock { shown in
      guard shown else { return }
      shown = false
      _ = Terminal.write(Array("\r\u{1b}[K".utf8), to: STDERR_FILENO)
    }
  }

  /// The exit code that failed printing asks for: a reader that went away is none.
  var exitCode: ExitCode {
    switch failure.load(ordering: .relaxed) {
    case 0, EPIPE: .done
    default: .inputOutput
    }
  }
}
