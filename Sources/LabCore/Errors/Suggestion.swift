/// Finds the names that a mistyped one may have meant.
public enum Suggestion {
  /// The candidates nearest to `word`, best first, at most `limit`: within a third of its length in edits (at least 1, at
  /// most 3), or with it as a prefix or part.
  public static func nearest(to word: String, among candidates: some Sequence<String>, limit: Int = 3) -> [String] {
    let wanted = Array(word.lowercased().unicodeScalars.prefix(64))
    guard !wanted.isEmpty else { return [] }
    let allowance = min(3, max(1, wanted.count / 3))
    var scored: [(distance: Int, name: String)] = []
    for candidate in candidates {
      let name = Array(candidate.lowercased().unicodeScalars.prefix(64))
      var distance = editDistance(wanted, name)
      if distance > allowance, wanted.count >= 3, contains(name, wanted) || (name.count >= 4 && contains(wanted, name))
      {
        distance = allowance
      }
      if distance <= allowance { scored.append((distance, candidate)) }
    }
    scored.sort { $0.distance == $1.distance ? $0.name < $1.name : $0.distance < $1.distance }
    var seen: Set<String> = []
    return scored.map(\.name).filter { seen.insert($0).inserted }.prefix(limit).map { $0 }
  }

  /// `did you mean 'a' or 'b'?`, or nil when nothing is near.
  public static func help(for word: String, among candidates: some Sequence<String>) -> String? {
    let names = nearest(to: word, among: candidates)
    guard let last = names.last else { return nil }
    if names.count == 1 { return "did you mean '\(last)'?" }
    return "did you mean " + names.dropLast().map { "'\($0)'" }.joined(separator: ", ") + " or '\(last)'?"
  }

  private static func contains(_ text: [Unicode.Scalar], _ part: [Unicode.Scalar]) -> Bool {
    guard part.count <= text.count else { return false }
    return (0...(text.count - part.count)).contains { start in text[start..<(start + part.count)].elementsEqual(part) }
  }

  /// Edits (insert, delete, replace, swap of neighbours) between two words: optimal string alignment.
  private static func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for (row, scalar) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (scalar == other ? 0 : 1))
        if row > 0, column > 0, scalar == right[column - 1], left[row - 1] == other {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
