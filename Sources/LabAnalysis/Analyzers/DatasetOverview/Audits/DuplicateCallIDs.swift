import LabCore
import LabTable

/// Counts calls whose `call_id` an earlier call has already, by 64-bit hashes of the ids.
///
/// Hashes are dealt into buckets by their upper bits, so that the set of a bucket stays in a core's cache. Two different
/// ids of ten million share a hash with a probability of 3·10⁻⁶.
struct DuplicateCallIDs: Sendable {
  static let bucketBits: UInt64 = 8
  private static let bucketCount = 1 << Int(bucketBits)

  /// Per bucket the hashes of consecutive parts of the table.
  private var buckets: [[ContiguousArray<UInt64>]]

  init() { buckets = Array(repeating: [[]], count: Self.bucketCount) }

  mutating func add(_ block: CallBlock) {
    let hashes = block.integers(.callID)
    for row in 0..<block.count where hashes[row] != 0 && hashes[row] != IntegerColumn.unknown {
      let hash = UInt64(bitPattern: hashes[row])
      buckets[Int(SplitMix64.mix(hash) >> (64 - Self.bucketBits))][0].append(hash)
    }
  }

  mutating func merge(_ other: DuplicateCallIDs) {
    for index in buckets.indices { buckets[index] += other.buckets[index] }
  }

  /// How many calls repeat an id.
  func count(threads: Int) -> Int {
    Parallel.map(count: buckets.count, width: threads) { Self.repeats(in: buckets[$0]) }.reduce(0, +)
  }

  private static func repeats(in parts: [ContiguousArray<UInt64>]) -> Int {
    let total = parts.reduce(0) { $0 + $1.count }
    guard total > 1 else { return 0 }
    // Open addressing, at most half full; zero is free, and no hash is zero.
    var size = 16
    while size < total * 2 { size *= 2 }
    var slots = ContiguousArray<UInt64>(repeating: 0, count: size)
    var repeats = 0
    for part in parts {
      for hash in part {
        var slot = Int(truncatingIfNeeded: SplitMix64.mix(hash)) & (size - 1)
        while slots[slot] != 0, slots[slot] != hash { slot = (slot + 1) & (size - 1) }
        if slots[slot] == hash { repeats += 1 } else { slots[slot] = hash }
      }
    }
    return repeats
  }
}
