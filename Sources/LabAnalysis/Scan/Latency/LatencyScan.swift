import LabCore
import LabTable

/// The first pass: durations by bucket, sums by cell, errors and first tokens by model, calls and failures by hour.
struct LatencyScan: Sendable {
  /// Calls of an hour, provider and region.
  struct GridCell: Sendable {
    var calls: UInt32 = 0
    var failed: UInt32 = 0
    /// Failures that are no rate limit: a limit is about its caller's load, not about the service.
    var faults: UInt32 = 0
    /// Successful calls with a reference for their length, which the second pass counts.
    var compared: UInt32 = 0
    /// Of those the ones that took longer than their reference.
    var slow: UInt32 = 0
    /// How many of so many calls took longer in the first days, in 65,536ths of a call.
    var expected: UInt64 = 0

    @inline(__always)
    static func += (left: inout GridCell, right: GridCell) {
      left.calls &+= right.calls
      left.failed &+= right.failed
      left.faults &+= right.faults
      left.compared &+= right.compared
      left.slow &+= right.slow
      left.expected &+= right.expected
    }
  }

  /// First tokens of a pair.
  struct FirstTokens: Sendable {
    /// ``known``, ``sum``, ``kept``, ``timed`` and ``keptPerToken``.
    var lanes = SIMD8<Int64>(repeating: 0)

    var known: Int64 { lanes[0] }
    var sum: Int64 { lanes[1] }
    /// Calls that kept the goal on the first token; a failed call keeps none.
    var kept: Int64 { lanes[2] }
    /// Calls with at least two tokens of output, and those that kept the goal per token.
    var timed: Int64 { lanes[3] }
    var keptPerToken: Int64 { lanes[4] }
  }

  let plan: LatencyPlan
  private(set) var cubes: [LatencyCube]
  /// Index pair · error types + type.
  private(set) var errors: ContiguousArray<Int64>
  private(set) var retries: ContiguousArray<Int64>
  private(set) var firstTokens: ContiguousArray<FirstTokens>
  /// Index hour · grid cells + provider · regions + region.
  private(set) var grid: ContiguousArray<GridCell>
  private(set) var calls: Int64 = 0
  private(set) var costless: Int64 = 0
  /// Stratum, cell of the first cube and bucket of every row, for the second pass.
  private(set) var codes = RowCodes()
  private var rows: LatencyRows
  private var rowCodes = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  private var keys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  /// Rows of a block that are looked at one by one.
  private var chosen = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  private var waitingKeys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)

  init(_ plan: LatencyPlan) {
    self.plan = plan
    cubes = plan.cubes.map { $0.filled() }
    let pairs = plan.size(.pair)
    errors = ContiguousArray(repeating: 0, count: pairs * plan.errorTypes)
    retries = ContiguousArray(repeating: 0, count: plan.hasRetries ? pairs : 0)
    firstTokens = ContiguousArray(repeating: FirstTokens(), count: plan.goals == nil ? 0 : pairs)
    grid = ContiguousArray(repeating: GridCell(), count: plan.gridCells * (plan.time?.hours ?? 0))
    rows = LatencyRows()
  }

  mutating func add(_ block: CallBlock) {
    let count = block.count
    let errorCodes = block.codes(plan.readsErrorTypes ? .errorType : .status)
    let columns = LatencyLoops.Columns(
      errors: errorCodes, latencies: block.integers(.latency), outputs: block.integers(.outputTokens))
    let costs = block.integers(.cost)
    rows.fill(block, columns, plan)
    let summed = LatencyLoops.Summed(
      columns: columns, inputs: block.integers(.inputTokens), costs: costs, strata: rows[.stratum],
      sla: plan.slaMicroseconds)
    // The cube whose rows are numbered, but not summed yet: two go through one loop.
    var waiting: Int?
    for index in cubes.indices where cubes[index].value == .latency {
      cubes[index].number(rows, count: count, into: &keys)
      if index == 0 {
        LatencyLoops.setCodes(
          strata: rows[.stratum], cells: keys, buckets: rows.buckets, count: count, in: &rowCodes)
        codes.append(rowCodes, of: block)
      }
      LatencyLoops.count(keys, rows.buckets, count: count, in: &cubes[index].counts)
      guard cubes[index].keepsSums else { continue }
      if cubes[index].units > 1 {
        RowLoops.addKeys(rows.units, stride: cubes[index].cells, count: count, to: &keys)
      }
      if let first = waiting {
        add(summed, to: first, and: index, count)
        waiting = nil
      } else {
        waiting = index
        swap(&keys, &waitingKeys)
      }
    }
    if let first = waiting { add(summed, to: first, and: nil, count) }
    calls += Int64(count)
    costless += Int64(RowLoops.unknowns(costs, count: count))
    addFailures(errorCodes, block)
    if let goals = plan.goals { addFirstTokens(block, columns, goals) }
  }

  /// Sums the rows up in one or two cubes.
  private mutating func add(_ summed: LatencyLoops.Summed, to first: Int, and second: Int?, _ count: Int) {
    // Out of the value, so that both can be written.
    var (own, other): (ContiguousArray<CallSums>, ContiguousArray<CallSums>) = ([], [])
    swap(&own, &cubes[first].sums)
    if let second {
      swap(&other, &cubes[second].sums)
      LatencyLoops.add(summed, by: waitingKeys, and: keys, count: count, to: &own, and: &other)
      swap(&other, &cubes[second].sums)
    } else {
      LatencyLoops.add(summed, by: waitingKeys, count: count, to: &own)
    }
    swap(&own, &cubes[first].sums)
  }

  /// Kinds of error and retries by pair, and failures in the grid of incidents: few rows have any.
  private mutating func addFailures(_ errorCodes: ContiguousArray<UInt32>, _ block: CallBlock) {
    let (pairs, count) = (rows[.pair], block.count)
    let failed = LatencyLoops.failed(rows[.stratum], count: count, into: &chosen)
    if plan.errorTypes > 0, !plan.pairs.isEmpty {
      for row in chosen[..<failed] {
        let type = min(Int(errorCodes[Int(row)]), plan.errorTypes - 1)
        errors[Int(pairs[Int(row)]) * plan.errorTypes + type] += 1
      }
    }
    if plan.gridCells > 0 {
      rows.numberGrid(plan, count: count, into: &keys)
      LatencyLoops.countCalls(keys, count: count, in: &grid)
      for row in chosen[..<failed] where keys[Int(row)] != RowLoops.noKey {
        grid[Int(keys[Int(row)])].failed &+= 1
        grid[Int(keys[Int(row)])].faults &+= plan.faults[Int(errorCodes[Int(row)])] ? 1 : 0
      }
    }
    guard plan.hasRetries, !plan.pairs.isEmpty else { return }
    let retried = LatencyLoops.known(block.integers(.retryOf), count: count, into: &chosen)
    for row in chosen[..<retried] { retries[Int(pairs[Int(row)])] += 1 }
  }

  private mutating func addFirstTokens(
    _ block: CallBlock, _ columns: LatencyLoops.Columns, _ goals: FirstTokenGoals
  ) {
    guard !plan.pairs.isEmpty else { return }
    let values = block.integers(.timeToFirstToken)
    LatencyLoops.addFirstTokens(
      values, columns, pairs: rows[.pair], strata: rows[.stratum], goals, count: block.count, to: &firstTokens)
    guard let cube = plan.firstTokenCube else { return }
    LatencyLoops.buckets(values, count: block.count, into: &rows.buckets)
    cubes[cube].number(rows, count: block.count, into: &keys)
    LatencyLoops.count(keys, rows.buckets, count: block.count, in: &cubes[cube].counts)
  }

  mutating func merge(_ other: LatencyScan) {
    for index in cubes.indices { cubes[index].merge(other.cubes[index]) }
    for index in errors.indices { errors[index] += other.errors[index] }
    for index in retries.indices { retries[index] += other.retries[index] }
    for index in firstTokens.indices { firstTokens[index].lanes &+= other.firstTokens[index].lanes }
    for index in grid.indices { grid[index] += other.grid[index] }
    calls += other.calls
    costless += other.costless
    codes.merge(other.codes)
  }

  /// Gives the codes of the rows away, which take four bytes a call.
  mutating func takeCodes() -> RowCodes {
    defer { codes = RowCodes() }
    return codes
  }
}
