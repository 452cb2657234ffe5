/// A path to a value of a scenario: `features[chat].routes[0].weight`.
struct ValuePath: Hashable, Sendable {
  enum Step: Hashable, Sendable {
    /// `.key`, or the first word.
    case key(String)
    /// `[0]` or `[chat]`: a place in a list, the id of an item, or a key with characters that a word can't hold.
    case item(String)
  }

  var steps: [Step]

  /// Nil when the text is no path: empty words, unclosed brackets.
  init?(_ text: String) {
    steps = []
    var rest = Substring(text)
    var mayStartWord = true
    while let first = rest.first {
      if first == "[" {
        guard !steps.isEmpty, let close = rest.firstIndex(of: "]") else { return nil }
        var name = rest[rest.index(after: rest.startIndex)..<close]
        if name.count >= 2, name.first == "\"", name.last == "\"" { name = name.dropFirst().dropLast() }
        guard !name.isEmpty else { return nil }
        steps.append(.item(String(name)))
        rest = rest[rest.index(after: close)...]
        mayStartWord = false
      } else {
        if first == "." {
          guard !steps.isEmpty else { return nil }
          rest = rest.dropFirst()
        } else if !mayStartWord {
          return nil
        }
        let word = rest.prefix { $0 != "." && $0 != "[" }
        guard !word.isEmpty else { return nil }
        steps.append(.key(String(word)))
        rest = rest.dropFirst(word.count)
        mayStartWord = false
      }
    }
    if steps.isEmpty { return nil }
  }

  /// The path of a key below another, in brackets where a word can't hold it.
  static func adding(key: String, to path: String) -> String {
    if key.contains(where: { $0 == "." || $0 == "[" || $0 == "]" }) { return "\(path)[\(key)]" }
    return path.isEmpty ? key : path + "." + key
  }

  static func adding(item: String, to path: String) -> String { "\(path)[\(item)]" }
  static func adding(index: Int, to path: String) -> String { "\(path)[\(index)]" }
}
