/// The values that a pass keeps for their slots (``LatencyTargets/Slot``), in chunks of one size: a list that grew would be copied
/// each time, and again when the lists of threads are joined.
struct ListedValues: Sendable {
  /// A value as its distance from the least of its slot's bucket.
  struct Entry: BitwiseCopyable, Sendable {
    var slot: Int32
    var offset: UInt32
  }

  /// A value of a slot whose bucket has no end.
  struct EndlessEntry: BitwiseCopyable, Sendable {
    var slot: Int32
    var value: Int64
  }

  private static let chunkSize = 16_384

  private(set) var chunks: [ContiguousArray<Entry>] = []
  private(set) var endless: ContiguousArray<EndlessEntry> = []
  private var growing: ContiguousArray<Entry> = []

  /// Takes in the first `count` of some entries.
  mutating func append(_ entries: borrowing ContiguousArray<Entry>, count: Int) {
    if growing.count + count > growing.capacity {
      if !growing.isEmpty { chunks.append(growing) }
      growing = []
      growing.reserveCapacity(max(Self.chunkSize, count))
    }
    growing.append(contentsOf: entries[..<count])
  }

  mutating func append(_ entry: EndlessEntry) { endless.append(entry) }

  mutating func merge(_ other: ListedValues) {
    if !growing.isEmpty { chunks.append(growing) }
    chunks += other.chunks
    growing = other.growing
    endless += other.endless
  }

  /// All chunks.
  consuming func finished() -> (chunks: [ContiguousArray<Entry>], endless: ContiguousArray<EndlessEntry>) {
    (growing.isEmpty ? chunks : chunks + [growing], endless)
  }
}
