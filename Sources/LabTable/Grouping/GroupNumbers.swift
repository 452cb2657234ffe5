/// Turns the group numbers of a large space into small ids in order of appearance; a small space needs no turning.
struct GroupNumbers: Sendable {
  /// The largest space whose groups are counted in plain arrays.
  static let denseLimit: UInt64 = 1 << 16

  let isDense: Bool
  /// The group number of every id (dense: the id itself).
  private(set) var numbers: ContiguousArray<UInt64> = []
  private var slots: ContiguousArray<UInt32> = []

  init(space: UInt64) {
    isDense = space <= Self.denseLimit
    if isDense {
      numbers = ContiguousArray(0..<space)
    } else {
      slots = ContiguousArray(repeating: 0, count: 1 << 12)
    }
  }

  var count: Int { numbers.count }

  /// Replaces the first `count` group numbers by ids.
  mutating func identify(_ values: inout ContiguousArray<UInt64>, count: Int) {
    if isDense { return }
    for index in 0..<count {
      // Grown here, where nothing below depends on the slots.
      if numbers.count * 2 >= slots.count { grow() }
      values[index] = UInt64(id(of: values[index]))
    }
  }

  /// The id of a group number, new when the number is.
  mutating func id(of number: UInt64) -> Int {
    if isDense { return Int(number) }
    if numbers.count * 2 >= slots.count { grow() }
    let mask = slots.count - 1
    var slot = Self.hash(number) & mask
    while slots[slot] != 0 {
      let id = Int(slots[slot] - 1)
      if numbers[id] == number { return id }
      slot = (slot + 1) & mask
    }
    numbers.append(number)
    slots[slot] = UInt32(truncatingIfNeeded: numbers.count)
    return numbers.count - 1
  }

  private mutating func grow() {
    slots = ContiguousArray(repeating: 0, count: slots.count * 4)
    let mask = slots.count - 1
    for (id, number) in numbers.enumerated() {
      var slot = Self.hash(number) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(truncatingIfNeeded: id + 1)
    }
  }

  @inline(__always) private static func hash(_ number: UInt64) -> Int {
    let product = (number ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return Int(truncatingIfNeeded: (product.high ^ product.low) & 0x7fff_ffff_ffff_ffff)
  }
}
