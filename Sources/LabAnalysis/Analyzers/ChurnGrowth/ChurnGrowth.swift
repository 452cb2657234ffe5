import LabCore
import LabReport
import LabTable

/// Who is leaving, who is growing, and what it does to recurring revenue.
///
/// Calls come from ``CustomerHours``, revenue from the subscription periods beside the data. Churn is silence: one limit for
/// all customers, with follow-up that ends so long before the data do (``KaplanMeier``); falls and rises of use are tests
/// by whole weeks (``UseChanges``).
struct ChurnGrowth: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "churn_growth", title: "Churn and growth", domain: .advanced, question: "Who is leaving, who is growing?",
    uses: [
      .init(.customerID, for: "all sections"), .init(.timestamp, for: "all sections"),
      .init(.cost, for: "cost by week"), .init(.subscriptionTier, for: "tiers, beside the subscriptions file"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init("active_customers", "Active customers", .customers, "customers with a call in the last seven days"),
      .init("churned_customers", "Churned customers", .customers, "customers silent for the limit or longer"),
      .init("churn_rate_pct", "Churn rate", .percent, "churned customers per 100 customer-months at risk"),
      .init(
        "at_risk_customers", "Customers at risk", .customers, "whose calls fell beyond chance in the last whole weeks"),
      .init(
        "expansion_candidates", "Expansion candidates", .customers,
        "whose calls rose beyond chance, to what the top tenth of their tier makes"),
      .init("nrr_pct", "Net revenue retention", .percent, "of the recurring revenue at the window's start, at its end"),
      .init("grr_pct", "Gross revenue retention", .percent, "the same without expansion"),
    ],
    method: [
      "Weeks are whole ISO weeks. Cohorts are by the week of sign-up; who came before the first whole week is already there.",
      "Churn: a customer is lost at its last call when it has been silent since for the limit L; follow-up ends L before the "
        + "data do, and later calls are censored there. Survival is Kaplan and Meier's (1958), with late entry for who signed "
        + "up before the data (Klein and Moeschberger 2003, 4.6), its error Greenwood's.",
      "A fall or rise compares the last one, two and three weeks with up to eight before (never fewer), inside the "
        + "subscription, against the median customer's ratio, by the split of two negative binomial counts given their sum "
        + "(Johnson, Kemp and Kotz 2005, 6.2.2) with dispersion by volume, or the customer's own where that is greater, "
        + "corrected over all customers and weeks (Benjamini and Hochberg 1995). A week before counts at most as twice their "
        + "median.",
      "The revenue bridge compares who is subscribed at the window's end with who was at its start, at the prices of then.",
    ],
    limits: [
      .init(
        "Silence", "30 days, or half of shorter data",
        because: "longer than a month without a call is no pause, and follow-up needs as many days"),
      .init("Whole weeks", "4", because: "a month shows neither who is leaving nor a cohort's return in less"),
      .init("Calls of a comparison", "20", because: "with fewer no ratio is beyond chance"),
      .init("Fall, rise", "0.7, 1.4", because: "smaller changes come and go"),
      .init(
        "Near the tier's limits", "top tenth of the tier's calls",
        because: "a tier is used up where its largest customers are"),
    ],
    measured: [
      "Customers that fade before they leave, in `incidents` over three times 20 seeds: 7, 5 and 7 of 20 "
        + "found, none of the others named; false ones in 20 seeds of eight weeks of `ordinary`: 6, 5 and 3; in "
        + "100 seeds of `calm`: 0.",
      "More can't be had from such data: docs/performance.md gives the power of the best comparison.",
    ])

  /// The design's limits.
  static let minimumWeeks = 4
  static let silenceDays = 30.0
  static let activeDays: Int64 = 7

  typealias Findings = ChurnFindings

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> ChurnFindings {
    try context.checkpoint()
    let hours = try CustomerHours.of(calls, in: context)
    try context.checkpoint()
    return try ChurnSummation(hours: hours, calls: calls, context: context).findings()
  }

  func summary(of findings: ChurnFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    func count(_ number: Int?) -> MetricValue? { number.map { .integer(Int64($0)) } }
    let bridge = findings.bridge
    let values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "active_customers": (count(findings.activeCustomers), reason("by_week") ?? "there are no calls"),
      "churned_customers": (count(findings.churn?.churned), reason("churn")),
      "churn_rate_pct": (
        findings.churn?.ratePct.map { .number($0) }, reason("churn") ?? "no customer was followed for any time"
      ),
      "at_risk_customers": (count(findings.atRisk?.count), reason("at_risk")),
      "expansion_candidates": (count(findings.expanding?.count), reason("expanding")),
      "nrr_pct": (bridge?.nrrPct.map { .number($0) }, reason("bridge") ?? "nobody was subscribed at the start"),
      "grr_pct": (bridge?.grrPct.map { .number($0) }, reason("bridge") ?? "nobody was subscribed at the start"),
    ]
    return Self.descriptor.metrics.map { meaning in
      let (value, reason) = values[meaning.id] ?? (nil, nil)
      return Self.descriptor.metric(meaning.id, value, unknownBecause: reason)
    }
  }

  func recommendations(of findings: ChurnFindings) -> [Recommendation] { findings.recommendations }
  func abstentions(of findings: ChurnFindings) -> [Abstention] { findings.abstentions }
  func detections(of findings: ChurnFindings) -> [Detection] { findings.detections }

  func report(on findings: ChurnFindings) -> [ReportBlock] {
    ChurnReport(findings: findings, summary: summary(of: findings)).blocks
  }
}
