import Glibc
import LabCore
import LabFiles
import LabPipeline
import LabRendering
import LabReport

/// What a command works with: the console, the environment of the use cases, the project.
struct Shell {
  let console: Console
  let cancellation: CancellationFlag
  let project = Project()

  init(_ options: GlobalOptions, _ cancellation: CancellationFlag) {
    self.cancellation = cancellation
    let outputIsTerminal = Terminal.isTerminal(STDOUT_FILENO)
    let errorsAreTerminal = Terminal.isTerminal(STDERR_FILENO)
    func color(_ isTerminal: Bool) -> Bool {
      switch options.color {
      case .always: return true
      case .never: return false
      case .auto:
        // Who asks for no colour gets none, whatever else is set.
        if let no = Terminal.environment("NO_COLOR"), !no.isEmpty { return false }
        if let force = Terminal.environment("CLICOLOR_FORCE"), !force.isEmpty, force != "0" { return true }
        return isTerminal && !Shell.isDumb
      }
    }
    console = Console(
      style: Console.Style(
        quiet: options.quiet, verbose: options.verbose, colorOutput: color(outputIsTerminal),
        colorErrors: color(errorsAreTerminal), ascii: options.ascii || Shell.localeIsASCII,
        width: options.width ?? Terminal.width(of: STDOUT_FILENO).map { min(max($0, 40), 1000) } ?? 80,
        showsProgress: errorsAreTerminal && !options.quiet && !options.noProgress
          && !Shell.isDumb))
  }

  /// Whether the terminal knows no escape sequences, or nobody says which it is.
  private static var isDumb: Bool { ["", "dumb"].contains(Terminal.environment("TERM") ?? "") }

  /// Whether the locale asks for ASCII by name; an unset one does not.
  private static var localeIsASCII: Bool {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      if let value = Terminal.environment(name), !value.isEmpty { return value == "C" || value == "POSIX" }
    }
    return false
  }

  func environment(threads: Int?) -> LabEnvironment {
    let console = console
    let meter = ProgressMeter(console: console, started: SystemClock.monotonic())
    return LabEnvironment(
      threads: threads ?? Parallel.processorCount, cancellation: cancellation,
      progress: { meter.show($0) },
      note: { diagnostic in
        if diagnostic.severity == .note { console.note(diagnostic.sentence) } else { console.report([diagnostic]) }
      },
      now: { SystemClock.now() }, version: productVersion, binary: { RunningBinary.fingerprint() })
  }

  /// How standard output shows things.
  var style: TerminalStyle {
    TerminalStyle(width: console.style.width, color: console.style.colorOutput, ascii: console.style.ascii)
  }

  /// Prints a report or blocks of one.
  func show(_ report: Report) { console.output(TerminalRenderer(style).text(of: report)) }
  /// Prints a sentence as a result, broken to the width.
  func say(_ text: String) {
    for line in TextLayout.wrap(SafeText.line(text, ascii: console.style.ascii), to: console.style.width) {
      console.output(line + "\n")
    }
  }
  func show(_ blocks: [ReportBlock]) { console.output(TerminalRenderer(style).text(of: blocks)) }
}

/// The hash of the program that runs, so that a part file is continued by the same one only.
enum RunningBinary {
  static func fingerprint() -> Fingerprint {
    guard let bytes = try? FileSystem.read("/proc/self/exe") else { return Fingerprint.of(productVersion) }
    return Fingerprint.of(bytes)
  }
}
