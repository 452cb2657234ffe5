/// A line of an expected output: text with wild cards.
struct LinePattern {
  private enum Part {
    case text([Character])
    case any, number, path, time
  }

  private let parts: [Part]
  /// A line of dots alone: any number of lines.
  let isAnyLines: Bool

  init(_ line: String) {
    isAnyLines = line == "..."
    var parts: [Part] = []
    var text: [Character] = []
    var rest = Substring(line)
    while let first = rest.first {
      if first == "\\", rest.count > 1 {
        rest = rest.dropFirst()
        text.append(rest.removeFirst())
        continue
      }
      let cards: [(String, Part)] = [("[..]", .any), ("[NUM]", .number), ("[PATH]", .path), ("[TIME]", .time)]
      if first == "[", let (word, part) = cards.first(where: { rest.hasPrefix($0.0) }) {
        if !text.isEmpty { parts.append(.text(text)) }
        text = []
        parts.append(part)
        rest = rest.dropFirst(word.count)
      } else {
        text.append(rest.removeFirst())
      }
    }
    if !text.isEmpty { parts.append(.text(text)) }
    self.parts = parts
  }

  /// Whether a line of output fits; blanks at its end don't count.
  func matches(_ line: String) -> Bool {
    var characters = Array(line)
    while characters.last == " " { characters.removeLast() }
    return matches(parts[...], characters[...])
  }

  private func matches(_ parts: ArraySlice<Part>, _ line: ArraySlice<Character>) -> Bool {
    guard let part = parts.first else { return line.isEmpty }
    let rest = parts.dropFirst()
    switch part {
    case .text(var text):
      // Blanks at the end of a pattern don't count either.
      if rest.isEmpty { while text.last == " " { text.removeLast() } }
      return line.starts(with: text) && matches(rest, line.dropFirst(text.count))
    case .any:
      // The longest first: what follows is most often at the end.
      return stride(from: line.count, through: 0, by: -1).contains { matches(rest, line.dropFirst($0)) }
    case .number: return lengths(ofRun: line, Self.isNumber).contains { matches(rest, line.dropFirst($0)) }
    case .path: return lengths(ofRun: line) { !$0.contains(" ") }.contains { matches(rest, line.dropFirst($0)) }
    case .time: return lengths(ofRun: line, Self.isTime).contains { matches(rest, line.dropFirst($0)) }
    }
  }

  /// How many of the first characters are what is wanted, longest first; none is not.
  private func lengths(ofRun line: ArraySlice<Character>, _ isWanted: (String) -> Bool) -> [Int] {
    stride(from: line.count, through: 1, by: -1).filter { isWanted(String(line.prefix($0))) }
  }

  /// `12`, `-1,234.5`, `$1,234.56`, `12.5%`, `1.2M`, `3e-5`.
  private static func isNumber(_ text: String) -> Bool {
    text.wholeMatch(of: /[-+]?\$?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][-+]?\d+)?[%kMGT]?/) != nil
  }

  /// `2026-01-05`, `2026-01-05T09:13:45Z`, `0.3 s`, `12 min 05 s`, `3 h 20 min`.
  private static func isTime(_ text: String) -> Bool {
    text.wholeMatch(of: /\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?/) != nil
      || text.wholeMatch(of: /\d+(\.\d+)? ?(ms|s|min|h|d)( \d+ (s|min|h))?/) != nil
  }

  /// A line of output as a transcript must write it, so that it stands for itself.
  static func escaped(_ line: String) -> String {
    var result = ""
    var rest = Substring(line)
    while let first = rest.first {
      let isCard = ["[..]", "[NUM]", "[PATH]", "[TIME]"].contains { rest.hasPrefix($0) }
      if first == "\\" || isCard { result.append("\\") }
      result.append(rest.removeFirst())
    }
    while result.last == " " { result.removeLast() }
    // A line that would mean something else.
    let looksLikeMore =
      line == "..." || line == "lab>" || line.hasPrefix("lab> ") || line.hasPrefix("$ ") || line.hasPrefix("#")
      || (line.hasPrefix("-- ") && line.hasSuffix(" --")) || Transcript.directive(line) != nil
    return looksLikeMore && !result.hasPrefix("\\") ? "\\" + result : result
  }
}
