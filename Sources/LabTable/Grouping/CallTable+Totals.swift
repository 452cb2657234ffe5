import LabCore

extension CallTable {
  /// The sums of the chosen calls, by group.
  ///
  /// One pass over the columns that are measured, on several threads; the same result at any width, since all sums are of
  /// whole numbers. Sums can't overflow: the file's were checked when it was loaded.
  ///
  /// - Parameters:
  ///   - dimensions: none gives one group of all calls (or no group, when there are no calls).
  ///   - measures: what to sum beside the number of calls; by default all.
  /// - Throws: ``LabFailure`` for a column that the file lacks, and ``LabFailure/cancelled``.
  public func totals(
    by dimensions: [Dimension], measuring measures: Set<Measure> = Set(Measure.allCases),
    where selection: CallSelection? = nil, _ context: ScanContext
  ) throws(LabFailure) -> GroupTotals {
    let plan = try GroupPlan(dimensions, of: self, context)
    let measured = Measure.allCases.filter { measures.contains($0) && has($0.source) }
    let ranges = taskRanges(context)
    let errorCode = dictionary(.status).code(of: "error")
    let parts = try Parallel.map(count: ranges.count, width: context.width) {
      (task: Int) throws(LabFailure) -> GroupSums in
      var sums = GroupSums(space: plan.space, measures: measured, errorCode: errorCode)
      for index in ranges[task] {
        try context.cancellation.check()
        sums.add(index, segments[index], selection?.choices[index] ?? .all, plan)
      }
      return sums
    }
    var merged = GroupSums(space: plan.space, measures: measured, errorCode: errorCode)
    for part in parts { merged.merge(part) }
    return merged.result(plan, dimensions)
  }

  /// The sums over all chosen calls.
  public func totals(
    measuring measures: Set<Measure> = Set(Measure.allCases), where selection: CallSelection? = nil,
    _ context: ScanContext
  ) throws(LabFailure) -> CallTotals {
    try totals(by: [], measuring: measures, where: selection, context).overall
  }

  /// How many different keys of `counted` each group of `dimensions` has.
  ///
  /// - Returns: groups whose `calls` are the numbers of calls, and the distinct counts by group.
  public func distinctCounts(
    of counted: Dimension, by dimensions: [Dimension] = [], where selection: CallSelection? = nil,
    _ context: ScanContext
  ) throws(LabFailure) -> (groups: GroupTotals, counts: [Int]) {
    let pairs = try totals(by: dimensions + [counted], measuring: [], where: selection, context)
    var keys: ContiguousArray<Int64> = []
    var totals: [CallTotals] = []
    var counts: [Int] = []
    let width = dimensions.count
    for pair in 0..<pairs.count {
      // Pairs are sorted, so those of one group stand together.
      let isNew = pair == 0 || (0..<width).contains { pairs.key(pair, $0) != pairs.key(pair - 1, $0) }
      if isNew {
        for dimension in 0..<width { keys.append(pairs.key(pair, dimension)) }
        totals.append(pairs.totals[pair])
        counts.append(1)
      } else {
        totals[totals.count - 1] += pairs.totals[pair]
        counts[counts.count - 1] += 1
      }
    }
    let groups = GroupTotals(
      dimensions: dimensions, keys: keys, totals: totals, dictionaries: Array(pairs.dictionaries.prefix(width)))
    return (groups, counts)
  }
}

/// The sums of one task: an array per measure, by group id.
private struct GroupSums: Sendable {
  private var groups: GroupNumbers
  private let measures: [Measure]
  private let errorCode: UInt32?
  private var calls: ContiguousArray<Int64>
  private var sums: [ContiguousArray<Int64>]

  init(space: UInt64, measures: [Measure], errorCode: UInt32?) {
    groups = GroupNumbers(space: space)
    self.measures = measures
    self.errorCode = errorCode
    calls = ContiguousArray(repeating: 0, count: groups.count)
    sums = Array(repeating: calls, count: measures.count)
  }

  private var scratch = GroupPlan.Scratch()
  private var ids: ContiguousArray<UInt64> = []

  /// Adds the chosen rows of a segment.
  mutating func add(_ index: Int, _ segment: CallSegment, _ rows: RowChoice, _ plan: GroupPlan) {
    let count = rows.count(of: segment.rowCount)
    guard count > 0 else { return }
    plan.number(index, segment, rows, count: count, scratch: &scratch, into: &ids)
    groups.identify(&ids, count: count)
    fit()
    accumulate(&calls, ids, count)
    for (place, measure) in measures.enumerated() {
      switch measure {
      case .errors:
        guard let errorCode, let codes = segment.codes(.status) else { continue }
        scratch.codes(count)
        codes.decode(rows, count: count, into: &scratch.codes)
        accumulate(&sums[place], ids, count, scratch.codes, equalTo: errorCode)
      case .unpricedCalls, .latencyCalls, .timeToFirstTokenCalls:
        let countsUnknown = measure == .unpricedCalls
        guard let column = segment.integers(measure.source) else { continue }
        if column.unknownCount == 0 {
          if !countsUnknown { accumulate(&sums[place], ids, count) }
          continue
        }
        scratch.integers(count)
        column.decode(rows, count: count, into: &scratch.integers)
        accumulate(&sums[place], ids, count, scratch.integers, countingUnknown: countsUnknown)
      default:
        if let column = segment.integers(measure.source), column.sum == 0 { continue }
        scratch.integers(count)
        segment.unpack(measure.source, rows, count: count, unknown: 0, into: &scratch.integers)
        accumulate(&sums[place], ids, count, scratch.integers)
      }
    }
  }

  /// Adds the sums of a later task.
  mutating func merge(_ other: GroupSums) {
    for id in 0..<other.groups.count where other.calls[id] > 0 {
      let target = groups.id(of: other.groups.numbers[id])
      fit()
      calls[target] += other.calls[id]
      for place in sums.indices { sums[place][target] += other.sums[place][id] }
    }
  }

  /// Makes room for groups that are new.
  private mutating func fit() {
    let missing = groups.count - calls.count
    guard missing > 0 else { return }
    calls.append(contentsOf: repeatElement(0, count: missing))
    for place in sums.indices { sums[place].append(contentsOf: repeatElement(0, count: missing)) }
  }

  /// The groups that have calls, in the order of their numbers.
  func result(_ plan: GroupPlan, _ dimensions: [Dimension]) -> GroupTotals {
    var used = (0..<groups.count).filter { calls[$0] > 0 }
    if !groups.isDense { used.sort { groups.numbers[$0] < groups.numbers[$1] } }
    var keys: ContiguousArray<Int64> = []
    var totals: [CallTotals] = []
    totals.reserveCapacity(used.count)
    for id in used {
      keys.append(contentsOf: plan.keys(of: groups.numbers[id]))
      var total = CallTotals()
      total.calls = Int(calls[id])
      for (place, measure) in measures.enumerated() { total.set(measure, sums[place][id]) }
      totals.append(total)
    }
    return GroupTotals(
      dimensions: dimensions, keys: keys, totals: totals, dictionaries: plan.parts.map(\.dictionary))
  }
}

private func accumulate(_ sums: inout ContiguousArray<Int64>, _ ids: borrowing ContiguousArray<UInt64>, _ count: Int) {
  var sums = sums.mutableSpan
  let ids = ids.span
  for index in 0..<count { sums[Int(truncatingIfNeeded: ids[index])] &+= 1 }
}

private func accumulate(
  _ sums: inout ContiguousArray<Int64>, _ ids: borrowing ContiguousArray<UInt64>, _ count: Int,
  _ values: borrowing ContiguousArray<Int64>
) {
  var sums = sums.mutableSpan
  let values = values.span
  let ids = ids.span
  for index in 0..<count { sums[Int(truncatingIfNeeded: ids[index])] &+= values[index] }
}

private func accumulate(
  _ sums: inout ContiguousArray<Int64>, _ ids: borrowing ContiguousArray<UInt64>, _ count: Int,
  _ values: borrowing ContiguousArray<Int64>, countingUnknown: Bool
) {
  var sums = sums.mutableSpan
  let values = values.span
  let ids = ids.span
  for index in 0..<count {
    sums[Int(truncatingIfNeeded: ids[index])] &+= (values[index] == IntegerColumn.unknown) == countingUnknown ? 1 : 0
  }
}

private func accumulate(
  _ sums: inout ContiguousArray<Int64>, _ ids: borrowing ContiguousArray<UInt64>, _ count: Int,
  _ codes: borrowing ContiguousArray<UInt32>, equalTo code: UInt32
) {
  var sums = sums.mutableSpan
  let codes = codes.span
  let ids = ids.span
  for index in 0..<count { sums[Int(truncatingIfNeeded: ids[index])] &+= codes[index] == code ? 1 : 0 }
}
