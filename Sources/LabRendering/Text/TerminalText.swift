/// Makes text safe to print: control characters other than the line feed and the tab become visible.
package enum TerminalText {
  package static func visible(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0a, 0x09: result.append(scalar)
      case 0..<0x20, 0x7f: result.append(contentsOf: "\\x".unicodeScalars + hexadecimal(scalar.value).unicodeScalars)
      case 0x80..<0xa0, 0x200e...0x200f, 0x202a...0x202e, 0x2066...0x2069:
        result.append(contentsOf: "\\u{".unicodeScalars + hexadecimal(scalar.value).unicodeScalars + "}".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return digits.utf8.count < 2 ? "0" + digits : digits
  }
}
