/// Makes text from data harmless on a terminal: nothing in it can move the cursor, colour, retitle, ring, or turn the line.
public enum SafeText {
  /// At most this many scalars in a cluster; the longest emoji in use have 11, a tower of accents has hundreds.
  private static let clusterLimit = 16
  /// No text from data is longer than this on a screen or in a page's cell; the CSV has it whole.
  private static let lengthLimit = 1000

  /// The text in one line: line breaks and tabs become blanks, other control characters, escape sequences' first bytes,
  /// and marks that turn the writing direction become `\u{fffd}`.
  ///
  /// - Parameter ascii: the result is ASCII: typographic signs get their plain forms, other characters are written as
  ///   `\u{e9}`.
  public static func line(_ text: String, ascii: Bool = false) -> String {
    let bytes = text.utf8
    if bytes.count <= lengthLimit, bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
    var result = ""
    var length = 0
    for character in text {
      length += 1
      if length > lengthLimit {
        result += ascii ? "..." : "…"
        break
      }
      for scalar in character.unicodeScalars.prefix(clusterLimit) { append(scalar, to: &result, ascii: ascii) }
    }
    return result
  }

  private static func append(_ scalar: Unicode.Scalar, to result: inout String, ascii: Bool) {
    switch scalar.value {
    case 0x0d: break  // The line feed that follows it makes the blank; alone it makes none.
    case 0x09, 0x0a, 0x0b, 0x0c, 0x85, 0x2028, 0x2029: result += " "
    case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x202a...0x202e, 0x2060...0x206f, 0x061c, 0xfeff, 0xfff9...0xfffb:
      result += ascii ? "?" : "\u{fffd}"
    case 0x20..<0x7f: result.unicodeScalars.append(scalar)
    default:
      if ascii { result += plain(scalar) } else { result.unicodeScalars.append(scalar) }
    }
  }

  /// The ASCII form of a scalar beyond it.
  private static func plain(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0xa0, 0x2002...0x200a, 0x202f: " "
    case 0x2010...0x2015, 0x2212: "-"
    case 0x2018, 0x2019: "'"
    case 0x201c, 0x201d, 0x201e: "\""
    case 0x2026: "..."
    case 0x2192: "->"
    case 0x2190: "<-"
    case 0x2264: "<="
    case 0x2265: ">="
    case 0x2260: "!="
    case 0x2248: "~"
    case 0xd7: "x"
    case 0xb7, 0x2022: "*"
    case 0xb1: "+-"
    case 0xb5, 0x3bc: "u"
    case 0xb2: "^2"
    case 0x20ac: "EUR"
    default: "\\u{" + String(scalar.value, radix: 16) + "}"
    }
  }
}
