import LabCore

extension CallTable {
  /// How many rows repeat the call id of an earlier row; empty ids don't count. By 64-bit hashes: at ten million ids the
  /// chance of one false repeat is about 3 in a million.
  ///
  /// Every segment sorts its hashes by their upper bits into bins; then the hashes of a bin, of all segments, go through a
  /// set that stays in a core's cache.
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
      var set = HashSet()
      var repeats = 0
      for bin in ((worker << bits) / workers)..<(((worker + 1) << bits) / workers) {
        try context.cancellation.check()
        set.clear(forAtMost: counts[bin])
        for index in parts.indices { repeats += parts[index].insert(bin: bin, into: &set) }
      }
      return repeats
    }
    return repeats.reduce(0, +)
  }

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
    let ids = ids.span
    let shift = UInt64(64 - bits)
    starts = ContiguousArray(repeating: 0, count: (1 << bits) + 1)
    var kept = 0
    for row in 0..<count where ids[row] != 0 && ids[row] != IntegerColumn.unknown {
      starts[Int(truncatingIfNeeded: UInt64(bitPattern: ids[row]) >> shift) &+ 1] &+= 1
      kept &+= 1
    }
    for bin in 1..<starts.count { starts[bin] &+= starts[bin - 1] }
    var next = starts
    hashes = ContiguousArray(repeating: 0, count: kept)
    for row in 0..<count where ids[row] != 0 && ids[row] != IntegerColumn.unknown {
      let hash = UInt64(bitPattern: ids[row])
      let bin = Int(truncatingIfNeeded: hash >> shift)
      hashes[Int(next[bin])] = hash
      next[bin] &+= 1
    }
  }

  /// Adds how many hashes each bin has.
  func addCounts(to sizes: inout ContiguousArray<Int>) {
    for bin in sizes.indices { sizes[bin] += Int(starts[bin + 1] - starts[bin]) }
  }

  /// Puts the hashes of a bin into a set, and counts those that it had.
  func insert(bin: Int, into set: inout HashSet) -> Int {
    var repeats = 0
    for index in Int(starts[bin])..<Int(starts[bin + 1]) where !set.insert(hashes[index]) { repeats &+= 1 }
    return repeats
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
