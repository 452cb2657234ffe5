import LabCore
import LabPipeline

/// A `.session` file: what is typed, what must come, and files that are written first.
///
/// - `lab> LINE` is a line of the session, `$ finops-lab …` runs the program alone; what follows is the output.
/// - `[exit N]` after an output is the exit code; 0 unless said.
/// - In an output, a line `...` stands for any lines, `[..]` for any text of a line, `[NUM]`, `[PATH]` and `[TIME]` for a
///   number, a path and a time or duration; `\[` is a plain bracket.
/// - `#` lines between are comments; `-- NAME --` begins a file.
struct Transcript {
  /// One command with what it must write.
  struct Step {
    enum Kind { case session, program }
    var kind: Kind
    /// What is typed behind `lab> ` or `$ `.
    var command: String
    /// The lines of the file that show the output, `[exit N]` not included.
    var expected: [String]
    var code: Int32
    /// Its own line number, from 1.
    var line: Int
    /// The lines of the file that its output takes, from 0, `[exit N]` included.
    var outputLines: Range<Int>

    /// Whether it is an expectation, which no update may turn green.
    var isExpectation: Bool { kind == .session && command.trimmed.hasPrefix("expect") }
  }

  var path: String
  var lines: [String]
  var steps: [Step] = []
  var files: [(name: String, text: String)] = []

  /// Reads a transcript.
  ///
  /// - Throws: ``LabFailure`` of kind `invalidInput` with every line that means nothing.
  init(_ text: String, path: String) throws(LabFailure) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    var problems: [Diagnostic] = []
    var index = 0
    while index < lines.count, Self.fileName(lines[index]) == nil {
      let line = lines[index]
      if let (kind, command) = Self.command(line) {
        let start = index
        index += 1
        while index < lines.count, Self.command(lines[index]) == nil, Self.fileName(lines[index]) == nil { index += 1 }
        steps.append(step(kind, command, at: start, upTo: index, &problems))
      } else {
        if !line.trimmed.isEmpty, !line.hasPrefix("#") {
          problems.append(
            Diagnostic(
              code: "stray_line", sentence: "'\(line)' stands before the first command",
              help: "commands begin with 'lab> ' or '$ ', comments with '#'",
              at: SourceLocation(file: path, line: index + 1)))
        }
        index += 1
      }
    }
    readFiles(from: index)
    if steps.isEmpty, problems.isEmpty {
      problems.append(
        Diagnostic(
          code: "no_command", sentence: "there is no command", help: "a transcript has lines that begin with 'lab> '",
          at: SourceLocation(file: path)))
    }
    if !problems.isEmpty { throw LabFailure(.invalidInput, problems) }
  }

  /// A command line's kind and text; nil for another line.
  private static func command(_ line: String) -> (Step.Kind, String)? {
    if line == "lab>" { return (.session, "") }
    if line.hasPrefix("lab> ") { return (.session, String(line.dropFirst(5))) }
    if line.hasPrefix("$ ") { return (.program, String(line.dropFirst(2))) }
    return nil
  }

  /// The name in `-- NAME --`.
  private static func fileName(_ line: String) -> String? {
    guard line.hasPrefix("-- "), line.hasSuffix(" --"), line.utf8.count > 6 else { return nil }
    return String(line.dropFirst(3).dropLast(3)).trimmed
  }

  private func step(
    _ kind: Step.Kind, _ command: String, at start: Int, upTo end: Int, _ problems: inout [Diagnostic]
  ) -> Step {
    // Blank lines and comments before the next command are not output.
    var last = end
    while last > start + 1, lines[last - 1].trimmed.isEmpty || lines[last - 1].hasPrefix("#") { last -= 1 }
    var expected = Array(lines[(start + 1)..<last])
    var code: Int32 = 0
    for (offset, line) in expected.enumerated() {
      guard let directive = Self.directive(line) else { continue }
      let words = directive.split(separator: " ")
      if words.count == 2, words[0] == "exit", let number = Int32(words[1]), offset == expected.count - 1 {
        code = number
      } else {
        problems.append(
          Diagnostic(
            code: "unknown_directive", sentence: "'[\(directive)]' is no directive",
            help: "'[exit N]' ends an output; write '\\[' for a plain bracket",
            at: SourceLocation(file: path, line: start + 2 + offset)))
      }
    }
    if let line = expected.last, Self.directive(line) != nil { expected.removeLast() }
    if kind == .program, command != "finops-lab", !command.hasPrefix("finops-lab ") {
      problems.append(
        Diagnostic(
          code: "other_program", sentence: "'$ \(command)' is another program",
          help: "'$' lines run finops-lab alone, by no shell", at: SourceLocation(file: path, line: start + 1)))
    }
    return Step(
      kind: kind, command: command, expected: expected, code: code, line: start + 1,
      outputLines: (start + 1)..<last)
  }

  /// The words of a line that is nothing but `[word …]`, where that is no wild card.
  static func directive(_ line: String) -> String? {
    guard line.first == "[", line.last == "]" else { return nil }
    let inner = String(line.dropFirst().dropLast())
    guard let first = inner.first, first.isLetter, first.isLowercase, !inner.contains("[") else { return nil }
    return inner
  }

  private mutating func readFiles(from start: Int) {
    var index = start
    while index < lines.count, let name = Self.fileName(lines[index]) {
      index += 1
      var content: [String] = []
      while index < lines.count, Self.fileName(lines[index]) == nil {
        content.append(lines[index])
        index += 1
      }
      while content.last == "" { content.removeLast() }
      files.append((name, content.joined(separator: "\n") + (content.isEmpty ? "" : "\n")))
    }
  }
}
