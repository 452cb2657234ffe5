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
  ///
  /// Part after part, all places of the line are kept that the pattern so far can end at: many wild cards in a line take no
  /// longer than one after the other.
  func matches(_ line: String) -> Bool {
    var characters = Array(line)
    while characters.last == " " { characters.removeLast() }
    var ends: Set<Int> = [0]
    for (index, part) in parts.enumerated() where !ends.isEmpty {
      ends = Self.ends(of: part, isLast: index == parts.count - 1, from: ends, in: characters)
    }
    return ends.contains(characters.count)
  }

  /// Where a part can end that begins at one of some places.
  private static func ends(of part: Part, isLast: Bool, from starts: Set<Int>, in line: [Character]) -> Set<Int> {
    switch part {
    case .text(var text):
      // Blanks at the end of a pattern don't count either.
      if isLast { while text.last == " " { text.removeLast() } }
      return Set(starts.filter { line[$0...].starts(with: text) }.map { $0 + text.count })
    case .any: return Set((starts.min() ?? line.count)...line.count)
    case .number: return runs(from: starts, in: line, of: numberCharacters, isNumber)
    case .path:
      return starts.reduce(into: Set<Int>()) { ends, start in
        let stop = line[start...].firstIndex(of: " ") ?? line.count
        if start < stop { ends.formUnion(start + 1...stop) }
      }
    case .time: return runs(from: starts, in: line, of: timeCharacters, isTime)
    }
  }

  /// Where a run of some characters can end that is what is wanted, and no longer than any such thing is.
  private static func runs(
    from starts: Set<Int>, in line: [Character], of characters: Set<Character>, _ isWanted: (String) -> Bool
  ) -> Set<Int> {
    var ends: Set<Int> = []
    for start in starts {
      let limit = min(line.count, start + longestRun)
      let stop = line[start..<limit].firstIndex { !characters.contains($0) } ?? limit
      for end in start..<stop where isWanted(String(line[start...end])) { ends.insert(end + 1) }
    }
    return ends
  }

  private static let numberCharacters = Set("+-$0123456789.,eE%kMGT")
  private static let timeCharacters = Set("0123456789-:.TZ mshind")
  /// Characters of the longest number, time or duration.
  private static let longestRun = 40

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
