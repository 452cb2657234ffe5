import LabCore
import LabReport
import LabTable

/// Turns hours of customers and subscription periods into the findings of ``ChurnGrowth``.
struct ChurnSummation {
  let hours: CustomerHours?
  let calls: CallTable
  let context: AnalysisContext

  private static let hour: Int64 = 3_600_000_000

  func findings() throws(AnalysisError) -> ChurnFindings {
    let totals = try self.totals()
    let range = totals.calls > 0 ? try context.timeRange(of: calls) : nil
    let days = range.map { $0.upperBound - $0.lowerBound }?.days ?? 0
    var findings = ChurnFindings(
      start: range?.lowerBound, end: range?.upperBound, days: days, totalCalls: totals.calls,
      totalCostUsd: totals.cost, customers: nil, activeCustomers: nil, byWeek: nil, cohorts: nil, churn: nil,
      portfolioRatio: nil, atRisk: nil, expanding: nil, bridge: nil, recommendations: [], detections: [],
      abstentions: [])
    if let hours, let range {
      let mondays = WholePeriods(first: range.lowerBound, last: range.upperBound).mondays
      let weeks = CustomerWeeks(hours, mondays: mondays)
      findings.customers = weeks.spans.count { $0 != nil }
      let recent = range.upperBound - .days(ChurnGrowth.activeDays)
      findings.activeCustomers = weeks.spans.count { span in
        span.map { Instant(microseconds: (Int64($0.last) + 1) * Self.hour) > recent } ?? false
      }
      findings.byWeek = byWeek(weeks)
      if mondays.count >= ChurnGrowth.minimumWeeks {
        let subscribers = context.subscriptions.map { Subscriber.all($0, at: range.upperBound) }
        let names = calls.dictionary(.customerID)
        let owners = (0..<weeks.customers).map { code in subscribers?[names[UInt32(code)]] }
        findings.cohorts = cohorts(weeks, owners, range)
        findings.churn = churn(weeks, owners, subscribers, range)
        change(weeks, owners, hasSubscriptions: subscribers != nil, into: &findings)
      }
    }
    if let range, let periods = context.subscriptions { findings.bridge = Self.bridge(periods, range) }
    findings.abstentions = abstentions(findings)
    findings.recommendations = ChurnAdvice(findings: findings, subscriptions: context.subscriptions).recommendations
    return findings
  }

  private func totals() throws(AnalysisError) -> (calls: Int64, cost: Money?) {
    let hasCost = calls.hasRecordedCosts
    let sums = try context.scanning { () throws(LabFailure) in
      try calls.totals(measuring: [.cost], where: context.selection, context.scan)
    }
    return (Int64(sums.calls), hasCost ? sums.cost : nil)
  }

  // MARK: Weeks

  private func byWeek(_ weeks: CustomerWeeks) -> [ChurnFindings.Week] {
    let hasCost = calls.hasRecordedCosts
    return weeks.mondays.indices.map { week in
      func change(_ now: Int64, _ before: (Int) -> Int64) -> Double? {
        week > 0 ? Ratio.of(Double(now) - Double(before(week - 1)), Double(before(week - 1))).map { $0 * 100 } : nil
      }
      let iso = CivilDate(daysSinceEpoch: weeks.mondays[week]).isoWeek
      let cost = Money(nanodollars: weeks.costByWeek[week])
      return .init(
        week: "\(iso.year)-W\(iso.week < 10 ? "0" : "")\(iso.week)", start: weeks.start(ofWeek: week),
        activeCustomers: weeks.activeByWeek[week], calls: weeks.callsByWeek[week], costUsd: hasCost ? cost : nil,
        activeChangePct: change(Int64(weeks.activeByWeek[week])) { Int64(weeks.activeByWeek[$0]) },
        callsChangePct: change(weeks.callsByWeek[week]) { weeks.callsByWeek[$0] },
        costChangePct: hasCost ? change(weeks.costByWeek[week]) { weeks.costByWeek[$0] } : nil)
    }
  }

  /// When a customer came: its sign-up, or without subscriptions its first call.
  private func came(_ span: (first: Int, last: Int), _ owner: Subscriber?) -> Instant {
    owner?.signedUp ?? Instant(microseconds: Int64(span.first) * Self.hour)
  }

  private func cohorts(
    _ weeks: CustomerWeeks, _ owners: [Subscriber?], _ range: ClosedRange<Instant>
  ) -> [ChurnFindings.Cohort] {
    let count = weeks.mondays.count
    guard count > 0 else { return [] }
    let first = weeks.start(ofWeek: 0)
    // Without subscriptions those of the first week can't be told from those who were there before.
    let isKnown = owners.contains { $0 != nil }
    var sizes = [Int](repeating: 0, count: count + 1)
    var active = [[Int]](repeating: Array(repeating: 0, count: count), count: count + 1)
    for customer in 0..<weeks.customers {
      guard let span = weeks.spans[customer] else { continue }
      let moment = came(span, owners[customer])
      let week = moment < first ? -1 : Int((moment - first).microseconds / (7 * 24 * Self.hour))
      guard week < count else { continue }
      let cohort = week < 0 || (week == 0 && !isKnown) ? 0 : week + 1
      sizes[cohort] += 1
      for week in max(0, cohort - 1)..<count where weeks.calls(of: customer, week: week) > 0 {
        active[cohort][week] += 1
      }
    }
    return (0...count).filter { sizes[$0] > 0 }.map { cohort in
      .init(
        cohort: cohort == 0 ? "already there" : CivilDate(daysSinceEpoch: weeks.mondays[cohort - 1]).description,
        customers: sizes[cohort], activeByWeek: Array(active[cohort][max(0, cohort - 1)...]))
    }
  }

  // MARK: Churn

  private func churn(
    _ weeks: CustomerWeeks, _ owners: [Subscriber?], _ subscribers: [String: Subscriber]?, _ range: ClosedRange<Instant>
  ) -> ChurnFindings.Churn? {
    let days = (range.upperBound - range.lowerBound).days
    let silence = min(ChurnGrowth.silenceDays, (days / 2).rounded(.down))
    let end = range.upperBound - TimeSpan(microseconds: Int64(silence) * 24 * Self.hour)
    var observations: [KaplanMeier.Observation] = []
    for customer in 0..<weeks.customers {
      guard let span = weeks.spans[customer] else { continue }
      let origin = came(span, owners[customer])
      // The end of the hour of the last call, so that a single call is followed for some time.
      let last = Instant(microseconds: (Int64(span.last) + 1) * Self.hour)
      let entry = max(origin, range.lowerBound)
      let exit = min(last, end)
      guard entry < exit else { continue }
      observations.append(
        .init(entry: (entry - origin).days, exit: (exit - origin).days, isEvent: last <= end))
    }
    let churned = observations.count(where: \.isEvent)
    let months = observations.reduce(0) { $0 + $1.exit - $1.entry } / Understanding.daysPerMonth
    let names = calls.dictionary(.customerID)
    let never = subscribers.map { known in
      known.keys.count { name in names.code(of: name).map { weeks.spans[Int($0)] == nil } ?? true }
    }
    return .init(
      silenceDays: silence, followUpEnd: end, followed: observations.count, churned: churned, customerMonths: months,
      ratePct: Ratio.of(Double(churned) * 100, months),
      agesFrom: subscribers == nil ? "first call" : "sign-up", neverCalled: never,
      survival: KaplanMeier(observations).steps)
  }

  // MARK: Changes of use

  private func change(
    _ weeks: CustomerWeeks, _ owners: [Subscriber?], hasSubscriptions: Bool, into findings: inout ChurnFindings
  ) {
    let inside = (0..<weeks.customers).map { subscribed($0, weeks, owners[$0], hasSubscriptions) }
    let changes = UseChanges(weeks, subscribed: inside)
    let lastWeek = weeks.mondays.count - 1
    findings.portfolioRatio = changes.portfolio(week: lastWeek, weeks: 2)
    let falls = changes.significant(falls: true, level: ErrorBudget.familyLevel)
    findings.detections = declines(falls, weeks)
    func named(_ tests: [UseChanges.Test]) -> [ChurnFindings.Change] {
      var best: [Int: UseChanges.Test] = [:]
      for test in tests where test.week == lastWeek {
        if let known = best[test.customer], (known.pValue, known.weeks) <= (test.pValue, test.weeks) { continue }
        best[test.customer] = test
      }
      return best.values.map { self.change($0, weeks, owners[$0.customer]) }
        .sorted { ($0.pValue, $0.customerId) < ($1.pValue, $1.customerId) }
    }
    findings.atRisk = named(falls)
    guard hasSubscriptions else { return }
    let rises = changes.significant(falls: false, level: ErrorBudget.familyLevel)
    let limits = tierLimits(weeks, owners)
    findings.expanding = named(
      rises.filter { test in
        guard let owner = owners[test.customer], let limit = limits[owner.tier] else { return false }
        return weeks.calls(of: test.customer, week: lastWeek) >= limit
      })
  }

  /// The whole weeks that lie inside a customer's subscription, or after its first call.
  private func subscribed(
    _ customer: Int, _ weeks: CustomerWeeks, _ owner: Subscriber?, _ hasSubscriptions: Bool
  ) -> ClosedRange<Int>? {
    guard let span = weeks.spans[customer] else { return nil }
    let from = hasSubscriptions ? owner?.from : Instant(microseconds: Int64(span.first) * Self.hour)
    guard let from else { return nil }
    let inside = weeks.mondays.indices.filter { week in
      weeks.start(ofWeek: week) >= from && owner.map { weeks.end(ofWeek: week) <= $0.to } ?? true
    }
    guard let first = inside.first, let last = inside.last else { return nil }
    return first...last
  }

  /// By tier the calls of the last week that its top tenth reaches; tiers with fewer than ten customers have no limit.
  private func tierLimits(_ weeks: CustomerWeeks, _ owners: [Subscriber?]) -> [String: Int64] {
    var counts: [String: [Int64]] = [:]
    for customer in 0..<weeks.customers {
      guard let owner = owners[customer] else { continue }
      counts[owner.tier, default: []].append(weeks.calls(of: customer, week: weeks.mondays.count - 1))
    }
    return counts.compactMapValues { values in
      values.count >= 10 ? NearestRank.quantile(0.9, ofSorted: values.sorted()) : nil
    }
  }

  private func change(_ test: UseChanges.Test, _ weeks: CustomerWeeks, _ owner: Subscriber?) -> ChurnFindings.Change {
    .init(
      customerId: calls.dictionary(.customerID)[UInt32(test.customer)], tier: owner?.tier,
      monthlyPriceUsd: owner?.price,
      weeks: test.weeks, previousWeeks: test.weeksBefore, previousCalls: test.before, recentCalls: test.after,
      ratio: test.ratio, pValue: test.pValue,
      weeklyCalls: weeks.mondays.indices.map { Double(weeks.calls(of: test.customer, week: $0)) })
  }

  /// Flagged weeks of one customer as declines, joined where they follow each other.
  private func declines(_ falls: [UseChanges.Test], _ weeks: CustomerWeeks) -> [Detection] {
    var byCustomer: [Int: [UseChanges.Test]] = [:]
    for test in falls { byCustomer[test.customer, default: []].append(test) }
    let names = calls.dictionary(.customerID)
    return byCustomer.keys.sorted { names[UInt32($0)] < names[UInt32($1)] }.flatMap { customer -> [Detection] in
      var groups: [[UseChanges.Test]] = []
      for test in (byCustomer[customer] ?? []).sorted(by: { ($0.week, $0.weeks) < ($1.week, $1.weeks) }) {
        if let last = groups.last?.map(\.week).max(), test.week - test.weeks <= last {
          groups[groups.count - 1].append(test)
        } else {
          groups.append([test])
        }
      }
      return groups.map { group in
        let first = group.map { $0.week + 1 - $0.weeks }.min() ?? 0
        let detected = group.map(\.week).min() ?? 0
        let last = group.map(\.week).max() ?? 0
        return Detection(
          .churn, kind: "decline", keys: [.init(column: "customer_id", value: names[UInt32(customer)])],
          start: weeks.start(ofWeek: first), end: weeks.end(ofWeek: last), bin: .days(7),
          detectedAt: weeks.end(ofWeek: detected))
      }
    }
  }

  // MARK: Revenue

  /// Who is subscribed at the window's end against who was at its start, at the prices of then.
  static func bridge(_ periods: [SubscriptionPeriod], _ range: ClosedRange<Instant>) -> ChurnFindings.Bridge {
    func prices(at moment: Instant) -> [String: Int64] {
      var prices: [String: Int64] = [:]
      for period in periods where period.validFrom <= moment && moment < period.validTo {
        prices[period.customer, default: 0] += period.monthlyPrice.nanodollars
      }
      return prices
    }
    let (before, after) = (prices(at: range.lowerBound), prices(at: range.upperBound))
    var sums = (new: Int64(0), expanded: Int64(0), contracted: Int64(0), churned: Int64(0), kept: Int64(0))
    var counts = (new: 0, expanded: 0, contracted: 0, churned: 0)
    for (customer, price) in before {
      guard let now = after[customer] else {
        sums.churned += price
        counts.churned += 1
        continue
      }
      sums.kept += min(price, now)
      if now > price {
        sums.expanded += now - price
        counts.expanded += 1
      } else if now < price {
        sums.contracted += price - now
        counts.contracted += 1
      }
    }
    for (customer, price) in after where before[customer] == nil {
      sums.new += price
      counts.new += 1
    }
    let start = before.values.reduce(0, +)
    return .init(
      startUsd: Money(nanodollars: start), newUsd: Money(nanodollars: sums.new),
      expandedUsd: Money(nanodollars: sums.expanded), contractedUsd: Money(nanodollars: sums.contracted),
      churnedUsd: Money(nanodollars: sums.churned), endUsd: Money(nanodollars: after.values.reduce(0, +)),
      startCustomers: before.count, newCustomers: counts.new, expandedCustomers: counts.expanded,
      contractedCustomers: counts.contracted, churnedCustomers: counts.churned,
      nrrPct: Ratio.percent(sums.kept + sums.expanded, start), grrPct: Ratio.percent(sums.kept, start))
  }

  // MARK: What can't be said

  private func abstentions(_ findings: ChurnFindings) -> [Abstention] {
    var list: [Abstention] = []
    if findings.totalCostUsd == nil { list.append(.missingCost(in: calls)) }
    let sections = ["by_week", "cohorts", "churn", "at_risk", "expanding"]
    if let column = calls.missing(CustomerHours.needed).first {
      for section in sections { list.append(.missing(column, section: section)) }
    } else if findings.churn == nil {
      let weeks = findings.byWeek?.count ?? 0
      for section in sections.dropFirst() {
        list.append(
          Abstention(
            section: section,
            reason: "it needs at least \(ChurnGrowth.minimumWeeks) whole weeks, Monday to Sunday, and there "
              + (weeks == 1 ? "is 1" : "are \(weeks)")))
      }
    } else if findings.expanding == nil {
      list.append(
        Abstention(section: "expanding", reason: "there is no subscriptions file that says who has which tier"))
    }
    if findings.bridge == nil {
      list.append(
        Abstention(
          section: "bridge",
          reason: context.subscriptions == nil
            ? "there is no subscriptions file beside the data" : "the window of the data is not known"))
    }
    return list
  }
}
