import LabCore
import LabPrices
import LabScenario
import LabTable

/// A scenario ready to run: population, plan of the timeline, prices.
///
/// A cycle is planned serially; then its slots are generated in shards on any number of threads, each slot from a random
/// stream of its own, and put together in order. So the bytes depend on scenario and price book alone.
public struct Simulation: Sendable {
  let blueprint: Blueprint
  let firstPlan: CyclePlan

  /// Draws the population and plans the first cycle.
  ///
  /// - Throws: ``LabFailure`` `invalidInput` when the scenario asks for more than can be simulated, or has nothing that
  ///   could make a call.
  public init(scenario: Scenario, prices: PriceBook) throws(LabFailure) {
    blueprint = try Blueprint(scenario, prices: prices)
    firstPlan = try CyclePlan(blueprint, cycle: 0, start: scenario.start, firstSlotNumber: 0)
  }

  /// The CSV's header line with its line feed.
  public var header: [UInt8] { UsageRowEncoder().header }

  /// The calls to be expected of one pass over the timeline, retries not counted.
  public var expectedCalls: Double { firstPlan.slots.reduce(0) { $0 + $1.expectedCalls } }

  /// Shards that may be ready before they are written, per thread.
  private static let shardsAhead = 3

  /// Simulates and hands batches of whole rows to `sink`, in order, on the calling thread.
  ///
  /// The bytes depend on scenario and price book alone, not on `threads`. The header is not among them.
  ///
  /// - Parameters:
  ///   - batchRows: the rows of every batch but the last.
  ///   - sink: gives false to stop.
  /// - Throws: what `sink` throws; `cancelled`; `invalidInput` for a cycle without a row when the scenario repeats.
  public func run(
    threads: Int, cancellation: CancellationFlag, batchRows: Int = 5000,
    sink: (borrowing SimulationBatch) throws(LabFailure) -> Bool
  ) throws(LabFailure) -> SimulationOutcome {
    let plans = PlanSequence(blueprint, first: firstPlan)
    var merge = OrderedMerge()
    var writer = BatchWriter(blueprint.scenario, headerBytes: header.count, batchRows: batchRows)
    let repeats = blueprint.scenario.repeatUntil != nil
    var rowsBeforeCycle: Int64 = 0
    let blueprint = blueprint
    try Parallel.pipeline(
      width: threads, inFlight: threads * Self.shardsAhead,
      produce: { number throws(LabFailure) -> Shard? in
        try cancellation.check()
        guard let (plan, shard) = try plans.locate(number) else { return nil }
        return Shard(shard, of: plan, blueprint: blueprint)
      },
      consume: { _, shard throws(LabFailure) -> Bool in
        try cancellation.check()
        writer.addSkipped(shard.skippedCalls)
        let goesOn = try merge.add(shard) { rows, range throws(LabFailure) in
          try writer.append(rows, range, sink: sink)
        }
        if shard.isLastOfCycle {
          if repeats, goesOn, writer.outcome.rows == rowsBeforeCycle {
            throw SimulationProblem.cycleWithoutRow(cycle: shard.cycle).failure
          }
          rowsBeforeCycle = writer.outcome.rows
        }
        return goesOn
      })
    let reachedEnd = !writer.isFinished
    try writer.flush(sink: sink)
    return writer.finished(reachedEnd: reachedEnd)
  }

  /// The file of subscription periods that goes with the data up to a moment.
  public func customersCSV(until: Instant) -> [UInt8] {
    CustomersFile.bytes(Cycle.list(blueprint, first: firstPlan, until: until), blueprint: blueprint, until: until)
  }

  /// The ground truth that goes with the data up to a moment, in the format `finops-lab/truth/1`.
  public func truthJSON(until: Instant) -> [UInt8] {
    TruthFile.bytes(Cycle.list(blueprint, first: firstPlan, until: until), blueprint: blueprint, until: until)
  }
}
