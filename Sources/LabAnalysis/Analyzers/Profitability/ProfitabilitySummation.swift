import LabCore
import LabReport
import LabTable

/// Turns the ledger into the findings of ``Profitability``.
struct ProfitabilitySummation {
  let ledger: CustomerLedger
  let calls: CallTable
  let context: AnalysisContext

  /// Points of the whale curve.
  private static let whalePoints = 200
  /// Customers whose weeks are shown.
  private static let shownWorst = 15

  private var hasRevenue: Bool { ledger.source != .unknown }
  private var hasMargin: Bool { hasRevenue && ledger.hasCost && ledger.days >= Profitability.minimumDays }

  func findings() throws(AnalysisError) -> ProfitabilityFindings {
    var findings = ProfitabilityFindings(start: ledger.window.lowerBound, end: ledger.window.upperBound)
    findings.days = ledger.days
    let accounts = ledger.accounts
    findings.totalCalls = accounts.reduce(0) { $0 + $1.calls }
    findings.totalCostUsd = ledger.hasCost ? try ledger.total(\.cost) : nil
    findings.revenueSource = ledger.source.rawValue
    findings.revenueUsd = hasRevenue ? try ledger.total(\.revenue) : nil
    findings.customers = accounts.count
    let silent = accounts.filter { $0.calls == 0 }
    findings.customersWithoutCalls = silent.count
    if hasRevenue {
      let paid = silent.reduce(Int64(0)) { $0 &+ $1.revenue.nanodollars }
      findings.revenueWithoutCallsUsd = Money(nanodollars: paid)
      findings.customersWithoutSubscription = accounts.reduce(0) { $0 + ($1.subscribed == 0 ? 1 : 0) }
    }
    findings.overlappingPeriods = ledger.overlaps
    findings.byCustomer = try customers()
    try context.checkpoint()
    findings.byTier = groups(findings.byCustomer, "subscription_tier") { $0.subscriptionTier }
    findings.byArchetype = groups(findings.byCustomer, "customer_archetype") { $0.customerArchetype }
    findings.byOrganization = groups(findings.byCustomer, "organization_id") { $0.organizationId }
    if hasMargin { try addMargins(to: &findings) }
    findings.abstentions = abstentions(findings)
    return findings
  }

  private func addMargins(to findings: inout ProfitabilityFindings) throws(AnalysisError) {
    guard let revenue = findings.revenueUsd, let cost = findings.totalCostUsd else { return }
    let margin = Money(nanodollars: revenue.nanodollars &- cost.nanodollars)
    findings.marginUsd = margin
    findings.marginPct = Ratio.percent(margin.nanodollars, revenue.nanodollars)
    let interval = CustomerInterval.ratio(
      ledger.accounts.map(\.margin.dollars), ledger.accounts.map(\.revenue.dollars))
    findings.marginPctLow = interval.map { $0.low * 100 }
    findings.marginPctHigh = interval.map { $0.high * 100 }
    findings.monthlyRevenueUsd = Months.monthly(revenue, from: ledger.span)
    findings.monthlyMarginUsd = Months.monthly(margin, from: ledger.span)
    findings.categories = categories(findings.byCustomer)
    findings.unprofitable = unprofitable(findings.byCustomer)
    findings.whaleCurve = whaleCurve()
    findings.gini = .init(
      revenue: Gini.coefficient(of: ledger.accounts.map(\.revenue)),
      cost: Gini.coefficient(of: ledger.accounts.map(\.cost)),
      margin: Gini.coefficient(of: ledger.accounts.map(\.margin)))
    findings.breakEven = breakEven()
    findings.worstCustomers = worst(findings.byCustomer)
  }

  // MARK: Customers

  private func customers() throws(AnalysisError) -> [ProfitabilityFindings.CustomerRow] {
    let causes = hasMargin && ledger.hasTokens ? LossSplit(ledger) : nil
    let weeks = hasMargin ? LedgerWeeks(ledger, limit: Profitability.weekLimit) : nil
    var rows: [ProfitabilityFindings.CustomerRow] = []
    rows.reserveCapacity(ledger.accounts.count)
    for account in ledger.accounts {
      let margin = account.margin
      let category = hasMargin ? ProfitabilityFindings.Category.of(margin: margin, revenue: account.revenue) : nil
      let isLoss = category == .unprofitable
      let balance = isLoss ? weeks?.margins(of: account) : nil
      let negative = balance.map { $0.reduce(0) { $0 + ($1.nanodollars < 0 ? 1 : 0) } }
      var own = ProfitabilityFindings.Customer(
        organizationId: account.organization, customerArchetype: account.archetype, subscriptionTier: account.tier,
        subscribedDays: Double(account.subscribed) / Double(Months.microsecondsPerDay),
        revenueUsd: hasRevenue ? account.revenue : nil, marginUsd: hasMargin ? margin : nil,
        marginPct: hasMargin ? Ratio.percent(margin.nanodollars, account.revenue.nanodollars) : nil,
        category: category, monthlyLossUsd: nil, split: isLoss ? causes?.split(account) : nil,
        wholeWeeks: balance?.count, negativeWeeks: negative,
        negativeWeeksPct: balance.flatMap { Ratio.percent(Int64(negative ?? 0), Int64($0.count)) })
      if isLoss {
        guard let loss = Months.monthly(Money(nanodollars: 0 &- margin.nanodollars), from: ledger.span) else {
          throw .sumOutOfRange(what: "losses")
        }
        own.monthlyLossUsd = loss
      }
      rows.append(
        .init(
          keys: [.init(name: "customer_id", value: account.name)], calls: account.calls,
          cost: ledger.hasCost ? account.cost : nil, inputTokens: calls.has(.inputTokens) ? account.inputTokens : nil,
          outputTokens: calls.has(.outputTokens) ? account.outputTokens : nil,
          totalTokens: ledger.hasTokens ? account.totalTokens : nil, own: own))
    }
    return rows.inOrder()
  }

  /// The least profitable customers with the margin of each week.
  private func worst(_ rows: [ProfitabilityFindings.CustomerRow]) -> [ProfitabilityFindings.WorstCustomer] {
    let weeks = LedgerWeeks(ledger, limit: Profitability.weekLimit)
    let losing = Self.losing(rows).prefix(Self.shownWorst)
    let names = Set(losing.map { $0.keys[0].value })
    var accounts: [String: CustomerLedger.Account] = [:]
    for account in ledger.accounts where names.contains(account.name) { accounts[account.name] = account }
    return losing.map { row in
      .init(
        customerId: row.keys[0].value, monthlyLossUsd: row.own.monthlyLossUsd ?? .zero,
        weeklyMarginUsd: accounts[row.keys[0].value].map { weeks.margins(of: $0) } ?? [])
    }
  }

  /// Unprofitable customers, largest loss first.
  static func losing(_ rows: [ProfitabilityFindings.CustomerRow]) -> [ProfitabilityFindings.CustomerRow] {
    rows.filter { $0.own.monthlyLossUsd != nil }.sorted { left, right in
      let (first, second) = (left.own.monthlyLossUsd ?? .zero, right.own.monthlyLossUsd ?? .zero)
      return first == second ? isOrderedBefore(left, right) : first > second
    }
  }

  // MARK: Groups

  private func groups(
    _ rows: [ProfitabilityFindings.CustomerRow], _ name: String, key: (ProfitabilityFindings.Customer) -> String
  ) -> [ProfitabilityFindings.Row] {
    var numbers: [String: Int] = [:]
    var groups: [ProfitabilityFindings.Row] = []
    for row in rows {
      let value = key(row.own)
      let number = numbers[value] ?? groups.count
      if number == groups.count {
        numbers[value] = number
        groups.append(emptyGroup(name, value))
      }
      groups[number].take(row)
    }
    for index in groups.indices {
      let own = groups[index].own
      groups[index].own.marginPct = own.marginUsd.flatMap { margin in
        own.revenueUsd.flatMap { Ratio.percent(margin.nanodollars, $0.nanodollars) }
      }
    }
    return groups.inOrder()
  }

  private func emptyGroup(_ name: String, _ value: String) -> ProfitabilityFindings.Row {
    .init(
      keys: [.init(name: name, value: value)], calls: 0, cost: ledger.hasCost ? .zero : nil,
      inputTokens: calls.has(.inputTokens) ? 0 : nil, outputTokens: calls.has(.outputTokens) ? 0 : nil,
      totalTokens: ledger.hasTokens ? 0 : nil,
      own: .init(
        customers: 0, revenueUsd: hasRevenue ? .zero : nil, marginUsd: hasMargin ? .zero : nil, marginPct: nil,
        unprofitableCustomers: hasMargin ? 0 : nil, monthlyLossUsd: hasMargin ? .zero : nil))
  }

  private func categories(_ rows: [ProfitabilityFindings.CustomerRow]) -> [ProfitabilityFindings.CategoryRow] {
    ProfitabilityFindings.Category.allCases.map { category in
      let own = rows.filter { $0.own.category == category }
      func sum(_ figure: (ProfitabilityFindings.CustomerRow) -> Money?) -> Money {
        Money(nanodollars: own.reduce(0) { $0 &+ (figure($1)?.nanodollars ?? 0) })
      }
      return .init(
        category: category, customers: own.count, revenueUsd: sum(\.own.revenueUsd), costUsd: sum(\.cost),
        marginUsd: sum(\.own.marginUsd), customersPct: Ratio.percent(Int64(own.count), Int64(rows.count)))
    }
  }

  private func unprofitable(_ rows: [ProfitabilityFindings.CustomerRow]) -> ProfitabilityFindings.Unprofitable {
    func losses(_ isMeant: (ProfitabilityFindings.CustomerRow) -> Bool) -> ProfitabilityFindings.CauseRow {
      let own = rows.map { row in isMeant(row) ? row.own.monthlyLossUsd : nil }
      let interval = CustomerInterval.sum(own.map { $0?.dollars ?? 0 })
      return .init(
        cause: nil, customers: own.reduce(0) { $0 + ($1 == nil ? 0 : 1) },
        monthlyLossUsd: Money(nanodollars: own.reduce(0) { $0 &+ ($1?.nanodollars ?? 0) }),
        monthlyLossLowUsd: interval.map { Money(approximating: max(0, $0.low)) },
        monthlyLossHighUsd: interval.map { Money(approximating: max(0, $0.high)) })
    }
    var causes: [ProfitabilityFindings.CauseRow] = []
    for cause in ProfitabilityFindings.Cause.allCases.map(Optional.some) + [nil] {
      var part = losses { $0.own.split?.cause == cause }
      part.cause = cause
      if part.customers > 0 { causes.append(part) }
    }
    let whole = losses { _ in true }
    return .init(
      customers: whole.customers, customersPct: Ratio.percent(Int64(whole.customers), Int64(rows.count)),
      monthlyLossUsd: whole.monthlyLossUsd, monthlyLossLowUsd: whole.monthlyLossLowUsd,
      monthlyLossHighUsd: whole.monthlyLossHighUsd, causes: causes)
  }

  // MARK: Curves

  private func whaleCurve() -> ProfitabilityFindings.Whale? {
    let margins = ledger.accounts.map(\.margin.nanodollars).sorted(by: >)
    guard !margins.isEmpty else { return nil }
    let total = margins.reduce(Int64(0)) { $0 &+ $1 }
    var (running, best, bestCount): (Int64, Int64, Int) = (0, 0, 0)
    var points: [ProfitabilityFindings.WhalePoint] = []
    func point(_ count: Int, _ sum: Int64) -> ProfitabilityFindings.WhalePoint {
      .init(
        customers: count, customersPct: Ratio.percent(Int64(count), Int64(margins.count)) ?? 0,
        marginUsd: Money(nanodollars: sum), marginPct: total > 0 ? Ratio.percent(sum, total) : nil)
    }
    points.append(point(0, 0))
    for (index, margin) in margins.enumerated() {
      running &+= margin
      let count = index + 1
      if running > best { (best, bestCount) = (running, count) }
      // Evenly spaced counts, the last always among them.
      if count * Self.whalePoints / margins.count != index * Self.whalePoints / margins.count {
        points.append(point(count, running))
      }
    }
    return .init(
      points: points, peak: point(bestCount, best), lostUsd: Money(nanodollars: best &- total))
  }

  private func breakEven() -> [ProfitabilityFindings.BreakEven] {
    let tiers = Dictionary(grouping: ledger.accounts, by: \.tier)
    return tiers.sorted { $0.key < $1.key }.map { tier, accounts in
      let (revenue, cost) = (
        accounts.reduce(Int64(0)) { $0 &+ $1.revenue.nanodollars },
        accounts.reduce(Int64(0)) { $0 &+ $1.cost.nanodollars }
      )
      let (count, subscribed) = (
        accounts.reduce(Int64(0)) { $0 + $1.calls }, accounts.reduce(Int128(0)) { $0 + Int128($1.subscribed) }
      )
      let price = Months.monthly(Money(nanodollars: revenue), from: subscribed)
      let perCall = count >= Profitability.minimumCalls ? Ratio.of(cost, count).map { $0 / 1e9 } : nil
      let limit = price.flatMap { price in perCall.flatMap { Ratio.of(price.dollars, $0) } }
      let usage = accounts.compactMap { Months.monthly($0.calls, from: $0.subscribed) }.sorted()
      return .init(
        subscriptionTier: tier, customers: accounts.count, monthlyPriceUsd: price, costPerCallUsd: perCall,
        callsPerMonth: limit, medianCallsPerMonth: NearestRank.quantile(0.5, ofSorted: usage),
        p90CallsPerMonth: NearestRank.quantile(0.9, ofSorted: usage),
        customersBeyond: limit.map { limit in usage.reduce(0) { $0 + ($1 > limit ? 1 : 0) } })
    }
  }

  // MARK: What can't be said

  private func abstentions(_ findings: ProfitabilityFindings) -> [Abstention] {
    var list: [Abstention] = []
    if !ledger.hasCost { list.append(.missingCost(in: calls)) }
    if !hasRevenue { list.append(Abstention(section: "revenue", reason: Profitability.noPrices)) }
    if !hasMargin {
      let reason =
        !hasRevenue
        ? Profitability.noPrices : !ledger.hasCost ? "no call has a recorded cost" : Profitability.tooShort
      list.append(Abstention(section: "margins", reason: reason))
      return list
    }
    if let column = calls.missing([.inputTokens, .outputTokens]).first {
      list.append(.missing(column, section: "causes_of_losses"))
    } else if let causes = findings.unprofitable?.causes, causes.contains(where: { $0.cause == nil }) {
      list.append(
        Abstention(
          section: "causes_of_some_losses",
          reason: "a tier's median customer needs at least seven customers with 30 calls each"))
    }
    if findings.unprofitable?.customers ?? 0 > 0, LedgerWeeks(ledger, limit: 1).isEmpty {
      list.append(Abstention(section: "negative_weeks", reason: "there is no whole week, Monday to Sunday"))
    }
    if findings.marginPctLow == nil {
      list.append(
        Abstention(section: "margin_interval", reason: "an interval needs at least seven customers and some revenue"))
    }
    return list
  }
}

extension GroupRow where Own == ProfitabilityFindings.Figures {
  /// Adds a customer to the group.
  fileprivate mutating func take(_ row: ProfitabilityFindings.CustomerRow) {
    func add(_ sum: inout Money?, _ part: Money?) {
      if let known = sum { sum = Money(nanodollars: known.nanodollars &+ (part?.nanodollars ?? 0)) }
    }
    calls += row.calls
    add(&cost, row.cost)
    inputTokens = inputTokens.map { $0 &+ (row.inputTokens ?? 0) }
    outputTokens = outputTokens.map { $0 &+ (row.outputTokens ?? 0) }
    totalTokens = totalTokens.map { $0 &+ (row.totalTokens ?? 0) }
    own.customers += 1
    add(&own.revenueUsd, row.own.revenueUsd)
    add(&own.marginUsd, row.own.marginUsd)
    add(&own.monthlyLossUsd, row.own.monthlyLossUsd)
    if row.own.category == .unprofitable { own.unprofitableCustomers = own.unprofitableCustomers.map { $0 + 1 } }
  }
}
