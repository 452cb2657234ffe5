import LabCore
import LabPrices
import LabScenario

/// What an incident adds per hour, in the slots of one cycle: expected calls times what one costs.
///
/// What single calls cost is integrated once and kept as long as prices and the models' shares hold.
struct ExpectedDifference {
  typealias Value = CallExpectation.Value

  private let planned: PlannedIncident
  private let blueprint: Blueprint
  private let people: [Customer]
  /// The customers as the sum over all of them reads them.
  private let presence: [Presence]
  /// When prices of the scenario's models change, rising.
  private let priceChanges: [Int64]
  private var known: PerCall?

  private struct Presence {
    var region: Int
    var organization: Int
    var rate: Double
    var joined: Int64
    var left: Int64
  }

  /// What a call of each feature amounts to; empty where the incident has no such calls.
  private struct PerCall {
    var pricesFrom: Int64
    var weights: [[Double]]
    /// A usual call.
    var usual: [Value] = []
    /// What changes about a usual call, counted over all providers and regions of the scope.
    var changed: [Value] = []
    /// A call beside the usual ones.
    var extra: [Value] = []
  }

  init(_ planned: PlannedIncident, blueprint: Blueprint, people: [Customer]) {
    self.planned = planned
    self.blueprint = blueprint
    self.people = people
    presence = people.map {
      Presence(
        region: $0.region, organization: $0.organization, rate: $0.rate, joined: $0.joined.microseconds,
        left: $0.left?.microseconds ?? .max)
    }
    priceChanges =
      blueprint.models.filter { $0.priceIndex >= 0 }
      .flatMap { blueprint.prices.models[$0.priceIndex].rows.compactMap { $0.from?.microseconds } }.sorted()
  }

  /// - Parameter factors: of the slot without incidents.
  mutating func perHour(_ slot: Slot, phase: PhasePlan, factors: SlotFactors) -> Value {
    let total = factors.features.reduce(0, +)
    guard total > 0 else { return Value() }
    let perCall = perCall(at: slot, phase: phase)
    func mean(_ values: [Value]) -> Value {
      zip(values, factors.features).reduce(Value()) { $0 + $1.0 * ($1.1 / total) }
    }
    let ratio = planned.incident.scalesRate ? planned.factor(at: slot.middle.microseconds) - 1 : 0
    guard let customer = planned.customer else {
      let everyone = callsOfAll(slot, factors)
      var sum = mean(perCall.changed) * (everyone * factors.common)
      if let feature = planned.feature, ratio != 0 {
        sum = sum + perCall.usual[feature] * (ratio * everyone * factors.everyone * factors.features[feature])
      }
      return sum
    }
    let who = people[customer]
    guard who.joined.microseconds <= slot.start, who.left.map({ $0.microseconds > slot.start }) ?? true else {
      return Value()
    }
    let own = who.rate * factors.regions[who.region] * factors.organizations[who.organization] * factors.common
    var sum = mean(perCall.changed) * own + mean(perCall.usual) * (ratio * own)
    if let extra = planned.extra {
      let calls = planned.extraCallsPerHour(
        rate: who.rate, home: who.region, organization: who.organization, factors: factors)
      sum = sum + (extra.feature.map { perCall.extra[$0] } ?? mean(perCall.extra)) * calls
    }
    return sum
  }

  /// The calls per hour, at common factor 1, of all customers whose calls the incident is about.
  private func callsOfAll(_ slot: Slot, _ factors: SlotFactors) -> Double {
    var calls = 0.0
    for customer in presence where customer.joined <= slot.start && customer.left > slot.start {
      if let region = planned.region, region != customer.region { continue }
      calls += customer.rate * factors.regions[customer.region] * factors.organizations[customer.organization]
    }
    return calls
  }

  private mutating func perCall(at slot: Slot, phase: PhasePlan) -> PerCall {
    let weights =
      phase.shiftsModels
      ? blueprint.features.indices.map { phase.modelWeights(of: $0, in: slot, blueprint: blueprint) }
      : blueprint.modelWeights
    let pricesFrom = priceChanges.last { $0 <= slot.start } ?? .min
    if let known, known.pricesFrom == pricesFrom, known.weights == weights { return known }
    let expectation = CallExpectation(blueprint: blueprint, at: Instant(microseconds: slot.start))
    let sizes = planned.customer.map { (people[$0].inputSize, people[$0].outputSize) }
    var made = PerCall(pricesFrom: pricesFrom, weights: weights)
    if planned.incident.scalesRate {
      made.usual = weights.indices.map { expectation.mean(feature: $0, weights: weights[$0], of: sizes) }
    }
    let change = planned.incident.change
    // Slowness changes neither calls nor costs.
    if change.changesCosts {
      let providers = blueprint.models.map(\.provider)
      let isMeant = { [planned] (model: Int) in planned.provider.map { $0 == providers[model] } ?? true }
      made.changed = weights.indices.map {
        expectation.mean(feature: $0, weights: weights[$0], of: sizes, change: change, where: isMeant)
          - expectation.mean(feature: $0, weights: weights[$0], of: sizes, where: isMeant)
      }
    }
    if let extra = planned.extra {
      var isChain = false
      if case .chains = extra.calls.arrival { isChain = true }
      made.extra = weights.indices.map { feature in
        guard extra.feature ?? feature == feature else { return Value() }
        return expectation.mean(
          feature: feature, weights: extra.modelWeights ?? weights[feature], of: sizes,
          change: extra.calls.change.combined(with: change), isChain: isChain)
      }
    }
    known = made
    return made
  }
}
