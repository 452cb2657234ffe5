import LabCore

/// A JSON text that was read: its value, and its bytes for locations.
public struct JSONDocument: Sendable {
  public var source: JSONSource
  public var root: JSONNode
}

/// Reads JSON by RFC 8259, strictly: no comments, no trailing commas, no duplicate keys, no lone surrogates.
///
/// Work and memory are linear in the text; nesting is bounded, so that no text can exhaust the stack.
public struct JSONReader {
  public struct Limits: Sendable {
    /// Levels of arrays and objects.
    public var depth = 512
    /// Values in all.
    public var values = 50_000_000
    public init() {}
  }

  private let bytes: [UInt8]
  private let sourceNumber: Int
  private let source: JSONSource
  private let limits: Limits
  private var position = 0
  private var values = 0
  private var problems: [Diagnostic] = []

  private init(_ source: JSONSource, number: Int, limits: Limits) {
    self.source = source
    bytes = source.bytes
    sourceNumber = number
    self.limits = limits
  }

  /// Reads `bytes`.
  ///
  /// - Parameters:
  ///   - name: the file's name in errors.
  ///   - number: the source number that the nodes carry.
  /// - Throws: ``LabFailure`` of kind `invalidInput` with every problem: all duplicate keys before the first syntax error,
  ///   and that error.
  public static func read(
    _ bytes: [UInt8], name: String, number: Int = 0, limits: Limits = Limits()
  ) throws(LabFailure) -> JSONDocument {
    var reader = JSONReader(JSONSource(name: name, bytes: bytes), number: number, limits: limits)
    do throws(Stop) {
      let root = try reader.document()
      guard reader.problems.isEmpty else { throw Stop() }
      return JSONDocument(source: reader.source, root: root)
    } catch { throw LabFailure(.invalidInput, reader.problems) }
  }

  /// The first syntax error ends the reading; it is in `problems`.
  private struct Stop: Error {}

  private mutating func fail(_ problem: JSONProblem, at offset: Int? = nil) -> Stop {
    problems.append(Diagnostic(problem, at: source.location(of: offset ?? position)))
    return Stop()
  }

  private mutating func document() throws(Stop) -> JSONNode {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
    skipBlanks()
    guard position < bytes.count else { throw fail(.empty) }
    let root = try value(depth: 0)
    skipBlanks()
    guard position == bytes.count else {
      throw fail(bytes[position] == UInt8(ascii: "/") ? .comment : .trailingContent)
    }
    return root
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws(Stop) -> JSONNode {
    guard position < bytes.count else { throw fail(.unexpectedEnd(inside: "a value")) }
    values += 1
    guard values <= limits.values else { throw fail(.tooManyValues(limit: limits.values)) }
    let start = position
    let parsed: JSONValue
    switch bytes[position] {
    case UInt8(ascii: "{"):
      guard depth < limits.depth else { throw fail(.tooDeep(limit: limits.depth)) }
      parsed = .object(try object(depth: depth + 1))
    case UInt8(ascii: "["):
      guard depth < limits.depth else { throw fail(.tooDeep(limit: limits.depth)) }
      parsed = .array(try array(depth: depth + 1))
    case UInt8(ascii: "\""): parsed = .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): parsed = .number(try number())
    case UInt8(ascii: "/"), UInt8(ascii: "#"): throw fail(.comment)
    case UInt8(ascii: "'"): throw fail(.singleQuotes)
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"),
      UInt8(ascii: "."):
      parsed = try literal()
    default: throw fail(.unexpected(byte: bytes[position], expected: "a value"))
    }
    return JSONNode(parsed, source: sourceNumber, offset: start)
  }

  private mutating func literal() throws(Stop) -> JSONValue {
    let start = position
    var end = position
    while end < bytes.count, end - start < 40, isWordByte(bytes[end]) { end += 1 }
    let word = String(decoding: bytes[start..<end], as: UTF8.self)
    position = end
    switch word {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "null": return .null
    default: throw fail(.badLiteral(word), at: start)
    }
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private mutating func number() throws(Stop) -> JSONNumber {
    let start = position
    var end = position
    while end < bytes.count, isWordByte(bytes[end]) { end += 1 }
    var cursor = start
    func digit(_ index: Int) -> Bool { index < end && bytes[index] >= 0x30 && bytes[index] <= 0x39 }
    if bytes[cursor] == UInt8(ascii: "-") { cursor += 1 }
    var wellFormed = digit(cursor)
    if wellFormed {
      if bytes[cursor] == UInt8(ascii: "0") { cursor += 1 } else { while digit(cursor) { cursor += 1 } }
      if cursor < end, bytes[cursor] == UInt8(ascii: ".") {
        cursor += 1
        wellFormed = digit(cursor)
        while digit(cursor) { cursor += 1 }
      }
      if wellFormed, cursor < end, bytes[cursor] == UInt8(ascii: "e") || bytes[cursor] == UInt8(ascii: "E") {
        cursor += 1
        if cursor < end, bytes[cursor] == UInt8(ascii: "+") || bytes[cursor] == UInt8(ascii: "-") { cursor += 1 }
        wellFormed = digit(cursor)
        while digit(cursor) { cursor += 1 }
      }
    }
    position = end
    guard wellFormed, cursor == end else {
      let shown = String(decoding: bytes[start..<min(end, start + 40)], as: UTF8.self)
      throw fail(.badNumber(end - start > 40 ? shown + "…" : shown), at: start)
    }
    return JSONNumber(text: String(decoding: bytes[start..<end], as: UTF8.self))
  }

  private mutating func string() throws(Stop) -> String {
    let start = position
    position += 1
    var scanned = position
    while scanned < bytes.count, bytes[scanned] != UInt8(ascii: "\""), bytes[scanned] != UInt8(ascii: "\\"),
      bytes[scanned] >= 0x20
    { scanned += 1 }
    if scanned < bytes.count, bytes[scanned] == UInt8(ascii: "\"") {
      defer { position = scanned + 1 }
      return try decoded(bytes[position..<scanned])
    }
    var content = Array(bytes[position..<scanned])
    position = scanned
    while true {
      guard position < bytes.count else { throw fail(.unexpectedEnd(inside: "a string"), at: start) }
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        let text = try decoded(content[...], unescaped: true, start: start)
        position += 1
        return text
      case UInt8(ascii: "\\"): content.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20: throw fail(.controlCharacter(byte))
      default:
        content.append(byte)
        position += 1
      }
    }
  }

  /// The text of UTF-8 bytes; the place of an invalid one is exact for a string without escapes, else the string's start.
  private mutating func decoded(_ content: ArraySlice<UInt8>, unescaped: Bool = false, start: Int = 0) throws(Stop)
    -> String
  {
    if let text = String(validating: content, as: UTF8.self) { return text }
    if unescaped { throw fail(.invalidUTF8, at: start) }
    var valid = content.startIndex
    // The longest valid prefix, a scalar at a time.
    while valid < content.endIndex {
      let length = content[valid] < 0x80 ? 1 : content[valid] < 0xe0 ? 2 : content[valid] < 0xf0 ? 3 : 4
      guard valid + length <= content.endIndex,
        String(validating: content[valid..<(valid + length)], as: UTF8.self) != nil
      else { break }
      valid += length
    }
    throw fail(.invalidUTF8, at: valid)
  }

  private mutating func escape() throws(Stop) -> Unicode.Scalar {
    let start = position
    guard position + 1 < bytes.count else { throw fail(.unexpectedEnd(inside: "a string")) }
    let letter = bytes[position + 1]
    position += 2
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let first = try hexadecimal(start)
      if let scalar = Unicode.Scalar(first) { return scalar }
      let shown = "\\u" + String(first, radix: 16)
      guard first < 0xdc00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      else { throw fail(.loneSurrogate(shown), at: start) }
      position += 2
      let second = try hexadecimal(start)
      guard (0xdc00..<0xe000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
      else { throw fail(.loneSurrogate(shown), at: start) }
      return scalar
    default:
      let shown = letter < 0x80 && letter >= 0x20 ? "\\" + String(Character(Unicode.Scalar(letter))) : "\\"
      throw fail(.badEscape(shown), at: start)
    }
  }

  private mutating func hexadecimal(_ start: Int) throws(Stop) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count else { throw fail(.unexpectedEnd(inside: "a string")) }
      let digit: UInt32
      switch bytes[position] {
      case let byte where byte >= 0x30 && byte <= 0x39: digit = UInt32(byte - 0x30)
      case let byte where byte >= 0x61 && byte <= 0x66: digit = UInt32(byte - 0x61 + 10)
      case let byte where byte >= 0x41 && byte <= 0x46: digit = UInt32(byte - 0x41 + 10)
      default: throw fail(.badEscape("\\u"), at: start)
      }
      code = code << 4 | digit
      position += 1
    }
    return code
  }

  private mutating func array(depth: Int) throws(Stop) -> [JSONNode] {
    let start = position
    position += 1
    var items: [JSONNode] = []
    skipBlanks()
    if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
      position += 1
      return items
    }
    while true {
      skipBlanks()
      guard position < bytes.count else { throw fail(.unexpectedEnd(inside: "an array"), at: start) }
      items.append(try value(depth: depth))
      if try separator(closing: UInt8(ascii: "]"), inside: "an array", start: start) { return items }
    }
  }

  private mutating func object(depth: Int) throws(Stop) -> [JSONMember] {
    let start = position
    position += 1
    var members: [JSONMember] = []
    var seen: [String: Int] = [:]
    skipBlanks()
    if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
      position += 1
      return members
    }
    while true {
      skipBlanks()
      guard position < bytes.count else { throw fail(.unexpectedEnd(inside: "an object"), at: start) }
      guard bytes[position] == UInt8(ascii: "\"") else {
        switch bytes[position] {
        case UInt8(ascii: "/"), UInt8(ascii: "#"): throw fail(.comment)
        case UInt8(ascii: "'"): throw fail(.singleQuotes)
        default: throw fail(.unexpected(byte: bytes[position], expected: "a key in double quotes"))
        }
      }
      let keyOffset = position
      let key = try string()
      skipBlanks()
      guard position < bytes.count else { throw fail(.unexpectedEnd(inside: "an object"), at: start) }
      guard bytes[position] == UInt8(ascii: ":") else {
        throw fail(.unexpected(byte: bytes[position], expected: "':' after key '\(key)'"))
      }
      position += 1
      skipBlanks()
      let node = try value(depth: depth)
      if let first = seen[key] {
        let line = source.location(of: first).line ?? 1
        problems.append(
          Diagnostic(JSONProblem.duplicateKey(key, firstLine: line), at: source.location(of: keyOffset)))
      } else {
        seen[key] = keyOffset
        members.append(JSONMember(key: key, source: sourceNumber, keyOffset: keyOffset, node: node))
      }
      if try separator(closing: UInt8(ascii: "}"), inside: "an object", start: start) { return members }
    }
  }

  /// Steps over a comma (false) or the closing bracket (true).
  private mutating func separator(closing: UInt8, inside: String, start: Int) throws(Stop) -> Bool {
    skipBlanks()
    guard position < bytes.count else { throw fail(.unexpectedEnd(inside: inside), at: start) }
    if bytes[position] == closing {
      position += 1
      return true
    }
    let bracket = String(Character(Unicode.Scalar(closing)))
    guard bytes[position] == UInt8(ascii: ",") else {
      if bytes[position] == UInt8(ascii: "/") || bytes[position] == UInt8(ascii: "#") { throw fail(.comment) }
      throw fail(.unexpected(byte: bytes[position], expected: "',' or '\(bracket)'"))
    }
    let comma = position
    position += 1
    skipBlanks()
    if position < bytes.count, bytes[position] == closing { throw fail(.trailingComma(closing: bracket), at: comma) }
    return false
  }
}
