import LabCore
import LabScenario

/// The customers of one cycle: those at the start, who signs up, who leaves, who changes tier, all dated.
///
/// The starting customers depend on the scenario and the seed alone; what happens to them in a cycle has streams of the
/// cycle's own.
struct Population: Sendable {
  /// 30.4375 days.
  static let monthMicroseconds: Int64 = 2_629_800_000_000
  /// Mean age of a subscription when the data begins.
  private static let meanAgeDays = 365.0
  /// Nobody is older than this at the start.
  private static let oldestDays = 1826.0

  private(set) var customers: [Customer]
  private let scenario: Scenario
  private let cycle: Int
  private let start: Instant
  private let end: Instant
  private var scale: Double
  private var sizes = SizeScale()
  private let lives: Lives
  private let cancellation: CancellationFlag

  /// Work between two looks at the cancellation flag, in customers: a few milliseconds.
  private static let checkedCustomers = 8192

  /// The customers at the start of the first cycle, before anything happens to them.
  ///
  /// - Throws: ``LabFailure/cancelled``.
  init(_ scenario: Scenario, start: Instant, end: Instant, cancellation: CancellationFlag) throws(LabFailure) {
    self.scenario = scenario
    cycle = 0
    self.start = start
    self.end = end
    self.cancellation = cancellation
    lives = Lives(scenario)
    scale = 1
    customers = []
    let count = scenario.population.customers
    customers.reserveCapacity(count)
    let archetypes = quota(scenario.population.archetypes.map(\.share), count: count, what: 0)
    let tiers = quota(scenario.population.tiers.map(\.share), count: count, what: 1)
    let regions = quota(scenario.population.regions.map(\.share), count: count, what: 2)
    for index in 0..<count {
      if index % Self.checkedCustomers == 0 { try cancellation.check() }
      let names = scenario.population.customerIDs
      let id = index < names.count ? names[index] : EntityID.customer(index, cycle: 0, seed: scenario.seed)
      var random = RandomStream(
        seed: scenario.seed, purpose: StreamPurpose.customer.rawValue, key: UInt64(index))
      var customer = makeCustomer(
        id: id, archetype: archetypes[index], tier: tiers[index], region: regions[index], random: &random)
      // Every organization has a customer as long as there are enough of them.
      if index < scenario.population.organizations { customer.organization = index }
      let age = min(Self.oldestDays, Self.meanAgeDays * random.exponential())
      customer.signedUp = scenario.start.advanced(days: -age, notBefore: .earliest)
      customer.joined = start
      customer.tiers[0].from = customer.signedUp
      customers.append(customer)
    }
    let total = customers.reduce(0) { $0 + $1.rate }
    scale = total > 0 ? scenario.traffic.callsPerHour / total : 0
    for index in customers.indices { customers[index].rate *= scale }
    standardizeSizes()
  }

  /// The same starting customers in another cycle. They are drawn once: a run may have thousands of cycles.
  func starting(cycle: Int, start: Instant, end: Instant, cancellation: CancellationFlag) -> Population {
    Population(self, cycle: cycle, start: start, end: end, cancellation: cancellation)
  }

  private init(_ base: Population, cycle: Int, start: Instant, end: Instant, cancellation: CancellationFlag) {
    scenario = base.scenario
    self.cycle = cycle
    self.start = start
    self.end = end
    self.cancellation = cancellation
    lives = base.lives
    scale = base.scale
    sizes = base.sizes
    customers = base.customers
    for index in customers.indices { customers[index].joined = start }
  }

  /// A customer with drawn attributes, its rate relative until it is scaled.
  private func makeCustomer(
    id: String, archetype: Int, tier: Int, region: Int, random: inout RandomStream
  ) -> Customer {
    let population = scenario.population
    let kind = population.archetypes[archetype]
    let activity = population.activity.value(atNormal: random.normal())
    let inputSize = random.normal()
    let outputSize = random.normal()
    let organization = random.below(max(1, population.organizations))
    let roams = random.chance(population.roamingShare)
    let other = random.below(max(1, population.regions.count - 1))
    return Customer(
      id: id, organization: organization, archetype: archetype, region: region,
      secondRegion: roams && population.regions.count > 1 ? (other >= region ? other + 1 : other) : nil,
      rate: kind.rate * max(0, activity), inputSize: inputSize, outputSize: outputSize, signedUp: start, joined: start,
      left: nil, tiers: [Customer.TierPeriod(from: start, tier: tier)])
  }

  /// Brings the sizes to mean 0 and standard deviation 1 over the starting calls, each customer weighted by its rate.
  ///
  /// So the calls keep the distribution that the feature states, in its mean and in its spread: a customer's mean size is
  /// a part of that spread, not an addition to it.
  private mutating func standardizeSizes() {
    let total = customers.reduce(0) { $0 + $1.rate }
    guard total > 0, customers.count > 1 else {
      for index in customers.indices {
        customers[index].inputSize = 0
        customers[index].outputSize = 0
      }
      sizes.inputSpread = .infinity
      sizes.outputSpread = .infinity
      return
    }
    func moments(_ size: (Customer) -> Double) -> (mean: Double, spread: Double) {
      let mean = customers.reduce(0) { $0 + $1.rate * size($1) } / total
      let variance = customers.reduce(0) { $0 + $1.rate * (size($1) - mean) * (size($1) - mean) } / total
      return (mean, variance > 1e-12 ? variance.squareRoot() : .infinity)
    }
    let input = moments(\.inputSize)
    let output = moments(\.outputSize)
    sizes = SizeScale(
      inputCenter: input.mean, outputCenter: output.mean, inputSpread: input.spread, outputSpread: output.spread)
    // A method of self would hold the array a second time, and each change would copy it.
    let sizes = sizes
    for index in customers.indices { sizes.standardize(&customers[index]) }
  }

  private struct SizeScale: Sendable {
    var inputCenter = 0.0
    var outputCenter = 0.0
    var inputSpread = 1.0
    var outputSpread = 1.0

    func standardize(_ customer: inout Customer) {
      customer.inputSize = (customer.inputSize - inputCenter) / inputSpread
      customer.outputSize = (customer.outputSize - outputCenter) / outputSpread
    }
  }

  /// Indices 0 ..< shares.count in exact proportion (largest remainder), in drawn order.
  private func quota(_ shares: [Double], count: Int, what: UInt64) -> [Int] {
    let exact = shares.map { $0 * Double(count) }
    var counts = exact.map { Int($0.rounded(.down)) }
    let byRemainder = shares.indices.sorted {
      (exact[$0] - Double(counts[$0]), $1) > (exact[$1] - Double(counts[$1]), $0)
    }
    var missing = count - counts.reduce(0, +)
    for index in byRemainder where missing > 0 {
      counts[index] += 1
      missing -= 1
    }
    var list = counts.indices.flatMap { Array(repeating: $0, count: max(0, counts[$0])) }
    while list.count < count { list.append(max(0, shares.count - 1)) }
    var random = RandomStream(seed: scenario.seed, purpose: StreamPurpose.quota.rawValue, key: what)
    for index in stride(from: list.count - 1, to: 0, by: -1) { list.swapAt(index, random.below(index + 1)) }
    return list
  }

  // MARK: What happens

  /// Signs customers up at `signups_per_day`, as a Poisson process over the cycle.
  mutating func addSignups() throws(LabFailure) {
    let perDay = scenario.population.signupsPerDay
    guard perDay > 0 else { return }
    var random = RandomStream(seed: scenario.seed, purpose: StreamPurpose.signups.rawValue, key: UInt64(cycle))
    var day = 0.0
    while true {
      day += random.exponential() / perDay
      let joined = start.advanced(days: day, notBefore: start)
      guard joined < end else { return }
      if customers.count % Self.checkedCustomers == 0 { try cancellation.check() }
      addCustomer(joining: joined, random: &random)
    }
  }

  /// Adds a customer that joins at a moment; its rate is drawn as the others' and is on their scale.
  private mutating func addCustomer(joining joined: Instant, random: inout RandomStream) {
    let population = scenario.population
    let index = customers.count
    var customer = makeCustomer(
      id: EntityID.customer(index, cycle: cycle, seed: scenario.seed),
      archetype: pick(population.archetypes.map(\.share), &random), tier: pick(population.tiers.map(\.share), &random),
      region: pick(population.regions.map(\.share), &random), random: &random)
    customer.rate *= scale
    sizes.standardize(&customer)
    customer.signedUp = joined
    customer.joined = joined
    customer.tiers[0].from = joined
    customers.append(customer)
  }

  private func pick(_ shares: [Double], _ random: inout RandomStream) -> Int {
    var rest = random.unit() * shares.reduce(0, +)
    for index in shares.indices {
      rest -= shares[index]
      if rest < 0 { return index }
    }
    return max(0, shares.count - 1)
  }

  /// Gives customers from an index on their dates of leaving and of changing tier, at the scenario's monthly shares.
  mutating func drawLives(from first: Int = 0) throws(LabFailure) {
    for index in first..<customers.count {
      if index % Self.checkedCustomers == 0 { try cancellation.check() }
      var random = RandomStream(
        seed: scenario.seed, purpose: StreamPurpose.lifecycle.rawValue, key: UInt64(index), second: UInt64(cycle))
      lives.draw(of: &customers[index], end: end, random: &random)
    }
  }

  /// Applies a pattern's change to who the customers are.
  mutating func apply(
    _ change: PopulationChange, from phaseStart: Instant, length: TimeSpan, phase: Int
  ) throws(LabFailure) {
    try cancellation.check()
    switch change {
    case .departures(let share): depart(share: share, from: phaseStart, length: length, phase: phase)
    case .newcomers(let share, let growth, let newCustomerShare):
      try join(share: share, from: phaseStart, length: length, phase: phase) {
        SteadyGrowth.progress(atRate: $0, growth: growth, newCustomerShare: newCustomerShare)
      }
    }
  }

  /// Lets customers with a share of the rate at the phase's start leave, in drawn order. Each leaves when the line
  /// 1 − share·p passes the middle of its own part.
  private mutating func depart(share: Double, from phaseStart: Instant, length: TimeSpan, phase: Int) {
    guard share > 0 else { return }
    var present = customers.indices.filter { isPresent(customers[$0], at: phaseStart) }
    let total = present.reduce(0) { $0 + customers[$1].rate }
    guard total > 0 else { return }
    var random = RandomStream(
      seed: scenario.seed, purpose: StreamPurpose.departures.rawValue, key: UInt64(cycle), second: UInt64(phase))
    for index in stride(from: present.count - 1, to: 0, by: -1) { present.swapAt(index, random.below(index + 1)) }
    var gone = 0.0
    for index in present {
      let part = customers[index].rate / total
      // One that would carry the line past its end by more than it leaves short stays.
      guard gone + part / 2 < share else { continue }
      let progress = (gone + part / 2) / share
      let left = phaseStart + length.scaled(by: progress)
      if customers[index].left.map({ left < $0 }) ?? true {
        customers[index].left = left
        customers[index].reasonForLeaving = .decline
        let joined = customers[index].joined
        customers[index].tiers.removeAll { $0.from >= left && $0.from > joined }
      }
      gone += part
    }
  }

  /// Lets the customers leave whose use ends with an incident of this cycle.
  mutating func end(_ incidents: [PlannedIncident]) {
    for planned in incidents where planned.incident.endsUse {
      guard let index = planned.customer, planned.end <= end.microseconds else { continue }
      let left = Instant(microseconds: planned.end)
      if customers[index].left.map({ left < $0 }) ?? true {
        customers[index].left = left
        customers[index].reasonForLeaving = .incident
        let joined = customers[index].joined
        customers[index].tiers.removeAll { $0.from >= left && $0.from > joined }
      }
    }
  }

  /// Adds newcomers whose rates sum to a share of the rate at the phase's start. Each joins when the line passes the
  /// middle of its own part; `progress` says when a rate is reached.
  private mutating func join(
    share: Double, from phaseStart: Instant, length: TimeSpan, phase: Int, progress: (Double) -> Double
  ) throws(LabFailure) {
    let present = customers.filter { isPresent($0, at: phaseStart) }
    let total = present.reduce(0) { $0 + $1.rate }
    let count = Int((share * Double(present.count)).rounded(.up))
    guard total > 0, count > 0, count <= Int(ScenarioLimits.customers) * 10 else { return }
    var random = RandomStream(
      seed: scenario.seed, purpose: StreamPurpose.newcomers.rawValue, key: UInt64(cycle), second: UInt64(phase))
    let first = customers.count
    for number in 0..<count {
      if number % Self.checkedCustomers == 0 { try cancellation.check() }
      addCustomer(joining: phaseStart, random: &random)
    }
    let drawn = customers[first...].reduce(0) { $0 + $1.rate }
    guard drawn > 0 else { return }
    let adjustment = share * total / drawn
    var sum = 0.0
    for index in first..<customers.count {
      customers[index].rate *= adjustment
      let part = customers[index].rate / total
      let joined = phaseStart + length.scaled(by: progress(sum + part / 2))
      sum += part
      customers[index].joined = joined
      customers[index].signedUp = joined
      customers[index].tiers[0].from = joined
    }
    try drawLives(from: first)
  }

  private func isPresent(_ customer: Customer, at instant: Instant) -> Bool {
    customer.joined <= instant && customer.left.map { $0 > instant } ?? true
  }
}

extension Instant {
  /// The moment some days later, not before a limit.
  func advanced(days: Double, notBefore earliest: Instant) -> Instant {
    let span = (days * 8.64e10).rounded(.toNearestOrEven)
    guard abs(span) < 4e18 else { return span > 0 ? .latest : earliest }
    let (sum, overflow) = microseconds.addingReportingOverflow(Int64(span))
    return overflow ? .latest : max(earliest, Instant(microseconds: sum))
  }

  /// The moment some months of 30.4375 days later; nil beyond what the lab can date.
  func advanced(months: Double) -> Instant? {
    let span = months * Double(Population.monthMicroseconds)
    guard span < 3e17 else { return nil }
    let moment = Instant(microseconds: microseconds + Int64(span))
    return moment <= .latest ? moment : nil
  }
}
