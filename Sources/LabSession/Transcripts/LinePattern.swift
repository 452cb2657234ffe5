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
    case .number: return starts.reduce(into: []) { ends, start in ends.formUnion(numberEnds(from: start, in: line)) }
    case .path:
      // Of places of one word the first reaches all ends that the others reach.
      var ends: Set<Int> = []
      var reached = 0
      for start in starts.sorted() where start >= reached {
        let stop = line[start...].firstIndex(of: " ") ?? line.count
        if start < stop { ends.formUnion(start + 1...stop) }
        reached = stop
      }
      return ends
    case .time: return starts.reduce(into: []) { ends, start in ends.formUnion(timeEnds(from: start, in: line)) }
    }
  }

  /// Where a number can end that begins at a place: `12`, `-1,234.5`, `$1,234.56`, `12.5%`, `1.2M`, `3e-5`.
  ///
  /// Every digit may be the last, so a number has many ends; they are found in one pass over its characters.
  static func numberEnds(from start: Int, in line: [Character]) -> [Int] {
    let limit = min(line.count, start + longestRun)
    func has(_ place: Int, _ wanted: String) -> Bool { place < limit && wanted.contains(line[place]) }
    func digits(from place: Int) -> [Int] { Self.digits(from: place, to: limit, in: line) }
    var first = has(start, "+-") ? start + 1 : start
    if has(first, "$") { first += 1 }
    var ends = digits(from: first)
    if var group = ends.last, ends.count <= 3 {
      while has(group, ","), digits(from: group + 1).count >= 3 {
        group += 4
        ends.append(group)
      }
    }
    for end in ends where has(end, ".") { ends += digits(from: end + 1) }
    for end in ends where has(end, "eE") { ends += digits(from: has(end + 1, "+-") ? end + 2 : end + 1) }
    for end in ends where has(end, "%kMGT") { ends.append(end + 1) }
    return ends
  }

  /// Where a time can end that begins at a place: `2026-01-05`, `2026-01-05T09:13:45Z`, `0.3 s`, `12 min 05 s`, `3 h 20 min`.
  static func timeEnds(from start: Int, in line: [Character]) -> [Int] {
    let limit = min(line.count, start + longestRun)
    /// The end of some words, of which a zero stands for any digit; `nil` where something else is.
    func end(of shape: String, at place: Int) -> Int? {
      guard place + shape.count <= limit else { return nil }
      let fits = zip(shape, line[place...]).allSatisfy { $0 == "0" ? "0123456789".contains($1) : $0 == $1 }
      return fits ? place + shape.count : nil
    }
    func digits(from place: Int) -> [Int] { Self.digits(from: place, to: limit, in: line) }
    if let date = end(of: "0000-00-00", at: start) {
      guard let minute = end(of: "T00:00", at: date) ?? end(of: " 00:00", at: date) else { return [date] }
      var moments = [minute]
      if let second = end(of: ":00", at: minute) {
        moments.append(second)
        if let point = end(of: ".", at: second) { moments += digits(from: point) }
      }
      return [date] + moments + moments.compactMap { end(of: "Z", at: $0) }
    }
    var sizes = digits(from: start)
    for size in sizes { if let point = end(of: ".", at: size) { sizes += digits(from: point) } }
    var ends: [Int] = []
    for size in sizes {
      let unit = end(of: " ", at: size) ?? size
      ends += ["ms", "s", "min", "h", "d"].compactMap { end(of: $0, at: unit) }
    }
    for first in ends {
      guard let second = end(of: " ", at: first) else { continue }
      for size in digits(from: second) { ends += [" s", " min", " h"].compactMap { end(of: $0, at: size) } }
    }
    return ends
  }

  /// Where the digits can end that begin at a place.
  private static func digits(from place: Int, to limit: Int, in line: [Character]) -> [Int] {
    var ends: [Int] = []
    var end = place
    while end < limit, "0123456789".contains(line[end]) {
      end += 1
      ends.append(end)
    }
    return ends
  }

  /// Characters of the longest number, time or duration.
  private static let longestRun = 40

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
