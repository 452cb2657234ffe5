import LabJSON

/// HTML under construction. Markup is written as literals alone, and every other text goes through one escaping function,
/// so that no text from data can become markup.
struct Markup {
  private(set) var text = ""

  /// Text of the program, written as it is.
  mutating func raw(_ literal: StaticString) { text += literal.description }

  /// Text from anywhere, as text.
  mutating func write(_ other: String) { text += Self.escaped(other) }

  mutating func append(_ other: Markup) { text += other.text }

  /// An opening tag with attributes; one without a value is left out.
  mutating func open(_ tag: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:]) {
    text += "<" + tag.description
    for (name, value) in attributes {
      guard let value else { continue }
      text += " " + name.description
      if !value.isEmpty { text += "=\"" + Self.escaped(value) + "\"" }
    }
    text += ">"
  }

  mutating func close(_ tag: StaticString) { text += "</" + tag.description + ">" }

  /// A tag with text inside.
  mutating func element(_ tag: StaticString, _ content: String) { element(tag, [:], content) }
  mutating func element(_ tag: StaticString, _ attributes: KeyValuePairs<StaticString, String?>, _ content: String) {
    open(tag, attributes)
    write(content)
    close(tag)
  }

  /// A heading of a level of 1 to 6.
  mutating func heading(_ level: Int, _ content: String) { heading(level, [:], content) }
  mutating func heading(_ level: Int, _ attributes: KeyValuePairs<StaticString, String?>, _ content: String) {
    let tags: [StaticString] = ["h1", "h2", "h3", "h4", "h5", "h6"]
    element(tags[min(max(level, 1), 6) - 1], attributes, Self.named(content))
  }

  /// The text, or a word for one that shows nothing: a heading must say something.
  static func named(_ text: String) -> String {
    SafeText.line(text).allSatisfy(\.isWhitespace) ? "(no name)" : text
  }

  /// A block of data for our script: JSON in which no character can end the element or open another.
  mutating func data(_ json: JSONWriter) {
    raw("<script type=\"application/json\">")
    for byte in json.text.unicodeScalars {
      switch byte {
      case "<": text += "\\u003c"
      case ">": text += "\\u003e"
      case "&": text += "\\u0026"
      case "\u{2028}": text += "\\u2028"
      case "\u{2029}": text += "\\u2029"
      default: text.unicodeScalars.append(byte)
      }
    }
    raw("</script>\n")
  }

  /// A style sheet or script of our own, as it is; only for text that is part of the program.
  mutating func asset(_ content: String) { text += content }

  /// The text in one line, harmless, with the characters that mean something in HTML replaced.
  static func escaped(_ text: String) -> String {
    let safe = SafeText.line(text)
    guard safe.utf8.contains(where: { $0 == 0x26 || $0 == 0x3c || $0 == 0x3e || $0 == 0x22 || $0 == 0x27 }) else {
      return safe
    }
    var result = ""
    for scalar in safe.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
