/// Codes of a column's texts that were seen lately, found by a few bytes: behind it stands the dictionary.
///
/// Texts of at most 16 bytes, as most columns have them, are whole in their entry; of longer ones the first 16 and the last 32
/// bytes are. An entry for those fills a line of the processor's caches, and a text has two places: a newer one moves the older
/// to the second.
/// Invariant: `short` and, once it is there, `long` have as many elements as their sizes say. An entry counts only while its tag
/// has the current generation, and then its code is one of the dictionary's, its length the text's, and its key the text's
/// bytes, zeros behind a shorter text.
@unsafe struct TextCache {
  private static var shortBits: UInt64 { 9 }
  private static var longBits: UInt64 { 14 }
  /// Longer texts are not kept.
  static var longest: Int { 0xffff }

  /// The bytes of a short text.
  struct ShortKey {
    var a: UInt64
    var b: UInt64

    /// The key of the text of `length` bytes at `start`, at most 16; `masks` as of ``TextCache/masks()``.
    @inline(__always) init(_ start: UnsafePointer<UInt8>, _ length: Int, _ masks: UnsafePointer<LongKey>) {
      a = unsafe FieldScanner.word(start) & masks[length].a
      b = unsafe FieldScanner.word(start + 8) & masks[length].b
    }

    init() { (a, b) = (0, 0) }

    /// Where the cache looks for it. The factors here are those of ``FieldHash``.
    @inline(__always) var slot: Int {
      unsafe Int(
        truncatingIfNeeded: ((a ^ (b &<< 29 | b &>> 35)) &* 0xa076_1d64_78bd_642f) &>> (64 &- TextCache.shortBits))
    }
  }

  /// The end and the start of a text.
  struct LongKey {
    /// The longest text that is whole in it.
    static var whole: Int { 48 }
    /// What ``init(_:_:_:)`` takes of the end.
    static var tail: Int { 32 }

    var a: UInt64
    var b: UInt64
    var c: UInt64
    var d: UInt64
    var first: UInt64
    var second: UInt64

    /// The key of the text of `length` bytes at `start`; `masks` as of ``TextCache/masks()``.
    @inline(__always) init(_ start: UnsafePointer<UInt8>, _ length: Int, _ masks: UnsafePointer<LongKey>) {
      let tail = unsafe start + max(0, length &- LongKey.tail)
      let mask = unsafe masks + min(length, LongKey.tail)
      a = unsafe FieldScanner.word(tail) & mask.pointee.a
      b = unsafe FieldScanner.word(tail + 8) & mask.pointee.b
      c = unsafe FieldScanner.word(tail + 16) & mask.pointee.c
      d = unsafe FieldScanner.word(tail + 24) & mask.pointee.d
      first = unsafe FieldScanner.word(start) & mask.pointee.a
      second = unsafe FieldScanner.word(start + 8) & mask.pointee.b
    }

    init(maskOf length: Int) {
      func mask(_ count: Int) -> UInt64 { count >= 8 ? ~0 : count <= 0 ? 0 : (1 &<< UInt64(count * 8)) &- 1 }
      a = mask(length)
      b = mask(length - 8)
      c = mask(length - 16)
      d = mask(length - 24)
      (first, second) = (a, b)
    }

    @inline(__always) var slot: Int {
      let first = (a ^ (c &<< 29 | c &>> 35)) &* 0xa076_1d64_78bd_642f
      let second = (b ^ (d &<< 29 | d &>> 35)) &* 0xe703_7ed1_a0b4_28db
      return unsafe Int(truncatingIfNeeded: (first ^ second) &>> (64 &- TextCache.longBits))
    }

    @inline(__always) func equals(_ other: LongKey) -> Bool {
      (a ^ other.a) | (b ^ other.b) | (c ^ other.c) | (d ^ other.d) | (first ^ other.first) | (second ^ other.second)
        == 0
    }
  }

  struct Entry<Key> {
    var key: Key
    /// The generation in the upper 48 bits, the length in the lower 16.
    var tag: UInt64
    var code: UInt32
  }

  let short: UnsafeMutablePointer<Entry<ShortKey>>
  private var long: UnsafeMutablePointer<Entry<LongKey>>?
  /// Whether many of the column's texts are longer than 16 bytes or in quotes.
  var isLong = false

  init() {
    let size = unsafe 1 << Int(Self.shortBits)
    unsafe short = .allocate(capacity: size)
    unsafe short.initialize(repeating: Entry(key: ShortKey(), tag: 0, code: 0), count: size)
  }

  func deallocate() {
    unsafe short.deallocate()
    unsafe long?.deallocate()
  }

  /// The entries of longer texts.
  mutating func longEntries() -> UnsafeMutablePointer<Entry<LongKey>> {
    if let long = unsafe long { return unsafe long }
    let size = unsafe 1 << Int(Self.longBits)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size * MemoryLayout<Entry<LongKey>>.stride, alignment: 64)
    let entries = unsafe memory.bindMemory(to: Entry<LongKey>.self, capacity: size)
    unsafe entries.initialize(repeating: Entry(key: LongKey(maskOf: 0), tag: 0, code: 0), count: size)
    unsafe long = unsafe entries
    return unsafe entries
  }

  /// Masks for lengths of 0 to 32.
  static func masks() -> UnsafeMutablePointer<LongKey> {
    let masks = UnsafeMutablePointer<LongKey>.allocate(capacity: 33)
    for length in 0...32 { unsafe (masks + length).initialize(to: LongKey(maskOf: length)) }
    return unsafe masks
  }
}
