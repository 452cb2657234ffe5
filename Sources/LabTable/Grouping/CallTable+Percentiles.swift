import LabCore

extension CallTable {
  /// Exact nearest-rank percentiles of a number column over the chosen calls, by group: the value at position ⌈p·n⌉ of the
  /// sorted known values. Linear in the rows.
  ///
  /// - Parameters:
  ///   - column: a column of whole numbers (tokens, microseconds, nanodollars).
  ///   - perMille: which percentiles, in thousandths (500 is the median); 1 to 1000.
  /// - Throws: ``LabFailure`` for a column that the file lacks, and ``LabFailure/cancelled``.
  public func percentiles(
    of column: UsageColumn, perMille: [Int], by dimensions: [Dimension] = [], where selection: CallSelection? = nil,
    _ context: ScanContext
  ) throws(LabFailure) -> GroupPercentiles {
    guard has(column) else { throw .table(.missingColumn(column.name)) }
    guard column.isNumeric else { throw .question(.badValue(key: "percentile", value: column.name)) }
    for asked in perMille where !(1...1000).contains(asked) { throw .question(.badPercentile(asked)) }
    let plan = try GroupPlan(dimensions, of: self, context)
    if let counting = CountedPercentiles(self, plan, of: column, where: selection, context) {
      let found = try counting.values(perMille: perMille)
      var keys: ContiguousArray<Int64> = []
      for group in found.groups { keys.append(contentsOf: plan.keys(of: UInt64(group))) }
      return GroupPercentiles(
        dimensions: dimensions, perMille: perMille, keys: keys, dictionaries: plan.parts.map(\.dictionary),
        counts: found.counts, values: found.values)
    }
    let ranges = taskRanges(context)
    let parts = try Parallel.map(count: ranges.count, width: context.width) {
      (task: Int) throws(LabFailure) -> GroupedValues in
      var grouped = GroupedValues(space: plan.space)
      for index in ranges[task] {
        try context.cancellation.check()
        grouped.add(index, segments[index], selection?.choices[index] ?? .all, column, plan)
      }
      grouped.finish()
      return grouped
    }
    let merged = MergedGroups(parts, space: plan.space)
    let values = try Parallel.map(count: merged.count, width: context.width) {
      (group: Int) throws(LabFailure) -> [Int64] in
      try context.cancellation.check()
      var values: ContiguousArray<Int64> = []
      values.reserveCapacity(merged.counts[group])
      for source in merged.sources[group] { parts[source.part].append(id: source.id, to: &values) }
      return RankSelection.values(of: &values, perMille: perMille)
    }
    var keys: ContiguousArray<Int64> = []
    for number in merged.numbers { keys.append(contentsOf: plan.keys(of: number)) }
    return GroupPercentiles(
      dimensions: dimensions, perMille: perMille, keys: keys, dictionaries: plan.parts.map(\.dictionary),
      counts: merged.counts, values: ContiguousArray(values.joined()))
  }
}

/// Which tasks have values of which groups; groups ascend by number.
private struct MergedGroups: Sendable {
  private(set) var numbers: [UInt64] = []
  private(set) var counts: [Int] = []
  private(set) var sources: [[(part: Int, id: Int)]] = []

  init(_ parts: [GroupedValues], space: UInt64) {
    var groups = GroupNumbers(space: space)
    var countByID: [Int] = Array(repeating: 0, count: groups.count)
    var sourcesByID: [[(part: Int, id: Int)]] = Array(repeating: [], count: groups.count)
    for (index, part) in parts.enumerated() {
      for id in part.counts.indices where part.counts[id] > 0 {
        let target = groups.id(of: part.groups.numbers[id])
        if target == countByID.count {
          countByID.append(0)
          sourcesByID.append([])
        }
        countByID[target] += part.counts[id]
        sourcesByID[target].append((index, id))
      }
    }
    var used = countByID.indices.filter { countByID[$0] > 0 }
    if !groups.isDense { used.sort { groups.numbers[$0] < groups.numbers[$1] } }
    for id in used {
      numbers.append(groups.numbers[id])
      counts.append(countByID[id])
      sources.append(sourcesByID[id])
    }
  }

  var count: Int { numbers.count }
}
