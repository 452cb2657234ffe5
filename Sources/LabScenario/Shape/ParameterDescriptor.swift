import LabJSON

/// A key of an object: what it means, what it accepts, and what holds when it is left out.
public struct ParameterDescriptor: Sendable {
  public var key: String
  /// One sentence in plain words, without a final period.
  public var summary: String
  public var shape: Shape
  /// Such as `calls/h` or `%`; nil for pure numbers and for types whose text has its own unit.
  public var unit: String?
  /// The value that stands in for a missing key; nil when there is none or when it depends on other values.
  public var fallback: Literal?
  /// What holds when the key is missing and `fallback` is nil, in words: `20 % of the phase`.
  public var fallbackNote: String?
  public var isRequired: Bool

  /// - Parameters:
  ///   - fallback: the fixed default.
  ///   - note: the default in words where it depends on other values.
  public init(
    _ key: String, _ shape: Shape, _ summary: String, unit: String? = nil, default fallback: Literal? = nil,
    note: String? = nil, required: Bool = false
  ) {
    self.key = key
    self.summary = summary
    self.shape = shape
    self.unit = unit
    self.fallback = fallback
    fallbackNote = note
    isRequired = required
  }
}

/// A JSON value written as a Swift literal: the default of a key.
public enum Literal: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// As JSON text, so that `0.1` stays `0.1`.
  case number(String)
  case text(String)
  case list([Literal])
  case object([Member])

  /// A key and its value.
  public struct Member: Hashable, Sendable {
    public var key: String
    public var value: Literal
  }

  /// The value as a node of a source.
  public func node(source: Int) -> JSONNode {
    let value: JSONValue =
      switch self {
      case .null: .null
      case .boolean(let flag): .boolean(flag)
      case .number(let text): .number(JSONNumber(text: text))
      case .text(let text): .string(text)
      case .list(let items): .array(items.map { $0.node(source: source) })
      case .object(let members):
        .object(members.map { JSONMember(key: $0.key, source: source, node: $0.value.node(source: source)) })
      }
    return JSONNode(value, source: source)
  }
}

extension Literal: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(integerLiteral value: Int) { self = .number(String(value)) }
  /// The shortest decimal that reads back as the same double.
  public init(floatLiteral value: Double) {
    let isWhole = value == value.rounded() && abs(value) < 1e15
    self = .number(isWhole ? String(Int64(value)) : "\(value)")
  }
  public init(stringLiteral value: String) { self = .text(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(arrayLiteral elements: Literal...) { self = .list(elements) }
  public init(dictionaryLiteral elements: (String, Literal)...) {
    self = .object(elements.map { Member(key: $0.0, value: $0.1) })
  }
}
