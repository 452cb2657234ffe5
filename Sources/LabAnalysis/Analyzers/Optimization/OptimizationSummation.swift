import LabCore
import LabPrices
import LabReport
import LabTable

/// Turns mix cells and hourly load into the findings of ``Optimization``.
struct OptimizationSummation {
  let mix: MixCells
  let hours: HourModelCells?
  let range: ClosedRange<Instant>?
  let calls: CallTable
  let context: AnalysisContext

  private var hasCost: Bool { calls.has(.cost) && (mix.cells.isEmpty || mix.cells.contains { $0.hasCost }) }

  func findings() -> OptimizationFindings {
    let total = mix.cells.reduce(Int64(0)) { $0 &+ $1.calls }
    let window = total > 0 ? range : nil
    var findings = OptimizationFindings(
      start: window?.lowerBound, end: window?.upperBound,
      days: window.map { ($0.upperBound - $0.lowerBound).days } ?? 0, totalCalls: total,
      totalCostUsd: hasCost ? Money(nanodollars: mix.cells.reduce(0) { $0 &+ $1.cost }) : nil, baseline: nil,
      waterfall: [], endUsd: nil, savingsUsd: nil, savingsPct: nil, dayLowRatio: nil, dayHighRatio: nil,
      waitingFeatures: context.settings.waitingFeatures, switches: [], commitments: [], commitmentWhatIf: [],
      volumeTiers: [], abstentions: [])
    if !hasCost { findings.abstentions.append(.missingCost(in: calls)) }
    guard let book = context.prices, !mix.prices.slots.isEmpty else {
      let column = calls.missing([.provider, .model]).first
      let reason =
        column.map { Abstention.reason(missing: $0) }
        ?? (context.prices == nil ? "no price book is known" : "the price book has none of the models")
      findings.abstentions.append(Abstention(section: "waterfall", reason: reason))
      return findings
    }
    if let column = calls.missing([.inputTokens, .outputTokens]).first {
      findings.abstentions.append(.missing(column, section: "waterfall"))
      return findings
    }
    let waterfall = SavingsWaterfall(mix, book, calls, context.settings, end: window?.upperBound)
    findings.baseline = baseline(waterfall)
    findings.switches = waterfall.switches.map { named($0, book) }
    group(waterfall, into: &findings)
    let plans = commit(waterfall, book, window, into: &findings)
    steps(waterfall, plans, into: &findings)
    findings.volumeTiers = volumeTiers(waterfall, book, days: findings.days)
    abstain(waterfall, &findings)
    return findings
  }

  private func baseline(_ waterfall: SavingsWaterfall) -> OptimizationFindings.Baseline {
    let recorded = waterfall.works.reduce(Int64(0)) { $0 &+ $1.cell.cost }
    let without = waterfall.works.reduce(Int64(0)) { $1.cell.hasCost ? $0 : $0 &+ $1.baseline }
    let outside = waterfall.unpriced
    return .init(
      recordedUsd: hasCost ? Money(nanodollars: recorded) : nil,
      recordedMinusRepricedUsd: hasCost ? Money(nanodollars: recorded &+ without &- waterfall.baseline) : nil,
      withoutRecordedUsd: Money(nanodollars: without),
      repricedUsd: Money(nanodollars: waterfall.baseline),
      calls: waterfall.works.reduce(0) { $0 &+ $1.cell.calls }, unpricedCalls: outside.reduce(0) { $0 &+ $1.calls },
      unpricedTokens: outside.reduce(0) { $0 &+ $1.tokens.total },
      unpricedRecordedUsd: hasCost ? Money(nanodollars: outside.reduce(0) { $0 &+ $1.cost }) : nil)
  }

  // MARK: Steps

  private func steps(
    _ waterfall: SavingsWaterfall, _ plans: CommitmentPlans?, into findings: inout OptimizationFindings
  ) {
    var left = waterfall.baseline
    var sum: Int64 = 0
    var isKnown = false
    let months = findings.monthsPerWindow
    func monthly(_ amount: Int64) -> Money? { months.map { Money(approximating: Double(amount) / 1e9 * $0) } }
    for step in SavingsWaterfall.Step.allCases {
      var saving = step == .commit ? nil : waterfall.saving(step)
      var reason = waterfall.reasons[step]
      var range = waterfall.ranges[step]
      if step == .commit {
        (saving, reason) = committed(plans, findings.commitments, left: left)
        range = saving.map { .init(low: $0, high: $0) }
      }
      if let saving {
        left &-= saving
        sum &+= saving
        isKnown = true
      }
      findings.waterfall.append(
        .init(
          step: step.name, savingUsd: saving.map { Money(nanodollars: $0) },
          lowUsd: saving == nil ? nil : range.map { Money(nanodollars: $0.low) },
          highUsd: saving == nil ? nil : range.map { Money(nanodollars: $0.high) },
          leftUsd: Money(nanodollars: left), monthlyUsd: saving.flatMap(monthly), reason: reason))
    }
    findings.endUsd = Money(nanodollars: left)
    findings.savingsUsd = isKnown ? Money(nanodollars: sum) : nil
    findings.savingsPct = isKnown ? Ratio.percent(sum, waterfall.baseline) : nil
  }

  /// What commitments save in the window; zero without offers, unknown where they can't be judged.
  private func committed(
    _ plans: CommitmentPlans?, _ chosen: [OptimizationFindings.Commitment], left: Int64
  ) -> (Int64?, String?) {
    if context.prices?.commitments.isEmpty ?? true { return (0, nil) }
    guard let plans else {
      return (nil, calls.has(.timestamp) ? "there are no hours with calls" : "the data has no column 'timestamp'")
    }
    if let reason = plans.reason { return (nil, reason) }
    let sum = chosen.reduce(Int64(0)) { $0 &+ max(0, $1.windowSavingUsd.nanodollars) }
    return (min(sum, left), nil)
  }

  // MARK: Commitments

  private func commit(
    _ waterfall: SavingsWaterfall, _ book: PriceBook, _ window: ClosedRange<Instant>?,
    into findings: inout OptimizationFindings
  ) -> CommitmentPlans? {
    guard let hours, let window else { return nil }
    let days = WholePeriods(first: window.lowerBound, last: window.upperBound).days
    // Days of a damaged file that spans centuries would fill memory with empty hours.
    guard days.count <= HourModelCells.mostHours / HourlyLoad.hoursPerDay else { return nil }
    let load = HourlyLoad(hours, waterfall, days: days, failuresCount: waterfall.reasons[.eliminate] != nil)
    spread(load, into: &findings)
    let plans = CommitmentPlans(load, book, windowHours: findings.days * Double(HourlyLoad.hoursPerDay))
    findings.commitments = plans.chosen.map { described($0) }
    findings.commitmentWhatIf = plans.whatIf.map { described($0) }
    if let reason = plans.reason { findings.abstentions.append(Abstention(section: "commitments", reason: reason)) }
    return plans
  }

  /// How much a mean day's cost varies, from resampled whole days.
  private func spread(_ load: HourlyLoad, into findings: inout OptimizationFindings) {
    let all = load.sum(load.byModel.keys)
    let costs = (0..<load.days.count).map { day in
      all[(day * HourlyLoad.hoursPerDay)..<((day + 1) * HourlyLoad.hoursPerDay)].reduce(0) { $0 + Double($1) }
    }
    guard let mean = Ratio.of(costs.reduce(0, +), Double(costs.count)), mean > 0,
      let interval = Bootstrap.ratio(over: .days, numerators: costs, denominators: costs.map { _ in 1 }, level: 0.95)
    else { return }
    findings.dayLowRatio = Ratio.of(interval.low, mean)
    findings.dayHighRatio = Ratio.of(interval.high, mean)
  }

  private func described(_ plan: CommitmentPlan) -> OptimizationFindings.Commitment {
    .init(
      scope: plan.scope, term: plan.term.isEmpty ? nil : plan.term, listRatio: plan.listRatio, ratio: plan.ratio,
      levelPerHourUsd: Money(nanodollars: plan.level), paymentPerHourUsd: Money(nanodollars: plan.payment),
      coveragePct: plan.coverage.map { $0 * 100 }, utilisationPct: plan.utilisation.map { $0 * 100 },
      breakEvenUtilisationPct: plan.ratio * 100, hours: plan.hours,
      savingUsd: Money(approximating: plan.saving / 1e9), meanPerHourUsd: Money(nanodollars: plan.mean),
      savingAtMeanUsd: Money(approximating: plan.savingAtMean / 1e9), peakPerHourUsd: Money(nanodollars: plan.peak),
      savingAtPeakUsd: Money(approximating: plan.savingAtPeak / 1e9), regretPct: plan.regret.map { $0 * 100 },
      regretLowPct: plan.regretInterval.map { $0.low * 100 }, regretHighPct: plan.regretInterval.map { $0.high * 100 },
      windowSavingUsd: Money(approximating: plan.windowSaving / 1e9), duration: plan.duration)
  }

  // MARK: Volume tiers

  /// The marginal discount of a provider's tiers at what a year would cost after all steps but commitments.
  private func volumeTiers(
    _ waterfall: SavingsWaterfall, _ book: PriceBook, days: Double
  ) -> [OptimizationFindings.VolumeDiscount] {
    guard days >= 7 else { return [] }
    var left: [String: Int64] = [:]
    for work in waterfall.works { left[book.models[work.model].provider, default: 0] &+= work.cost }
    return Set(book.volumeTiers.map(\.provider)).sorted().compactMap { provider in
      guard let cost = left[provider] else { return nil }
      let annual = Double(cost) / 1e9 * Understanding.daysPerMonth * 12 / days
      let tiers = book.volumeTiers.filter { $0.provider == provider }.sorted { $0.fromAnnual < $1.fromAnnual }
      var discount = 0.0
      for (index, tier) in tiers.enumerated() {
        let end = index + 1 < tiers.count ? min(annual, tiers[index + 1].fromAnnual.dollars) : annual
        discount += max(0, end - tier.fromAnnual.dollars) * tier.percent / 100
      }
      let reached = tiers.last { $0.fromAnnual.dollars <= annual }
      let next = tiers.first { $0.fromAnnual.dollars > annual }
      return .init(
        provider: provider, projectedAnnualUsd: Money(approximating: annual), reachedFromUsd: reached?.fromAnnual,
        marginalPercent: reached?.percent ?? 0, annualDiscountUsd: Money(approximating: discount),
        nextFromUsd: next?.fromAnnual, nextPercent: next?.percent)
    }
  }

  // MARK: Groups

  private func group(_ waterfall: SavingsWaterfall, into findings: inout OptimizationFindings) {
    let (providers, models) = (calls.dictionary(.provider), calls.dictionary(.model))
    findings.byProvider = rows(waterfall, by: { UInt64($0.provider) }) {
      [.init(name: "provider", value: providers[$0.provider])]
    }
    findings.byModel = rows(waterfall, by: { UInt64($0.provider) << 32 | UInt64($0.model) }) {
      [.init(name: "provider", value: providers[$0.provider]), .init(name: "model", value: models[$0.model])]
    }
    if calls.has(.featureID) {
      let features = calls.dictionary(.featureID)
      findings.byFeature = rows(waterfall, by: { UInt64($0.feature) }) {
        [.init(name: "feature_id", value: features[$0.feature])]
      }
    }
  }

  private func rows(
    _ waterfall: SavingsWaterfall, by key: (MixCells.Cell) -> UInt64,
    keys: (MixCells.Cell) -> [OptimizationFindings.Row.Key]
  ) -> [OptimizationFindings.Row] {
    struct Group {
      var cells: [MixCells.Cell] = []
      var baseline: Int64 = 0
      var left: Int64 = 0
      var saved = SIMD4<Int64>(repeating: 0)
      var unpriced: Int64 = 0
    }
    var groups: [UInt64: Group] = [:]
    for work in waterfall.works {
      let number = key(work.cell)
      groups[number, default: Group()].cells.append(work.cell)
      groups[number, default: Group()].baseline &+= work.baseline
      groups[number, default: Group()].left &+= work.cost
      groups[number, default: Group()].saved &+= work.saved
    }
    for cell in waterfall.unpriced {
      groups[key(cell), default: Group()].cells.append(cell)
      groups[key(cell), default: Group()].unpriced &+= cell.calls
    }
    return groups.values.compactMap { group -> OptimizationFindings.Row? in
      guard let first = group.cells.first else { return nil }
      let sums = Ledger.Sums(group.cells)
      func saved(_ step: SavingsWaterfall.Step) -> Money? {
        waterfall.reasons[step] == nil ? Money(nanodollars: group.saved[step.rawValue]) : nil
      }
      return .init(
        keys: keys(first), calls: sums.calls, cost: hasCost ? Money(nanodollars: sums.cost) : nil,
        inputTokens: sums.tokens.input, outputTokens: sums.tokens.output, totalTokens: sums.tokens.total,
        own: .init(
          repricedUsd: Money(nanodollars: group.baseline), eliminateUsd: saved(.eliminate), cacheUsd: saved(.cache),
          batchUsd: saved(.batch), routeUsd: saved(.route), leftUsd: Money(nanodollars: group.left),
          unpricedCalls: group.unpriced))
    }.inOrder()
  }

  private func named(_ change: ModelSwitch, _ book: PriceBook) -> OptimizationFindings.Switch {
    let (from, to) = (book.models[change.from], book.models[change.to])
    return .init(
      featureId: calls.has(.featureID) ? calls.dictionary(.featureID)[change.feature] : "", fromProvider: from.provider,
      fromModel: from.model, toProvider: to.provider, toModel: to.model, modelClass: from.modelClass,
      serviceTier: change.tier.name, calls: change.calls, beforeUsd: Money(nanodollars: change.before),
      afterUsd: Money(nanodollars: change.after), afterLowUsd: Money(nanodollars: change.low),
      afterHighUsd: Money(nanodollars: change.high), savingUsd: Money(nanodollars: change.before &- change.after))
  }

  // MARK: What can't be said

  private func abstain(_ waterfall: SavingsWaterfall, _ findings: inout OptimizationFindings) {
    for step in SavingsWaterfall.Step.allCases {
      if let reason = waterfall.reasons[step] {
        findings.abstentions.append(Abstention(section: step.name, reason: reason))
      }
    }
    let lacking = mix.cells.reduce(Int64(0)) { $0 &+ $1.sums[MixCells.Lane.callsWithoutCacheable] }
    if waterfall.reasons[.cache] == nil, lacking > 0 {
      findings.abstentions.append(
        Abstention(
          section: "cache_of_some_calls",
          reason: NumberFormat.counted(lacking, "call doesn't", "calls don't")
            + " say how much of the input could have been cached"))
    }
    if findings.totalCalls > 0, findings.monthsPerWindow == nil {
      findings.abstentions.append(
        Abstention(section: "monthly_effects", reason: "a month's figure needs at least seven days of data"))
    }
    if context.prices?.commitments.isEmpty ?? true {
      findings.abstentions.append(
        Abstention(section: "commitment_offers", reason: "the price book has no offer, so that only a what-if is shown")
      )
    }
  }
}

extension OptimizationFindings {
  /// Utilisation and coverage of all chosen commitments together, in percent, weighted by their load.
  var commitmentUse: (utilisation: Double?, coverage: Double?)? {
    guard !commitments.isEmpty else { return nil }
    var (covered, committed, load) = (0.0, 0.0, 0.0)
    for plan in commitments {
      let level = plan.levelPerHourUsd.nanodollars
      covered += plan.duration.reduce(0) { $0 + Double(min($1, level)) }
      committed += Double(level) * Double(plan.hours)
      load += plan.duration.reduce(0) { $0 + Double($1) }
    }
    return (Ratio.of(covered * 100, committed), Ratio.of(covered * 100, load))
  }
}
