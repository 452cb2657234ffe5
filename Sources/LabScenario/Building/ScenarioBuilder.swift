import LabCore

/// Makes the typed scenario of checked values.
///
/// Every value has been checked and has its default, so that a missing one is a fault of this module: it is counted in
/// `missing`, which the loader reports as an internal error, and never crashes.
struct ScenarioBuilder {
  private(set) var missing: [String] = []

  private func at(_ object: Checked?, _ key: String) -> Checked? { object?[key] }

  mutating func number(_ object: Checked?, _ key: String) -> Double {
    take(at(object, key)?.number, object, key) ?? 0
  }
  mutating func text(_ object: Checked?, _ key: String) -> String {
    take(at(object, key)?.text, object, key) ?? ""
  }
  mutating func boolean(_ object: Checked?, _ key: String) -> Bool {
    take(at(object, key)?.boolean, object, key) ?? false
  }
  mutating func span(_ object: Checked?, _ key: String) -> TimeSpan {
    take(at(object, key)?.span, object, key) ?? .zero
  }
  mutating func money(_ object: Checked?, _ key: String) -> Money {
    take(at(object, key)?.money, object, key) ?? .zero
  }
  mutating func distribution(_ object: Checked?, _ key: String) -> Distribution {
    take(at(object, key)?.distribution, object, key) ?? .constant(0)
  }
  mutating func items(_ object: Checked?, _ key: String) -> [Checked] {
    take(at(object, key)?.items, object, key) ?? []
  }
  mutating func texts(_ object: Checked?, _ key: String) -> [String] { items(object, key).compactMap(\.text) }
  mutating func integer(_ object: Checked?, _ key: String) -> Int { Int(exactly: number(object, key)) ?? 0 }

  private mutating func take<Value>(_ value: Value?, _ object: Checked?, _ key: String) -> Value? {
    if value == nil { missing.append(ValuePath.adding(key: key, to: object?.path ?? "?")) }
    return value
  }

  // MARK: The whole

  mutating func scenario(_ root: Checked, pricesPath: String?) -> Scenario {
    Scenario(
      name: text(root, "name"), description: text(root, "description"),
      seed: UInt64(exactly: number(root, "seed")) ?? 0,
      start: take(root["start"]?.instant, root, "start") ?? Instant(microseconds: 0), phases: phases(root),
      repeatUntil: repeatTarget(root), pricesPath: pricesPath, population: population(root["population"]),
      products: items(root, "products").map { Share(id: $0["id"]?.text ?? "", share: $0.share) },
      features: map(items(root, "features")) { $0.feature($1) },
      providers: map(items(root, "providers")) { $0.provider($1) },
      traffic: traffic(root["traffic"]), incidents: items(root, "incidents").compactMap { setting($0, .incident) },
      analysis: analysis(root["analysis"]), budgets: map(items(root, "budgets")) { $0.budget($1) },
      thresholds: map(items(root, "thresholds")) { $0.threshold($1) },
      output: Output(data: root["output"]?["data"]?.text, report: root["output"]?["report"]?.text))
  }

  mutating func map<Value>(_ items: [Checked], _ make: (inout Self, Checked) -> Value) -> [Value] {
    var made: [Value] = []
    for item in items { made.append(make(&self, item)) }
    return made
  }

  /// The name of the only phase of a scenario that has no phases.
  private static let onlyPhase = "main"

  private mutating func phases(_ root: Checked) -> [Phase] {
    let traffic = root["traffic"]
    guard let phases = traffic?["phases"]?.items else {
      let patterns = items(traffic, "patterns").compactMap { setting($0, .pattern) }
      return [Phase(name: Self.onlyPhase, duration: span(root, "duration"), patterns: patterns)]
    }
    return map(phases) { builder, phase in
      Phase(
        name: builder.text(phase, "name"), duration: builder.span(phase, "duration"),
        patterns: builder.items(phase, "patterns").compactMap { builder.setting($0, .pattern) })
    }
  }

  private func repeatTarget(_ root: Checked) -> RepeatTarget? {
    guard let target = root["repeat_until"] else { return nil }
    if let megabytes = target["megabytes"]?.number { return .megabytes(megabytes) }
    guard let rows = target["rows"]?.number, let count = Int64(exactly: rows) else { return nil }
    return .rows(count)
  }

  private func setting(_ value: Checked, _ family: SettingFamily) -> Setting? {
    guard case .object(let keys) = value.content, let id = keys[family.key]?.text else { return nil }
    return Setting(id: id, parameters: keys.filter { $0.key != family.key }.compactMapValues(\.parameterValue))
  }

  private mutating func traffic(_ value: Checked?) -> Traffic {
    let latency = value?["latency"]
    let isClassic = text(latency, "model") == "classic"
    return Traffic(
      callsPerHour: number(value, "calls_per_hour"), arrivalCV: number(value, "arrival_cv"),
      dayCV: number(value, "day_cv"),
      callsPerSession: number(value?["sessions"], "calls"), sessionGap: span(value?["sessions"], "gap"),
      retries: integer(value, "retries"),
      latency: isClassic ? .classic : .tokens(noiseSigma: number(latency, "noise_sigma")),
      environment: text(value, "environment"))
  }

  private mutating func analysis(_ value: Checked?) -> AnalysisSettings {
    AnalysisSettings(
      slaMilliseconds: number(value, "sla_ms"), anomalySigma: number(value, "anomaly_sigma"),
      highDailyCost: money(value, "high_daily_cost_usd"), requiredTags: texts(value, "required_tags"),
      speed: SpeedLimits(
        slaTargetPercent: number(value, "sla_target_pct"), p95Limit: number(value, "p95_limit_ms"),
        p99Limit: number(value, "p99_limit_ms"), firstTokenGoal: number(value, "first_token_goal_ms"),
        tokenGoal: number(value, "token_goal_ms")),
      sharedCosts: map(items(value, "shared_costs")) { $0.sharedCost($1) },
      commitmentsHeld: map(items(value, "commitments_held")) { $0.heldCommitment($1) },
      invoices: map(items(value, "invoice")) { $0.invoiceLine($1) },
      pricingModels: map(items(value, "pricing_models")) { $0.pricingModel($1) },
      featureLimits: featureLimits(value?["feature_limits"]))
  }

  private mutating func budget(_ value: Checked) -> Budget {
    Budget(id: text(value, "id"), monthly: money(value, "monthly_usd"), filter: value["where"]?.filter ?? CallFilter())
  }

  private mutating func threshold(_ value: Checked) -> Threshold {
    Threshold(
      id: text(value, "id"), metric: text(value, "metric"),
      must: take(value["must"]?.requirement, value, "must") ?? .equal(0),
      filter: value["where"]?.filter ?? CallFilter(),
      severity: Threshold.Severity(rawValue: text(value, "severity")) ?? .fail,
      passesWithoutData: text(value, "no_data") == "pass")
  }
}
