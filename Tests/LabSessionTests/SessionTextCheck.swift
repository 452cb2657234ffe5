import LabCore

@testable import LabSession

/// What must hold of any text that a session reads: words stay the same when they are typed again, a line of output stands
/// for itself as a transcript writes it, and a transcript is read or refused with a reason. The fuzzer runs it too.
enum SessionTextCheck {
  /// What is wrong, in words.
  struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// - Returns: whether it is a transcript.
  static func run(_ text: String) throws(Violation) -> Bool {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for line in lines {
      guard let words = try? SessionWords.of(line) else { continue }
      let typed = words.map(SessionWords.quoted).joined(separator: " ")
      guard (try? SessionWords.of(typed)) == words else { throw Violation("words change when typed again: \(words)") }
      guard LinePattern(LinePattern.escaped(line)).matches(line) else {
        throw Violation("a line doesn't stand for itself: \(line)")
      }
    }
    // Any lines for wild cards against any others: it must come to an end.
    let middle = lines.count / 2
    _ = OutputAlignment(expected: Array(lines[..<middle]), actual: Array(lines[middle...])).isMatch
    guard OutputAlignment(expected: lines.map(LinePattern.escaped), actual: lines).isMatch else {
      throw Violation("an output doesn't fit what a transcript writes of it")
    }
    do throws(LabFailure) { _ = try Transcript(text, path: "t.session") } catch {
      guard !error.diagnostics.isEmpty else { throw Violation("a refusal without a reason") }
      return false
    }
    return true
  }
}
