import LabCore

/// Text fields, each kept once as the bytes that go into the file (RFC 4180: quoted where it must be).
///
/// A row refers to its texts by ``FieldID``, so that writing one is a copy of a few bytes.
public struct UsageFieldPool: Sendable {
  /// The encoded fields one after another, with ``padding`` bytes after the last so that copies may overrun.
  private(set) var bytes: ContiguousArray<UInt8>
  /// Per field its start (upper 40 bits) and length (lower 24 bits).
  private(set) var places: ContiguousArray<UInt64> = []
  private var texts: [String] = []
  private var ids: [String: FieldID] = [:]

  /// How many bytes beyond a field may be read.
  static let padding = 64
  /// The longest encoded field; longer texts are cut at a character.
  static let longestField = 1 << 24 - 1

  public init() {
    bytes = ContiguousArray(repeating: 0, count: Self.padding)
    for text in FieldID.named { intern(text) }
  }

  /// The number of different fields.
  public var count: Int { places.count }

  /// The field of a text.
  @discardableResult
  public mutating func intern(_ text: String) -> FieldID {
    if let id = ids[text] { return id }
    let id = FieldID(rawValue: UInt32(truncatingIfNeeded: places.count))
    var encoded = Self.encoded(text)
    if encoded.count > Self.longestField {
      encoded = Self.encoded(String(text.prefix(Self.longestField / 8)))
    }
    let start = bytes.count - Self.padding
    bytes.replaceSubrange(start..<start, with: encoded)
    places.append(UInt64(start) << 24 | UInt64(encoded.count))
    texts.append(text)
    ids[text] = id
    return id
  }

  /// The field of an amount in USD without needless zeros: `49`, `0.5`.
  public mutating func intern(_ price: Money) -> FieldID { intern(price.decimalString(minimumPlaces: 0)) }

  /// The text of a field, as it was interned.
  public func text(of id: FieldID) -> String { Int(id.rawValue) < texts.count ? texts[Int(id.rawValue)] : "" }

  /// The bytes of a field: the text, in quotes when it holds a comma, quote or line break.
  static func encoded(_ text: String) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    let needsQuotes = text.utf8.contains { byte in
      byte == quote || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }
    guard needsQuotes else { return Array(text.utf8) }
    var encoded = [quote]
    for byte in text.utf8 {
      if byte == quote { encoded.append(quote) }
      encoded.append(byte)
    }
    encoded.append(quote)
    return encoded
  }
}
