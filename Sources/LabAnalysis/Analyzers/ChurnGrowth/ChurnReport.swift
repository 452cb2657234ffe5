import LabCore
import LabReport

/// The report of ``ChurnGrowth``.
struct ChurnReport {
  let findings: ChurnFindings
  let summary: [Metric]

  private static let shownRows = 15
  /// Weeks of the retention triangle.
  private static let shownWeeks = 12

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to show.")
    } else {
      summary
      ReportBlock.Section("By week") {
        growth
        weekTable
      }
      churnSection
      ReportBlock.Section("Cohorts") {
        triangle
        cohortTable
      }
      changeSection
      bridgeSection
      findings.recommendations
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  // MARK: Weeks

  private var growth: Chart? {
    guard let weeks = findings.byWeek, weeks.count > 1, let last = weeks.last, let change = last.callsChangePct else {
      return nil
    }
    return Chart(
      id: "weekly_growth",
      title: "Calls in \(last.week): \(change < 0 ? "" : "+")\(Unit.percent.text(of: change)) on the week before",
      kind: .line, x: .init("Week from (UTC)", scale: .time), y: .init("Calls", unit: .calls),
      series: [.init("Calls", points: weeks.map { .init(at: $0.start, Double($0.calls)) }, unit: .calls)],
      tableID: "by_week")
  }

  private var weekTable: ReportTable? {
    guard let weeks = findings.byWeek, !weeks.isEmpty else { return nil }
    return ReportTable(
      id: "by_week", title: "Customers, calls and cost by whole week (UTC)",
      columns: [
        .key("week", "Week"), .init("active_customers", "Active", unit: .count),
        .init("active_change_pct", "Change of active", unit: .percent, priority: 2),
        .init("calls", "Calls", unit: .count),
        .init("calls_change_pct", "Change of calls", unit: .percent, priority: 2),
        .init("cost_usd", "Cost", unit: .usd),
        .init("cost_change_pct", "Change of cost", unit: .percent, priority: 2),
      ],
      rows: weeks.map { week in
        [
          .text(week.week), .count(week.activeCustomers), .number(week.activeChangePct, .percent, else: "first"),
          .count(week.calls), .number(week.callsChangePct, .percent, else: "first"),
          .money(week.costUsd, else: "no costs"), .number(week.costChangePct, .percent, else: "first"),
        ]
      }, shownLimit: 26, sortNote: "by week")
  }

  // MARK: Churn

  @ReportBuilder private var churnSection: [ReportBlock] {
    if let churn = findings.churn {
      ReportBlock.Section("Churn", text: churnText(churn)) {
        survivalChart(churn)
        survivalTable(churn)
      }
    }
  }

  private func churnText(_ churn: ChurnFindings.Churn) -> String {
    var text =
      "\(NumberFormat.counted(churn.churned, "customer")) of \(NumberFormat.grouped(churn.followed)) followed made no call "
      + "for \(NumberFormat.counted(Int(churn.silenceDays), "day")) or longer; follow-up ends "
      + "\(churn.followUpEnd.formatted(fractionDigits: 0)). Ages count from the \(churn.agesFrom)."
    if let never = churn.neverCalled, never > 0 {
      text += " \(NumberFormat.counted(never, "subscriber")) never called and stand outside."
    }
    return text
  }

  private static let leastAtRisk = 10

  private func survivalChart(_ churn: ChurnFindings.Churn) -> Chart? {
    // Beyond the last age that enough customers were of, one loss more or less makes the curve.
    guard let end = churn.survival.lastIndex(where: { $0.atRisk >= Self.leastAtRisk }), end > 0 else { return nil }
    let (steps, last) = (churn.survival[...end], churn.survival[end])
    // The curve holds its value until the next loss, and all are there at first.
    var points = [Chart.Point(x: 0, y: 100)]
    for step in steps {
      points += [.init(x: step.days, y: points.last?.y), .init(x: step.days, y: step.survival * 100)]
    }
    return Chart(
      id: "survival",
      title: "\(Unit.percent.text(of: last.survival * 100)) are left after "
        + Unit.days.textWithUnit(of: last.days),
      kind: .line, x: .init("Age", unit: .days), y: .init("Still calling", unit: .percent),
      series: [.init("Still calling", points: points, unit: .percent)], tableID: "survival",
      note: steps.count < churn.survival.count
        ? "up to the last loss at an age that \(Self.leastAtRisk) customers or more were followed at" : nil)
  }

  private func survivalTable(_ churn: ChurnFindings.Churn) -> ReportTable? {
    guard !churn.survival.isEmpty else { return nil }
    return ReportTable(
      id: "survival", title: "Survival by age (Kaplan and Meier)",
      columns: [
        .init("days", "Age", unit: .days, role: .key, alignment: .trailing),
        .init("at_risk", "At risk", unit: .count), .init("events", "Lost", unit: .count),
        .init("survival_pct", "Still calling", unit: .percent),
        .init("standard_error_pct", "Standard error", unit: .percent),
      ],
      rows: churn.survival.map { step in
        [
          .number(step.days, .days), .count(step.atRisk), .count(step.events), .percent(step.survival * 100),
          .percent(step.standardError * 100),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by age")
  }

  // MARK: Cohorts

  private func retention(_ cohort: ChurnFindings.Cohort, _ week: Int) -> Double? {
    guard cohort.activeByWeek.indices.contains(week) else { return nil }
    return Ratio.percent(Int64(cohort.activeByWeek[week]), Int64(cohort.customers))
  }

  private var triangle: Chart? {
    guard let cohorts = findings.cohorts, let largest = cohorts.max(by: { $0.customers < $1.customers }),
      let kept = retention(largest, largest.activeByWeek.count - 1)
    else { return nil }
    let count = min(Self.shownWeeks, cohorts.map(\.activeByWeek.count).max() ?? 0)
    return Chart(
      id: "retention",
      title: "Of the cohort '\(largest.cohort)', \(Unit.percent.text(of: kept)) called in the last whole week",
      kind: .heatmap, x: .init("Week", scale: .category), y: .init("Cohort", unit: .percent, scale: .category),
      categories: (0..<count).map { "\($0)" },
      series: cohorts.suffix(Self.shownWeeks + 1).map { cohort in
        .init(cohort.cohort, values: (0..<count).map { retention(cohort, $0) }, unit: .percent)
      }, tableID: "cohorts")
  }

  private var cohortTable: ReportTable? {
    guard let cohorts = findings.cohorts, !cohorts.isEmpty else { return nil }
    let count = min(Self.shownWeeks, cohorts.map(\.activeByWeek.count).max() ?? 0)
    return ReportTable(
      id: "cohorts", title: "Share of each cohort that called, by week since it came",
      columns: [.key("cohort", "Cohort"), .init("customers", "Customers", unit: .count)]
        + (0..<count).map { .init("week_\($0)_pct", "Week \($0)", unit: .percent, priority: $0 < 4 ? 1 : 3) },
      rows: cohorts.map { cohort in
        [.text(cohort.cohort), .count(cohort.customers)]
          + (0..<count).map { .number(retention(cohort, $0), .percent, else: "later") }
      }, shownLimit: Self.shownRows, sortNote: "by week of sign-up")
  }

  // MARK: Changes

  @ReportBuilder private var changeSection: [ReportBlock] {
    if let atRisk = findings.atRisk {
      ReportBlock.Section("At risk and expanding", text: changeText(atRisk)) {
        changeTable("at_risk", "Customers at risk", atRisk)
        findings.expanding.flatMap { changeTable("expanding", "Customers that outgrow their tier", $0) }
      }
    }
  }

  private func changeText(_ atRisk: [ChurnFindings.Change]) -> String {
    var text =
      atRisk.isEmpty
      ? "No customer's calls fell beyond chance in the last whole weeks."
      : "The calls of \(NumberFormat.counted(atRisk.count, "customer")) fell beyond chance in the last whole weeks."
    if let expanding = findings.expanding {
      text +=
        expanding.isEmpty
        ? " None rose beyond chance to the top of its tier."
        : " Those of \(NumberFormat.counted(expanding.count, "customer")) rose beyond chance to the top of the tier."
    }
    if let ratio = findings.portfolioRatio {
      text += " All customers together: \(Unit.ratio.text(of: ratio)) times the calls of the two weeks before."
    }
    return text
  }

  private func changeTable(_ id: String, _ title: String, _ changes: [ChurnFindings.Change]) -> ReportTable? {
    guard !changes.isEmpty else { return nil }
    return ReportTable(
      id: id, title: title,
      columns: [
        .key("customer_id", "Customer"), .note("tier", "Tier"), .init("monthly_price_usd", "Price", unit: .usd),
        .init("previous_weeks", "Weeks before", unit: .count), .init("previous_calls", "Calls before", unit: .count),
        .init("weeks", "Weeks since", unit: .count), .init("recent_calls", "Calls since", unit: .count),
        .init("ratio", "Ratio a week", unit: .ratio),
        .init("weekly_calls", "By week", priority: 2),
      ],
      rows: changes.map { change in
        [
          .text(change.customerId), change.tier.map { .text($0) } ?? .missing("unknown"),
          .money(change.monthlyPriceUsd, else: "unknown"), .count(change.previousWeeks),
          .count(change.previousCalls), .count(change.weeks), .count(change.recentCalls),
          .number(change.ratio, .ratio, else: "new"), .spark(change.weeklyCalls),
        ]
      }, shownLimit: Self.shownRows, sortNote: "the least likely by chance first")
  }

  // MARK: Revenue

  @ReportBuilder private var bridgeSection: [ReportBlock] {
    if let bridge = findings.bridge {
      ReportBlock.Section(
        "Recurring revenue", text: "Monthly prices of who is subscribed, at the window's start and end."
      ) {
        bridgeChart(bridge)
        bridgeTable(bridge)
      }
    }
  }

  private func bridgeChart(_ bridge: ChurnFindings.Bridge) -> Chart {
    let change = Money(nanodollars: bridge.endUsd.nanodollars &- bridge.startUsd.nanodollars)
    return Chart(
      id: "revenue_bridge",
      title: "Recurring revenue went from \(NumberFormat.money(bridge.startUsd)) to "
        + "\(NumberFormat.money(bridge.endUsd)) a month (\(change.nanodollars < 0 ? "" : "+")\(NumberFormat.money(change)))",
      kind: .waterfall, x: .init("Part", scale: .category), y: .init("Revenue", unit: .usdPerMonth),
      categories: ["Start", "New", "Expanded", "Contracted", "Churned", "End"],
      series: [
        .init(
          "Change",
          values: [
            nil, bridge.newUsd.dollars, bridge.expandedUsd.dollars, -bridge.contractedUsd.dollars,
            -bridge.churnedUsd.dollars, nil,
          ], unit: .usdPerMonth),
        .init(
          "Total", values: [bridge.startUsd.dollars, nil, nil, nil, nil, bridge.endUsd.dollars], role: .total,
          unit: .usdPerMonth),
      ], tableID: "revenue_bridge", risesAreGood: true)
  }

  private func bridgeTable(_ bridge: ChurnFindings.Bridge) -> ReportTable {
    func negative(_ money: Money) -> Cell { .money(Money(nanodollars: -money.nanodollars)) }
    return ReportTable(
      id: "revenue_bridge", title: "Recurring revenue a month",
      columns: [
        .key("part", "Part"), .init("customers", "Customers", unit: .count), .init("usd", "Revenue", unit: .usd),
      ],
      rows: [
        [.text("Start"), .count(bridge.startCustomers), .money(bridge.startUsd)],
        [.text("New"), .count(bridge.newCustomers), .money(bridge.newUsd)],
        [.text("Expanded"), .count(bridge.expandedCustomers), .money(bridge.expandedUsd)],
        [.text("Contracted"), .count(bridge.contractedCustomers), negative(bridge.contractedUsd)],
        [.text("Churned"), .count(bridge.churnedCustomers), negative(bridge.churnedUsd)],
      ],
      totals: [
        .text("End"), .count(bridge.startCustomers + bridge.newCustomers - bridge.churnedCustomers),
        .money(bridge.endUsd),
      ])
  }
}
