import LabCore

/// A JSON value with the place where it stands.
public struct JSONNode: Sendable {
  public var value: JSONValue
  /// The number of the text that it was read from; see ``JSONSource``.
  public var source: Int
  /// Byte offset of the value's first byte in that text.
  public var offset: Int

  public init(_ value: JSONValue, source: Int = 0, offset: Int = 0) {
    self.value = value
    self.source = source
    self.offset = offset
  }
}

/// A JSON value. Numbers keep their text, so that prices and money are read exactly; objects keep their order.
public enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONNode])
  case object([JSONMember])

  /// The type in words, with its article: `a number`.
  public var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "true or false"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// A key and its value.
public struct JSONMember: Sendable {
  public var key: String
  /// The number of the text and the byte offset of the key's opening quote.
  public var source: Int
  public var keyOffset: Int
  public var node: JSONNode

  public init(key: String, source: Int = 0, keyOffset: Int = 0, node: JSONNode) {
    self.key = key
    self.source = source
    self.keyOffset = keyOffset
    self.node = node
  }
}

/// A number as its text.
public struct JSONNumber: Hashable, Sendable {
  public var text: String

  public init(text: String) { self.text = text }

  /// The exact decimal, or nil beyond 36 significant digits or an exponent of ± 400.
  public var exact: ExactDecimal? { ExactDecimal(text) }
  /// The nearest finite double, or nil when the number is too large for one.
  public var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
  /// The whole number (`3`, also `3.0` and `3e2`), or nil.
  public var integer: Int64? { exact?.scaledExactly(byPowerOfTen: 0).flatMap { Int64(exactly: $0) } }
}

extension JSONNode {
  /// The value of a key of an object; nil for other values.
  public subscript(key: String) -> JSONNode? {
    guard case .object(let members) = value else { return nil }
    return members.first { $0.key == key }?.node
  }

  public var string: String? { if case .string(let text) = value { text } else { nil } }
  public var number: JSONNumber? { if case .number(let number) = value { number } else { nil } }
  public var boolean: Bool? { if case .boolean(let flag) = value { flag } else { nil } }
  public var array: [JSONNode]? { if case .array(let items) = value { items } else { nil } }
  public var object: [JSONMember]? { if case .object(let members) = value { members } else { nil } }
  public var isNull: Bool { if case .null = value { true } else { false } }
}

/// A text that was read, for finding lines and columns.
public struct JSONSource: Sendable {
  /// The file as the person named it, or another word for the origin.
  public let name: String
  public let bytes: [UInt8]
  private let lineStarts: [Int]
  /// How many scalars start before each multiple of ``blockSize``: a place in a long line is found without walking it.
  private let scalarsBefore: [Int]

  private static let blockSize = 1024

  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    var starts = [0]
    var counts: [Int] = []
    var scalars = 0
    for index in bytes.indices {
      if index % Self.blockSize == 0 { counts.append(scalars) }
      if bytes[index] & 0xc0 != 0x80 { scalars += 1 }
      if bytes[index] == UInt8(ascii: "\n") { starts.append(index + 1) }
    }
    lineStarts = starts
    scalarsBefore = counts
  }

  /// The line and column (both from 1; columns in Unicode scalars) of a byte offset.
  public func location(of offset: Int) -> SourceLocation {
    let offset = min(max(offset, 0), bytes.count)
    var low = 0
    var high = lineStarts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
    }
    var column = 1 + scalars(before: offset) - scalars(before: lineStarts[low])
    // A byte-order mark takes no column.
    if low == 0, offset >= 3, bytes.starts(with: [0xef, 0xbb, 0xbf]) { column -= 1 }
    return SourceLocation(file: name, line: low + 1, column: column)
  }

  private func scalars(before offset: Int) -> Int {
    guard !scalarsBefore.isEmpty else { return 0 }
    let block = min(offset / Self.blockSize, scalarsBefore.count - 1)
    var count = scalarsBefore[block]
    for index in (block * Self.blockSize)..<offset where bytes[index] & 0xc0 != 0x80 { count += 1 }
    return count
  }
}
