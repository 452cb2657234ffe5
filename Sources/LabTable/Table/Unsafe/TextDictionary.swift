/// The different texts of one column, numbered in the order in which the file has them first.
///
/// Invariant of the unsafe code: the bytes of a text are copied while its span is borrowed; no pointer outlives that.
public struct TextDictionary: Sendable {
  private var bytes: ContiguousArray<UInt8> = []
  /// Where each text ends; it begins where the one before ends.
  private var ends: ContiguousArray<Int> = []
  private var hashes: ContiguousArray<UInt64> = []
  /// Open addressing with linear probing: code + 1, or 0 for a free slot; a power of two, at most half full.
  private var slots: ContiguousArray<UInt32> = ContiguousArray(repeating: 0, count: 16)

  /// The code that no dictionary gives.
  static let limit = Int(UInt32.max) - 1

  init() {}

  /// The number of different texts.
  public var count: Int { ends.count }

  /// The text of a code; an unknown code is the empty text.
  public subscript(code: UInt32) -> String {
    let index = Int(code)
    guard index < ends.count else { return "" }
    return String(decoding: bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]], as: UTF8.self)
  }

  /// All texts by code.
  public var texts: [String] { (0..<UInt32(count)).map { self[$0] } }

  /// The code of a text, or nil when no row has it.
  public func code(of text: String) -> UInt32? {
    var text = text
    return text.withUTF8 { unsafe find($0.span, hash: FieldHash.of($0)) }
  }

  /// The code of a text whose ``FieldHash`` is known, new when the text is.
  ///
  /// - Returns: nil for a new text when there are `limit` texts already.
  mutating func insert(_ text: Span<UInt8>, hash: UInt64, limit: Int) -> UInt32? {
    if let code = find(text, hash: hash) { return code }
    guard ends.count < limit else { return nil }
    let code = UInt32(truncatingIfNeeded: ends.count)
    unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    ends.append(bytes.count)
    hashes.append(hash)
    if ends.count * 2 > slots.count { grow() } else { place(code, hash) }
    return code
  }

  private func find(_ text: Span<UInt8>, hash: UInt64) -> UInt32? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let index = Int(slots[slot] - 1)
      if hashes[index] == hash, equals(index, text) { return slots[slot] - 1 }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func equals(_ index: Int, _ text: Span<UInt8>) -> Bool {
    let start = index == 0 ? 0 : ends[index - 1]
    guard ends[index] - start == text.count else { return false }
    for position in text.indices where bytes[start + position] != text[position] { return false }
    return true
  }

  private mutating func place(_ code: UInt32, _ hash: UInt64) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = code + 1
  }

  private mutating func grow() {
    slots = ContiguousArray(repeating: 0, count: slots.count * 4)
    for code in hashes.indices { place(UInt32(truncatingIfNeeded: code), hashes[code]) }
  }
}

extension TextDictionary {
  /// The 64-bit hash that a call id is kept as; never 0, which stands for empty.
  static func identifier(_ text: String) -> Int64 {
    var text = text
    return text.withUTF8 { identifier(hash: unsafe FieldHash.of($0)) }
  }

  /// The form in which the hash of a call id is kept: neither 0 (empty) nor the mark of unknown.
  @inline(__always) static func identifier(hash: UInt64) -> Int64 {
    let value = Int64(bitPattern: hash)
    return value == 0 || value == IntegerColumn.unknown ? 1 : value
  }
}
