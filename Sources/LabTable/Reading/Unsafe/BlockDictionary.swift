/// The different texts of one column in the blocks that a parser reads, by first appearance. It is emptied and used again.
///
/// Invariant: `slots` holds `mask + 1` numbers, at most half of them set, each an entry's number + 1; entry `i` stands at
/// `offsets[i]` in `arena` with `lengths[i]` bytes and was hashed to `hashes[i]`; all entries below `committed` belong to a row
/// that was accepted. Growing replaces a whole buffer before anything is written beyond the old one. The owner calls `deallocate()` once, last.
@unsafe struct BlockDictionary {
  private var slots: UnsafeMutablePointer<UInt32>
  private var mask: Int
  private var entries: UnsafeMutablePointer<Entry>
  private var entryCapacity: Int
  private var arena: UnsafeMutablePointer<UInt8>
  private var arenaCapacity: Int
  private var arenaCount = 0
  private(set) var count = 0
  private(set) var committed = 0

  private struct Entry {
    var hash: UInt64
    var offset: Int
    var length: Int
  }

  init() {
    unsafe mask = 511
    unsafe slots = .allocate(capacity: mask + 1)
    unsafe slots.initialize(repeating: 0, count: mask + 1)
    unsafe entryCapacity = 128
    unsafe entries = .allocate(capacity: entryCapacity)
    unsafe arenaCapacity = 4096
    unsafe arena = .allocate(capacity: arenaCapacity)
  }

  func deallocate() {
    unsafe slots.deallocate()
    unsafe entries.deallocate()
    unsafe arena.deallocate()
  }

  /// Forgets all texts.
  mutating func removeAll() {
    if unsafe count > 0 { unsafe slots.update(repeating: 0, count: mask + 1) }
    unsafe count = 0
    unsafe committed = 0
    unsafe arenaCount = 0
  }

  /// The number of a text, or nil when it is new.
  @inline(__always) func find(_ text: UnsafePointer<UInt8>, _ length: Int, _ hash: UInt64) -> UInt32? {
    var slot = unsafe Int(truncatingIfNeeded: hash) & mask
    while true {
      let code = unsafe slots[slot]
      if code == 0 { return nil }
      let entry = unsafe entries + Int(code &- 1)
      if unsafe entry.pointee.hash == hash && entry.pointee.length == length
        && Self.equal(arena + entry.pointee.offset, text, length)
      {
        return code &- 1
      }
      slot = unsafe (slot &+ 1) & mask
    }
  }

  /// The length of a text; 0 when there is none of this number.
  func length(of code: UInt32) -> Int { unsafe Int(code) < count ? entries[Int(code)].length : 0 }

  /// Whether the text of a number begins with `length` bytes.
  @inline(__always) func begins(_ code: UInt32, _ text: UnsafePointer<UInt8>, _ length: Int) -> Bool {
    unsafe Self.equal(arena + entries[Int(code)].offset, text, length)
  }

  @inline(__always) private static func equal(
    _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int
  ) -> Bool {
    let left = unsafe UnsafeRawPointer(left)
    let right = unsafe UnsafeRawPointer(right)
    if count >= 8 {
      var offset = 0
      while offset < count - 8 {
        if unsafe left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        {
          return false
        }
        offset &+= 8
      }
      return unsafe left.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        == right.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    }
    for offset in 0..<count {
      if unsafe left.load(fromByteOffset: offset, as: UInt8.self) != right.load(fromByteOffset: offset, as: UInt8.self)
      {
        return false
      }
    }
    return true
  }

  /// Adds a text that is not there.
  mutating func insert(_ text: UnsafePointer<UInt8>, _ length: Int, _ hash: UInt64) -> UInt32 {
    if unsafe count == entryCapacity {
      unsafe entries = Self.grown(entries, count, to: entryCapacity * 4)
      unsafe entryCapacity *= 4
    }
    if unsafe arenaCount + length > arenaCapacity {
      let capacity = unsafe max(arenaCapacity * 2, arenaCount + length)
      unsafe arena = Self.grown(arena, arenaCount, to: capacity)
      unsafe arenaCapacity = capacity
    }
    unsafe (arena + arenaCount).update(from: text, count: length)
    unsafe (entries + count).initialize(to: Entry(hash: hash, offset: arenaCount, length: length))
    unsafe arenaCount += length
    unsafe count += 1
    if unsafe count * 2 > mask + 1 {
      unsafe rebuild()
    } else {
      unsafe place(count - 1)
    }
    return unsafe UInt32(truncatingIfNeeded: count - 1)
  }

  /// Makes the texts of the row that ends here stay.
  mutating func commit() { unsafe committed = unsafe count }

  /// Forgets the texts that came with a row that was not accepted.
  mutating func rollBack() {
    while unsafe count > committed {
      // The newest entry was placed last, so that no other was probed past its slot.
      var slot = unsafe Int(truncatingIfNeeded: entries[count - 1].hash) & mask
      while unsafe slots[slot] != UInt32(truncatingIfNeeded: count) { slot = unsafe (slot + 1) & mask }
      unsafe slots[slot] = 0
      unsafe arenaCount = entries[count - 1].offset
      unsafe count -= 1
    }
  }

  /// Calls `body` with every text from the number `first` on and its hash, in order.
  func forEach(from first: Int, _ body: (Span<UInt8>, UInt64) -> Void) {
    for index in unsafe min(first, count)..<count {
      let entry = unsafe entries[index]
      let text = unsafe Span(_unsafeStart: UnsafePointer(arena + entry.offset), count: entry.length)
      body(text, entry.hash)
    }
  }

  private func place(_ index: Int) {
    var slot = unsafe Int(truncatingIfNeeded: entries[index].hash) & mask
    while unsafe slots[slot] != 0 { slot = unsafe (slot + 1) & mask }
    unsafe slots[slot] = UInt32(truncatingIfNeeded: index + 1)
  }

  private mutating func rebuild() {
    unsafe slots.deallocate()
    unsafe mask = unsafe (mask + 1) * 4 - 1
    unsafe slots = .allocate(capacity: mask + 1)
    unsafe slots.initialize(repeating: 0, count: mask + 1)
    for index in unsafe 0..<count { unsafe place(index) }
  }

  private static func grown<Element>(
    _ former: UnsafeMutablePointer<Element>, _ count: Int, to capacity: Int
  ) -> UnsafeMutablePointer<Element> {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    unsafe larger.moveInitialize(from: former, count: count)
    unsafe former.deallocate()
    return unsafe larger
  }
}
