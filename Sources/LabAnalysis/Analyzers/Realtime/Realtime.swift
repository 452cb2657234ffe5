import LabCore
import LabPrices
import LabReport
import LabTable

/// What needs a decision now: hours that cost more than chance explains, levels that rose for good, limits that were passed.
///
/// The hours' cost at the prices of the window's end comes from ``HourModelCells``, the customers' part of it from
/// ``CustomerHours``. ``HourlyCost`` looks for events, ``DriftSearch`` for drift; each has its own share of the error budget.
struct Realtime: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "realtime", title: "Realtime", domain: .finops, question: "What needs a decision now?",
    uses: [
      .init(.timestamp, for: "events, drift and alerts"), .init(.cost, for: "cost"),
      .init(.provider, for: "provider risk"), .init(.model, for: "constant prices and price changes"),
      .init(.inputTokens, for: "constant prices"), .init(.outputTokens, for: "constant prices"),
      .init(.customerID, for: "customers over price and the spread of the bill"),
      .init(.featureID, for: "drift by feature"), .init(.tierPrice, for: "customers over price"),
      .init(.status, for: "error rate"), .init(.region, for: "what explains an event"),
      .init(.organizationID, for: "what explains an event"), .init(.productID, for: "what explains an event"),
      .init(.subscriptionTier, for: "what explains an event"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init(
        "anomaly_events", "Cost events", .count,
        "runs of hours whose cost, or what one customer cost in them, is no chance"),
      .init("anomaly_excess_usd", "Excess of cost events", .usd, "cost of their hours beyond the expected"),
      .init("alerts_critical", "Critical alerts", .count, "alerts of level critical, by rule"),
      .init("alerts_warning", "Warnings", .count, "alerts of level warning, by rule"),
      .init(
        "customers_over_price", "Customers over price", .customers,
        "customers whose cost is at least their price for the days subscribed within the window"),
      .init("max_provider_share", "Largest provider share", .ratio, "of the cost, 0 to 1"),
      .init("provider_diversity", "Provider diversity", .ratio, "1 less the sum of squared shares of cost by provider"),
    ],
    method: [
      "An hour's cost is that of its tokens at the price rows in force at the window's end, so that no change of prices is an "
        + "event; calls without such a price count as recorded.",
      "Expected is the mean hour of the last seven days times the pattern of the week: the hour of the week over up to four "
        + "weeks, shrunk to hour of day times weekday, which alone holds under three weeks. Flagged hours teach nothing.",
      "The spread is that of the last 28 days' residuals, the greater of 1.4826 median absolute deviations and the standard "
        + "deviation after drawing residuals in (Huber and Ronchetti 2009).",
      "An hour's p-value is the saddlepoint tail (Daniels 1954) of a sum: the 32 heaviest customers as gamma variables with "
        + "their own past variation, and noise of that spread. Four hours together are tested too. Holm over all of them at half "
        + "of the family's share of the error budget, 0.125 %.",
      "The other half is for single customers: the four hours that end with an hour are held against the customer's share of the "
        + "bill in the 28 days before, times how much the others rose, by a negative binomial tail of cost in mean calls, with "
        + "twice the dispersion that customers of this size and its own past have. Holm over all customers and hours. What "
        + "they explain is taken out of events of the whole; a customer's hours less than a day apart are one event.",
      "A value explains an event when it makes at least half of the excess and 1.5 times its usual share of the bill, in the "
        + "same hours of up to four weeks before.",
      "Drift is a cumulative sum (Page 1954) of daily log cost, and of each feature's log calls over all others', against the "
        + "first 14 days; its limit comes from simulating the procedure, its tail drawn out after Hill (1975). A drift lasts a "
        + "week and is at least a factor of 1.2.",
      "A price is prorated: monthly price × days subscribed within the window / 30.4375; without subscriptions from the tier "
        + "price of the rows, from the customer's first call on.",
      "Provider risk is high above a share of 0.60, medium above 0.40.",
    ],
    limits: [
      .init("Past before a verdict", "14 days", because: "rule 11: two weeks hold two of every weekday"),
      .init("Excess of an event", "5 USD and 10 %", because: "less is nobody's decision"),
      .init(
        "Least effect", "anomaly_sigma standard deviations", because: "the scenario's setting; no significance level"),
      .init("Days for drift", "21", because: "a baseline of two weeks and one that could be another"),
      .init("Days of a price", "7", because: "rule 2: margins are refused below"),
      .init("Error rate of a day", "10 %, from 30 calls", because: "design; rule 3"),
    ],
    measured: [
      "Cost events of `incidents` over three times 20 seeds, the last of which nobody had looked at: precision "
        + "100 % each time, recall of the eligible ones 14 of 14, 17 of 17 and 14 of 15 (goals 80 %).",
      "Drift of the same: precision 85.7, 89.5 and 72.7 %, recall 90, 85 and 80 %.",
      "In 20 seeds of eight weeks of `ordinary`, three times: no false cost event, 2, 0 and 0 false drifts; in "
        + "100 seeds of `calm`: nothing.",
    ])

  /// Hours that findings list; beyond, the chart and the list are left out.
  static let mostListedHours = HourIndex.denseLimit

  typealias Findings = RealtimeFindings

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> RealtimeFindings {
    try context.checkpoint()
    let totals = try CallTotals.of(calls, in: context)
    let range = calls.has(.timestamp) ? try context.timeRange(of: calls) : nil
    var search = RealtimeSearch(calls: calls, context: context, range: range, totals: totals)
    try search.run()
    return search.findings
  }

  func passes(over calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> [JointRequest] {
    let range = calls.has(.timestamp) ? try context.timeRange(of: calls) : nil
    var passes = [JointRequest(RealtimeScan.request(calls, in: range))]
    if let hours = try HourModelCells.request(calls, in: context) { passes.append(JointRequest(hours)) }
    return passes
  }

  func summary(of findings: RealtimeFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    func count(_ level: RealtimeFindings.Level) -> MetricValue {
      .integer(Int64(findings.alerts.count { $0.level == level }))
    }
    let events = reason("cost_events")
    let excess = findings.costEvents.reduce(Int64(0)) { $0 &+ $1.excessUsd.nanodollars }
    let values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "anomaly_events": (events == nil ? .integer(Int64(findings.costEvents.count)) : nil, events),
      "anomaly_excess_usd": (events == nil ? .money(Money(nanodollars: excess)) : nil, events),
      "alerts_critical": (count(.critical), nil),
      "alerts_warning": (count(.warning), nil),
      "customers_over_price": (
        findings.customersOverPrice.map { .integer(Int64($0)) }, reason("customers_over_price")
      ),
      "max_provider_share": (findings.providerRisk.map { .number($0.maxProviderShare) }, reason("provider_risk")),
      "provider_diversity": (findings.providerRisk.map { .number($0.diversity) }, reason("provider_risk")),
    ]
    return Self.descriptor.metrics.map { meaning in
      let (value, reason) = values[meaning.id] ?? (nil, nil)
      return Self.descriptor.metric(meaning.id, value, unknownBecause: reason)
    }
  }

  func abstentions(of findings: RealtimeFindings) -> [Abstention] { findings.abstentions }

  func detections(of findings: RealtimeFindings) -> [Detection] {
    let events = findings.costEvents.map { event in
      Detection(
        .costEvents, keys: event.keys.map { .init(column: $0.column, value: $0.value) }, start: event.start,
        end: event.end, bin: .hours(1), detectedAt: event.detectedAt, excess: event.excessUsd)
    }
    let drifts = findings.drift.map { drift in
      Detection(
        .drift, kind: drift.featureId == nil ? nil : "rate_jump",
        keys: drift.featureId.map { [.init(column: UsageColumn.featureID.name, value: $0)] } ?? [], start: drift.start,
        end: drift.end, bin: .days(1), detectedAt: drift.detectedAt, excess: drift.excessUsd)
    }
    return events.sorted { $0.start < $1.start } + drifts
  }

  func recommendations(of findings: RealtimeFindings) -> [Recommendation] {
    RealtimeReport(findings: findings, summary: []).recommendations
  }

  func report(on findings: RealtimeFindings) -> [ReportBlock] {
    RealtimeReport(findings: findings, summary: summary(of: findings)).blocks
  }
}
