import LabAnalysis
import LabCore
import LabPipeline
import LabRendering
import LabReport
import LabScenario

/// A session: what is loaded, and the commands that look at it and change it. One thread uses it at a time.
///
/// Who drives it (a terminal, a script, a test) hands it lines; everything that it says goes through its output.
public final class Session {
  /// What the use cases work with; every command has a cancel flag of its own.
  var environment: LabEnvironment
  let output: any SessionOutput
  let hooks: SessionHooks
  var state = SessionState()
  /// The lines that were typed, oldest first.
  var history: [String] = []

  /// What a command is stopped by while it runs; nil between commands.
  private let interruption: SessionInterruption
  /// What stops every command; nil: each has a flag of its own.
  private let cancellation: CancellationFlag?
  /// Seconds of a clock that only goes forward, for `timer`.
  private let clock: @Sendable () -> Double
  /// Results of the command at hand, written when it ends.
  private var pending = ""
  /// What is written once more behind a pager.
  private var closing: String?
  /// How deep `read` is in scripts that read scripts.
  var scriptDepth = 0

  public init(
    environment: LabEnvironment, output: any SessionOutput, hooks: SessionHooks,
    interruption: SessionInterruption = SessionInterruption(), cancellation: CancellationFlag? = nil,
    clock: @escaping @Sendable () -> Double = { 0 }
  ) {
    self.environment = environment
    self.output = output
    self.hooks = hooks
    self.interruption = interruption
    self.cancellation = cancellation
    self.clock = clock
    self.environment.note = { [output] diagnostic in
      output.message(
        diagnostic.severity == .note ? diagnostic.sentence : TerminalText.visible(diagnostic.description))
    }
  }

  // MARK: Lines

  /// How a line ended.
  package struct Outcome: Sendable {
    package var code: ExitCode
    /// Whether the session is over.
    package var quits = false
  }

  /// Runs one line. An error is told and leaves the session as it was.
  @discardableResult
  package func execute(_ line: String) -> Outcome {
    let flag = cancellation ?? CancellationFlag()
    environment.cancellation = flag
    interruption.begin(flag)
    defer { interruption.end() }
    let started = clock()
    var code = ExitCode.done
    do throws(LabFailure) {
      if line.utf8.count > Self.longestLine {
        throw LabFailure(
          .usage, code: "line_too_long",
          "the line has more than \(NumberFormat.grouped(Self.longestLine)) bytes, and no command is as long")
      }
      let words = try SessionWords.of(line)
      guard let first = words.first else { return Outcome(code: .done) }
      let name = Self.withoutMark(first)
      try SessionCommands.find(name).run(self, Array(words.dropFirst()))
      code = state.code
    } catch {
      flush()
      if error.kind == .cancelled, error.diagnostics.isEmpty { output.message("stopped") }
      tell(error.diagnostics)
      code = ExitCode(error.kind, cancelledBy: flag.reason)
    }
    flush()
    state.code = .done
    if state.showsTimes { output.message("\(NumberFormat.fixed(clock() - started, places: 3)) s") }
    return Outcome(code: code, quits: state.quits)
  }

  /// Bytes of a line; whoever hands a session lines may cut longer ones off beyond.
  package static let longestLine = 65_536

  /// One leading `.`, `:` or `\` of a command is a habit from elsewhere.
  static func withoutMark(_ word: String) -> String {
    guard word.count > 1, let first = word.first, ".:\\".contains(first) else { return word }
    return String(word.dropFirst())
  }

  /// Runs lines one after another; the first that fails ends them with its code, unless `bail off`.
  package func runScript(_ lines: some Sequence<String>) -> Outcome {
    var code = ExitCode.done
    for line in lines {
      let outcome = execute(line)
      code = code.combined(with: outcome.code)
      if outcome.quits { return Outcome(code: code, quits: true) }
      if outcome.code == .interrupted || outcome.code == .terminated { return Outcome(code: outcome.code, quits: true) }
      // A threshold that failed is a result, not an error of the script.
      if state.bails, outcome.code != .done, outcome.code != .thresholdFailed {
        return Outcome(code: outcome.code, quits: true)
      }
    }
    return Outcome(code: code)
  }

  // MARK: What commands say

  /// Shows blocks in the mode of the session, and remembers them for `last`.
  func show(_ blocks: [ReportBlock], title: String = "", question: String = "", id: String = "result") {
    let report = Report(id: id, title: title, question: question, blocks: blocks)
    state.last = report
    write(report)
  }

  func show(_ report: Report) {
    state.last = report
    write(report)
  }

  private func write(_ report: Report) {
    switch state.mode {
    case .table:
      let renderer = TerminalRenderer(output.style)
      put(report.title.isEmpty ? renderer.text(of: report.blocks) : renderer.text(of: report))
    case .json: put(JSONRenderer().text(of: report))
    case .csv:
      let renderer = CSVRenderer()
      let tables = report.tables
      for (index, table) in tables.enumerated() {
        put((index > 0 ? "\n" : "") + (tables.count > 1 ? table.id + "\n" : "") + renderer.text(of: table))
      }
    case .markdown:
      let renderer = MarkdownRenderer()
      put(report.title.isEmpty ? renderer.text(of: report.blocks) : renderer.text(of: report))
    }
  }

  /// Lines that stand as they are in a terminal; other modes write the table that holds the same.
  func show(lines: [String], as table: ReportTable) {
    if state.mode == .table {
      state.last = Report(id: table.id, title: "", question: "", blocks: [.table(table)])
      for line in lines { put(TerminalText.visible(line) + "\n") }
    } else {
      show([.table(table)])
    }
  }

  /// Says what was done. Where results are for machines it goes beside them.
  func say(_ text: String) {
    let lines = TextLayout.wrap(SafeText.line(text, ascii: output.style.ascii), to: output.style.width)
    if state.mode == .json || state.mode == .csv {
      output.message(lines.joined(separator: "\n"))
    } else {
      for line in lines { put(line + "\n") }
    }
  }

  /// Tells a sentence that is written once more when a pager has taken the command's output away.
  func conclude(_ text: String) {
    say(text)
    closing = TextLayout.wrap(SafeText.line(text, ascii: output.style.ascii), to: output.style.width)
      .map { $0 + "\n" }.joined()
  }

  /// Text as it is.
  func put(_ text: String) { pending += text }

  /// Tells problems.
  func tell(_ diagnostics: [Diagnostic]) {
    for diagnostic in diagnostics { output.message(TerminalText.visible(diagnostic.description)) }
  }

  /// Writes what commands have put, page by page where it is long.
  private func flush() {
    defer { closing = nil }
    guard !pending.isEmpty else { return }
    let text = pending
    pending = ""
    if state.pages, let lines = output.screenLines, text.utf8.count(where: { $0 == UInt8(ascii: "\n") }) >= lines,
      output.page(text)
    {
      // What a person must not miss stands on the screen when the pager is gone.
      if let closing { output.write(closing) }
      return
    }
    output.write(text)
  }
}
