import LabCore
import LabReport

/// The report of ``Realtime``.
struct RealtimeReport {
  let findings: RealtimeFindings
  let summary: [Metric]

  /// Rows of a table that a page shows at first.
  private static let shownRows = 15
  /// The band around the expected cost, in standard deviations.
  private var band: Double { findings.anomalySigma }

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to show.")
    } else {
      summary
      Callout(.info, window)
      verdict
      ReportBlock.Section("Cost events", text: eventsText) {
        hourlyChart
        eventsTable
        partsTable
      }
      ReportBlock.Section("Alerts") {
        alertChart
        alertsTable
        customersTable
      }
      driftSection
      pricesTable
      ReportBlock.Section("Provider risk") {
        providerChart
        providersTable
      }
      recommendations
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  // MARK: Words

  private var window: String {
    guard let start = findings.start, let end = findings.end else {
      return "\(NumberFormat.counted(findings.totalCalls, "call")) without timestamps."
    }
    return "From \(start.formatted(fractionDigits: 0)) to \(end.formatted(fractionDigits: 0)), "
      + "\(NumberFormat.duration(end - start)). \(NumberFormat.counted(findings.testedHours, "hour")) "
      + "\(findings.testedHours == 1 ? "was" : "were") held against what came before."
  }

  private var verdict: Callout {
    let critical = findings.alerts.count { $0.level == .critical }
    guard let first = findings.alerts.first, first.level != .info else {
      return Callout(.good, "No limit was passed, and no hour or level strays further than chance explains.")
    }
    return Callout(
      critical > 0 ? .critical : .warning,
      "\(NumberFormat.counted(critical, "critical alert")) and "
        + "\(NumberFormat.counted(findings.alerts.count { $0.level == .warning }, "warning")). First: \(first.text).")
  }

  private var eventsText: String {
    guard findings.testedHours > 0 else { return "" }
    if findings.costEvents.isEmpty { return "No hour costs more than chance explains." }
    let excess = findings.costEvents.reduce(Int64(0)) { $0 &+ $1.excessUsd.nanodollars }
    return "\(NumberFormat.counted(findings.costEvents.count, "event")) with "
      + "\(NumberFormat.money(Money(nanodollars: excess))) beyond the expected, at the prices of the window's end. What a single customer did is an event of its own, held against "
      + "what that customer usually costs; events of all calls leave it out."
  }

  var recommendations: [Recommendation] {
    guard let start = findings.start, let end = findings.end, end > start else { return [] }
    let months = (end - start).days / Understanding.daysPerMonth
    func monthly(_ dollars: Double) -> Money { Money(approximating: dollars / months) }
    // What customers cost beyond their price is a loss, and losses are for `profitability` to recommend on.
    return findings.costEvents.map { event in
      let keys = event.keys.map { "\($0.column) \($0.value)" }
      let excess = event.excessUsd.dollars
      return Recommendation(
        rule: "explain_cost_event",
        text:
          "Find out why \(NumberFormat.counted(event.hours, "hour")) from \(event.start.formatted(fractionDigits: 0)) "
          + "cost \(NumberFormat.money(event.excessUsd)) more than the expected \(NumberFormat.money(event.expectedUsd))"
          + (keys.isEmpty ? "" : ": \(keys.joined(separator: ", "))") + ".",
        monthlyEffect: monthly(excess), low: monthly(max(0, excess - event.expectedUsd.dollars)),
        high: monthly(event.costUsd.dollars),
        evidence: [
          .init("cost", .money(event.costUsd)), .init("expected", .money(event.expectedUsd)),
          .init("p-value", .text(AbuseReport.chance(event.pValue))),
        ] + event.parts.map { .init("\($0.column) \($0.value)", .percent($0.share * 100)) },
        check: "Whether a launch, a batch job or a new customer explains it before anything is limited.")
    }
  }

  // MARK: Tables

  private var eventsTable: ReportTable? {
    guard !findings.costEvents.isEmpty else { return nil }
    return ReportTable(
      id: "cost_events", title: "Cost events",
      columns: [
        .key("start", "Start"), .init("hours", "Hours", unit: .hours), .init("cost_usd", "Cost", unit: .usd),
        .init("expected_usd", "Expected", unit: .usd), .init("excess_usd", "Excess", unit: .usd, priority: 0),
        .note("p_value", "p-value", priority: 3), .note("explained_by", "Explained by", priority: 1),
      ],
      rows: findings.costEvents.map { event in
        [
          .instant(event.start), .count(event.hours), .money(event.costUsd), .money(event.expectedUsd),
          .money(event.excessUsd), .text(AbuseReport.chance(event.pValue)),
          .text(event.keys.map { "\($0.column) \($0.value)" }.joined(separator: ", ")),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by excess, largest first")
  }

  private var partsTable: ReportTable? {
    let rows = findings.costEvents.flatMap { event in event.parts.map { (event, $0) } }
    guard !rows.isEmpty else { return nil }
    return ReportTable(
      id: "event_parts", title: "What makes the excess",
      columns: [
        .key("start", "Event"), .key("column", "By"), .note("value", "Value", priority: 0),
        .init("excess_usd", "Excess", unit: .usd), .init("share_pct", "Of the excess", unit: .percent),
        .init("usual_share_pct", "Usually", unit: .percent), .note("explains", "Explains", priority: 2),
      ],
      rows: rows.map { event, part in
        [
          .instant(event.start), .text(part.column), .text(part.value.isEmpty ? "(none)" : part.value),
          .money(part.excessUsd), .percent(part.share * 100), .percent(part.usualShare * 100),
          .text(part.explains ? "yes" : "no"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by event",
      note: "By dimension the value with the largest part; recorded cost, against the same hours of the weeks before.")
  }

  private var alertsTable: ReportTable? {
    guard !findings.alerts.isEmpty else { return nil }
    return ReportTable(
      id: "alerts", title: "Alerts",
      columns: [
        .key("at", "Time"), .key("rule", "Rule"), .note("level", "Level", priority: 0),
        .note("subject", "About", priority: 2), .note("text", "What", priority: 1),
      ],
      rows: findings.alerts.map {
        [.instant($0.at), .text($0.rule.title), .text($0.level.rawValue), .text($0.subject), .text($0.text)]
      }, shownLimit: Self.shownRows, sortNote: "critical ones first, then by time")
  }

  private var customersTable: ReportTable? {
    guard !findings.costlyCustomers.isEmpty else { return nil }
    return ReportTable(
      id: "costly_customers", title: "Customers near or over their price",
      columns: [
        .key("customer_id", "Customer"), .init("cost_usd", "Cost", unit: .usd),
        .init("prorated_price_usd", "Price", unit: .usd), .init("cost_of_price_pct", "Cost of price", unit: .percent),
        .init("passed_pct", "Passed", unit: .percent, priority: 2),
      ],
      rows: findings.costlyCustomers.map {
        [
          .text($0.customerId), .money($0.costUsd), .money($0.proratedPriceUsd), .percent($0.pct),
          .percent(Double($0.passed)),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by cost over price, highest first",
      note: findings.priceSource == "subscriptions"
        ? "Monthly price for the days subscribed within the window."
        : "The rows' tier price, for the days since the customer's first call: there is no file of subscriptions.")
  }

  @ReportBuilder private var driftSection: [ReportBlock] {
    if !findings.driftSeries.isEmpty {
      ReportBlock.Section(
        "Drift",
        text: findings.drift.isEmpty
          ? "No level rose for good against the first two weeks."
          : "Levels that rose for good against the first two weeks."
      ) {
        ReportTable(
          id: "drift", title: "Cumulative sums",
          columns: [
            .key("feature_id", "Feature"), .init("highest", "Highest sum"), .init("limit", "Limit"),
            .note("since", "Drift since"), .init("factor", "Times before"),
          ],
          rows: findings.driftSeries.map { series in
            let drift = findings.drift.first { $0.featureId == series.featureId }
            return [
              .text(series.featureId ?? "(cost of all calls)"), .number(series.highest, .none),
              .number(series.limit, .none), drift.map { .date($0.start.date) } ?? .text("none"),
              .number(drift?.factor, .none, else: ""),
            ]
          }, note: "In standard deviations of the first 14 days; the limit is simulated.")
      }
    }
  }

  private var pricesTable: ReportTable? {
    guard !findings.priceChanges.isEmpty else { return nil }
    return ReportTable(
      id: "price_changes", title: "Price changes within the window",
      columns: [
        .key("at", "From"), .key("provider", "Provider"), .key("model", "Model"),
        .init("input_before", "Input before", unit: .usdPerMillionTokens),
        .init("input_after", "Input after", unit: .usdPerMillionTokens),
        .init("output_before", "Output before", unit: .usdPerMillionTokens),
        .init("output_after", "Output after", unit: .usdPerMillionTokens),
        .init("effect_usd", "Effect since", unit: .usd),
      ],
      rows: findings.priceChanges.map {
        [
          .instant($0.at), .text($0.provider), .text($0.model),
          .number($0.inputBeforePerMillionUsd, .usdPerMillionTokens, else: "none"),
          .number($0.inputAfterPerMillionUsd, .usdPerMillionTokens, else: "none"),
          .number($0.outputBeforePerMillionUsd, .usdPerMillionTokens, else: "none"),
          .number($0.outputAfterPerMillionUsd, .usdPerMillionTokens, else: "none"),
          .money($0.effectUsd, else: "changed again"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by time", note: "Contracted prices of the standard tier.")
  }

  private var providersTable: ReportTable? {
    guard let rows = findings.byProvider, !rows.isEmpty else { return nil }
    return ReportTable(
      id: "by_provider", title: "Cost by provider",
      columns: [
        .key("provider", "Provider"), .init("calls", "Calls", unit: .count), .init("cost_usd", "Cost", unit: .usd),
        .init("cost_share_pct", "Share", unit: .percent, role: .share),
      ],
      rows: rows.map {
        [
          .text($0.label), .integer($0.calls), .money($0.cost, else: "no costs"),
          .number($0.own.costShare.map { $0 * 100 }, .percent, else: "no cost"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  // MARK: Charts

  private var hourlyChart: Chart? {
    guard let hours = findings.byHour, hours.count > 1, let most = hours.max(by: { $0.costUsd < $1.costUsd }),
      most.costUsd.nanodollars > 0
    else { return nil }
    func edge(_ sign: Double) -> [Chart.Point] {
      hours.map { hour in
        let value = hour.expectedUsd.flatMap { expected in hour.deviationUsd.map { expected + sign * band * $0 } }
        return .init(at: hour.hour, value.map { max(0, $0) })
      }
    }
    return Chart(
      id: "hourly_cost",
      title: "The dearest hour is \(most.hour.formatted(fractionDigits: 0)) with \(NumberFormat.money(most.costUsd))",
      kind: .fan, x: .init("Hour (UTC)", scale: .time), y: .init("Cost", unit: .usd),
      series: [
        .init("Cost", points: hours.map { .init(at: $0.hour, $0.costUsd.dollars) }, unit: .usd),
        .init("Lower edge", points: edge(-1), role: .lower, unit: .usd),
        .init("Upper edge", points: edge(1), role: .upper, unit: .usd),
        .init(
          "Events", points: hours.filter(\.flagged).map { .init(at: $0.hour, $0.costUsd.dollars) }, role: .events,
          unit: .usd),
      ],
      note: "at the prices of the window's end; the band is \(NumberFormat.significant(band, digits: 3)) standard "
        + "deviations around the expected, from two weeks of past on")
  }

  private var alertChart: Chart? {
    let rules = RealtimeFindings.Rule.allCases.filter { rule in findings.alerts.contains { $0.rule == rule } }
    guard !rules.isEmpty else { return nil }
    return Chart(
      id: "alert_timeline",
      title: "\(NumberFormat.counted(findings.alerts.count, "alert")), of which "
        + "\(NumberFormat.grouped(findings.alerts.count { $0.level == .critical })) critical",
      kind: .scatter, x: .init("Time (UTC)", scale: .time), y: .init("Value over limit"),
      series: rules.map { rule in
        let alerts = findings.alerts.filter { $0.rule == rule }.sorted { $0.at < $1.at }
        return .init(
          rule.title,
          points: alerts.map { .init(at: $0.at, Ratio.of($0.value, $0.limit), label: $0.subject) }, unit: .ratio)
      }, tableID: "alerts")
  }

  private var providerChart: Chart? {
    guard let risk = findings.providerRisk, let rows = findings.byProvider else { return nil }
    let shown = rows.prefix(Self.shownRows)
    let share = Unit.percent.text(of: risk.maxProviderShare * 100)
    return Chart(
      id: "provider_risk",
      title: "\(risk.provider) makes \(share) of the cost: a \(risk.risk) risk",
      kind: .bar, x: .init("Provider", scale: .category), y: .init("Share of cost", unit: .percent),
      categories: shown.map(\.label),
      series: [.init("Share of cost", values: shown.map { $0.own.costShare.map { $0 * 100 } }, unit: .percent)],
      tableID: "by_provider", note: "high above 60 %, medium above 40 %")
  }
}
