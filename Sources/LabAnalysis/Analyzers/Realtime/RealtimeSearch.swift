import LabCore
import LabPrices
import LabReport
import LabTable

/// Fills in the findings of ``Realtime``, section by section.
struct RealtimeSearch {
  let calls: CallTable
  let context: AnalysisContext
  let range: ClosedRange<Instant>?
  private(set) var findings: RealtimeFindings
  private var alerts = RealtimeAlerts()

  init(calls: CallTable, context: AnalysisContext, range: ClosedRange<Instant>?, totals: CallTotals) {
    self.calls = calls
    self.context = context
    self.range = range
    findings = RealtimeFindings(
      start: range?.lowerBound, end: range?.upperBound, totalCalls: totals.calls, totalCostUsd: totals.cost,
      testedHours: 0, level: ErrorBudget.familyLevel, anomalySigma: context.settings.anomalySigma, costEvents: [],
      drift: [], driftSeries: [], priceChanges: [], alerts: [], costlyCustomers: [], customersOverPrice: nil,
      priceSource: nil, providerRisk: nil, byProvider: nil, byHour: nil, abstentions: [])
  }

  private mutating func abstain(_ section: String, _ reason: String) {
    findings.abstentions.append(Abstention(section: section, reason: reason))
  }

  private static func instant(hour: Int) -> Instant { Instant(microseconds: Int64(hour) * 3_600_000_000) }

  mutating func run() throws(AnalysisError) {
    if !calls.hasRecordedCosts { findings.abstentions.append(.missingCost(in: calls)) }
    let scan = try context.pass(RealtimeScan.request(calls, in: range), over: calls)
    providers(scan)
    let hours = try CustomerHours.of(calls, in: context)
    try customers(scan, hours)
    guard let range, let cells = try HourModelCells.of(calls, in: context) else {
      let reason =
        !calls.has(.timestamp)
        ? Abstention.reason(missing: .timestamp)
        : findings.totalCalls == 0 ? "there are no calls" : "its hours lie more than thirty years apart"
      for section in ["cost_events", "drift", "price_changes", "daily_alerts"] { abstain(section, reason) }
      findings.alerts = alerts.sorted
      return
    }
    let whole = WholePeriods(first: range.lowerBound, last: range.upperBound)
    try events(cells, hours, whole)
    drift(scan, cells, whole)
    priceChanges(cells, range)
    dailyAlerts(cells)
    try alerts.add(budgets: context.settings.budgets, calls, range, context)
    findings.abstentions += alerts.abstentions
    findings.alerts = alerts.sorted
  }

  // MARK: Events

  private mutating func events(_ cells: HourModelCells, _ hours: CustomerHours?, _ whole: WholePeriods)
    throws(AnalysisError)
  {
    var hourly = HourlyCost(cells, sigma: context.settings.anomalySigma)
    let names = calls.dictionary(.customerID).texts
    let order = NameOrder.places(of: names)
    try hourly.search(whole: whole.hours, hours, order: order, context)
    findings.testedHours = hourly.hours.count { $0.pValue != nil }
    if hourly.tests == 0 {
      abstain(
        "cost_events",
        whole.hours.count < SeasonalBaseline.minimumHours
          ? "events need more than two weeks of data" : "there is no cost to hold hours against")
    }
    if hourly.hours.count <= Realtime.mostListedHours {
      findings.byHour = hourly.hours.indices.filter { hourly.hours[$0].calls > 0 || hourly.hours[$0].expected != nil }
        .map { index in
          let hour = hourly.hours[index]
          return RealtimeFindings.Hour(
            hour: Self.instant(hour: cells.firstHour + index), calls: hour.calls, costUsd: hour.cost,
            expectedUsd: hour.expected, deviationUsd: hour.deviation, pValue: hour.pValue,
            flagged: hour.isFlagged || hour.surge > 0)
        }
    } else {
      abstain("by_hour", "there are more than \(NumberFormat.grouped(Realtime.mostListedHours)) hours")
    }
    try explain(hourly)
    alerts.add(events: findings.costEvents, critical: context.settings.highDailyCost)
  }

  /// Lists the events of the whole and of single customers, largest first, with what explains each.
  private mutating func explain(_ hourly: HourlyCost) throws(AnalysisError) {
    let runs = BinRuns.merged(hourly.hours.indices.filter { hourly.hours[$0].isFlagged })
    var events: [(event: RealtimeFindings.CostEvent, subject: EventExplanation.Subject)] =
      runs.map { event(hourly, $0) } + hourly.surges.map { event(hourly, $0) }
    events.sort {
      $0.event.excessUsd != $1.event.excessUsd
        ? $0.event.excessUsd > $1.event.excessUsd
        : ($0.event.start, $0.event.customerId ?? "") < ($1.event.start, $1.event.customerId ?? "")
    }
    let parts = try EventExplanation.parts(
      of: events.map(\.subject), flagged: hourly.flaggedHours, first: hourly.firstHour, calls, context)
    for (index, list) in parts.enumerated() {
      events[index].event.parts += list.map { part in
        RealtimeFindings.Part(
          column: part.column.name, value: part.value, excessUsd: Money(approximating: part.excess / 1e9),
          share: part.share, usualShare: part.usualShare, explains: part.explains)
      }
    }
    findings.costEvents = events.map(\.event)
  }

  /// An event of the whole, what customers' own events make of its hours taken out.
  private func event(_ hourly: HourlyCost, _ run: Range<Int>) -> (
    event: RealtimeFindings.CostEvent, subject: EventExplanation.Subject
  ) {
    var (cost, expected) = (0.0, 0.0)
    var least = 1.0
    var fired = run.upperBound - 1
    for index in run {
      cost += hourly.hours[index].rest
      expected += hourly.hours[index].expected ?? 0
      least = min(least, hourly.hours[index].pValue ?? 1, hourly.hours[index].windowPValue ?? 1)
      fired = min(fired, hourly.hours[index].firedAt ?? index)
    }
    let (rest, usual) = (Money(approximating: cost), Money(approximating: expected))
    let first = hourly.firstHour
    let hours = first + run.lowerBound..<first + run.upperBound
    let event = RealtimeFindings.CostEvent(
      customerId: nil, start: Self.instant(hour: hours.lowerBound), end: Self.instant(hour: hours.upperBound),
      detectedAt: Self.instant(hour: first + fired + 1), hours: hours.count, costUsd: rest, expectedUsd: usual,
      excessUsd: Money(nanodollars: rest.nanodollars &- usual.nanodollars), pValue: least, parts: [])
    return (event, .init(hours: Array(hours), customer: nil, expected: expected))
  }

  /// An event of one customer.
  private func event(_ hourly: HourlyCost, _ surge: CustomerSurges.Event) -> (
    event: RealtimeFindings.CostEvent, subject: EventExplanation.Subject
  ) {
    // The whole may have noticed its hours before the customer's own past told whose they are.
    let noticed = surge.hours.compactMap { hourly.hours[$0 - hourly.firstHour].firedAt }.min()
    let fired = min(surge.firedAt, noticed.map { $0 + hourly.firstHour } ?? surge.firedAt)
    let usual = Money(approximating: surge.expected)
    let excess = Money(nanodollars: surge.cost &- usual.nanodollars)
    let name = calls.dictionary(.customerID)[UInt32(surge.customer)]
    let event = RealtimeFindings.CostEvent(
      customerId: name, start: Self.instant(hour: surge.hours.first ?? 0),
      end: Self.instant(hour: (surge.hours.last ?? 0) + 1), detectedAt: Self.instant(hour: fired + 1),
      hours: surge.hours.count, costUsd: Money(nanodollars: surge.cost), expectedUsd: usual, excessUsd: excess,
      pValue: surge.pValue,
      parts: [
        .init(
          column: UsageColumn.customerID.name, value: name, excessUsd: excess, share: 1, usualShare: surge.share,
          explains: true)
      ])
    return (event, .init(hours: surge.hours, customer: surge.customer, expected: surge.expected))
  }

  // MARK: Drift and prices

  private mutating func drift(_ scan: RealtimeScan, _ cells: HourModelCells, _ whole: WholePeriods) {
    let days = whole.days
    guard days.count <= DailySeries.mostDays else { return abstain("drift", "its days lie too far apart") }
    var costs = [Double](repeating: 0, count: days.count)
    for hour in 0..<cells.hourCount {
      let day = Int(floorDivide(Int64(cells.firstHour + hour), 24))
      guard days.contains(day) else { continue }
      for cell in cells.cells(ofHour: hour) { costs[day - days.lowerBound] += cells.constantCost(of: cell).dollars }
    }
    var features: [(name: String, calls: [Double])] = []
    if scan.featureCount > 0 {
      let names = calls.dictionary(.featureID).texts
      for feature in names.indices {
        features.append(
          (names[feature], days.map { Double(scan.features[($0 - scan.firstDay) * scan.featureCount + feature]) }))
      }
      features.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    } else {
      abstain(
        "drift_by_feature",
        calls.has(.featureID) ? "there are too many features and days" : Abstention.reason(missing: .featureID))
    }
    let search = DriftSearch(costs: costs, days: days, features: features)
    if let reason = search.reason { abstain("drift", reason) }
    findings.driftSeries = search.series.map {
      .init(featureId: $0.feature, limit: $0.limit, highest: $0.sums.max() ?? 0)
    }
    findings.drift = search.drifts.map { drift in
      RealtimeFindings.Drift(
        featureId: drift.feature, start: Self.instant(hour: drift.start * 24),
        detectedAt: Self.instant(hour: (drift.detected + 1) * 24), end: Self.instant(hour: drift.end * 24),
        factor: drift.factor, sum: drift.sum, limit: drift.limit,
        excessUsd: drift.excessPerDay.map { Money(approximating: $0 * Double(drift.end - drift.start)) })
    }
    alerts.add(drifts: findings.drift)
  }

  private mutating func priceChanges(_ cells: HourModelCells, _ range: ClosedRange<Instant>) {
    guard let prices = context.prices else { return abstain("price_changes", "there is no price book") }
    findings.priceChanges = PriceChange.all(cells, prices, range).map { change in
      .init(
        provider: change.provider, model: change.model, at: change.at, inputBeforePerMillionUsd: change.inputBefore,
        inputAfterPerMillionUsd: change.inputAfter, outputBeforePerMillionUsd: change.outputBefore,
        outputAfterPerMillionUsd: change.outputAfter, effectUsd: change.effect)
    }
  }

  // MARK: Alerts

  private mutating func dailyAlerts(_ cells: HourModelCells) {
    var days: [(day: Int, cost: Money, calls: Int64, failed: Int64)] = []
    for hour in 0..<cells.hourCount {
      let day = Int(floorDivide(Int64(cells.firstHour + hour), 24))
      for cell in cells.cells(ofHour: hour) {
        if days.last?.day != day { days.append((day, .zero, 0, 0)) }
        days[days.count - 1].cost.nanodollars &+= cell.recordedCost.nanodollars
        days[days.count - 1].calls &+= cell.calls
        days[days.count - 1].failed &+= cell.isFailed ? cell.calls : 0
      }
    }
    let hasErrors = calls.has(.status) || calls.has(.errorType)
    if !hasErrors { abstain("error_rate", Abstention.reason(missing: .status)) }
    alerts.add(
      days: days, hasCost: findings.totalCostUsd != nil, hasErrors: hasErrors, context.settings.highDailyCost)
  }

  private mutating func customers(_ scan: RealtimeScan, _ hours: CustomerHours?) throws(AnalysisError) {
    let section = "customers_over_price"
    guard let hours, let range else {
      return abstain(
        section, Abstention.reason(missing: calls.has(.customerID) ? .timestamp : .customerID))
    }
    guard findings.totalCostUsd != nil else { return abstain(section, "no call has a recorded cost") }
    guard (range.upperBound - range.lowerBound).days >= CostlyCustomers.leastDays else {
      return abstain(section, "margins need seven days of data")
    }
    guard let (prices, source) = CostlyCustomers.prices(calls, hours, scan.tierPrices, range, context.subscriptions)
    else { return abstain(section, Abstention.reason(missing: .tierPrice)) }
    findings.costlyCustomers = CostlyCustomers.all(
      calls, hours, prices: prices, threads: context.threads)
    findings.customersOverPrice = findings.costlyCustomers.count { $0.passed >= 100 }
    findings.priceSource = source
    alerts.add(customers: findings.costlyCustomers, at: range.upperBound)
  }

  private mutating func providers(_ scan: RealtimeScan) {
    let section = "provider_risk"
    guard calls.has(.provider) else { return abstain(section, Abstention.reason(missing: .provider)) }
    let names = calls.dictionary(.provider).texts
    let hasTokens = calls.missing([.inputTokens, .outputTokens]).isEmpty
    let total = findings.totalCostUsd
    let providers = scan.providers
    var rows = names.indices.filter { providers[$0][0] > 0 }.map { index in
      let sums = providers[index]
      let cost = total.map { _ in Money(nanodollars: sums[1]) }
      return GroupRow(
        keys: [.init(name: UsageColumn.provider.name, value: names[index])], calls: sums[0], cost: cost,
        inputTokens: calls.has(.inputTokens) ? sums[2] : nil,
        outputTokens: calls.has(.outputTokens) ? sums[3] : nil,
        totalTokens: hasTokens ? sums[2] &+ sums[3] : nil,
        own: RealtimeFindings.ProviderFigures(
          costShare: cost.flatMap { cost in total.flatMap { Ratio.share(cost, of: $0) } }))
    }
    rows = rows.inOrder()
    findings.byProvider = rows
    guard let first = rows.first, let share = first.own.costShare else {
      return abstain(section, "there is no cost to share")
    }
    let hhi = rows.reduce(0) { $0 + ($1.own.costShare ?? 0) * ($1.own.costShare ?? 0) }
    findings.providerRisk = .init(
      maxProviderShare: share, provider: first.label, diversity: max(0, 1 - hhi),
      risk: share > Self.highShare ? "high" : share > Self.mediumShare ? "medium" : "low")
  }

  /// Shares of one provider that are a high and a medium risk (design).
  static let highShare = 0.6
  static let mediumShare = 0.4
}
