import LabCore
import LabScenario

/// What an incident changes about the usual calls, and about whose.
struct ScopedChange: Sendable {
  /// Nil for all.
  let customer: Int?
  let provider: Int?
  let region: Int?
  let change: TimedChange

  /// Nil for an incident that changes nothing about them.
  init?(_ planned: PlannedIncident) {
    let change = planned.incident.change
    guard change != .none else { return nil }
    customer = planned.customer
    provider = planned.provider
    region = planned.region
    self.change = TimedChange(change: change, until: planned.end)
  }

  func holds(customer: Int, provider: Int, region: Int) -> Bool {
    (self.customer ?? customer) == customer && (self.provider ?? provider) == provider
      && (self.region ?? region) == region
  }
}

/// A change and when it is over, in microseconds since 1970: a session or a retry may outlast the incident.
struct TimedChange: Sendable {
  var change: CallChange
  var until: Int64

  func combined(with other: TimedChange) -> TimedChange {
    TimedChange(change: change.combined(with: other.change), until: min(until, other.until))
  }
}

extension CallGenerator {
  /// Appends the calls of a slot that an incident brings beside the usual ones, from a stream of the incident's own, so
  /// that those are what they would be without it.
  mutating func generateExtraCalls(of planned: PlannedIncident, slot index: Int, factors: SlotFactors) {
    let slot = plan.slots[index]
    guard let extra = planned.extra, let customer = planned.customer,
      let present = planned.presence(in: slot, customers: plan.customers)
    else { return }
    random = RandomStream(
      seed: blueprint.scenario.seed, purpose: StreamPurpose.incidentSlot.rawValue, key: UInt64(index),
      second: UInt64(plan.index) << 16 | UInt64(planned.number))
    let perHour = planned.extraCallsPerHour(
      rate: plan.customers.rates[customer], home: plan.customers.regions[customer],
      organization: plan.customers.organizations[customer], factors: factors)
    guard perHour > 0, perHour.isFinite else { return }
    let regions = RegionPicks(extra, factors: factors)
    if case .even(let jitter) = extra.calls.arrival {
      let gap = 3.6e9 / perHour
      var call = Int64((Double(present.lowerBound - planned.start) / gap).rounded(.down))
      while true {
        // In the middle of its own stretch of the grid, so that every call has one slot and no two change places.
        var own = RandomStream(
          seed: blueprint.scenario.seed, purpose: StreamPurpose.evenGap.rawValue, key: UInt64(bitPattern: call),
          second: UInt64(planned.number))
        let place = (Double(call) + 0.5 + own.uniform(-jitter, jitter)) * gap
        let time = planned.start + Int64(place)
        guard time < present.upperBound else { return }
        if time >= present.lowerBound { generateExtraCall(extra, of: customer, at: time, regions: regions) }
        call += 1
      }
    }
    let length = Double(present.upperBound - present.lowerBound)
    for _ in 0..<random.poisson(mean: perHour * length / 3.6e9) {
      let time = present.lowerBound + Int64(random.unit() * length)
      generateExtraCall(extra, of: customer, at: time, regions: regions)
    }
  }

  private mutating func generateExtraCall(
    _ extra: PlannedIncident.Extra, of customer: Int, at time: Int64, regions: RegionPicks
  ) {
    let detail = plan.customers.details[customer]
    let feature = extra.feature ?? featurePicks.pick(&random)
    let model = extra.models?.pick(&random) ?? routes[feature].pick(&random)
    let product = blueprint.productFields[blueprint.products.pick(&random)]
    let region = regions.pick(&random)
    var row = row(of: detail, product: product, feature: feature, model: model, region: region)
    var change = change(customer: customer, provider: models[model].provider, region: region)
    if extra.calls.change != .none {
      let own = TimedChange(change: extra.calls.change, until: .max)
      change = change?.combined(with: own) ?? own
    }
    var isChain = false
    if case .chains = extra.calls.arrival { isChain = true }
    generateCall(
      &row, at: time, until: min(plan.customers.left[customer], plan.end.microseconds), of: detail, feature: feature,
      model: model, regionFactor: blueprint.regionFactors[region], change: change, isChain: isChain)
  }
}

/// Where an incident's extra calls come from during a slot.
private struct RegionPicks {
  private let only: Int?
  private let table: AliasTable

  init(_ extra: PlannedIncident.Extra, factors: SlotFactors) {
    only = extra.regions.count == 1 ? extra.regions[0] : nil
    table = AliasTable(
      weights: extra.regions.isEmpty
        ? Array(factors.regions) : factors.regions.indices.map { extra.regions.contains($0) ? 1 : 0 })
  }

  func pick(_ random: inout RandomStream) -> Int { only ?? table.pick(&random) }
}
