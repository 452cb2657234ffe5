import LabCore
import LabReport
import LabTable

/// Which features earn their cost: use, cost, attributed revenue, and what belongs together.
struct Features: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "features", title: "Features", domain: .revenue, question: "Which features earn their cost?",
    needs: [
      .init(.timestamp, for: "use over time"), .init(.featureID, for: "features"),
      .init(.customerID, for: "customers of a feature"),
    ],
    uses: [
      .init(.cost, for: "cost and return"), .init(.model, for: "model mix"), .init(.provider, for: "model mix"),
      .init(.tierPrice, for: "revenue, where no file of subscriptions lies beside the data"),
      .init(.inputTokens, for: "tokens by feature"), .init(.outputTokens, for: "tokens by feature"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init("features", "Features", .count, "different features with calls"),
      .init(
        "cost_per_active_customer_usd", "Cost per active customer", .usd,
        "cost of the last seven whole days over the customers active in them"),
      .init(
        "best_roi_pct", "Best return", .percent,
        "the highest of the features' returns on cost, each the lower of its two keys"),
      .init(
        "worst_roi_pct", "Worst return", .percent,
        "the lowest of the features' returns on cost, each the lower of its two keys"),
    ],
    method: [
      "Active customers have a call in the last seven whole days, or in the window where it has fewer. Adoption is a "
        + "feature's active customers over all active ones, of the same days; depth is its calls per active customer.",
      "Each customer's prorated revenue (see profitability) is split over its features by calls, and once more by active "
        + "days (days with a call, of the last two years), by largest remainder, so that features and customers without calls "
        + "sum to the revenue. It is a convention, not a cause: nobody knows what a customer would pay without a feature.",
      "Return on cost = (revenue − cost) / cost under each key. A verdict holds only where it holds under both: invest from "
        + "`invest_roi_pct` and `invest_adoption_pct`, sunset below `sunset_roi_pct` and `sunset_adoption_pct`, optimise below "
        + "`optimise_roi_pct`, maintain else; limits in `analysis.feature_limits`.",
      "A trend compares the last k whole ISO weeks with the k before. A launch is a first call at least seven days after the "
        + "window began; its curve counts whole weeks from that day.",
      "Bundles: support is the share of customers with calls that use both, confidence that of one's users who use the other "
        + "(Agrawal, Imieliński and Swami 1993), lift the common users over those expected when users are dealt anew within "
        + "deciles of calls. Its distribution is exact (hypergeometric, convolved) or normal with exact mean and variance; "
        + "Holm's correction at 5 % over the pairs of the 20 most used features.",
    ],
    limits: [
      .init(
        "Calls of a feature", "100", because: "fewer say nothing about return or adoption; it is named and left out"),
      .init("Days for a return", "7", because: "a subscription pays every day, calls follow the week"),
      .init("Customers for bundles", "30", because: "deciles of fewer hold two or less"),
      .init(
        "Support of a bundle", "5 to 95 %", because: "above, nearly everybody uses both, and below nearly nobody does"),
      .init("Lift of a bundle", "1.1", because: "a smaller one is of no practical size"),
    ])

  /// Below it a feature is named and left out.
  static let minimumCalls: Int64 = 100
  static let minimumDays = 7.0
  static let bundleCustomers = 30
  static let bundleFeatures = 20
  static let bundleSupport = 5.0...95.0
  static let bundleLift = 1.1
  static let bundleLevel = 0.05

  typealias Findings = FeatureFindings

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> FeatureFindings {
    try context.checkpoint()
    guard let ledger = try CustomerLedger.of(calls, in: context) else { return FeatureFindings() }
    let scan = try FeatureScan.of(calls, window: ledger.window, in: context)
    try context.checkpoint()
    return try FeatureSummation(scan: scan, ledger: ledger, calls: calls, context: context).findings()
  }

  func summary(of findings: FeatureFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    let isEmpty = findings.totalCalls == 0
    let noReturn = isEmpty ? "there are no calls" : reason("returns") ?? "no feature has enough calls and cost"
    let values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "features": (.integer(Int64(findings.features)), nil),
      "cost_per_active_customer_usd": (
        findings.costPerActiveCustomerUsd.map { .number($0) },
        isEmpty
          ? "there are no calls" : reason("cost") ?? reason("use") ?? "no customer was active in the last seven days"
      ),
      "best_roi_pct": (findings.bestRoiPct.map { .number($0) }, noReturn),
      "worst_roi_pct": (findings.worstRoiPct.map { .number($0) }, noReturn),
    ]
    return Self.descriptor.metrics.map { meaning in
      let (value, reason) = values[meaning.id] ?? (nil, nil)
      return Self.descriptor.metric(meaning.id, value, unknownBecause: reason)
    }
  }

  func abstentions(of findings: FeatureFindings) -> [Abstention] { findings.abstentions }

  func recommendations(of findings: FeatureFindings) -> [Recommendation] {
    FeatureAdvice(findings: findings).recommendations
  }

  func report(on findings: FeatureFindings) -> [ReportBlock] {
    FeatureReport(
      findings: findings, summary: summary(of: findings), recommendations: recommendations(of: findings)
    ).blocks
  }
}
