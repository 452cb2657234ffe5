import LabCore
import LabPrices
import LabReport
import LabTable

/// Who should pay for what: chargeback statements to the cent, showback shares, and what an organization pays beside others
/// for the same mix of work.
///
/// One pass sums recorded cost by organization, product, feature and model, by required tags and by day. Statements share the
/// bill out by largest remainder; pools beside the calls are lines of their own.
struct Alignment: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "alignment", title: "Alignment", domain: .finops, question: "Who should pay for what?",
    uses: [
      .init(.organizationID, for: "statements"), .init(.cost, for: "statements"), .init(.productID, for: "lines"),
      .init(.featureID, for: "lines"), .init(.provider, for: "lines"), .init(.model, for: "lines"),
      .init(.inputTokens, for: "shared costs by tokens"), .init(.outputTokens, for: "shared costs by tokens"),
      .init(.timestamp, for: "the period, invoices and intervals"), .init(.metadata, for: "tag coverage"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init("allocated_usd", "Allocated", .usd, "the sum of all statements, in whole cents"),
      .init("unallocated_usd", "Unallocated", .usd, "the part of the bill that no organization bears, in whole cents"),
      .init("organizations", "Organizations", .count, "different organization ids that made calls"),
      .init(
        "tag_coverage_pct", "Tag coverage", .percent, "the share of cost whose calls carry every required tag"),
    ],
    method: [
      "A statement has a line for each product, feature and model, rounded to cents by largest remainder: the statements and "
        + "what nobody bears sum to the bill to the cent.",
      "The bill is recorded cost, shared costs (`analysis.shared_costs`, a month's amount for the days of the window), the "
        + "unused part of commitments held, and the difference to invoices.",
      "A shared cost goes by calls, tokens, cost, or evenly over the organizations with calls; where nobody weighs anything it "
        + "stays unallocated.",
      "A commitment held pays for a level K = payment / r of hourly load, r the committed over the contracted price; unused is "
        + "payment · (K − min(load, K)) / K over the hours from the first to the last call, shared by the organizations' cost "
        + "in its scope.",
      "An invoice is compared with the recorded cost of its provider and calendar month (UTC) in the data; the difference is a "
        + "line of its own, shared by the organizations' cost there. Days of the month outside of the data are part of the "
        + "difference, and how many are covered is said.",
      "The mix-adjusted index is an organization's cost over what its calls would cost at the other organizations' mean per "
        + "feature and product (indirect standardisation: Breslow and Day 1987, II.2.3, the organization left out of its "
        + "standard). The model factor is the same expectation with the others' means per model over that without; the rest is "
        + "the size of calls. The interval resamples whole days (Efron and Tibshirani 1993, 13.3).",
      "Tag coverage is by cost over `analysis.required_tags`; a tag with an empty value doesn't count.",
    ],
    limits: [
      .init("Calls for an index", "30", because: "the mean of fewer says little"),
      .init("Difference that is worth a sentence", "10 %", because: "smaller ones hardly pay for looking"),
      .init("Organizations with intervals", "100", because: "each takes a thousand resamples; the largest come first"),
      .init("Days for an interval", "7", because: "fewer don't hold a whole weekly rhythm"),
    ])

  /// See the descriptor's limits.
  static let minimumCalls: Int64 = 30
  static let leastDifference = 0.1

  typealias Findings = AlignmentFindings

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> AlignmentFindings {
    try context.checkpoint()
    let range = calls.has(.timestamp) ? try context.timeRange(of: calls) : nil
    let scan = try context.pass(request(calls, in: context, range), over: calls)
    try context.checkpoint()
    let held = context.settings.commitmentsHeld
    let hours = held.isEmpty || context.prices == nil ? nil : try HourModelCells.of(calls, in: context)
    return AlignmentSummation(scan: scan, hours: hours, range: range, calls: calls, context: context).findings()
  }

  private func request(
    _ calls: CallTable, in context: AnalysisContext, _ range: ClosedRange<Instant>?
  ) throws(AnalysisError) -> ScanRequest<ChargeScan> {
    let plan = try plan(for: calls, in: context, range)
    return ScanRequest(key: "charges", columns: plan.columns) { ChargeScan(plan) }
  }

  func plan(
    for calls: CallTable, in context: AnalysisContext, _ range: ClosedRange<Instant>?
  ) throws(AnalysisError) -> ChargeScan.Plan {
    let organizations = max(1, calls.dictionary(.organizationID).count)
    let products = max(1, calls.dictionary(.productID).count)
    let features = max(1, calls.dictionary(.featureID).count)
    var days = range.map { WholePeriods(first: $0.lowerBound, last: $0.upperBound).days } ?? 0..<0
    let (groups, tooMany) = products.multipliedReportingOverflow(by: features)
    let cells = Double(organizations) * Double(days.count) * Double(groups)
    if tooMany || cells > Double(ChargeScan.Plan.dayCellLimit) || days.count < Bootstrap.minimumUnits { days = 0..<0 }
    var tagged: ContiguousArray<Bool> = []
    let required = context.settings.requiredTags
    if calls.has(.metadata), !calls.keepsMetadataInFile, !required.isEmpty {
      tagged = ContiguousArray(
        (0..<calls.dictionary(.metadata).count).map { code in
          let names = AlignmentSummation.tags(calls, UInt32(code))
          return required.allSatisfy { names.contains($0) }
        })
    }
    let columns: [UsageColumn] = [
      .organizationID, .productID, .featureID, .provider, .model, .metadata, .timestamp, .cost, .inputTokens,
      .outputTokens,
    ]
    return ChargeScan.Plan(
      organizations: organizations, products: products, features: features, days: days,
      months: AlignmentSummation.months(context.settings.invoices).map(\.range), isTagged: tagged,
      columns: columns.filter { $0 != .metadata || !tagged.isEmpty },
      pairs: try ModelPairs.of(calls, in: context))
  }

  func summary(of findings: AlignmentFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    let values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "allocated_usd": (findings.bill.map { .money($0.allocatedUsd) }, reason("statements") ?? reason("cost")),
      "unallocated_usd": (findings.bill.map { .money($0.unallocatedUsd) }, reason("statements") ?? reason("cost")),
      "organizations": (findings.byOrganization.map { .integer(Int64($0.count)) }, reason("statements")),
      "tag_coverage_pct": (findings.tagCoveragePct.map { .number($0) }, reason("tag_coverage")),
    ]
    return Self.descriptor.metrics.map { meaning in
      let (value, reason) = values[meaning.id] ?? (nil, nil)
      return Self.descriptor.metric(meaning.id, value, unknownBecause: reason)
    }
  }

  func recommendations(of findings: AlignmentFindings) -> [Recommendation] { AlignmentAdvice(findings: findings).list }

  func abstentions(of findings: AlignmentFindings) -> [Abstention] { findings.abstentions }

  func report(on findings: AlignmentFindings) -> [ReportBlock] {
    AlignmentReport(findings: findings, summary: summary(of: findings), advice: recommendations(of: findings)).blocks
  }
}
