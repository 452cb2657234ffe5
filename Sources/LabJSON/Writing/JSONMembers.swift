import LabCore

/// A value that writes the members of its JSON object itself, where `Encodable`'s containers would take most of the time: for what
/// findings hold by the ten thousand.
///
/// It is written by ``FindingsEncoder`` only, as if it had encoded each member by its key.
public protocol JSONMembers: Encodable {
  /// Writes keys and values, in snake_case and in the order of the properties, without the object's braces.
  func writeMembers(into writer: inout JSONWriter)
}

extension JSONMembers {
  /// - Throws: `EncodingError.invalidValue` for encoders that aren't ``FindingsEncoder``'s.
  public func encode(to encoder: any Encoder) throws { try encoder.writeMembers(of: self, writeMembers) }
}

extension JSONWriter {
  public mutating func member(_ name: String, _ text: String) {
    key(name)
    value(text)
  }
  public mutating func member(_ name: String, _ flag: Bool) {
    key(name)
    value(flag)
  }
  public mutating func member(_ name: String, _ number: some BinaryInteger) {
    key(name)
    value(number)
  }
  public mutating func member(_ name: String, _ number: Double) {
    key(name)
    value(number)
  }
  public mutating func member(_ name: String, _ money: Money) {
    key(name)
    value(money)
  }

  public mutating func member(_ name: String, _ text: String?) {
    if let text { member(name, text) } else { unknownMember(name) }
  }
  public mutating func member(_ name: String, _ number: (some BinaryInteger)?) {
    if let number { member(name, number) } else { unknownMember(name) }
  }
  public mutating func member(_ name: String, _ number: Double?) {
    if let number { member(name, number) } else { unknownMember(name) }
  }
  public mutating func member(_ name: String, _ money: Money?) {
    if let money { member(name, money) } else { unknownMember(name) }
  }
  /// An object of its own; an unknown one is `null`.
  public mutating func member(_ name: String, _ object: (any JSONMembers)?) {
    guard let object else { return unknownMember(name) }
    key(name)
    beginObject()
    object.writeMembers(into: &self)
    endObject()
  }

  private mutating func unknownMember(_ name: String) {
    key(name)
    null()
  }
}
