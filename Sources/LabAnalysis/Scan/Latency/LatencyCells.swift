import LabCore
import LabTable

/// How long calls took, by every grouping that two analyzers ask for: exact nearest-rank percentiles, sums and counts.
///
/// Two passes over the calls. The first counts durations in buckets of at most 6 % width and sums calls, by cell; then it
/// is known in which bucket each percentile lies. The second brings the values of those buckets together, and the value of
/// the wanted rank among them is the percentile. The work is linear in the calls whatever the number of groupings.
struct LatencyCells: Sendable {
  /// The durations of one group.
  struct Figures: Sendable {
    /// How many durations are known.
    var known = 0
    /// Microseconds, one for each of the grouping's shares; nil when no duration is known.
    var percentiles: [Int64?]
  }

  let plan: LatencyPlan
  let scan: LatencyScan
  /// By hour, provider and region; counts of slow calls only with references.
  let grid: ContiguousArray<LatencyScan.GridCell>
  let hasReferences: Bool
  /// The names of the pairs of provider and model.
  let pairNames: [(provider: String, model: String)]
  /// The names of the regions by code; one empty name where the file has none.
  let regionNames: [String]
  private let groups: [LatencyGroups]
  /// By cube the sums of its cells over all units of days; empty where it keeps none.
  private let sums: [ContiguousArray<CallSums>]
  private let figures: [[Figures]]

  /// The cells of a context's calls, made at most once.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> LatencyCells {
    let settings = context.settings
    let goals = FirstTokenGoals(
      firstToken: microseconds(settings.firstTokenGoalMilliseconds),
      perToken: microseconds(settings.tokenGoalMilliseconds))
    return try context.shared.value("latency_cells \(settings.slaMilliseconds) \(goals)") {
      () throws(AnalysisError) in
      try LatencyCells(calls, context, goals)
    }
  }

  private static func microseconds(_ milliseconds: Double) -> Int64 { Int64(min(max(0, milliseconds), 1e12) * 1000) }

  init(_ calls: CallTable, _ context: AnalysisContext, _ goals: FirstTokenGoals) throws(AnalysisError) {
    let plan = try LatencyPlan(calls, in: context, goals: goals)
    var scan = try context.scanning { () throws(LabFailure) in
      try calls.fold(
        reading: plan.columns, where: context.selection, context.scan, from: { LatencyScan(plan) }, { $0.add($1) },
        merge: { $0.merge($1) })
    }
    let targets = LatencyTargets(scan)
    let references = LatencyReferences(scan)
    let collector = LatencyCollector(plan, targets, references, scan.takeCodes())
    let collected = try context.scanning { () throws(LabFailure) in
      try calls.fold(
        reading: collector.columns, where: context.selection, context.scan, from: { collector }, { $0.add($1) },
        merge: { $0.merge($1) })
    }
    self.plan = plan
    self.scan = scan
    hasReferences = references != nil
    var grid = scan.grid
    for index in collected.grid.indices { grid[index] += collected.grid[index] }
    self.grid = grid
    let (providers, models) = (calls.dictionary(.provider), calls.dictionary(.model))
    pairNames = plan.pairs.codes.map { (providers[UInt32($0.provider)], models[UInt32($0.model)]) }
    regionNames = calls.has(.region) && !calls.isEmpty ? calls.dictionary(.region).texts : [""]
    groups = targets.groups
    sums = scan.cubes.map(\.sumsOfCells)
    figures = try Self.figures(targets, collected, context)
  }

  /// The value of every target, put in its place.
  private static func figures(
    _ targets: LatencyTargets, _ collected: LatencyCollector, _ context: AnalysisContext
  ) throws(AnalysisError) -> [[Figures]] {
    let sorted = SlotValues(targets, collected, threads: context.threads)
    let parts = min(targets.targets.count, max(1, context.threads) * 4)
    let values = try context.scanning { () throws(LabFailure) in
      try Parallel.map(count: parts, width: context.threads) { (part: Int) throws(LabFailure) -> [Int64] in
        let range = (targets.targets.count * part / parts)..<(targets.targets.count * (part + 1) / parts)
        try context.cancellation.check()
        return range.map { sorted.value(of: targets.targets[$0]) }
      }
    }
    var figures = targets.groups.indices.map { index in
      targets.known[index].map { known in
        Figures(known: known, percentiles: Array(repeating: nil, count: targets.groups[index].grouping.shares.count))
      }
    }
    for (target, value) in zip(targets.targets, values.joined()) {
      figures[target.groups][target.group].percentiles[target.share] = value
    }
    return figures
  }
}

extension LatencyCells {
  /// The durations of all groups of a grouping, by group code; nil when there are too many to tell them apart.
  func figures(by grouping: LatencyGrouping) -> [Figures]? {
    groups.firstIndex { $0.grouping == grouping }.map { figures[$0] }
  }

  /// The sums of all groups of a grouping, in the lanes of ``LatencyCube/Lane``.
  ///
  /// - Parameter strata: of these alone; nil for all calls.
  /// - Returns: nil where groups or strata aren't told apart.
  func sums(by grouping: LatencyGrouping, strata: Range<Int>? = nil) -> [CallSums]? {
    guard let own = groups.first(where: { $0.grouping == grouping }), scan.cubes[own.cube].keepsSums else { return nil }
    let cube = scan.cubes[own.cube]
    guard strata == nil || cube.has(.stratum) else { return nil }
    var sums = [CallSums](repeating: CallSums(), count: own.count)
    for cell in own.groupOf.indices where strata?.contains(cube.code(.stratum, of: cell)) ?? true {
      sums[Int(own.groupOf[cell])] += self.sums[own.cube][cell]
    }
    return sums
  }

  /// The sums of all calls of some strata, from whichever cube tells strata apart; nil where none does.
  func sums(ofStrata strata: Range<Int>) -> CallSums? {
    guard let index = scan.cubes.firstIndex(where: { $0.value == .latency && $0.keepsSums && $0.has(.stratum) }) else {
      return nil
    }
    let cube = scan.cubes[index]
    var sums = CallSums()
    for cell in 0..<cube.cells where strata.contains(cube.code(.stratum, of: cell)) {
      sums += self.sums[index][cell]
    }
    return sums
  }

  /// The cube that knows provider and model, region, length and unit of days, or nil.
  var joint: LatencyCube? { scan.cubes[0].has(.era) ? scan.cubes[0] : nil }
}

/// The collected values, by slot.
private struct SlotValues: Sendable {
  private let targets: LatencyTargets
  private let dense: ContiguousArray<UInt32>
  /// By slot where its values begin in those of its part.
  private let starts: ContiguousArray<Int>
  /// The values of runs of ``slotsPerPart``, as distances from the least of their bucket, sorted by one thread each.
  private let parts: [ContiguousArray<UInt32>]
  private let slotsPerPart: Int
  private let endless: ContiguousArray<ListedValues.EndlessEntry>

  init(_ targets: LatencyTargets, _ collected: LatencyCollector, threads: Int) {
    self.targets = targets
    dense = collected.dense
    let count = targets.slots.count
    let width = max(1, (count + max(1, threads) - 1) / max(1, threads))
    slotsPerPart = width
    var starts = ContiguousArray<Int>(repeating: 0, count: count)
    var sizes = [Int](repeating: 0, count: (count + width - 1) / width)
    for (index, slot) in targets.slots.enumerated() {
      starts[index] = sizes[index / width]
      let isListed = LatencyCollector.Entry(slot).place == LatencyCollector.Entry.listed
      sizes[index / width] += isListed ? slot.count : 0
    }
    self.starts = starts
    let (chunks, endless) = collected.listed.finished()
    self.endless = endless
    parts = Parallel.map(count: sizes.count, width: threads) { [starts, sizes] part in
      let slots = part * width..<min((part + 1) * width, count)
      var next = ContiguousArray(starts[slots])
      var values = ContiguousArray<UInt32>(repeating: 0, count: sizes[part])
      for chunk in chunks {
        for entry in chunk where slots.contains(Int(entry.slot)) {
          let slot = Int(entry.slot) - slots.lowerBound
          values[next[slot]] = entry.offset
          next[slot] += 1
        }
      }
      return values
    }
  }

  func value(of target: LatencyTargets.Target) -> Int64 {
    let lower = LatencyScale.lowerBound(of: target.bucket)
    guard let size = LatencyScale.size(of: target.bucket) else { return endlessValue(of: target) }
    var listed: ContiguousArray<Int64> = []
    var counts: ContiguousArray<UInt32> = []
    for slot in target.slots {
      let entry = targets.slots[Int(slot)]
      if entry.dense >= 0 {
        if counts.isEmpty { counts = ContiguousArray(repeating: 0, count: Int(size)) }
        for offset in counts.indices { counts[offset] &+= dense[entry.dense + offset] }
      } else {
        let (part, start) = (parts[Int(slot) / slotsPerPart], starts[Int(slot)])
        for index in start..<start + entry.count { listed.append(Int64(part[index])) }
      }
    }
    if counts.isEmpty { return lower + RankSelection.select(listed, rank: target.rank) }
    for offset in listed { counts[Int(offset)] &+= 1 }
    var rank = target.rank
    for (offset, count) in counts.enumerated() {
      if rank < Int(count) { return lower + Int64(offset) }
      rank -= Int(count)
    }
    return lower
  }

  private func endlessValue(of target: LatencyTargets.Target) -> Int64 {
    let slots = Set(target.slots)
    return RankSelection.select(
      ContiguousArray(endless.lazy.filter { slots.contains($0.slot) }.map(\.value)), rank: target.rank)
  }
}
