import LabCore
import LabReport
import LabTable

/// Turns the scan of ``Features`` into its findings.
struct FeatureSummation {
  let scan: FeatureScan
  let ledger: CustomerLedger
  let calls: CallTable
  let context: AnalysisContext
  private let clock: FeatureClock
  /// By feature code.
  private let totals: [FeatureScan.Sums]
  private let attribution: FeatureAttribution

  private var plan: FeatureScan.Plan { scan.plan }
  private var hasRevenue: Bool { ledger.source != .unknown && !scan.pairs.isGivenUp }
  private var hasReturns: Bool { hasRevenue && ledger.hasCost && ledger.days >= Features.minimumDays }

  init(scan: FeatureScan, ledger: CustomerLedger, calls: CallTable, context: AnalysisContext) {
    self.scan = scan
    self.ledger = ledger
    self.calls = calls
    self.context = context
    totals = (0..<scan.plan.features).map { scan.total($0) }
    clock = FeatureClock(scan, window: ledger.window)
    attribution = FeatureAttribution(ledger, scan.pairs, all: clock.pairs, names: calls.dictionary(.featureID).texts)
  }

  func findings() throws(AnalysisError) -> FeatureFindings {
    var findings = FeatureFindings(start: ledger.window.lowerBound, end: ledger.window.upperBound)
    findings.days = ledger.days
    findings.limits = context.settings.featureLimits
    let whole = totals.reduce(FeatureScan.Sums.zero) { $0 &+ $1 }
    findings.totalCalls = whole[0]
    findings.totalCostUsd = ledger.hasCost ? Money(nanodollars: whole[1]) : nil
    findings.revenueSource = ledger.source.rawValue
    if hasRevenue {
      findings.revenueUsd = try ledger.total(\.revenue)
      findings.unattributedUsd = attribution.unattributed
    }
    findings.customers = ledger.accounts.reduce(0) { $0 + ($1.calls > 0 ? 1 : 0) }
    try context.checkpoint()
    let rows = rows(total: findings.totalCostUsd)
    findings.byFeature = rows.inOrder()
    findings.features = rows.count
    findings.tooFewCalls = findings.byFeature.filter(\.own.tooFewCalls).map(\.label)
    addUse(to: &findings)
    let returns = rows.filter { !$0.own.tooFewCalls }.compactMap(\.own.roiLowPct)
    findings.bestRoiPct = returns.max()
    findings.worstRoiPct = returns.min()
    try context.checkpoint()
    findings.bundles = bundles()
    findings.abstentions = abstentions(findings)
    return findings
  }

  private func addUse(to findings: inout FeatureFindings) {
    guard !scan.pairs.isGivenUp else { return }
    findings.activeCustomers = clock.recent.everybody
    if ledger.hasCost {
      let cost = totals.indices.reduce(Int64(0)) { $0 &+ clock.sums($1, clock.recentDays)[1] }
      findings.costPerActiveCustomerUsd = Ratio.of(cost, Int64(clock.recent.everybody)).map { $0 / 1e9 }
    }
    findings.featuresPerActiveCustomer = Ratio.of(
      Int64(clock.recent.byFeature.reduce(0, +)), Int64(clock.recent.everybody))
  }

  // MARK: Features

  private func rows(total: Money?) -> [FeatureFindings.Row] {
    let names = calls.dictionary(.featureID)
    let customers = clock.customersByFeature
    return totals.indices.compactMap { feature in
      let sums = totals[feature]
      guard sums[0] > 0 else { return nil }
      let tooFew = sums[0] < Features.minimumCalls
      var own = FeatureFindings.Figures(
        costShare: total.flatMap { Ratio.of(sums[1], $0.nanodollars) },
        customers: scan.pairs.isGivenUp ? nil : customers[feature], tooFewCalls: tooFew, use: nil, trend: nil,
        byCalls: nil, byActiveDays: nil, roiLowPct: nil, roiHighPct: nil, verdict: nil, launched: nil,
        launchCurve: [], weeks: [], models: models(feature, sums))
      if !scan.pairs.isGivenUp {
        own.use = use(feature)
        own.weeks = clock.weeks.map { clock.week(feature, $0) }
        own.trend = tooFew ? nil : trend(feature)
        if let launch = clock.launch(feature) {
          own.launched = CivilDate(daysSinceEpoch: launch).description
          own.launchCurve = tooFew ? [] : clock.curve(feature, from: launch)
        }
      }
      if hasRevenue { addReturns(feature, cost: sums[1], tooFew: tooFew, to: &own) }
      return .init(
        keys: [.init(name: "feature_id", value: names[UInt32(feature)])], calls: sums[0],
        cost: ledger.hasCost ? Money(nanodollars: sums[1]) : nil, inputTokens: calls.has(.inputTokens) ? sums[2] : nil,
        outputTokens: calls.has(.outputTokens) ? sums[3] : nil,
        totalTokens: ledger.hasTokens ? sums[2] &+ sums[3] : nil, own: own)
    }
  }

  private func use(_ feature: Int) -> FeatureFindings.Use {
    let active = clock.recent.byFeature[feature]
    let sums = clock.sums(feature, clock.recentDays)
    return .init(
      activeCustomers: active, adoptionPct: Ratio.percent(Int64(active), Int64(clock.recent.everybody)),
      callsPerActiveCustomer: Ratio.of(sums[0], Int64(active)),
      activeDaysPerActiveCustomer: Ratio.of(clock.recent.activeDays[feature], Int64(active)),
      costPerActiveCustomerUsd: ledger.hasCost ? Ratio.of(sums[1], Int64(active)).map { $0 / 1e9 } : nil)
  }

  private func trend(_ feature: Int) -> FeatureFindings.Trend? {
    let count = clock.weeks.count / 2
    guard count > 0 else { return nil }
    let recent = clock.weeks.suffix(count)
    let before = clock.weeks.suffix(2 * count).prefix(count)
    func total(_ weeks: ArraySlice<FeatureClock.Span>, _ lane: Int) -> Int64 {
      weeks.reduce(0) { $0 &+ clock.sums(feature, $1.days)[lane] }
    }
    func adoption(_ weeks: ArraySlice<FeatureClock.Span>) -> Double? {
      let shares = weeks.compactMap { Ratio.percent(Int64($0.byFeature[feature]), Int64($0.everybody)) }
      return Ratio.of(shares.reduce(0, +), Double(shares.count))
    }
    func change(_ lane: Int) -> Double? {
      Ratio.percent(total(recent, lane) &- total(before, lane), total(before, lane))
    }
    let (old, new) = (adoption(before), adoption(recent))
    return .init(
      weeks: count, callsPct: change(0), costPct: ledger.hasCost ? change(1) : nil,
      adoptionPoints: old.flatMap { old in new.map { $0 - old } })
  }

  private func models(_ feature: Int, _ sums: FeatureScan.Sums) -> [FeatureFindings.ModelShare] {
    guard plan.splitsModels else { return [] }
    let (providers, models) = (calls.dictionary(.provider), calls.dictionary(.model))
    var shares: [FeatureFindings.ModelShare] = []
    for pair in 0..<(plan.providers * plan.models) {
      let cell = scan.byModel[feature * plan.providers * plan.models + pair]
      guard cell[0] > 0 else { continue }
      shares.append(
        .init(
          provider: providers[UInt32(pair / plan.models)], model: models[UInt32(pair % plan.models)], calls: cell[0],
          costUsd: ledger.hasCost ? Money(nanodollars: cell[1]) : nil, callsPct: Ratio.percent(cell[0], sums[0]),
          costPct: ledger.hasCost ? Ratio.percent(cell[1], sums[1]) : nil))
    }
    return shares.sorted { left, right in
      let (first, second) = (left.costUsd ?? .zero, right.costUsd ?? .zero)
      if first != second { return first > second }
      if left.calls != right.calls { return left.calls > right.calls }
      return (left.provider, left.model) < (right.provider, right.model)
    }
  }

  // MARK: Returns

  private func addReturns(_ feature: Int, cost: Int64, tooFew: Bool, to own: inout FeatureFindings.Figures) {
    func attribution(_ revenue: Money) -> FeatureFindings.Attribution {
      let gain = revenue.nanodollars &- cost
      return .init(
        revenueUsd: revenue, returnUsd: hasReturns ? Money(nanodollars: gain) : nil,
        roiPct: hasReturns && cost > 0 ? Ratio.percent(gain, cost) : nil)
    }
    let (calls, days) = (
      attribution(self.attribution.byCalls[feature]), attribution(self.attribution.byActiveDays[feature])
    )
    own.byCalls = calls
    own.byActiveDays = days
    guard let first = calls.roiPct, let second = days.roiPct else { return }
    own.roiLowPct = min(first, second)
    own.roiHighPct = max(first, second)
    if !tooFew, let adoption = own.use?.adoptionPct {
      own.verdict = Self.verdict(
        low: min(first, second), high: max(first, second), adoption: adoption, context.settings.featureLimits)
    }
  }

  /// What the limits say; returns are those under the two keys, so that a verdict holds under both.
  static func verdict(low: Double, high: Double, adoption: Double, _ limits: FeatureLimits) -> FeatureFindings.Verdict {
    if high < limits.sunsetReturn, adoption < limits.sunsetAdoption { return .sunset }
    if high < limits.optimiseReturn { return .optimise }
    if low >= limits.investReturn, adoption >= limits.investAdoption { return .invest }
    return .maintain
  }

  // MARK: Bundles

  private var hasBundles: Bool {
    !scan.pairs.isGivenUp && clock.callers >= Features.bundleCustomers
  }

  /// Every pair of the most used features, tested.
  private func bundles() -> [FeatureFindings.Bundle] {
    guard hasBundles else { return [] }
    let names = calls.dictionary(.featureID)
    let customers = clock.customersByFeature
    let ranked = totals.indices.filter { totals[$0][0] >= Features.minimumCalls }.sorted {
      (customers[$1], names[UInt32($0)]) < (customers[$0], names[UInt32($1)])
    }.prefix(Features.bundleFeatures)
    let chosen = Array(ranked)
    let counts = FeatureStrata(ledger: ledger, pairs: clock.pairs, chosen: chosen, features: plan.features)
    var list: [FeatureFindings.Bundle] = []
    for first in chosen.indices {
      for second in chosen.indices where second > first {
        guard let bundle = bundle(chosen[first], chosen[second], counts.strata(first, second)) else { continue }
        list.append(bundle)
      }
    }
    let holds = Multiplicity.holm(list.map(\.pValue), level: Features.bundleLevel)
    for index in list.indices {
      list[index].isBundle =
        holds[index] && list[index].lift ?? 0 >= Features.bundleLift
        && Features.bundleSupport.contains(list[index].supportPct ?? 0)
    }
    return list.sorted {
      if $0.isBundle != $1.isBundle { return $0.isBundle }
      return $0.pValue == $1.pValue ? ($0.first, $0.second) < ($1.first, $1.second) : $0.pValue < $1.pValue
    }
  }

  private func bundle(_ first: Int, _ second: Int, _ strata: [FeatureBundles.Stratum]) -> FeatureFindings.Bundle? {
    guard let outcome = FeatureBundles.test(strata) else { return nil }
    let names = calls.dictionary(.featureID)
    let both = strata.reduce(0) { $0 + $1.both }
    func share(_ whole: Int) -> Double? { Ratio.percent(Int64(both), Int64(whole)) }
    return .init(
      first: names[UInt32(first)], second: names[UInt32(second)], customers: both, supportPct: share(clock.callers),
      confidencePct: share(strata.reduce(0) { $0 + $1.first }),
      reverseConfidencePct: share(strata.reduce(0) { $0 + $1.second }),
      lift: Ratio.of(Double(both), outcome.expected), pValue: outcome.pValue, isBundle: false)
  }

  // MARK: What can't be said

  private func abstentions(_ findings: FeatureFindings) -> [Abstention] {
    var list: [Abstention] = []
    if !ledger.hasCost { list.append(.missingCost(in: calls)) }
    if scan.pairs.isGivenUp {
      list.append(
        Abstention(section: "use", reason: "there are too many different pairs of customer and feature to count"))
    }
    if !hasReturns {
      let reason =
        ledger.source == .unknown
        ? Profitability.noPrices
        : !ledger.hasCost
          ? "no call has a recorded cost"
          : scan.pairs.isGivenUp ? "use by customer is not known" : "a return needs at least seven days of data"
      list.append(Abstention(section: "returns", reason: reason))
    }
    if clock.weeks.count < 2 {
      list.append(Abstention(section: "trend", reason: "a trend needs two whole weeks, Monday to Sunday"))
    }
    if let column = calls.missing([.provider, .model]).first {
      list.append(.missing(column, section: "model_mix"))
    } else if !plan.splitsModels {
      list.append(Abstention(section: "model_mix", reason: "there are too many different models and features to group"))
    }
    if !hasBundles {
      list.append(Abstention(section: "bundles", reason: "bundles need at least 30 customers with calls"))
    } else if !findings.bundles.isEmpty,
      findings.bundles.allSatisfy({ $0.supportPct ?? 0 > Features.bundleSupport.upperBound })
    {
      list.append(Abstention(section: "bundles", reason: "more than 95 % of customers use every pair of features"))
    } else if findings.bundles.isEmpty {
      list.append(
        Abstention(
          section: "bundles",
          reason: "there are no two features of 100 calls whose use differs between customers of like volume"))
    }
    return list
  }
}
