import LabCore

/// Writes JSON text in the order of the calls, the same bytes for the same calls.
///
/// Two spaces of indentation, `\n` line ends, no trailing blank; `compact` leaves all white space out. Doubles are written as
/// the shortest text that reads back the same; those that are no numbers (NaN, infinities) as `null`.
public struct JSONWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  private let compact: Bool
  private var levels: [(isEmpty: Bool, closing: UInt8)] = []
  private var afterKey = false

  public init(compact: Bool = false) { self.compact = compact }

  /// The text so far.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public mutating func beginObject() { open(UInt8(ascii: "{"), UInt8(ascii: "}")) }
  public mutating func endObject() { close() }
  public mutating func beginArray() { open(UInt8(ascii: "["), UInt8(ascii: "]")) }
  public mutating func endArray() { close() }

  public mutating func key(_ name: String) {
    separate()
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    if !compact { bytes.append(UInt8(ascii: " ")) }
    afterKey = true
  }

  public mutating func null() { raw("null") }
  public mutating func value(_ flag: Bool) { raw(flag ? "true" : "false") }
  public mutating func value(_ number: some BinaryInteger) {
    guard let small = Int64(exactly: number) else { return raw(String(number)) }
    separate()
    if small < 0 { bytes.append(UInt8(ascii: "-")) }
    appendDigits(of: small.magnitude, places: 1)
  }
  public mutating func value(_ number: Double) { raw(Self.text(of: number)) }
  /// Money is a number of USD with nine decimals.
  public mutating func value(_ money: Money) {
    separate()
    if money.nanodollars < 0 { bytes.append(UInt8(ascii: "-")) }
    let (whole, fraction) = money.nanodollars.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    appendDigits(of: whole, places: 1)
    bytes.append(UInt8(ascii: "."))
    appendDigits(of: fraction, places: 9)
  }
  public mutating func value(_ instant: Instant) { value(instant.description) }
  public mutating func value(_ number: JSONNumber) { raw(number.text) }
  public mutating func value(_ text: String) {
    separate()
    quote(text)
  }

  /// A tree as it was read.
  public mutating func value(_ node: JSONNode) {
    switch node.value {
    case .null: null()
    case .boolean(let flag): value(flag)
    case .number(let number): value(number)
    case .string(let text): value(text)
    case .array(let items):
      beginArray()
      for item in items { value(item) }
      endArray()
    case .object(let members):
      beginObject()
      for member in members {
        key(member.key)
        value(member.node)
      }
      endObject()
    }
  }

  /// A writer of one value that is to stand at the present place, to be written by somebody else meanwhile and taken in by
  /// ``value(_:)``.
  public func fragment() -> JSONWriter {
    var fragment = JSONWriter(compact: compact)
    fragment.levels = levels
    fragment.afterKey = true
    return fragment
  }

  /// What a ``fragment()`` has written.
  public mutating func value(_ fragment: JSONWriter) {
    separate()
    bytes.append(contentsOf: fragment.bytes)
  }

  /// Ends a text that is a file of its own with a line feed.
  public mutating func endLine() { bytes.append(UInt8(ascii: "\n")) }

  static func text(of number: Double) -> String {
    guard number.isFinite else { return "null" }
    // Up to 2⁵³ every whole number is exact.
    if number == number.rounded(.towardZero), abs(number) < 9_007_199_254_740_992 {
      return number == 0 ? "0" : String(Int64(number))
    }
    return "\(number)"
  }

  /// The decimal digits of a number, with zeros before them up to `places`.
  private mutating func appendDigits(of number: UInt64, places: Int) {
    // The largest number has 20 digits; they are found from the last to the first.
    var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    var (first, rest) = (20, number)
    while rest > 0 {
      first -= 1
      let (tens, digit) = rest.quotientAndRemainder(dividingBy: 10)
      digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
      rest = tens
    }
    for index in min(first, 20 - places)..<20 { bytes.append(digits[index]) }
  }

  private mutating func raw(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func open(_ opening: UInt8, _ closing: UInt8) {
    separate()
    bytes.append(opening)
    levels.append((true, closing))
  }

  private mutating func close() {
    guard let level = levels.popLast() else { return }
    if !level.isEmpty { breakLine() }
    bytes.append(level.closing)
  }

  private mutating func separate() {
    if afterKey {
      afterKey = false
      return
    }
    guard let last = levels.indices.last else { return }
    if !levels[last].isEmpty { bytes.append(UInt8(ascii: ",")) }
    levels[last].isEmpty = false
    breakLine()
  }

  private mutating func breakLine() {
    if compact { return }
    let spaces = levels.count * 2
    if spaces < Self.lineBreak.count {
      bytes.append(contentsOf: Self.lineBreak[...spaces])
    } else {
      bytes.append(UInt8(ascii: "\n"))
      bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: spaces))
    }
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    // Most texts stand as they are: they are taken whole, and once more when one of their bytes may not.
    let start = bytes.count
    bytes.append(contentsOf: text.utf8)
    if bytes[start...].contains(where: Self.isEscaped) {
      bytes.removeLast(bytes.count - start)
      escape(text)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  @inline(__always)
  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7f
  }

  private mutating func escape(_ text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
      case 0x0a: bytes.append(contentsOf: "\\n".utf8)
      case 0x0d: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7f:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(Self.digits[Int(byte >> 4)])
        bytes.append(Self.digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
  }

  private static let digits = Array("0123456789abcdef".utf8)
  /// A line feed and the blanks of most levels.
  private static let lineBreak = [UInt8(ascii: "\n")] + Array(repeating: UInt8(ascii: " "), count: 32)
}
