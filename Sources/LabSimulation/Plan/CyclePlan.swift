import LabCore
import LabPrices
import LabScenario

/// One pass over the phases, planned: who the customers are, which factors hold when, when providers have bad times, and
/// how the work is cut into shards. Made serially; everything after it is a function of the plan and a shard's number.
final class CyclePlan: Sendable {
  let index: Int
  let start: Instant
  let end: Instant
  let phases: [PhasePlan]
  let people: [Customer]
  let customers: CustomerTable
  /// Those that hold during some of the cycle.
  let incidents: [PlannedIncident]
  let slots: ContiguousArray<Slot>
  /// Expected calls per hour of each provider, slot after slot.
  let providerLoads: ContiguousArray<Float>
  /// Runs of slots that are generated at a time; at least one.
  let shards: [Range<Int>]
  let failures: FailureClusters
  let days: DayFactors
  let regionOffsets: [TimeSpan]
  /// The number of slots in all cycles before: it makes call ids unique.
  let firstSlotNumber: UInt64
  /// The models' alias tables per feature, by phase; nil for a phase that shifts models.
  private let routes: [[AliasTable]?]

  /// A shard holds about this many rows: some megabytes, enough to make the work of starting one small.
  private static let callsPerShard = 8192.0
  /// One pass can't have more calls than this: ten times what scenario files may ask for.
  private static let mostCalls = ScenarioLimits.expectedCalls * 10
  /// Extra calls of incidents that a slot may have before it is cut for their sake.
  private static let extraCallsPerSlot = callsPerShard * 64
  /// And not more slots: a minute each, that is twenty years.
  private static let mostSlots = 12_000_000

  /// - Throws: ``LabFailure`` `invalidInput` when the plan would be beyond all measure.
  ///   `cancelled`.
  init(
    _ blueprint: Blueprint, base: Population, incidents plan: IncidentPlan = .none, cycle: Int, start: Instant,
    firstSlotNumber: UInt64, cancellation: CancellationFlag
  ) throws(LabFailure) {
    let scenario = blueprint.scenario
    let (endMicroseconds, overflow) = start.microseconds.addingReportingOverflow(scenario.duration.microseconds)
    guard !overflow, endMicroseconds <= Instant.latest.microseconds else {
      throw SimulationProblem.timeOutOfRange.failure
    }
    try cancellation.check()
    index = cycle
    self.start = start
    end = Instant(microseconds: endMicroseconds)
    self.firstSlotNumber = firstSlotNumber
    let phases = Self.phases(blueprint, cycle: cycle, start: start)
    self.phases = phases
    let incidents = plan.overlapping(start, end)
    self.incidents = incidents
    people = try Self.people(
      base.starting(cycle: cycle, start: start, end: end, cancellation: cancellation), phases: phases,
      incidents: incidents)
    let customers = try CustomerTable(people, blueprint: blueprint, cancellation: cancellation)
    self.customers = customers
    failures = FailureClusters(scenario, cycle: cycle, from: start, to: end)
    days = DayFactors(seed: scenario.seed, variation: scenario.traffic.dayCV, customers: customers.count)
    regionOffsets = scenario.population.regions.map(\.utcOffset)
    routes = phases.map { phase in
      phase.shiftsModels ? nil : blueprint.modelWeights.map { AliasTable(weights: $0) }
    }

    var slots: ContiguousArray<Slot> = []
    var loads: ContiguousArray<Float> = []
    var total = 0.0
    for (number, phase) in phases.enumerated() {
      let coarse = TimeGrid.slots(
        from: phase.start, length: phase.length, phase: number,
        offsets: scenario.population.regions.map(\.utcOffset),
        breakpoints: phase.breakpoints + Self.breakpoints(of: incidents, from: phase.start))
      guard slots.count + coarse.count <= Self.mostSlots else {
        throw SimulationProblem.tooManySlots(limit: Self.mostSlots).failure
      }
      let steadyShares = phase.shiftsModels ? nil : Self.providerShares(blueprint, modelWeights: blueprint.modelWeights)
      for slot in coarse {
        try cancellation.check()
        let factors = phase.factors(of: slot, in: blueprint, incidents: incidents)
        let expected = factors.common * Self.customerCalls(customers, in: slot, factors: factors)
        let extras = incidents.compactMap { ExtraLoad($0, in: slot, customers: customers, factors: factors) }
        let extraCalls = extras.reduce(0) { $0 + $1.calls }
        total += expected + extraCalls
        guard total <= Self.mostCalls else {
          throw SimulationProblem.tooManyCalls(expected: total, limit: Self.mostCalls).failure
        }
        let shares =
          steadyShares
          ?? Self.providerShares(
            blueprint,
            modelWeights: blueprint.features.indices.map {
              phase.modelWeights(of: $0, in: slot, blueprint: blueprint)
            })
        var slotLoads = Self.loads(expected / slot.hours, features: factors.features, shares: shares)
        for extra in extras {
          extra.add(to: &slotLoads, hours: slot.hours, features: factors.features, shares: shares, blueprint: blueprint)
        }
        // The usual calls alone decide on the pieces, so that incidents leave them as they are; only masses of extra ones
        // need more.
        let wanted = max(expected / Self.callsPerShard, extraCalls / Self.extraCallsPerSlot)
        let pieces = min(max(1, Int64(wanted.rounded(.up))), max(1, slot.end - slot.start))
        for piece in 0..<pieces {
          var part = slot
          part.start = slot.start + (slot.end - slot.start) * piece / pieces
          part.end = slot.start + (slot.end - slot.start) * (piece + 1) / pieces
          part.expectedCalls = (expected + extraCalls) / Double(pieces)
          slots.append(part)
          loads.append(contentsOf: slotLoads)
        }
      }
    }
    self.slots = slots
    providerLoads = loads
    shards = Self.shards(of: slots)
  }

  /// A shard for a stretch of whole slots; boundaries follow from the plan alone.
  private static func shards(of slots: ContiguousArray<Slot>) -> [Range<Int>] {
    var shards: [Range<Int>] = []
    var first = 0
    var calls = 0.0
    for index in slots.indices {
      if index > first, calls + slots[index].expectedCalls > callsPerShard {
        shards.append(first..<index)
        first = index
        calls = 0
      }
      calls += slots[index].expectedCalls
    }
    shards.append(first..<slots.count)
    return shards
  }

  static func phases(_ blueprint: Blueprint, cycle: Int, start: Instant) -> [PhasePlan] {
    let scenario = blueprint.scenario
    var moment = start
    return scenario.phases.enumerated().map { index, phase in
      defer { moment = moment + phase.duration }
      let patterns = phase.patterns.enumerated().compactMap { place, setting in
        PatternRegistry.make(
          setting,
          in: PhaseContext(
            seed: scenario.seed, cycle: cycle, index: index, patternIndex: place, start: moment,
            length: phase.duration, featureIDs: scenario.features.map(\.id),
            organizationCount: max(1, scenario.population.organizations), catalog: blueprint.catalog))
      }
      return PhasePlan(start: moment, length: phase.duration, patterns: patterns)
    }
  }

  /// The customers of a cycle, from those that it starts with.
  ///
  /// - Parameter incidents: those of the cycle: some end a customer's use.
  static func people(
    _ starting: consuming Population, phases: [PhasePlan], incidents: [PlannedIncident] = []
  ) throws(LabFailure) -> [Customer] {
    var population = starting
    try population.addSignups()
    try population.drawLives()
    for (index, phase) in phases.enumerated() {
      for change in phase.patterns.compactMap(\.populationChange) {
        try population.apply(change, from: phase.start, length: phase.length, phase: index)
      }
    }
    population.end(incidents)
    return population.customers
  }

  /// The times since a phase began at which incidents begin and end.
  private static func breakpoints(of incidents: [PlannedIncident], from start: Instant) -> [TimeSpan] {
    incidents.flatMap { [$0.start, $0.end] }.map { TimeSpan(microseconds: $0 - start.microseconds) }
  }

  /// The calls that customers would make in a slot at common factor 1.
  static func customerCalls(_ customers: CustomerTable, in slot: Slot, factors: SlotFactors) -> Double {
    var calls = 0.0
    for index in 0..<customers.count {
      let from = max(slot.start, customers.joined[index])
      let to = min(slot.end, customers.left[index])
      if from >= to { continue }
      calls +=
        customers.rates[index] * factors.regions[customers.regions[index]]
        * factors.organizations[customers.organizations[index]] * Double(to - from)
    }
    for own in factors.customers {
      let from = max(slot.start, customers.joined[own.customer])
      let to = min(slot.end, customers.left[own.customer])
      if from >= to { continue }
      calls +=
        (own.factor - 1) * customers.rates[own.customer] * factors.regions[customers.regions[own.customer]]
        * factors.organizations[customers.organizations[own.customer]] * Double(to - from)
    }
    return calls / 3.6e9
  }

  /// Per feature the providers' shares of its calls.
  static func providerShares(_ blueprint: Blueprint, modelWeights: [[Double]]) -> [[Double]] {
    modelWeights.map { weights in
      var shares = [Double](repeating: 0, count: blueprint.providers.count)
      let total = weights.reduce(0, +)
      guard total > 0 else { return shares }
      for (index, weight) in weights.enumerated() { shares[blueprint.models[index].provider] += weight / total }
      return shares
    }
  }

  private static func loads(_ callsPerHour: Double, features: [Double], shares: [[Double]]) -> [Float] {
    let total = features.reduce(0, +)
    let providers = shares.first?.count ?? 0
    return (0..<providers).map { provider in
      guard total > 0 else { return 0 }
      let share = features.indices.reduce(0) { $0 + features[$1] / total * shares[$1][provider] }
      return Float(callsPerHour * share)
    }
  }

  /// Per feature, how its calls of a slot are spread over the catalog's models.
  func routes(of slot: Slot, blueprint: Blueprint) -> [AliasTable] {
    routes[slot.phase]
      ?? blueprint.features.indices.map {
        AliasTable(weights: phases[slot.phase].modelWeights(of: $0, in: slot, blueprint: blueprint))
      }
  }
}

extension CyclePlan {
  /// The customers' day factors by the date that a region's clocks show; nil when days don't vary.
  func dayFactors(region: Int, at moment: Instant) -> ContiguousArray<Double>? {
    days.factors(on: moment.shifted(toOffset: regionOffsets[region]).day)
  }
}

/// What an incident's extra calls add to a slot.
private struct ExtraLoad {
  let extra: PlannedIncident.Extra
  /// Calls that begin in the slot.
  let calls: Double

  /// Nil for an incident without extra calls there.
  init?(_ planned: PlannedIncident, in slot: Slot, customers: CustomerTable, factors: SlotFactors) {
    guard let extra = planned.extra, let customer = planned.customer else { return nil }
    guard let present = planned.presence(in: slot, customers: customers) else { return nil }
    self.extra = extra
    calls =
      planned.extraCallsPerHour(
        rate: customers.rates[customer], home: customers.regions[customer],
        organization: customers.organizations[customer], factors: factors)
      * Double(present.upperBound - present.lowerBound) / 3.6e9
  }

  /// Adds the calls per hour of each provider.
  func add(to loads: inout [Float], hours: Double, features: [Double], shares: [[Double]], blueprint: Blueprint) {
    guard hours > 0 else { return }
    let perHour = calls / hours
    if let weights = extra.modelWeights {
      let total = weights.reduce(0, +)
      for (model, weight) in weights.enumerated() where weight > 0 {
        loads[blueprint.models[model].provider] += Float(perHour * weight / total)
      }
      return
    }
    let total = features.reduce(0, +)
    guard total > 0 else { return }
    for feature in features.indices {
      for provider in loads.indices {
        loads[provider] += Float(perHour * features[feature] / total * shares[feature][provider])
      }
    }
  }
}
