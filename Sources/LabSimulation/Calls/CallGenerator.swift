import LabCore
import LabPrices
import LabScenario
import LabTable

/// Generates the calls of one slot after the other, in the order in which clusters are drawn, not of time.
///
/// Each slot has a random stream of its own, so a slot's calls depend on the plan and its number alone.
struct CallGenerator {
  let blueprint: Blueprint
  let plan: CyclePlan
  private(set) var rows: ContiguousArray<UsageRow> = []
  private(set) var skippedCalls: Int64 = 0
  var random: RandomStream

  // Of the slot that is being generated.
  var routes: [AliasTable] = []
  var featurePicks: AliasTable
  private var conditions: ContiguousArray<Condition> = []
  private var nextCallNumber: UInt64 = 0
  private var picker = WeightedPicker()
  /// What incidents change about the usual calls of the slot, and about whose; mostly empty.
  private var changes: [ScopedChange] = []

  let features: ContiguousArray<FeatureProfile>
  let models: ContiguousArray<ModelProfile>
  private let latency: LatencySampler
  private let retries: Int
  private let callIDKey: UInt64

  /// What a provider is like during a slot.
  struct Condition: Sendable {
    var queueFactor: Double
    var rateLimitedShare: Double
    var firstBadTime: Int
  }

  /// A retry comes at most this long after the call that failed first.
  static let retryWindow = TimeSpan.minutes(5).microseconds
  /// The wait before the first retry; it doubles with each, give or take a half.
  private static let firstBackoffMicroseconds = 1e6
  /// A client without back-off waits as long as its loop takes.
  private static let chainPauseMicroseconds = 5e4
  /// And even it ends some time: about one chain in 40,000 is longer at nine refusals in ten.
  static let longestChain = 100
  /// Calls of one slot are numbered below this.
  private static let callsPerSlot: UInt64 = 1 << 24
  /// More microseconds than the calendar has, and few enough to add to any moment of it.
  private static let longestGap = 4e18
  /// How often a roaming customer calls from its second region.
  private static let roamingProbability = 0.2

  init(_ blueprint: Blueprint, plan: CyclePlan, expectedRows: Int) {
    self.blueprint = blueprint
    self.plan = plan
    features = blueprint.features
    models = blueprint.models
    latency = LatencySampler(blueprint.scenario.traffic.latency)
    retries = max(0, blueprint.scenario.traffic.retries)
    random = RandomStream(seed: 0, purpose: 0)
    featurePicks = AliasTable(weights: [1])
    rows.reserveCapacity(expectedRows)
    var keys = RandomStream(seed: blueprint.scenario.seed, purpose: StreamPurpose.callID.rawValue)
    // The highest bit is set, which no call number has: so no id is 0, which stands for none.
    callIDKey = keys.next() | 1 << 63
  }

  /// Appends the calls whose clusters start in a slot.
  mutating func generate(slot index: Int) {
    let slot = plan.slots[index]
    random = RandomStream(
      seed: blueprint.scenario.seed, purpose: StreamPurpose.slot.rawValue, key: UInt64(index),
      second: UInt64(plan.index))
    let phase = plan.phases[slot.phase]
    let incidents = plan.incidents.filter { $0.overlaps(slot.start, slot.end) }
    let factors = phase.factors(of: slot, in: blueprint, incidents: incidents)
    let common = factors.common
    var clusters = 0
    if common > 0, common.isFinite {
      picker.fill(plan, slot: slot, factors: factors)
      clusters = random.poisson(mean: common * picker.total)
    }
    guard clusters > 0 || incidents.contains(where: { $0.extra != nil }) else { return }
    picker.index(forPicks: clusters)
    changes = incidents.compactMap { ScopedChange($0) }
    featurePicks = AliasTable(weights: factors.features)
    routes = plan.routes(of: slot, blueprint: blueprint)
    nextCallNumber = (plan.firstSlotNumber + UInt64(index)) &* Self.callsPerSlot
    conditions.removeAll(keepingCapacity: true)
    for (provider, profile) in blueprint.providers.enumerated() {
      let load = Double(plan.providerLoads[index * blueprint.providers.count + provider])
      let utilisation = profile.utilisation(callsPerHour: load)
      conditions.append(
        Condition(
          queueFactor: ProviderProfile.queueFactor(utilisation: utilisation),
          rateLimitedShare: ProviderProfile.rateLimitedShare(utilisation: utilisation),
          firstBadTime: plan.failures.firstIndex(of: provider, endingAfter: slot.start)))
    }
    for _ in 0..<clusters { generateCluster(slot) }
    for planned in incidents { generateExtraCalls(of: planned, slot: index, factors: factors) }
  }

  /// A call, or a session of calls, of one customer with one feature and model.
  private mutating func generateCluster(_ slot: Slot) {
    let customer = picker.pick(&random)
    let from = max(slot.start, plan.customers.joined[customer])
    let left = plan.customers.left[customer]
    let to = min(slot.end, left)
    var time = from + Int64(random.unit() * Double(to - from))
    let detail = plan.customers.details[customer]
    let feature = featurePicks.pick(&random)
    let model = routes[feature].pick(&random)
    let product = blueprint.productFields[blueprint.products.pick(&random)]
    var region = detail.region
    if detail.secondRegion >= 0, random.chance(Self.roamingProbability) { region = detail.secondRegion }
    var row = row(of: detail, product: product, feature: feature, model: model, region: region)
    let change = change(customer: customer, provider: models[model].provider, region: region)
    let isSession = detail.sessions.sessionShare > 0 && random.chance(detail.sessions.sessionShare)
    var calls = 0
    let end = min(left, plan.end.microseconds)
    repeat {
      guard time < end else { return }
      generateCall(
        &row, at: time, until: end, of: detail, feature: feature, model: model,
        regionFactor: blueprint.regionFactors[region], change: change)
      calls += 1
      guard isSession, calls < SessionModel.longestSession, random.chance(detail.sessions.goOnProbability) else {
        return
      }
      time += Int64(min(random.exponential() * detail.sessions.gapMicroseconds, Self.longestGap))
    } while true
  }

  /// A row with everything that a cluster decides.
  func row(
    of detail: CustomerTable.Detail, product: FieldID, feature: Int, model: Int, region: Int
  ) -> UsageRow {
    var row = UsageRow()
    row.organization = detail.organization
    row.customer = detail.customer
    row.archetype = detail.archetype
    row.product = product
    row.feature = features[feature].field
    row.provider = models[model].providerField
    row.model = models[model].field
    row.region = blueprint.regionFields[region]
    row.environment = blueprint.environment
    row.metadata = features[feature].metadata
    return row
  }

  /// What incidents change about the calls of a customer to a provider from a region; nil for nothing.
  @inline(__always)
  func change(customer: Int, provider: Int, region: Int) -> TimedChange? {
    if changes.isEmpty { return nil }
    var combined: TimedChange?
    for scoped in changes where scoped.holds(customer: customer, provider: provider, region: region) {
      combined = combined?.combined(with: scoped.change) ?? scoped.change
    }
    return combined
  }

  /// One call with its retries. `row` comes with everything that the cluster decides.
  ///
  /// - Parameters:
  ///   - change: what incidents change about it.
  ///   - isChain: a client without back-off, which tries until it gets through.
  mutating func generateCall(
    _ row: inout UsageRow, at first: Int64, until end: Int64, of detail: CustomerTable.Detail, feature: Int, model: Int,
    regionFactor: Double, change: TimedChange? = nil, isChain: Bool = false
  ) {
    let profile = features[feature]
    let speed = models[model]
    let sizes = CallSizes(
      profile, model: speed, tables: blueprint.sizeTables, inputSize: detail.inputSize, outputSize: detail.outputSize,
      change: change?.change, &random)
    let tier = Self.tier(profile, &random)
    row.serviceTier = Self.tierField(tier)
    let period = plan.customers.tierPeriod(of: detail, at: first)
    row.tier = period.tier
    row.tierPrice = period.price
    row.retryOf = 0
    var time = first
    var attempt = 0
    while true {
      let condition = conditions[speed.provider]
      let active = change.flatMap { time < $0.until ? $0.change : nil }
      let outcome = drawOutcome(provider: speed.provider, condition, at: time, change: active)
      let usage = sizes.recorded(outcome, &random)
      guard speed.priceIndex >= 0,
        let cost = blueprint.prices.cost(
          of: usage, model: speed.priceIndex, at: Instant(microseconds: time), tier: tier, outcome: outcome)
      else {
        skippedCalls += 1
        return
      }
      var times = latency.sample(
        usage, outcome: outcome, speed, queueFactor: condition.queueFactor, regionFactor: regionFactor, &random)
      if let active, outcome != .timeout { times.stretch(by: active.latency) }
      row.timestamp = Instant(microseconds: time)
      row.inputTokens = usage.input
      row.outputTokens = usage.output
      row.cachedInputTokens = usage.cachedInput
      row.cacheWriteTokens = usage.cacheWrite
      row.cacheWrite1hTokens = usage.cacheWrite1h
      row.reasoningTokens = usage.reasoning
      row.cacheableInputTokens = sizes.cacheable
      row.latencyMicroseconds = times.total
      row.timeToFirstTokenMicroseconds = times.firstToken
      row.cost = cost
      row.status = outcome == .success ? .success : .error
      row.errorType = Self.errorField(outcome)
      row.finishReason = outcome != .success ? .error : sizes.isCutOff ? .length : .stop
      row.callID = SplitMix64.mix(nextCallNumber ^ callIDKey)
      nextCallNumber += 1
      rows.append(row)
      guard outcome != .success, attempt < (isChain ? Self.longestChain : retries) else { return }
      var pause = Self.firstBackoffMicroseconds * Double(1 << min(attempt, 8)) * random.uniform(0.5, 1.5)
      if isChain { pause = Self.chainPauseMicroseconds }
      attempt += 1
      time += times.total + Int64(pause)
      guard time - first <= Self.retryWindow, time < end else { return }
      row.retryOf = row.callID
    }
  }

  /// How a call ends: rate limits by load first, then the provider's failures of the moment, by their mix.
  @inline(__always)
  private mutating func drawOutcome(
    provider: Int, _ condition: Condition, at time: Int64, change: CallChange?
  ) -> CallOutcome {
    if let change, change.failing > 0, random.chance(change.failing) {
      return change.failsWithRateLimit ? .rateLimit : .serverError
    }
    let shares = plan.failures.shares[provider]
    var failing = shares.good
    if shares.bad > shares.good {
      var bad = condition.firstBadTime
      let ends = plan.failures.ends[provider]
      while bad < ends.count, ends[bad] <= time { bad += 1 }
      if bad < ends.count, plan.failures.starts[provider][bad] <= time { failing = shares.bad }
    }
    let draw = random.unit()
    if draw >= condition.rateLimitedShare + failing { return .success }
    if draw < condition.rateLimitedShare { return .rateLimit }
    let kind = (draw - condition.rateLimitedShare) / failing
    let mix = blueprint.providers[provider]
    if kind < mix.timeoutBelow { return .timeout }
    if kind < mix.rateLimitBelow { return .rateLimit }
    return kind < mix.authErrorBelow ? .authError : .serverError
  }

  @inline(__always)
  private static func tier(_ feature: FeatureProfile, _ random: inout RandomStream) -> ServiceTier {
    guard feature.priorityBelow > 0 else { return .standard }
    let draw = random.unit()
    if draw >= feature.priorityBelow { return .standard }
    if draw < feature.batchBelow { return .batch }
    return draw < feature.flexBelow ? .flex : .priority
  }

  @inline(__always)
  private static func tierField(_ tier: ServiceTier) -> FieldID {
    switch tier {
    case .standard: .standard
    case .batch: .batch
    case .flex: .flex
    case .priority: .priority
    }
  }

  @inline(__always)
  private static func errorField(_ outcome: CallOutcome) -> FieldID {
    switch outcome {
    case .success: .empty
    case .timeout: .timeout
    case .rateLimit: .rateLimit
    case .authError: .authError
    case .serverError: .serverError
    }
  }
}
