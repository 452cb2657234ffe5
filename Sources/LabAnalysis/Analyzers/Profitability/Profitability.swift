import LabCore
import LabReport
import LabTable

/// Which customers earn money: prorated revenue against the cost of the calls, per customer and group.
///
/// Everything rests on the ``CustomerLedger``: customers that pay and never call are in it, and all groups sum to the
/// revenue, the cost and the margin to the nanodollar.
struct Profitability: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "profitability", title: "Profitability", domain: .revenue,
    question: "Which customers earn money, and which cost more than they pay?",
    needs: [
      .init(.timestamp, for: "the window"), .init(.customerID, for: "customers"), .init(.cost, for: "margins"),
    ],
    uses: [
      .init(.tierPrice, for: "revenue, where no file of subscriptions lies beside the data"),
      .init(.subscriptionTier, for: "margins by tier"), .init(.customerArchetype, for: "margins by archetype"),
      .init(.organizationID, for: "margins by organization"), .init(.inputTokens, for: "causes of losses"),
      .init(.outputTokens, for: "causes of losses"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init("revenue_usd", "Revenue", .usd, "monthly prices, prorated to the days subscribed within the window"),
      .init("margin_usd", "Contribution margin", .usd, "revenue less recorded cost, of the window"),
      .init("margin_pct", "Margin", .percent, "contribution margin over revenue"),
      .init("customers", "Customers", .customers, "with a subscription or a call in the window"),
      .init(
        "unprofitable_customers", "Unprofitable customers", .customers, "customers whose calls cost more than they pay"),
      .init(
        "unprofitable_loss_usd", "Loss on unprofitable customers", .usdPerMonth,
        "what these customers cost beyond their revenue, per month"),
    ],
    method: [
      "Revenue is the monthly price × days subscribed within the window / 30.4375, per stretch at one price, from the "
        + "subscription periods beside the data; without that file each customer pays the tier price of its rows for the "
        + "whole window, changed when its rows change it. Customers that pay and never call count.",
      "A customer stands under the tier, archetype and organization of its last subscription in the window.",
      "Categories by margin over revenue: high from 50 %, medium from 20 %, low from 0 %, unprofitable below. Who pays "
        + "nothing and costs something is unprofitable.",
      "Per month means × 30.4375 / days of the window.",
      "A loss is explained against the tier's median customer: monthly cost = calls × tokens per call × price per token, "
        + "against the medians of these three over the tier's customers. The difference is split by Shapley values "
        + "(Shapley 1953), the mean over all orders in which the three can change, so that volume, length and model mix "
        + "sum to it exactly; price per token holds the choice of model and of token class. The largest part is the cause.",
      "A week is negative when the cost of its calls exceeds the revenue prorated to it; only whole ISO weeks count, at "
        + "most the last 104.",
      "The whale curve sums margins from the most to the least profitable customer (Kaplan and Narayanan 2001).",
      "Break-even usage of a tier is its revenue per subscribed month over its cost per call.",
      "Intervals resample customers (Efron and Tibshirani 1993, 13.3); above 1,000 customers they are the normal ones of "
        + "a ratio (Cochran 1977, 2.11).",
    ],
    limits: [
      .init("Days for a margin", "7", because: "a subscription pays every day, calls follow the week"),
      .init("Customers of a tier for its median", "7", because: "a median of fewer is one customer's habit"),
      .init("Calls for a mean", "30", because: "a cost per call of fewer is that of single calls"),
    ])

  /// Margins are refused below.
  static let minimumDays = 7.0
  /// Customers of a tier whose medians may stand for it.
  static let minimumPeers = 7
  /// Calls below which a mean is that of single calls.
  static let minimumCalls: Int64 = 30
  /// Whole weeks that are looked at: two years.
  static let weekLimit = 104
  static let noPrices = "there is no file of subscriptions beside the data, and no column 'tier_price_usd'"
  static let tooShort = "a margin needs at least seven days of data"

  typealias Findings = ProfitabilityFindings

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> ProfitabilityFindings {
    try context.checkpoint()
    guard let ledger = try CustomerLedger.of(calls, in: context) else { return ProfitabilityFindings() }
    try context.checkpoint()
    return try ProfitabilitySummation(ledger: ledger, calls: calls, context: context).findings()
  }

  func summary(of findings: ProfitabilityFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    let isEmpty = findings.totalCalls == 0
    let noMargin = isEmpty ? "there are no calls" : reason("margins") ?? "there is no revenue"
    let values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "revenue_usd": (findings.revenueUsd.map { .money($0) }, isEmpty ? "there are no calls" : reason("revenue")),
      "margin_usd": (findings.marginUsd.map { .money($0) }, noMargin),
      "margin_pct": (findings.marginPct.map { .number($0) }, noMargin),
      "customers": (.integer(Int64(findings.customers)), nil),
      "unprofitable_customers": (findings.unprofitable.map { .integer(Int64($0.customers)) }, noMargin),
      "unprofitable_loss_usd": (findings.unprofitable.map { .money($0.monthlyLossUsd) }, noMargin),
    ]
    return Self.descriptor.metrics.map { meaning in
      let (value, reason) = values[meaning.id] ?? (nil, nil)
      return Self.descriptor.metric(meaning.id, value, unknownBecause: reason)
    }
  }

  func abstentions(of findings: ProfitabilityFindings) -> [Abstention] { findings.abstentions }

  func recommendations(of findings: ProfitabilityFindings) -> [Recommendation] {
    ProfitabilityAdvice(findings: findings).recommendations
  }

  func report(on findings: ProfitabilityFindings) -> [ReportBlock] {
    ProfitabilityReport(
      findings: findings, summary: summary(of: findings), recommendations: recommendations(of: findings)
    ).blocks
  }
}
