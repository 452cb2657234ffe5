import LabTable

/// How often each whole number occurs in the rows of a pass, in counters of 16 bits: those of the values that occur most stay in
/// a core's first-level cache. ``all`` are the same counts with whatever ``ValueCounts`` tell.
struct ShortCounts: Sendable {
  private var counts: ContiguousArray<UInt16> = []
  /// The values whose counter came back to 0, once for each time.
  private var wrapped: ContiguousArray<Int64> = []
  /// Negative values, and those from ``ValueCounts/directLimit`` on.
  private var others: ContiguousArray<Int64> = []

  private static let span: UInt32 = 1 << 16

  /// Takes the first `size` values in, except those that are unknown.
  mutating func add(_ values: borrowing ContiguousArray<Int64>, count size: Int) {
    let values = values.span.extracting(0..<size)
    var largest: Int64 = -1
    for index in 0..<size { largest = max(largest, values[index]) }
    let limit = Int64(ValueCounts.directLimit)
    if min(largest, limit - 1) >= Int64(counts.count) {
      let wanted = max(Int(min(largest, limit - 1)) + 1, counts.count * 2, 4096)
      counts.append(contentsOf: repeatElement(0, count: min(wanted, Int(limit)) - counts.count))
    }
    // Out of the value while the span is there (docs/decisions/0008).
    var own: ContiguousArray<UInt16> = []
    swap(&own, &self.counts)
    var counts = own.mutableSpan
    for index in 0..<size {
      let value = values[index]
      // A negative value is a large one without its sign.
      if UInt64(bitPattern: value) < UInt64(counts.count) {
        let times = counts[Int(value)] &+ 1
        counts[Int(value)] = times
        if times == 0 { wrapped.append(value) }
      } else if value != IntegerColumn.unknown {
        others.append(value)
      }
    }
    swap(&own, &self.counts)
  }

  /// Takes in what was counted of other rows.
  mutating func merge(_ other: ShortCounts) {
    if other.counts.count > counts.count {
      counts.append(contentsOf: repeatElement(0, count: other.counts.count - counts.count))
    }
    for value in other.counts.indices {
      let (times, overflow) = counts[value].addingReportingOverflow(other.counts[value])
      counts[value] = times
      if overflow { wrapped.append(Int64(value)) }
    }
    wrapped += other.wrapped
    others += other.others
  }

  var all: ValueCounts {
    var all = ValueCounts()
    for value in counts.indices where counts[value] > 0 { all.add(Int64(value), times: UInt32(counts[value])) }
    for value in wrapped { all.add(value, times: Self.span) }
    for value in others { all.add(value) }
    return all
  }
}
