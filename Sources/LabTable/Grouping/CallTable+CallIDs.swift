import LabCore

extension CallTable {
  /// How many rows repeat the call id of an earlier row; empty ids don't count. By 64-bit hashes: at ten million ids the
  /// chance of one false repeat is about 3 in a million.
  ///
  /// Every segment sorts its hashes by their upper bits into bins; then the hashes of a bin, of all segments, come together,
  /// and are told apart first by a bit for each that stays in a core's cache, then those whose bit is another's too by a set.
  public func repeatedCallIDs(
    where selection: CallSelection? = nil, _ context: ScanContext
  ) throws(LabFailure) -> Int {
    guard has(.callID) else { throw .table(.missingColumn(UsageColumn.callID.name)) }
    let bits = Self.binBits(rows: rowCount)
    let parts = try mapBlocks(reading: [.callID], where: selection, context) { block in
      BinnedHashes(block.integers(.callID), count: block.count, bits: bits)
    }
    var sizes = ContiguousArray<Int>(repeating: 0, count: 1 << bits)
    for index in parts.indices { parts[index].addCounts(to: &sizes) }
    let (workers, counts) = (min(1 << bits, context.width * 4), sizes)
    let repeats = try Parallel.map(count: workers, width: context.width) { (worker: Int) throws(LabFailure) -> Int in
      var (finder, repeats) = (RepeatFinder(), 0)
      var hashes: ContiguousArray<UInt64> = []
      let bins = ((worker << bits) / workers)..<(((worker + 1) << bits) / workers)
      for first in stride(from: bins.lowerBound, to: bins.upperBound, by: Self.binsAtOnce) {
        try context.cancellation.check()
        let group = first..<min(first + Self.binsAtOnce, bins.upperBound)
        var next = group.reduce(into: [0]) { $0.append($0[$0.count - 1] + counts[$1]) }
        let ranges = zip(next, next.dropFirst()).map { $0..<$1 }
        if hashes.count < next[group.count] {
          hashes.append(contentsOf: repeatElement(0, count: next[group.count] - hashes.count))
        }
        for index in parts.indices { parts[index].copy(group, to: &hashes, at: &next) }
        for range in ranges { repeats += finder.repeats(among: hashes, range) }
      }
      return repeats
    }
    return repeats.reduce(0, +)
  }

  /// Bins whose hashes are brought together at once, so that a segment is looked up once for all of them.
  private static let binsAtOnce = 8

  /// Bins of about 4,096 hashes, at most 1,024 of them: a segment writes to all of them at once.
  private static func binBits(rows: Int) -> Int {
    var bits = 0
    while bits < 10, rows >> (bits + 12) > 0 { bits += 1 }
    return bits
  }
}

/// The hashes of one segment, those of a bin (equal upper bits) side by side.
private struct BinnedHashes: Sendable {
  private var hashes: ContiguousArray<UInt64>
  /// Where each bin begins, and at the end where the last one ends.
  private var starts: ContiguousArray<Int32>

  init(_ ids: borrowing ContiguousArray<Int64>, count: Int, bits: Int) {
    let ids = ids.span.extracting(0..<count)
    starts = Self.starts(ids, bits: bits)
    hashes = Self.dealt(ids, starts, bits: bits)
  }

  private static func isID(_ id: Int64) -> Bool { id != 0 && id != IntegerColumn.unknown }

  private static func bin(_ id: Int64, _ bits: Int) -> Int {
    Int(truncatingIfNeeded: UInt64(bitPattern: id) >> UInt64(64 - bits))
  }

  private static func starts(_ ids: Span<Int64>, bits: Int) -> ContiguousArray<Int32> {
    var result = ContiguousArray<Int32>(repeating: 0, count: (1 << bits) + 1)
    var starts = result.mutableSpan
    for row in 0..<ids.count where isID(ids[row]) { starts[bin(ids[row], bits) &+ 1] &+= 1 }
    for bin in 1..<starts.count { starts[bin] &+= starts[bin - 1] }
    return result
  }

  private static func dealt(
    _ ids: Span<Int64>, _ starts: ContiguousArray<Int32>, bits: Int
  ) -> ContiguousArray<UInt64> {
    var places = starts
    var result = ContiguousArray<UInt64>(repeating: 0, count: Int(starts[starts.count - 1]))
    var next = places.mutableSpan
    var hashes = result.mutableSpan
    for row in 0..<ids.count where isID(ids[row]) {
      let bin = bin(ids[row], bits)
      hashes[Int(next[bin])] = UInt64(bitPattern: ids[row])
      next[bin] &+= 1
    }
    return result
  }

  /// Adds how many hashes each bin has.
  func addCounts(to sizes: inout ContiguousArray<Int>) {
    for bin in sizes.indices { sizes[bin] += Int(starts[bin + 1] - starts[bin]) }
  }

  /// Copies the hashes of some bins to the places of each, which rise by what was copied.
  func copy(_ bins: Range<Int>, to target: inout ContiguousArray<UInt64>, at next: inout [Int]) {
    let (own, starts) = (hashes.span, starts.span)
    var target = target.mutableSpan
    for (offset, bin) in bins.enumerated() {
      var place = next[offset]
      for index in Int(starts[bin])..<Int(starts[bin + 1]) {
        target[place] = own[index]
        place &+= 1
      }
      next[offset] = place
    }
  }
}

/// Counts hashes that repeat an earlier one.
private struct RepeatFinder {
  /// A bit for each value of some bits of a hash: whether one has it, and whether two have.
  private var once: ContiguousArray<UInt64> = []
  private var twice: ContiguousArray<UInt64> = []
  private var suspects: ContiguousArray<UInt64> = []
  private var set = HashSet()

  /// Bits for every hash: one of so many shares its bit with another by chance.
  private static let bitsPerHash = 8

  mutating func repeats(among hashes: borrowing ContiguousArray<UInt64>, _ range: Range<Int>) -> Int {
    var words = 16
    while words * 64 < range.count * Self.bitsPerHash { words *= 2 }
    once = ContiguousArray(repeating: 0, count: words)
    twice = once
    suspects.removeAll(keepingCapacity: true)
    Self.mark(hashes.span.extracting(range), once: &once, twice: &twice)
    Self.collect(hashes.span.extracting(range), twice, into: &suspects)
    set.clear(forAtMost: suspects.count)
    var repeats = 0
    for hash in suspects where !set.insert(hash) { repeats &+= 1 }
    return repeats
  }

  private static func mark(
    _ hashes: Span<UInt64>, once: inout ContiguousArray<UInt64>, twice: inout ContiguousArray<UInt64>
  ) {
    let mask = once.count - 1
    var once = once.mutableSpan
    var twice = twice.mutableSpan
    for index in 0..<hashes.count {
      let hash = hashes[index]
      let (word, bit) = (Int(truncatingIfNeeded: hash >> 6) & mask, 1 &<< (hash & 63) as UInt64)
      twice[word] |= once[word] & bit
      once[word] |= bit
    }
  }

  private static func collect(
    _ hashes: Span<UInt64>, _ twice: borrowing ContiguousArray<UInt64>, into suspects: inout ContiguousArray<UInt64>
  ) {
    let mask = twice.count - 1
    let twice = twice.span
    for index in 0..<hashes.count {
      let hash = hashes[index]
      if twice[Int(truncatingIfNeeded: hash >> 6) & mask] & (1 &<< (hash & 63)) != 0 { suspects.append(hash) }
    }
  }
}

/// A set of hashes by open addressing, at most half full; zero marks a free slot, and no hash is zero.
private struct HashSet {
  private var slots: ContiguousArray<UInt64> = []
  private var mask = 0

  mutating func clear(forAtMost count: Int) {
    var size = 16
    while size < count * 2 { size *= 2 }
    if slots.count < size {
      slots = ContiguousArray(repeating: 0, count: size)
    } else {
      for index in 0..<size { slots[index] = 0 }
    }
    mask = size - 1
  }

  /// False when the set has the hash.
  @inline(__always)
  mutating func insert(_ hash: UInt64) -> Bool {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if slots[slot] == hash { return false }
      slot = (slot &+ 1) & mask
    }
    slots[slot] = hash
    return true
  }
}
