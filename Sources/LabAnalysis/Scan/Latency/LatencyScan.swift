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
    var known: Int64 = 0
    var sum: Int64 = 0
    /// Calls that kept the goal on the first token; a failed call keeps none.
    var kept: Int64 = 0
    /// Calls with at least two tokens of output, and those that kept the goal per token.
    var timed: Int64 = 0
    var keptPerToken: Int64 = 0
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
  /// Stratum and bucket of every row, for the second pass.
  private(set) var codes = RowCodes()
  private var rows: LatencyRows
  private var rowCodes = ContiguousArray<UInt16>(repeating: 0, count: CallBlock.foldedRows)
  private var sums = ContiguousArray<CallSums>(repeating: CallSums(), count: CallBlock.foldedRows)
  private var keys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)

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
    LatencyLoops.setCodes(strata: rows[.stratum], buckets: rows.buckets, count: count, in: &rowCodes)
    codes.append(rowCodes, of: block)
    LatencyLoops.setSums(
      columns, inputs: block.integers(.inputTokens), costs: costs, strata: rows[.stratum], sla: plan.slaMicroseconds,
      count: count, into: &sums)
    for index in cubes.indices where cubes[index].value == .latency {
      cubes[index].number(rows, count: count, into: &keys)
      LatencyLoops.count(keys, rows.buckets, count: count, in: &cubes[index].counts)
      guard cubes[index].keepsSums else { continue }
      if cubes[index].units > 1 {
        RowLoops.addKeys(rows.units, stride: cubes[index].cells, count: count, to: &keys)
      }
      RowLoops.add(sums, by: keys, count: count, to: &cubes[index].sums)
    }
    calls += Int64(count)
    costless += Int64(RowLoops.unknowns(costs, count: count))
    addFailures(errorCodes, block)
    if plan.gridCells > 0 { addGrid(errorCodes, count) }
    if let goals = plan.goals { addFirstTokens(block, columns, goals) }
  }

  /// Kinds of error and retries by pair: few rows have either.
  private mutating func addFailures(_ errorCodes: borrowing ContiguousArray<UInt32>, _ block: CallBlock) {
    let pairs = rows[.pair]
    if plan.errorTypes > 0, !plan.pairs.isEmpty {
      let strata = rows[.stratum]
      for row in 0..<block.count where strata[row] == UInt32(LatencyStratum.failed) {
        errors[Int(pairs[row]) * plan.errorTypes + min(Int(errorCodes[row]), plan.errorTypes - 1)] += 1
      }
    }
    guard plan.hasRetries, !plan.pairs.isEmpty else { return }
    let retried = block.integers(.retryOf)
    for row in 0..<block.count where retried[row] != 0 && retried[row] != IntegerColumn.unknown {
      retries[Int(pairs[row])] += 1
    }
  }

  private mutating func addGrid(_ errorCodes: ContiguousArray<UInt32>, _ count: Int) {
    rows.numberGrid(plan, count: count, into: &keys)
    let (strata, faults, keys) = (rows[.stratum], plan.faults, self.keys)
    let (strataSpan, keySpan, errorSpan, faultSpan) = (strata.span, keys.span, errorCodes.span, faults.span)
    // Out of the value while the span is there (docs/decisions/0008).
    var own: ContiguousArray<GridCell> = []
    swap(&own, &self.grid)
    var grid = own.mutableSpan
    for row in 0..<count {
      let key = keySpan[row]
      guard key != RowLoops.noKey else { continue }
      grid[Int(key)].calls &+= 1
      guard strataSpan[row] == 0 else { continue }
      grid[Int(key)].failed &+= 1
      grid[Int(key)].faults &+= faultSpan[Int(errorSpan[row])] ? 1 : 0
    }
    swap(&own, &self.grid)
  }

  private mutating func addFirstTokens(
    _ block: CallBlock, _ columns: LatencyLoops.Columns, _ goals: FirstTokenGoals
  ) {
    guard !plan.pairs.isEmpty else { return }
    let values = block.integers(.timeToFirstToken)
    let (pairCodes, strataCodes) = (rows[.pair], rows[.stratum])
    let (pairs, strata, firsts) = (pairCodes.span, strataCodes.span, values.span)
    let (latencies, outputs) = (columns.latencies.span, columns.outputs.span)
    // Out of the value while the span is there (docs/decisions/0008).
    var own: ContiguousArray<FirstTokens> = []
    swap(&own, &firstTokens)
    var tokens = own.mutableSpan
    for row in 0..<block.count {
      let (first, pair) = (firsts[row], Int(pairs[row]))
      if first >= 0 {
        tokens[pair].known &+= 1
        tokens[pair].sum &+= first
      }
      if strata[row] == UInt32(LatencyStratum.failed) { continue }
      tokens[pair].kept &+= first >= 0 && first <= goals.firstToken ? 1 : 0
      // Unknown is the least number of all: differences of it would wrap to what looks like a long answer.
      if first >= 0, outputs[row] > 1, latencies[row] >= first {
        let (rest, time) = (outputs[row] &- 1, latencies[row] &- first)
        tokens[pair].timed &+= 1
        let (goal, isEndless) = goals.perToken.multipliedReportingOverflow(by: rest)
        tokens[pair].keptPerToken &+= isEndless || time <= goal ? 1 : 0
      }
    }
    swap(&own, &firstTokens)
    guard let cube = plan.firstTokenCube else { return }
    LatencyLoops.buckets(values, count: block.count, into: &rows.buckets)
    cubes[cube].number(rows, count: block.count, into: &keys)
    LatencyLoops.count(keys, rows.buckets, count: block.count, in: &cubes[cube].counts)
  }

  mutating func merge(_ other: LatencyScan) {
    for index in cubes.indices { cubes[index].merge(other.cubes[index]) }
    for index in errors.indices { errors[index] += other.errors[index] }
    for index in retries.indices { retries[index] += other.retries[index] }
    for index in firstTokens.indices {
      firstTokens[index].known += other.firstTokens[index].known
      firstTokens[index].sum += other.firstTokens[index].sum
      firstTokens[index].kept += other.firstTokens[index].kept
      firstTokens[index].timed += other.firstTokens[index].timed
      firstTokens[index].keptPerToken += other.firstTokens[index].keptPerToken
    }
    for index in grid.indices { grid[index] += other.grid[index] }
    calls += other.calls
    costless += other.costless
    codes.merge(other.codes)
  }

  /// Gives the codes of the rows away, which take two bytes a call.
  mutating func takeCodes() -> RowCodes {
    defer { codes = RowCodes() }
    return codes
  }
}

extension LatencyRows {
  /// Sets the codes of a block's rows on all axes, and their buckets.
  mutating func fill(_ block: CallBlock, _ columns: LatencyLoops.Columns, _ plan: LatencyPlan) {
    var strata = take(.stratum)
    LatencyLoops.classify(columns, failures: plan.failures, count: block.count, strata: &strata, buckets: &buckets)
    self[.stratum] = strata
    fill(block, plan)
  }

  /// The same with strata and buckets that are known.
  mutating func fill(_ block: CallBlock, _ codes: RowCodes, _ plan: LatencyPlan) {
    var strata = take(.stratum)
    LatencyLoops.read(
      codes.codes(around: block), from: block.start, count: block.count, strata: &strata, buckets: &buckets)
    self[.stratum] = strata
    fill(block, plan)
  }

  private mutating func fill(_ block: CallBlock, _ plan: LatencyPlan) {
    self[.provider] = block.codes(.provider)
    self[.region] = block.codes(.region)
    self[.feature] = block.codes(.featureID)
    if !plan.pairs.isEmpty {
      RowLoops.numberPairs(
        block.codes(.provider), block.codes(.model), plan.pairs, count: block.count, into: &self[.pair])
    }
    if let time = plan.time { number(block.integers(.timestamp), time, count: block.count) }
  }

  /// Sets the hour, the step of the series, the unit of days and the era of every row.
  private mutating func number(_ times: ContiguousArray<Int64>, _ time: LatencyTime, count: Int) {
    var series = take(.series)
    var eras = take(.era)
    Self.fill(times.span, time, count: count, &series, &eras, &hours, &units)
    self[.series] = series
    self[.era] = eras
  }

  private static func fill(
    _ times: Span<Int64>, _ time: LatencyTime, count: Int, _ series: inout ContiguousArray<UInt32>,
    _ eras: inout ContiguousArray<UInt32>, _ hours: inout ContiguousArray<UInt32>,
    _ units: inout ContiguousArray<UInt32>
  ) {
    var hours = hours.mutableSpan
    var units = units.mutableSpan
    var series = series.mutableSpan
    var eras = eras.mutableSpan
    // Rows mostly ascend in time, so that the hour of a row is mostly that of the row before.
    var (start, end) = (Int64.max, Int64.min)
    var (hour, step, unit, era) = (RowLoops.noKey, RowLoops.noKey, UInt32(0), UInt32(0))
    for row in 0..<count {
      let moment = times[row]
      if moment < start || moment >= end {
        (hour, step, unit, era) = (RowLoops.noKey, RowLoops.noKey, 0, 0)
        (start, end) = (Int64.max, Int64.min)
        let number = floorDivide(moment, 3_600_000_000)
        let offset = number &- time.firstHour
        // An unknown moment is long before every hour.
        if offset >= 0, offset < Int64(time.hours) {
          start = number * 3_600_000_000
          end = start + 3_600_000_000
          hour = UInt32(offset)
          step = UInt32(floorDivide(number, time.seriesHours) - time.firstStep)
          unit = UInt32((floorDivide(number, 24) - time.firstDay) / time.unitDays)
          era = offset >= LatencyTime.eraHours ? 1 : 0
        }
      }
      hours[row] = hour
      series[row] = step
      units[row] = unit
      eras[row] = era
    }
  }

  /// Writes the cell of every row in the grid of incidents, or ``RowLoops/noKey``.
  func numberGrid(_ plan: LatencyPlan, count: Int, into keys: inout ContiguousArray<UInt32>) {
    let width = UInt32(plan.gridCells)
    let regions = UInt32(plan.size(.region))
    let (providerCodes, regionCodes) = (self[.provider], self[.region])
    let (provider, region, hour) = (providerCodes.span, regionCodes.span, hours.span)
    var keys = keys.mutableSpan
    for row in 0..<count {
      let cell = provider[row] &* regions &+ region[row]
      keys[row] = hour[row] == RowLoops.noKey ? RowLoops.noKey : hour[row] &* width &+ cell
    }
  }
}
