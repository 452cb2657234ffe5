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
  /// The customers that every cycle starts with.
  let base: Population
  let incidents: IncidentPlan
  let firstPlan: CyclePlan

  /// Draws the population and plans the first cycle.
  ///
  /// - Parameter cancellation: stops the work within milliseconds.
  /// - Throws: ``LabFailure`` `invalidInput` when the scenario asks for more than can be simulated, or has nothing that
  ///   could make a call; `cancelled`.
  public init(
    scenario: Scenario, prices: PriceBook, cancellation: CancellationFlag = CancellationFlag()
  ) throws(LabFailure) {
    let base = try Population(scenario, start: scenario.start, end: scenario.start, cancellation: cancellation)
    try self.init(scenario: scenario, prices: prices, base: base, cancellation: cancellation)
  }

  /// A simulation that starts with customers that were drawn before, instead of drawing them once more.
  ///
  /// - Parameter people: of a scenario with the same `seed`, `start`, `population` and `traffic.calls_per_hour`.
  package init(
    scenario: Scenario, prices: PriceBook, startingWith people: StartingPopulation, cancellation: CancellationFlag
  ) throws(LabFailure) {
    try self.init(scenario: scenario, prices: prices, base: people.population, cancellation: cancellation)
  }

  private init(
    scenario: Scenario, prices: PriceBook, base: Population, cancellation: CancellationFlag
  ) throws(LabFailure) {
    blueprint = try Blueprint(scenario, prices: prices)
    self.base = base
    incidents = try IncidentPlan(blueprint, base: base, cancellation: cancellation)
    firstPlan = try CyclePlan(
      blueprint, base: base, incidents: incidents, cycle: 0, start: scenario.start, firstSlotNumber: 0,
      cancellation: cancellation)
  }

  /// The CSV's header line with its line feed.
  public var header: [UInt8] { UsageRowEncoder().header }

  /// The calls to be expected of one pass over the timeline, retries not counted.
  public var expectedCalls: Double { firstPlan.slots.reduce(0) { $0 + $1.expectedCalls } }

  /// Shards that may be ready before they are written, per thread.
  static let shardsAhead = 3

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
    let plans = PlanSequence(
      blueprint, base: base, incidents: incidents, first: firstPlan, keptShards: threads * (Self.shardsAhead + 1),
      cancellation: cancellation)
    var merge = OrderedMerge<EncodedRows>()
    var writer = BatchWriter(blueprint.scenario, headerBytes: header.count, batchRows: batchRows)
    let repeats = blueprint.scenario.repeatUntil != nil
    var rowsBeforeCycle: Int64 = 0
    let blueprint = blueprint
    try Parallel.pipeline(
      width: threads, inFlight: threads * Self.shardsAhead,
      produce: { number throws(LabFailure) -> Shard<EncodedRows>? in
        try cancellation.check()
        guard let (plan, shard) = try plans.locate(number) else { return nil }
        return Shard(shard, of: plan, blueprint: blueprint)
      },
      consume: { _, shard throws(LabFailure) -> Bool in
        try cancellation.check()
        writer.addSkipped(shard.skippedCalls)
        let goesOn = try merge.add(shard) { rows, range, _ throws(LabFailure) in
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
  ///
  /// - Throws: ``LabFailure/cancelled``.
  public func customersCSV(
    until: Instant, cancellation: CancellationFlag = CancellationFlag()
  ) throws(LabFailure) -> [UInt8] {
    var file = CustomersFile(blueprint, until: until, cancellation: cancellation)
    try eachCycle(until: until, cancellation: cancellation) { cycle throws(LabFailure) in try file.add(cycle) }
    return try file.bytes()
  }

  /// The ground truth that goes with the data up to a moment, in the format `finops-lab/truth/1`.
  ///
  /// - Throws: ``LabFailure/cancelled``.
  public func truthJSON(
    until: Instant, cancellation: CancellationFlag = CancellationFlag()
  ) throws(LabFailure) -> [UInt8] {
    var file = TruthFile(blueprint, incidents: incidents, until: until, cancellation: cancellation)
    try eachCycle(until: until, cancellation: cancellation) { cycle throws(LabFailure) in
      try file.add(cycle)
    }
    return try file.bytes()
  }

  /// Hands out the cycles that begin before a moment, at least the first, one at a time; only the first when the scenario
  /// does not repeat.
  private func eachCycle(
    until: Instant, cancellation: CancellationFlag, _ body: (Cycle) throws(LabFailure) -> Void
  ) throws(LabFailure) {
    try cancellation.check()
    var cycle = Cycle(
      index: 0, start: firstPlan.start, end: firstPlan.end, people: firstPlan.people, phases: firstPlan.phases)
    try body(cycle)
    let length = blueprint.scenario.duration
    guard blueprint.scenario.repeatUntil != nil, length > .zero else { return }
    while cycle.end < until {
      try cancellation.check()
      let start = cycle.end
      let end = start + length
      let index = cycle.index + 1
      let phases = CyclePlan.phases(blueprint, cycle: index, start: start)
      let people = try CyclePlan.people(
        base.starting(cycle: index, start: start, end: end, cancellation: cancellation), phases: phases,
        incidents: incidents.overlapping(start, end))
      cycle = Cycle(index: index, start: start, end: end, people: people, phases: phases)
      try body(cycle)
    }
  }
}

/// The customers that a scenario starts with, for simulations that differ elsewhere.
package struct StartingPopulation: Sendable {
  let population: Population

  /// - Throws: ``LabFailure/cancelled``.
  package init(of scenario: Scenario, cancellation: CancellationFlag) throws(LabFailure) {
    population = try Population(scenario, start: scenario.start, end: scenario.start, cancellation: cancellation)
  }
}
