import LabCore
import Synchronization

/// What happened, for the log of the page and, with its details, for the terminal.
final class ActivityLog: Sendable {
  enum Level: String, Sendable { case info, warning, error }

  struct Line: Sendable, Encodable {
    /// From 1, so that a page knows which ones it has.
    var number: Int
    var time: Instant
    var level: String
    var text: String
  }

  /// How many lines are kept.
  static let kept = 200

  private let state = Mutex((lines: [Line](), next: 1))
  private let now: @Sendable () -> Instant
  private let sink: @Sendable (Diagnostic) -> Void

  /// - Parameter sink: gets everything that is logged, with all that a person at the terminal may see.
  init(now: @escaping @Sendable () -> Instant, sink: @escaping @Sendable (Diagnostic) -> Void) {
    self.now = now
    self.sink = sink
  }

  /// Adds a line that may be shown in a page: no path, no trace.
  func add(_ level: Level, _ text: String) {
    keep(level, text)
    sink(Diagnostic(level == .info ? .note : .warning, code: "viewer", sentence: text))
  }

  /// Adds what a failure may show, and gives the terminal all of it.
  func add(_ failure: LabFailure, doing what: String) {
    keep(.error, "\(what): \(PublicText.of(failure))")
    for diagnostic in failure.diagnostics { sink(diagnostic) }
  }

  private func keep(_ level: Level, _ text: String) {
    let time = now()
    state.withLock { state in
      state.lines.append(Line(number: state.next, time: time, level: level.rawValue, text: text))
      state.next += 1
      if state.lines.count > Self.kept { state.lines.removeFirst(state.lines.count - Self.kept) }
    }
  }

  /// The last lines, oldest first.
  func last(_ count: Int) -> [Line] { state.withLock { Array($0.lines.suffix(count)) } }

  /// The lines after a number.
  func lines(after number: Int) -> [Line] { state.withLock { $0.lines.filter { $0.number > number } } }
}

/// Sentences for people as a page may show them: files by their names, not by where they lie.
enum PublicText {
  static func of(_ failure: LabFailure) -> String {
    let sentences = failure.diagnostics.filter { $0.severity == .error }.map(\.sentence)
    if sentences.isEmpty {
      return failure.kind == .cancelled
        ? "it was stopped" : failure.diagnostics.first.map { of($0.sentence) } ?? "it failed"
    }
    let shown = sentences.prefix(3).map { of($0) }.joined(separator: "; ")
    let more = sentences.count - 3
    return more > 0 ? "\(shown); and \(more) more" : shown
  }

  /// The sentence with every path cut to its last part: what stands in quotes, and words that start like a path.
  static func of(_ sentence: String) -> String {
    var result = ""
    var rest = sentence[...]
    while let quote = rest.firstIndex(of: "'") {
      result += bare(rest[..<quote])
      let inner = rest[rest.index(after: quote)...]
      // The apostrophe of "isn't" opens nothing.
      let isOpening =
        quote == rest.startIndex ? result.last.map { !$0.isLetter } ?? true : isBorder(before: quote, in: rest)
      guard isOpening, let end = inner.firstIndex(of: "'") else {
        result += "'"
        rest = inner
        continue
      }
      result += "'" + lastPart(inner[..<end]) + "'"
      rest = inner[inner.index(after: end)...]
    }
    return result + bare(rest)
  }

  private static func isBorder(before index: Substring.Index, in text: Substring) -> Bool {
    !text[text.index(before: index)].isLetter
  }

  private static func bare(_ text: Substring) -> String {
    text.split(separator: " ", omittingEmptySubsequences: false).map { word in
      // `rows/s` is no path.
      word.hasPrefix("/") || word.contains("/") && word.contains(".") ? lastPart(word) : String(word)
    }.joined(separator: " ")
  }

  private static func lastPart(_ text: Substring) -> String {
    guard let slash = text.lastIndex(of: "/") else { return String(text) }
    return String(text[text.index(after: slash)...])
  }
}
