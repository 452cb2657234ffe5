import LabJSON

/// The tags of every distinct metadata text: each text is read once, whatever the number of rows that have it.
///
/// Strings count as they are, numbers and booleans as their JSON text, objects and arrays as compact JSON; null is no tag.
/// Metadata that is no JSON object has no tags.
struct TagDictionary: Sendable {
  /// One tag: its values, and the value's code for each metadata code (0, the empty text, where the tag is missing).
  struct Tag: Sendable {
    var values = TextDictionary()
    var codes: ContiguousArray<UInt32> = []
  }

  /// Tag names in the order in which they first appear.
  private(set) var names: [String] = []
  private var tags: [String: Tag] = [:]
  private var read: UInt32 = 0

  subscript(name: String) -> Tag? { tags[name] }

  /// Reads the texts that came to the dictionary since the last time.
  mutating func extend(to metadata: TextDictionary) {
    for code in read..<UInt32(metadata.count) {
      for (name, value) in Self.tags(of: metadata[code]) {
        if tags[name] == nil { names.append(name) }
        var tag = tags.removeValue(forKey: name) ?? Tag()
        if tag.values.count == 0 { _ = tag.values.insert("") }
        while tag.codes.count < Int(code) { tag.codes.append(0) }
        tag.codes.append(tag.values.insert(value))
        tags[name] = tag
      }
    }
    read = UInt32(metadata.count)
  }

  /// The tags of one metadata text, in its order.
  static func tags(of text: String) -> [(name: String, value: String)] {
    guard text.utf8.contains(UInt8(ascii: "{")) else { return [] }
    guard let document = try? JSONReader.read(Array(text.utf8), name: "metadata"),
      case .object(let members) = document.root.value
    else { return [] }
    return members.compactMap { member in value(of: member.node).map { (member.key, $0) } }
  }

  private static func value(of node: JSONNode) -> String? {
    switch node.value {
    case .null: return nil
    case .boolean(let flag): return flag ? "true" : "false"
    case .number(let number): return number.text
    case .string(let text): return text
    case .array, .object:
      var writer = JSONWriter(compact: true)
      writer.value(node)
      return writer.text
    }
  }
}

extension TagDictionary.Tag {
  /// The value's code of a metadata code.
  func code(ofMetadata code: UInt32) -> UInt32 { Int(code) < codes.count ? codes[Int(code)] : 0 }
}

extension TextDictionary {
  /// The code of a text, new when the text is.
  mutating func insert(_ text: String) -> UInt32 { insert(text, limit: Self.limit) ?? 0 }

  /// The code of a text; nil for a new one when there are `limit` texts already.
  mutating func insert(_ text: String, limit: Int) -> UInt32? {
    var text = text
    return text.withUTF8 { utf8 in
      let hash = unsafe FieldHash.of(utf8)
      return unsafe insert(utf8.span, hash: hash, limit: limit)
    }
  }
}
