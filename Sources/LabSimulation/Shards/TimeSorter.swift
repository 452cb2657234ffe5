/// Sorts row numbers by time.
///
/// A least-significant-digit radix sort over the times since the earliest one, eleven bits at a time: stable, so rows of
/// one microsecond stay in the order in which they were made, and linear.
struct TimeSorter {
  private static let digitBits = 11
  private var keys: ContiguousArray<UInt64> = []
  private var scratch: ContiguousArray<UInt64> = []
  private var order: ContiguousArray<Int32> = []
  private var orderScratch: ContiguousArray<Int32> = []
  private var counts = ContiguousArray<Int>(repeating: 0, count: 1 << TimeSorter.digitBits)

  /// The numbers of `times` in rising order of time.
  mutating func sorted(count: Int, time: (Int) -> Int64) -> ContiguousArray<Int32> {
    keys.removeAll(keepingCapacity: true)
    order.removeAll(keepingCapacity: true)
    guard count > 0 else { return order }
    var least = Int64.max
    var most = Int64.min
    for index in 0..<count {
      least = min(least, time(index))
      most = max(most, time(index))
    }
    for index in 0..<count {
      keys.append(UInt64(bitPattern: time(index) &- least))
      order.append(Int32(truncatingIfNeeded: index))
    }
    scratch = keys
    orderScratch = order
    var shift = 0
    let range = UInt64(bitPattern: most &- least)
    while shift < 64, range >> UInt64(shift) > 0 {
      pass(shift: UInt64(shift))
      shift += Self.digitBits
    }
    return order
  }

  private mutating func pass(shift: UInt64) {
    let mask = UInt64(counts.count - 1)
    for index in counts.indices { counts[index] = 0 }
    for key in keys { counts[Int(key >> shift & mask)] += 1 }
    var sum = 0
    for index in counts.indices {
      let count = counts[index]
      counts[index] = sum
      sum += count
    }
    for index in keys.indices {
      let digit = Int(keys[index] >> shift & mask)
      scratch[counts[digit]] = keys[index]
      orderScratch[counts[digit]] = order[index]
      counts[digit] += 1
    }
    swap(&keys, &scratch)
    swap(&order, &orderScratch)
  }
}
