import LabCore

/// Writes `Encodable` values through ``JSONWriter``: keys in the order in which they are encoded, in snake_case, money exact.
/// Dictionaries by text are written sorted by key; their keys are data and stay as they are.
///
/// `Money` becomes a number with nine decimals, `Instant` its ISO text, a nil an explicit `null` where the type encodes it
/// (synthesised conformances leave nil out; ``Known`` does not).
public enum FindingsEncoder {
  public static func encode(_ value: some Encodable, into writer: inout JSONWriter) throws {
    let output = Output(writer)
    // Only one of them holds the text while it grows, so that it isn't copied.
    writer = JSONWriter()
    defer { writer = output.writer }
    try ValueEncoder(output: output, codingPath: []).encodeAny(value)
  }

  /// The snake_case form of a camelCase name: `costPerCallUSD` → `cost_per_call_usd`, `p95Latency` → `p95_latency`.
  public static func snakeCase(_ name: String) -> String {
    // Most keys have no capital letter: they stay as they are.
    if name.utf8.allSatisfy({ $0 < 0x80 && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) { return name }
    var result = ""
    let scalars = Array(name.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      let isUpper = scalar.properties.isUppercase
      if isUpper, index > 0 {
        let before = scalars[index - 1]
        let nextIsLower = index + 1 < scalars.count && scalars[index + 1].properties.isLowercase
        if before != "_", !before.properties.isUppercase || nextIsLower { result.append("_") }
      }
      result += isUpper ? scalar.properties.lowercaseMapping : String(Character(scalar))
    }
    return result
  }
}

/// A figure that may be unknown: written as `null` then, where a plain optional would be left out.
@propertyWrapper
public struct Known<Value: Encodable & Sendable>: Encodable, Sendable {
  public var wrappedValue: Value?
  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}

/// A dictionary by text, whose own order is the hash's: it is written by its keys' bytes, the keys as they are.
private protocol SortableByKey {
  var sortedByKey: [(key: String, value: any Encodable)] { get }
}

extension Dictionary: SortableByKey where Key == String, Value: Encodable {
  fileprivate var sortedByKey: [(key: String, value: any Encodable)] {
    map { ($0.key, $0.value as any Encodable) }.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}

extension Encoder {
  /// Writes members of the object that `value` is, past any container of its: those opened before and after add to the same object.
  ///
  /// - Throws: `EncodingError.invalidValue` for encoders that aren't ``FindingsEncoder``'s.
  public func writeMembers(of value: some Encodable, _ write: (inout JSONWriter) -> Void) throws {
    guard let encoder = self as? ValueEncoder else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: codingPath, debugDescription: "only findings are written so"))
    }
    encoder.writeMembers(write)
  }
}

private final class Output {
  var writer: JSONWriter
  /// The names of keys in snake_case, since the same few are written again and again.
  private var names: [String: String] = [:]
  /// By type whether its values are dictionaries by text: asking the runtime takes longer than writing a number.
  private var areSorted: [ObjectIdentifier: Bool] = [:]

  init(_ writer: JSONWriter) { self.writer = writer }

  func writeKey(_ name: String) {
    if let known = names[name] { return writer.key(known) }
    let key = FindingsEncoder.snakeCase(name)
    names[name] = key
    writer.key(key)
  }

  /// The value as a dictionary by text; nil for others.
  func sortable<Value>(_ value: Value) -> (any SortableByKey)? {
    let type = ObjectIdentifier(Value.self)
    if areSorted[type] == false { return nil }
    let dictionary = value as? any SortableByKey
    areSorted[type] = dictionary != nil
    return dictionary
  }
}

/// Encodes one value. Containers stay open until another value of the same parent starts or the parent ends, so each
/// encoder closes what it opened when the value's `encode(to:)` returns.
private final class ValueEncoder: Encoder {
  let output: Output
  let codingPath: [any CodingKey]
  let userInfo: [CodingUserInfoKey: Any] = [:]
  private var opened: Closing = .nothing

  private enum Closing { case nothing, object, array }

  init(output: Output, codingPath: [any CodingKey]) {
    self.output = output
    self.codingPath = codingPath
  }

  func encodeAny<Value: Encodable>(_ value: Value) throws {
    // Types are compared first: a cast that fails takes longer than writing most values.
    if Value.self == String.self, let text = value as? String {
      output.writer.value(text)
    } else if Value.self == Money.self, let money = value as? Money {
      output.writer.value(money)
    } else if Value.self == Double.self, let number = value as? Double {
      output.writer.value(number)
    } else if Value.self == Int64.self, let number = value as? Int64 {
      output.writer.value(number)
    } else if Value.self == Int.self, let number = value as? Int {
      output.writer.value(number)
    } else if Value.self == Instant.self, let instant = value as? Instant {
      output.writer.value(instant)
    } else if Value.self == Bool.self, let flag = value as? Bool {
      output.writer.value(flag)
    } else if let dictionary = output.sortable(value) {
      try encodeSorted(dictionary)
    } else {
      let nested = ValueEncoder(output: output, codingPath: codingPath)
      let before = output.writer.bytes.count
      try value.encode(to: nested)
      nested.finish()
      // A value that encodes nothing still needs a place.
      if output.writer.bytes.count == before { output.writer.null() }
    }
  }

  private func encodeSorted(_ dictionary: some SortableByKey) throws {
    output.writer.beginObject()
    for (key, value) in dictionary.sortedByKey {
      output.writer.key(key)
      try encodeAny(value)
    }
    output.writer.endObject()
  }

  private var child: ValueEncoder?

  /// Ends the nested container that is still open, if there is one: whatever is written next belongs after it.
  func closeChild() {
    child?.finish()
    child = nil
  }

  private func nested(_ path: [any CodingKey]) -> ValueEncoder {
    let nested = ValueEncoder(output: output, codingPath: path)
    child = nested
    return nested
  }

  private func finish() {
    closeChild()
    switch opened {
    case .object: output.writer.endObject()
    case .array: output.writer.endArray()
    case .nothing: break
    }
  }

  func writeMembers(_ write: (inout JSONWriter) -> Void) {
    closeChild()
    openObject()
    write(&output.writer)
  }

  private func openObject() {
    if opened == .nothing {
      output.writer.beginObject()
      opened = .object
    }
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    openObject()
    return KeyedEncodingContainer(Keyed<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if opened == .nothing {
      output.writer.beginArray()
      opened = .array
    }
    return Unkeyed(encoder: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

  private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func write(_ key: Key) {
      encoder.closeChild()
      encoder.output.writeKey(key.stringValue)
    }

    mutating func encodeNil(forKey key: Key) throws {
      write(key)
      encoder.output.writer.null()
    }
    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
      write(key)
      try encoder.encodeAny(value)
    }
    mutating func nestedContainer<NestedKey: CodingKey>(
      keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
      write(key)
      return encoder.nested(codingPath + [key]).container(keyedBy: keyType)
    }
    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      write(key)
      return encoder.nested(codingPath + [key]).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder {
      encoder.closeChild()
      encoder.output.writer.key("super")
      return encoder.nested(codingPath)
    }
    mutating func superEncoder(forKey key: Key) -> any Encoder {
      write(key)
      return encoder.nested(codingPath + [key])
    }
  }

  private struct Unkeyed: UnkeyedEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count = 0

    init(encoder: ValueEncoder) { self.encoder = encoder }

    mutating func encodeNil() throws {
      encoder.closeChild()
      encoder.output.writer.null()
      count += 1
    }
    mutating func encode<T: Encodable>(_ value: T) throws {
      encoder.closeChild()
      try encoder.encodeAny(value)
      count += 1
    }
    mutating func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<
      NestedKey
    > {
      encoder.closeChild()
      return encoder.nested(codingPath).container(keyedBy: keyType)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
      encoder.closeChild()
      return encoder.nested(codingPath).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder {
      encoder.closeChild()
      return encoder.nested(codingPath)
    }
  }

  private struct Single: SingleValueEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    mutating func encodeNil() throws { encoder.output.writer.null() }
    mutating func encode(_ value: String) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: Double) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: Float) throws { encoder.output.writer.value(Double(value)) }
    mutating func encode(_ value: Bool) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: Int) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: Int8) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: Int16) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: Int32) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: Int64) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: UInt) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: UInt8) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: UInt16) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: UInt32) throws { encoder.output.writer.value(value) }
    mutating func encode(_ value: UInt64) throws { encoder.output.writer.value(value) }
    mutating func encode<T: Encodable>(_ value: T) throws { try encoder.encodeAny(value) }
  }
}

extension Instant: Encodable {
  /// ISO 8601 in UTC with six fraction digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
