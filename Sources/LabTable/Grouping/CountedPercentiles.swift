import LabCore

/// Exact percentiles of many values in few groups, in two passes that keep no values but those that matter.
///
/// The first pass counts values by group and bin, a bin being values of equal leading bits; the counts tell in which bin each
/// rank lies. The second pass collects the values of these bins alone, a few percent, and selects among them.
struct CountedPercentiles {
  /// Below so many rows, keeping all values is as quick.
  static let fewestRows = 1 << 20
  /// Counters of one task: 16 MB of 32 bits each.
  private static let mostCounters: UInt64 = 1 << 22
  /// Leading bits of a value behind its first: 32 bins to a power of two, so a bin holds values within 3 %.
  private static let finestBits = 5
  private static let coarsestBits = 2

  private let table: CallTable
  private let plan: GroupPlan
  private let column: UsageColumn
  private let selection: CallSelection?
  private let context: ScanContext
  private let bits: Int
  private var bins: Int { 64 << bits }

  /// Nil where there are too many groups for counters, or too few rows for it to pay.
  init?(
    _ table: CallTable, _ plan: GroupPlan, of column: UsageColumn, where selection: CallSelection?,
    _ context: ScanContext, fewestRows: Int = CountedPercentiles.fewestRows
  ) {
    guard selection?.rowCount ?? table.rowCount >= fewestRows else { return nil }
    var bits = Self.finestBits
    while plan.space > Self.mostCounters / UInt64(64 << bits) {
      guard bits > Self.coarsestBits else { return nil }
      bits -= 1
    }
    self.bits = bits
    self.table = table
    self.plan = plan
    self.column = column
    self.selection = selection
    self.context = context
  }

  /// The bin of a value: equal and smaller values have equal and smaller bins.
  @inline(__always) private static func bin(_ value: Int64, bits: Int) -> Int {
    guard value >= 1 << Int64(bits) else { return Int(max(0, value)) }
    let shift = 63 - value.leadingZeroBitCount - bits
    return shift << bits + Int(value >> Int64(shift))
  }

  /// A rank of a group, the bin that it lies in, and its place among the values of that bin.
  private struct Wanted {
    var cell: Int
    var rank: Int
  }

  /// Groups that have values, ascending, with their numbers of values and, per group, a value per percentile.
  func values(perMille: [Int]) throws(LabFailure) -> (groups: [Int], counts: [Int], values: ContiguousArray<Int64>) {
    let counters = try counted()
    var groups: [Int] = []
    var counts: [Int] = []
    var wanted: [Wanted] = []
    for group in 0..<Int(plan.space) {
      let cells = counters[(group * bins)..<((group + 1) * bins)]
      let count = cells.reduce(0) { $0 + Int($1) }
      guard count > 0 else { continue }
      groups.append(group)
      counts.append(count)
      for asked in perMille {
        var rank = RankSelection.rank(perMille: asked, count: count)
        var cell = group * bins
        while rank >= Int(counters[cell]) {
          rank -= Int(counters[cell])
          cell += 1
        }
        wanted.append(Wanted(cell: cell, rank: rank))
      }
    }
    // Every cell that is wanted has a slot for its values.
    var slots = ContiguousArray<UInt32>(repeating: 0, count: counters.count)
    var used = 0
    for want in wanted where slots[want.cell] == 0 {
      used += 1
      slots[want.cell] = UInt32(truncatingIfNeeded: used)
    }
    let (cells, ranks) = (slots, wanted)
    let collected = try collected(cells, count: used)
    let found = try Parallel.map(count: ranks.count, width: context.width) {
      (index: Int) throws(LabFailure) -> Int64 in
      try context.cancellation.check()
      var values: ContiguousArray<Int64> = []
      let slot = Int(cells[ranks[index].cell]) - 1
      for part in collected { values.append(contentsOf: part[slot]) }
      return RankSelection.value(of: &values, rank: ranks[index].rank)
    }
    return (groups, counts, ContiguousArray(found))
  }

  /// The number of values by group and bin.
  private func counted() throws(LabFailure) -> ContiguousArray<UInt32> {
    let (bits, bins) = (bits, bins)
    let parts = try tasks { (ids, values, count, counters: inout ContiguousArray<UInt32>) in
      if counters.isEmpty { counters = ContiguousArray(repeating: 0, count: Int(plan.space) * bins) }
      var cells = counters.mutableSpan
      for row in 0..<count where values[row] != IntegerColumn.unknown {
        cells[Int(truncatingIfNeeded: ids[row]) * bins + Self.bin(values[row], bits: bits)] &+= 1
      }
    }
    var sums = ContiguousArray<UInt32>(repeating: 0, count: Int(plan.space) * bins)
    for part in parts where !part.isEmpty { for index in part.indices { sums[index] &+= part[index] } }
    return sums
  }

  /// Per task the values of every slot.
  private func collected(
    _ slots: ContiguousArray<UInt32>, count: Int
  ) throws(LabFailure) -> [[ContiguousArray<Int64>]] {
    let (bits, bins) = (bits, bins)
    return try tasks { (ids, values, rows, found: inout [ContiguousArray<Int64>]) in
      if found.isEmpty { found = Array(repeating: [], count: count) }
      for row in 0..<rows where values[row] != IntegerColumn.unknown {
        let slot = slots[Int(truncatingIfNeeded: ids[row]) * bins + Self.bin(values[row], bits: bits)]
        if slot != 0 { found[Int(slot) - 1].append(values[row]) }
      }
    }.map { $0.isEmpty ? Array(repeating: [], count: count) : $0 }
  }

  /// Walks over the chosen rows in as many parts as there are threads.
  private func tasks<Found: RangeReplaceableCollection & Sendable>(
    _ body: @Sendable (Span<UInt64>, Span<Int64>, Int, inout Found) -> Void
  ) throws(LabFailure) -> [Found] {
    let segments = table.segments
    let count = max(1, min(segments.count, context.width))
    return try Parallel.map(count: count, width: context.width) { (task: Int) throws(LabFailure) -> Found in
      var found = Found()
      var scratch = GroupPlan.Scratch()
      var ids: ContiguousArray<UInt64> = []
      for index in (segments.count * task / count)..<(segments.count * (task + 1) / count) {
        try context.cancellation.check()
        let rows = selection?.choices[index] ?? .all
        let size = rows.count(of: segments[index].rowCount)
        guard size > 0 else { continue }
        plan.number(index, segments[index], rows, count: size, scratch: &scratch, into: &ids)
        scratch.integers(size)
        segments[index].unpack(column, rows, count: size, into: &scratch.integers)
        body(ids.span, scratch.integers.span, size, &found)
      }
      return found
    }
  }
}
