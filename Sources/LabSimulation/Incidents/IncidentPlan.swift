import LabCore
import LabScenario

/// The incidents of a run: when each happens, to whom, and what was drawn for its calls.
///
/// Each has a random stream of its own, keyed by its place in the scenario's list, so one more at the end of the list
/// changes none before it.
struct IncidentPlan: Sendable {
  private(set) var incidents: [PlannedIncident] = []

  /// Detectors learn from so much data before they give a verdict (rule 11 of the analyzers).
  static let learningTime = TimeSpan.days(14)
  /// Customers of these ranks by rate are neither the whales that everybody watches nor too quiet to be seen.
  private static let ranks = (from: 0.75, to: 0.95)
  /// The hour at which a night begins, as in the pattern `timezone`.
  private static let nightfall = TimeSpan.hours(23)

  static let none = IncidentPlan()
  private init() {}

  /// - Throws: ``LabFailure`` `invalidInput` for an incident that can't happen: its customer doesn't exist or there are not
  ///   enough, or it would begin after the end. `cancelled`.
  init(_ blueprint: Blueprint, base: Population, cancellation: CancellationFlag) throws(LabFailure) {
    let scenario = blueprint.scenario
    guard !scenario.incidents.isEmpty else { return }
    var draw = Draw(blueprint, base: base, cancellation: cancellation)
    // Named customers are taken, wherever in the list their incident stands.
    for (number, setting) in scenario.incidents.enumerated() {
      guard let name = setting.text("customer") else { continue }
      draw.take(try draw.customer(named: name, incident: number))
    }
    for (number, setting) in scenario.incidents.enumerated() {
      guard let kind = IncidentRegistry.kind(setting.id) else { continue }
      incidents.append(try draw.plan(kind, setting, number: number))
    }
  }

  /// Those that hold during some of a stretch of time.
  func overlapping(_ start: Instant, _ end: Instant) -> [PlannedIncident] {
    incidents.filter { $0.overlaps(start.microseconds, end.microseconds) }
  }

  /// Draws what the scenario leaves open.
  private struct Draw {
    let blueprint: Blueprint
    let base: Population
    let cancellation: CancellationFlag
    private var taken: Set<Int> = []
    /// The customers of the cycles that incidents begin in, by the cycle.
    private var people: [Int: [Customer]] = [:]
    /// The starting customers by rising rate.
    private let byRate: [Int]

    init(_ blueprint: Blueprint, base: Population, cancellation: CancellationFlag) {
      self.blueprint = blueprint
      self.base = base
      self.cancellation = cancellation
      byRate = base.customers.indices.sorted { (base.customers[$0].rate, $0) < (base.customers[$1].rate, $1) }
    }

    private var scenario: Scenario { blueprint.scenario }

    mutating func take(_ customer: Int) { taken.insert(customer) }

    func customer(named name: String, incident: Int) throws(LabFailure) -> Int {
      if let index = base.customers.firstIndex(where: { $0.id == name }) { return index }
      throw SimulationProblem.unknownCustomer(
        name: name, incident: incident, named: Array(scenario.population.customerIDs.prefix(10))
      ).failure
    }

    mutating func plan(
      _ kind: any Incident.Type, _ setting: Setting, number: Int
    ) throws(LabFailure) -> PlannedIncident {
      let incident = kind.init(setting)
      var random = RandomStream(
        seed: scenario.seed, purpose: StreamPurpose.incident.rawValue, key: UInt64(number))
      let at = setting.span("at") ?? moment(length: setting.span("for"), kind: incident, random: &random)
      var start = scenario.start.saturated(adding: at)
      let length = setting.span("for")
      var customer: Int?
      var feature: Int?
      var provider: Int?
      var region: Int?
      switch kind.subject {
      case .customer, .customerOfCheapestTier:
        if let name = setting.text("customer") {
          customer = try self.customer(named: name, incident: number)
        } else {
          customer = try drawCustomer(
            present: start, until: start.saturated(adding: (length ?? .zero) + .days(1)),
            cheapest: kind.subject == .customerOfCheapestTier, incident: number, random: &random)
        }
      case .feature:
        let drawn = Self.pick(scenario.features.map(\.share), &random)
        feature = setting.text("feature").flatMap { name in scenario.features.firstIndex { $0.id == name } } ?? drawn
      case .provider, .providerInRegion:
        let drawn = Self.pick(providerShares, &random)
        provider = setting.text("provider").flatMap { name in scenario.providers.firstIndex { $0.id == name } } ?? drawn
        if kind.subject == .providerInRegion {
          let regions = scenario.population.regions
          let drawn = Self.pick(regions.map(\.share), &random)
          region = setting.text("region").flatMap { name in regions.firstIndex { $0.id == name } } ?? drawn
        }
      }
      if incident.waitsForNight, let customer { start = night(of: customer, after: start) }
      let last = scenario.repeatUntil == nil ? scenario.start + scenario.duration : Instant.latest
      guard start < last else { throw SimulationProblem.incidentAfterEnd(kind: setting.id, incident: number).failure }
      let end = length.map { start.saturated(adding: $0) } ?? last
      var extra: PlannedIncident.Extra?
      if let calls = incident.extraCalls, let customer {
        extra = drawExtra(calls, customer: customer, random: &random)
      }
      var entity: [EntityKey] = []
      if let customer { entity.append(EntityKey(column: "customer_id", value: base.customers[customer].id)) }
      if let feature { entity.append(EntityKey(column: "feature_id", value: scenario.features[feature].id)) }
      if let provider { entity.append(EntityKey(column: "provider", value: scenario.providers[provider].id)) }
      if let region { entity.append(EntityKey(column: "region", value: scenario.population.regions[region].id)) }
      if let extra, case .one = extra.calls.models, let customer,
        let model = extra.modelWeights?.firstIndex(where: { $0 > 0 })
      {
        // Whoever watches providers sees it there and nowhere else.
        entity.append(EntityKey(column: "provider", value: blueprint.catalog.models[model].provider))
        entity.append(
          EntityKey(
            column: "region", value: scenario.population.regions[base.customers[customer].region].id))
      }
      return PlannedIncident(
        number: number, kind: setting.id, incident: incident, scoredBy: kind.scoredBy, start: start.microseconds,
        end: end.microseconds, customer: customer, feature: feature, provider: provider, region: region, extra: extra,
        entity: entity)
    }

    /// A full hour between the learning time and the end less the incident's length.
    private func moment(length: TimeSpan?, kind: any Incident, random: inout RandomStream) -> TimeSpan {
      let whole = scenario.duration
      let earliest = min(IncidentPlan.learningTime, whole.scaled(by: 0.5))
      // What lasts to the end gets half of the time that is left.
      let room = length ?? (whole - earliest).scaled(by: 0.5)
      let latest = whole - room - (kind.waitsForNight ? .days(1) : .zero)
      let hour = TimeSpan.hours(1).microseconds
      let first = (earliest.microseconds + hour - 1) / hour
      let hours = max(0, latest.microseconds / hour - first)
      return .hours(first + Int64(random.below(Int(hours) + 1)))
    }

    private var providerShares: [Double] {
      // By the calls that they get: features with routes have shares of their own.
      var shares = [Double](repeating: 0, count: scenario.providers.count)
      for (feature, weights) in zip(scenario.features, blueprint.modelWeights) {
        let total = weights.reduce(0, +)
        guard total > 0 else { continue }
        for (index, weight) in weights.enumerated() {
          shares[blueprint.models[index].provider] += feature.share * weight / total
        }
      }
      return shares
    }

    private static func pick(_ shares: [Double], _ random: inout RandomStream) -> Int {
      AliasTable(weights: shares).pick(&random)
    }

    /// A customer that nothing happens to yet and that is there all the time.
    private mutating func drawCustomer(
      present from: Instant, until: Instant, cheapest: Bool, incident: Int, random: inout RandomStream
    ) throws(LabFailure) -> Int {
      let people = try people(at: from)
      let tiers = scenario.population.tiers
      let cheapestTier = tiers.indices.min { (tiers[$0].monthlyPrice, $0) < (tiers[$1].monthlyPrice, $1) }
      let fits = { [taken] (index: Int) -> Bool in
        let customer = people[index]
        guard !taken.contains(index), customer.rate > 0 else { return false }
        guard customer.joined <= from, customer.left.map({ $0 > until }) ?? true else { return false }
        return !cheapest || customer.tiers.allSatisfy { $0.from > until || $0.tier == cheapestTier }
      }
      let count = Double(byRate.count)
      let low = Int((count * IncidentPlan.ranks.from).rounded(.up))
      let high = max(low, Int((count * IncidentPlan.ranks.to).rounded(.down)))
      // Where nobody of these ranks is left, anybody.
      for candidates in [byRate[min(low, byRate.count)..<min(high, byRate.count)].filter(fits), byRate.filter(fits)]
      where !candidates.isEmpty {
        let chosen = candidates[random.below(candidates.count)]
        taken.insert(chosen)
        return chosen
      }
      throw SimulationProblem.noCustomerForIncident(incident: incident).failure
    }

    /// The customers of the cycle that a moment lies in, before any incident.
    private mutating func people(at moment: Instant) throws(LabFailure) -> [Customer] {
      let length = scenario.duration.microseconds
      let cycle =
        scenario.repeatUntil != nil && length > 0
        ? Int((moment.microseconds - scenario.start.microseconds) / length) : 0
      if let known = people[cycle] { return known }
      let start = Instant(microseconds: scenario.start.microseconds + Int64(cycle) * length)
      let made = try CyclePlan.people(
        base.starting(cycle: cycle, start: start, end: start + scenario.duration, cancellation: cancellation),
        phases: CyclePlan.phases(blueprint, cycle: cycle, start: start))
      people[cycle] = made
      return made
    }

    /// The next nightfall by a customer's clock; the one before when that is after the end.
    private func night(of customer: Int, after moment: Instant) -> Instant {
      let offset = scenario.population.regions[base.customers[customer].region].utcOffset
      let local = moment.shifted(toOffset: offset)
      var night = Instant(microseconds: Int64(local.day) * TimeSpan.days(1).microseconds) + IncidentPlan.nightfall
      if night < local { night = night + .days(1) }
      night = night - offset
      let isOver = scenario.repeatUntil == nil && night >= scenario.start + scenario.duration
      return isOver && night - .days(1) >= scenario.start ? night - .days(1) : night
    }

    private func drawExtra(
      _ calls: ExtraCalls, customer index: Int, random: inout RandomStream
    ) -> PlannedIncident.Extra {
      let customer = base.customers[index]
      var extra = PlannedIncident.Extra(calls: calls, regions: [customer.region])
      switch calls.place {
      case .home: break
      case .foreign:
        let foreign = scenario.population.regions.indices.filter {
          $0 != customer.region && $0 != customer.secondRegion
        }
        if !foreign.isEmpty { extra.regions = [foreign[random.below(foreign.count)]] }
      case .everywhere: extra.regions = []
      }
      let catalog = blueprint.catalog
      switch calls.models {
      case .usual: break
      case .dearest:
        let dearest = catalog.priceStages.first { !$0.isEmpty } ?? Array(catalog.models.indices)
        extra.modelWeights = catalog.models.indices.map { dearest.contains($0) ? catalog.models[$0].weight : 0 }
      case .one:
        let feature = Self.pick(scenario.features.map(\.share), &random)
        let model = Self.pick(blueprint.modelWeights[feature], &random)
        extra.feature = feature
        extra.modelWeights = catalog.models.indices.map { $0 == model ? 1 : 0 }
      }
      extra.models = extra.modelWeights.map { AliasTable(weights: $0) }
      return extra
    }
  }
}

extension Instant {
  /// The moment some time later, at most the last one of the calendar.
  func saturated(adding span: TimeSpan) -> Instant {
    let (sum, overflow) = microseconds.addingReportingOverflow(span.microseconds)
    return overflow ? .latest : min(.latest, Instant(microseconds: sum))
  }
}
