import LabCore
import LabScenario
import LabTable

extension Simulation {
  /// Simulates straight into a table, without text between: the rows that a file would have, in its order.
  ///
  /// A run that ends by its size in bytes is simulated twice, once to learn how many rows that is.
  ///
  /// - Parameters:
  ///   - name: what the table is called where a file would have its path.
  ///   - progress: the part that is done, from 0 to 1, and the rows so far.
  /// - Throws: as ``run(threads:cancellation:batchRows:sink:)``, and when sums would not be exact any more.
  package func table(
    named name: String, threads: Int, cancellation: CancellationFlag,
    progress: (Double, Int64) -> Void = { _, _ in }
  ) throws(LabFailure) -> (table: CallTable, outcome: SimulationOutcome) {
    let scenario = blueprint.scenario
    var wanted: Int64?
    switch scenario.repeatUntil {
    case nil: break
    case .rows(let rows): wanted = max(1, rows)
    case .megabytes:
      wanted = try run(threads: threads, cancellation: cancellation) { _ throws(LabFailure) in true }.rows
    }
    let end = scenario.start + scenario.duration
    var outcome = SimulationOutcome(end: end)
    var builder = try RowTableBuilder(named: name)
    var merge = OrderedMerge<PlainRows>()
    let plans = PlanSequence(
      blueprint, base: base, incidents: incidents, first: firstPlan, keptShards: threads * (Self.shardsAhead + 1),
      cancellation: cancellation)
    var rowsBeforeCycle: Int64 = 0
    let blueprint = blueprint
    try Parallel.pipeline(
      width: threads, inFlight: threads * Self.shardsAhead,
      produce: { number throws(LabFailure) -> Shard<PlainRows>? in
        try cancellation.check()
        guard let (plan, shard) = try plans.locate(number) else { return nil }
        return Shard(shard, of: plan, blueprint: blueprint)
      },
      consume: { _, shard throws(LabFailure) -> Bool in
        try cancellation.check()
        outcome.skippedCalls += shard.skippedCalls
        let goesOn = try merge.add(shard) { rows, range, plan throws(LabFailure) in
          let room = wanted.map { Int(clamping: $0 - outcome.rows) } ?? range.count
          let taken = range.prefix(room)
          try builder.append(
            rows.rows.span.extracting(taken), pool: plan.customers.fields, number: plan.index)
          if let first = taken.first, let last = taken.last {
            if outcome.first == nil { outcome.first = rows.rows[first].timestamp }
            outcome.last = rows.rows[last].timestamp
            outcome.rows += Int64(taken.count)
          }
          return wanted.map { outcome.rows < $0 } ?? true
        }
        progress(Self.fraction(of: outcome, wanted: wanted, from: scenario.start, to: end), outcome.rows)
        if shard.isLastOfCycle {
          if wanted != nil, goesOn, outcome.rows == rowsBeforeCycle {
            throw SimulationProblem.cycleWithoutRow(cycle: shard.cycle).failure
          }
          rowsBeforeCycle = outcome.rows
        }
        return goesOn
      })
    // Ends don't belong to what they end: a run of a size ends a microsecond after its last row.
    if wanted != nil { outcome.end = outcome.last.map { $0 + TimeSpan(microseconds: 1) } ?? scenario.start }
    return (try builder.finish(), outcome)
  }

  private static func fraction(
    of outcome: SimulationOutcome, wanted: Int64?, from start: Instant, to end: Instant
  ) -> Double {
    if let wanted { return min(1, Double(outcome.rows) / Double(max(1, wanted))) }
    let length = Double((end - start).microseconds)
    let done = outcome.last.map { Double(($0 - start).microseconds) } ?? 0
    return length > 0 ? min(1, max(0, done / length)) : 1
  }
}
