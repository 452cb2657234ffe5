/// The known values of a column over the rows of one task, brought together by group with a counting sort.
struct GroupedValues: Sendable {
  private(set) var groups: GroupNumbers
  /// How many values each group id has.
  private(set) var counts: ContiguousArray<Int> = []
  private var values: ContiguousArray<Int64> = []
  private var ids: ContiguousArray<UInt32> = []
  private var starts: ContiguousArray<Int> = []
  private var scratch = GroupPlan.Scratch()
  private var numbers: ContiguousArray<UInt64> = []

  private let hasOneGroup: Bool

  init(space: UInt64) {
    groups = GroupNumbers(space: space)
    hasOneGroup = space == 1
  }

  /// Takes the chosen rows of a segment in.
  mutating func add(_ index: Int, _ segment: CallSegment, _ rows: RowChoice, _ column: UsageColumn, _ plan: GroupPlan) {
    let count = rows.count(of: segment.rowCount)
    guard count > 0 else { return }
    plan.number(index, segment, rows, count: count, scratch: &scratch, into: &numbers)
    groups.identify(&numbers, count: count)
    if counts.count < groups.count { counts.append(contentsOf: repeatElement(0, count: groups.count - counts.count)) }
    scratch.integers(count)
    segment.unpack(column, rows, count: count, into: &scratch.integers)
    for row in 0..<count where scratch.integers[row] != IntegerColumn.unknown {
      let id = Int(truncatingIfNeeded: numbers[row])
      counts[id] += 1
      values.append(scratch.integers[row])
      if !hasOneGroup { ids.append(UInt32(truncatingIfNeeded: id)) }
    }
  }

  /// Brings the values of each group together; nothing is added afterwards.
  mutating func finish() {
    scratch = GroupPlan.Scratch()
    numbers = []
    starts = [0]
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    if hasOneGroup { return }
    var next = starts
    var sorted = ContiguousArray<Int64>(repeating: 0, count: values.count)
    for (position, value) in values.enumerated() {
      let id = Int(ids[position])
      sorted[next[id]] = value
      next[id] += 1
    }
    values = sorted
    ids = []
  }

  /// Appends the values of a group to `target`.
  func append(id: Int, to target: inout ContiguousArray<Int64>) {
    target.append(contentsOf: values[starts[id]..<starts[id + 1]])
  }
}

/// Nearest-rank selection in linear time.
package enum RankSelection {
  /// Below this many values sorting is quicker than counting.
  private static let sortedLimit = 2048
  /// Values are split by this many bits at a time.
  private static let bits = 11

  /// The values at positions ⌈p·n⌉ of the sorted values; `values` is reordered. Empty when there are no values.
  static func values(of values: inout ContiguousArray<Int64>, perMille: [Int]) -> [Int64] {
    let count = values.count
    guard count > 0 else { return [] }
    let ranks = perMille.map { rank(perMille: $0, count: count) }
    if count <= sortedLimit {
      values.sort()
      return ranks.map { values[$0] }
    }
    return ranks.map { select(values, rank: $0) }
  }

  /// The value at a position of the sorted values; `values` is reordered.
  static func value(of values: inout ContiguousArray<Int64>, rank: Int) -> Int64 {
    if values.count > sortedLimit { return select(values, rank: rank) }
    values.sort()
    return values[rank]
  }

  /// The position from 0 of ⌈p·n⌉, in whole numbers so that 7 % of 100 is 7.
  static func rank(perMille: Int, count: Int) -> Int {
    let (product, overflow) = perMille.multipliedReportingOverflow(by: count)
    return overflow ? count - 1 : min(max((product + 999) / 1000, 1), count) - 1
  }

  /// The value of a rank, from 0 and below the number of values: counts values by their highest differing bits, keeps
  /// those of the rank's bin, and goes on.
  package static func select(_ all: ContiguousArray<Int64>, rank: Int) -> Int64 {
    var values = all
    var rank = rank
    while values.count > sortedLimit {
      var low = Int64.max
      var high = Int64.min
      for value in values {
        low = min(low, value)
        high = max(high, value)
      }
      if low == high { return low }
      let width = 64 - UInt64(bitPattern: high &- low).leadingZeroBitCount
      let shift = UInt64(max(0, width - bits))
      var bins = ContiguousArray<Int>(repeating: 0, count: 1 << bits)
      for value in values { bins[Int(UInt64(bitPattern: value &- low) >> shift)] += 1 }
      var bin = 0
      while rank >= bins[bin] {
        rank -= bins[bin]
        bin += 1
      }
      var kept = ContiguousArray<Int64>()
      kept.reserveCapacity(bins[bin])
      for value in values where Int(UInt64(bitPattern: value &- low) >> shift) == bin { kept.append(value) }
      values = kept
    }
    values.sort()
    return values[rank]
  }
}
