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
  /// An object of its own; an unknown one is `null`.
  public mutating func member(_ name: String, _ object: (any JSONMembers)?) {
    guard let object else { return unknownMember(name) }
    key(name)
    beginObject()
    object.writeMembers(into: &self)
    endObject()
  }
}
