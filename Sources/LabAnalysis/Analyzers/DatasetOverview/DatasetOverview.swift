import LabCore
import LabPrices
import LabReport
import LabTable

/// What is in a data set, and whether it can be trusted: facts of the file, distributions, an audit of its quality, and how
/// it compares with published figures of real services.
///
/// One pass over the calls feeds all parts; each audit is a type of its own in `Audits/`. What the loader rejected and the
/// disorder of rows are facts of the whole file; everything else is about the selected calls.
struct DatasetOverview: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "dataset_overview", title: "Dataset overview", domain: .advanced,
    question: "What is in this data, and can it be trusted?",
    uses: UsageColumn.allCases.filter { $0 != .latency && $0 != .timeToFirstToken && $0 != .retryOf }.map {
      .init($0, for: "what it holds")
    },
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init("rows", "Rows", .count, "accepted rows of the file"),
      .init("rejected_rows", "Rejected rows", .count, "rows of the file that were rejected on reading"),
      .init("duplicate_call_ids", "Repeated call ids", .calls, "calls whose call_id an earlier call has already"),
      .init(
        "out_of_order_rows", "Rows out of order", .count,
        "rows of the file whose timestamp is before that of the row above"),
      .init(
        "cost_mismatch_calls", "Costs that don't match", .calls,
        "calls whose recorded cost is not tokens × price in force, beyond half a microdollar where the file has six decimals"
      ),
      .init("cost_mismatch_usd", "Sum of differences", .usd, "recorded less priced cost, over those calls"),
      .init("success_rate_pct", "Success rate", .percent, "calls with status success over all calls"),
      .init("hours", "Hours with calls", .hours, "UTC hours with at least one call"),
      .init("days", "Days with calls", .days, "UTC days with at least one call"),
      .init(
        "gini_customers", "Gini of customers", .ratio,
        "unevenness of cost over customers, 0 to 1, those without calls included where subscriptions are known"),
    ],
    method: [
      "Recorded cost is compared with the price book call by call, exactly: token classes, service tier, size and time of the "
        + "call, what failed calls are billed, and the provider's discount.",
      "Repeated ids are found by 64-bit hashes; two different ids of ten million share one with a probability of 3e-6.",
      "A silence is suspicious when, at the data's own mean rate, it would have held at least 20 calls (a Poisson chance "
        + "below 3e-9).",
      "Quantiles are nearest-rank (Hyndman and Fan 1996, definition 1); the sigma of a logarithm is ln(p84/p50).",
      "Gini after Dorfman 1979; the variation of gaps is standard deviation over mean, per customer.",
    ],
    limits: [
      .init("Gaps per customer", "30", because: "rule 3: a mean, and the more a deviation, needs 30 of them"),
      .init("Rows out of order for gaps", "1 %", because: "gaps between neighbours mean nothing in shuffled rows"),
      .init("Expected calls of a suspicious silence", "20", because: "Poisson: e⁻²⁰ is 2e-9"),
    ])

  /// See the descriptor's limits.
  static let minimumGaps: Int64 = 30
  static let disorderLimit = 0.01
  static let suspiciousCalls = 20.0

  /// The groupings: name in findings, title, columns.
  static let groupings: [(name: String, title: String, columns: [UsageColumn])] = [
    ("by_provider", "Provider", [.provider]), ("by_model", "Provider and model", [.provider, .model]),
    ("by_feature", "Feature", [.featureID]), ("by_product", "Product", [.productID]),
    ("by_organization", "Organization", [.organizationID]), ("by_customer", "Customer", [.customerID]),
    ("by_region", "Region", [.region]), ("by_tier", "Tier", [.subscriptionTier]),
    ("by_archetype", "Archetype", [.customerArchetype]), ("by_environment", "Environment", [.environment]),
    ("by_service_tier", "Service tier", [.serviceTier]), ("by_status", "Status", [.status]),
    ("by_error_type", "Error type", [.errorType]), ("by_finish_reason", "Finish reason", [.finishReason]),
  ]

  typealias Findings = DatasetFindings

  static let needsRoom = true

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> DatasetFindings {
    try context.checkpoint()
    let groups = try CallGroups.of(calls, .plain, in: context)
    let scan = try context.pass(request(calls, in: context), over: calls)
    let sizes = try TokenSizes.of(calls, in: context)
    try context.checkpoint()
    let repeated =
      calls.has(.callID)
      ? try context.scanning { () throws(LabFailure) in
        try calls.repeatedCallIDs(where: context.selection, context.scan)
      } : nil
    return DatasetSummation(
      callGroups: groups, scan: scan, sizes: sizes, repeatedIDs: repeated, calls: calls, context: context
    ).findings()
  }

  func passes(over calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> [JointRequest] {
    [
      JointRequest(try CallGroups.request(calls, .plain, in: context)), JointRequest(request(calls, in: context)),
      JointRequest(TokenSizes.request(calls)),
    ]
  }

  private func request(_ calls: CallTable, in context: AnalysisContext) -> ScanRequest<DatasetScan> {
    let index = context.prices.flatMap { PriceIndex($0, calls) }
    let customers = calls.dictionary(.customerID).count
    let hasCustomers = calls.has(.customerID)
    let isOrdered =
      Double(calls.facts.outOfOrderRows) <= Self.disorderLimit * Double(max(1, calls.rowCount))
    let presence =
      hasCustomers
      ? CustomerPresence.tables(
        Self.groupings.filter { $0.name != "by_customer" && calls.missing($0.columns).isEmpty }.map(\.columns), calls)
      : []
    let plan = DatasetScan.Plan(
      presence: presence,
      tokenAudit: TokenAudit(calls, index == nil ? nil : context.prices, index ?? PriceIndex()),
      tierPrices: calls.missing([.timestamp, .customerID, .subscriptionTier, .tierPrice]).isEmpty
        ? TierPriceAudit(customers: customers) : nil,
      gaps: hasCustomers && calls.has(.timestamp) && isOrdered ? CustomerGaps(customers: customers) : nil)
    // What the file lacks of these is read as code 0 or as unknown.
    let columns =
      TokenAudit.columns + presence.flatMap(\.columns) + [
        .customerID, .timestamp, .subscriptionTier, .tierPrice,
      ]
    return ScanRequest(
      key: "dataset", columns: Array(Set(columns)).sorted { $0.rawValue < $1.rawValue }
    ) { DatasetScan(plan) }
  }

  func summary(of findings: DatasetFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    let quality = findings.quality
    let values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "rows": (.integer(Int64(findings.file.rows)), nil),
      "rejected_rows": (.integer(Int64(findings.file.rejectedRows)), nil),
      "duplicate_call_ids": (quality.duplicateCallIds.map { .integer(Int64($0)) }, reason("duplicate_call_ids")),
      "out_of_order_rows": (.integer(Int64(quality.outOfOrderRows)), nil),
      "cost_mismatch_calls": (quality.costMismatchCalls.map { .integer(Int64($0)) }, reason("cost_mismatch")),
      "cost_mismatch_usd": (quality.costMismatchUsd.map { .money($0) }, reason("cost_mismatch")),
      "success_rate_pct": (findings.successRatePct.map { .number($0) }, reason("success_rate") ?? "there are no calls"),
      "hours": (findings.hours.map { .integer(Int64($0)) }, reason("gaps")),
      "days": (findings.days.map { .integer(Int64($0)) }, reason("gaps")),
      "gini_customers": (
        findings.giniCustomers.map { .number($0) },
        reason("gini_customers") ?? "it needs two customers and a cost above zero"
      ),
    ]
    return Self.descriptor.metrics.map { meaning in
      let (value, reason) = values[meaning.id] ?? (nil, nil)
      return Self.descriptor.metric(meaning.id, value, unknownBecause: reason)
    }
  }

  func abstentions(of findings: DatasetFindings) -> [Abstention] { findings.abstentions }

  func report(on findings: DatasetFindings) -> [ReportBlock] {
    DatasetReport(findings: findings, summary: summary(of: findings)).blocks
  }
}
