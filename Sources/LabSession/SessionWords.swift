import LabCore

/// Cuts a line into words as a shell would: blanks separate, quotes and backslashes keep, `#` starts a comment.
struct SessionWords {
  private(set) var words: [String] = []
  /// Whether the line ends inside a quote, and in which.
  private(set) var openQuote: Character?
  /// Whether a word has begun at the end of the line: what completion completes.
  private(set) var isInWord = false

  init(_ line: String) {
    var word = ""
    var quote: Character?
    var begun = false
    var escaped = false
    func end() {
      if begun { words.append(word) }
      word = ""
      begun = false
    }
    for character in line {
      if escaped {
        word.append(character)
        escaped = false
      } else if character == "\\", quote != "'" {
        escaped = true
        begun = true
      } else if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        begun = true
      } else if character == " " || character == "\t" {
        end()
      } else if character == "#", !begun {
        break
      } else {
        word.append(character)
        begun = true
      }
    }
    isInWord = begun
    openQuote = quote
    end()
  }

  /// The words of a whole line.
  ///
  /// - Throws: ``LabFailure`` of kind `usage` when a quote is never closed.
  static func of(_ line: String) throws(LabFailure) -> [String] {
    let split = SessionWords(line)
    if let quote = split.openQuote {
      throw LabFailure(
        .usage, code: "open_quote", "the quote \(quote) is never closed", help: "end the word with \(quote)")
    }
    return split.words
  }

  /// A word as it is to be typed: in quotes when it holds a blank or a quote.
  static func quoted(_ word: String) -> String {
    let plain = !word.isEmpty && !word.contains { " \t\"'\\#".contains($0) }
    if plain { return word }
    return "\"" + word.flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) } + "\""
  }
}
