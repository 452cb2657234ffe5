import LabCore

/// Numbers of a usage file as they are kept, read from any accepted text: the careful path behind the fast one.
enum FieldValue {
  /// Why a text is no value.
  enum Problem: Error { case unreadable, negative, tooLarge }

  /// The number that `text` stands for in a column of this kind; empty text is ``IntegerColumn/unknown`` (0 for an
  /// identifier). Nil when it is none.
  static func read(_ text: String, _ kind: UsageColumn.Kind) -> Int64? {
    if text.isEmpty { return kind == .identifier ? 0 : IntegerColumn.unknown }
    switch kind {
    case .time: return Instant(text)?.microseconds
    case .identifier: return TextDictionary.identifier(text)
    case .tokens, .duration, .money: return try? number(ArraySlice(text.utf8), kind)
    case .text, .metadata: return nil
    }
  }

  /// A number of tokens, of microseconds (from milliseconds) or of nanodollars (from USD).
  ///
  /// Tokens must be whole (`12`, `12.0`, `1.2e1`); finer parts of a microsecond or nanodollar are rounded half to even.
  static func number(_ text: ArraySlice<UInt8>, _ kind: UsageColumn.Kind) throws(Problem) -> Int64 {
    guard let decimal = ExactDecimal(text) else {
      // Too many digits or too large an exponent are numbers all the same.
      throw isDecimal(text) ? .tooLarge : .unreadable
    }
    guard decimal.significand >= 0 else { throw .negative }
    let places = kind == .money ? 9 : kind == .duration ? 3 : 0
    let scaled: Int128?
    if kind == .tokens {
      scaled = decimal.scaledExactly(byPowerOfTen: 0)
      // A fraction of a token is no number of tokens; something beyond 128 bits is too large.
      if scaled == nil { throw decimal.exponent < 0 ? .unreadable : .tooLarge }
    } else {
      scaled = decimal.scaled(byPowerOfTen: places)
    }
    guard let scaled, let value = Int64(exactly: scaled) else { throw .tooLarge }
    return value
  }

  /// Whether the text has the form of a decimal number, whatever its size.
  private static func isDecimal(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    func takeDigits() -> Int {
      let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
      rest = rest.dropFirst(digits.count)
      return digits.count
    }
    var digits = takeDigits()
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      digits += takeDigits()
    }
    guard digits > 0 else { return false }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
      guard takeDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}

/// A field as it stands in a file.
enum CSVField {
  /// The text of a field: quotes around it taken off, doubled ones halved.
  static func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: unquoted(field), as: UTF8.self) }

  /// The text of a field: quotes around it taken off, doubled ones halved.
  static func text(_ field: Span<UInt8>) -> String {
    var bytes: [UInt8] = []
    for index in field.indices { bytes.append(field[index]) }
    return text(bytes[...])
  }

  /// The bytes of a field: quotes around it taken off, doubled ones halved.
  static func unquoted(_ field: ArraySlice<UInt8>) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    guard field.first == quote else { return Array(field) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(field.count)
    var position = field.startIndex + 1
    while position < field.endIndex {
      if field[position] == quote {
        position += 1
        guard position < field.endIndex, field[position] == quote else { break }
      }
      bytes.append(field[position])
      position += 1
    }
    return bytes
  }
}
