import LabCore
import LabReport
import LabTable

/// Which regions are slow, and whether another provider of the same class would serve one faster.
///
/// Figures by region rest on ``LatencyCells``, which ``Performance`` shares. Providers are compared within a region, between
/// models of one class, at equal length of answer (``StandardisedMeans``); a reroute is named only beyond chance and when it
/// matters.
struct GeographicLatency: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "geographic_latency", title: "Geographic latency", domain: .advanced,
    question: "Is the right region serving?",
    uses: [
      .init(.region, for: "figures by region"), .init(.provider, for: "figures by region and provider"),
      .init(.latency, for: "latency and the promise"), .init(.model, for: "comparisons between models of one class"),
      .init(.outputTokens, for: "comparisons at equal length"), .init(.timestamp, for: "intervals over days"),
      .init(.errorType, for: "errors"), .init(.inputTokens, for: "costs at another provider's prices"),
      .init(.cost, for: "cost by region"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init("regions", "Regions", .count, "different regions that calls were made from"),
      .init("sla_violations", "Broken promises", .calls, "calls that took longer than analysis.sla_ms, or failed"),
      .init(
        "reroutes", "Reroutes", .count,
        "models of a region that another provider's model of the same class would serve faster"),
    ],
    method: [
      "Percentiles are nearest-rank and exact; the promise counts all calls, and a failed call breaks it.",
      "Time at equal length compares means within strata of output tokens, by powers of four, weighted by the group's own "
        + "lengths (direct standardisation); its interval is a jackknife over days (Efron and Tibshirani 1993, 11.5) with "
        + "Student's t.",
      "A reroute is named when another provider's model of the same class is faster beyond chance, corrected over all "
        + "comparisons (Holm 1979) at the family's share of the error budget, and either by a tenth or while the present "
        + "mean breaks the promise.",
      "What a reroute costs is the same tokens at the other model's price row in force at the window's end, all taken as "
        + "uncached there, less what was paid; without recorded costs, less the same tokens at the model's own row.",
    ],
    limits: [
      .init("Calls for a mean, a median or a p95", "30", because: "fewer say little about the next call"),
      .init("Calls for a p99", "200", because: "with fewer it is the slowest call or the one after it"),
      .init("Calls in a length that is compared", "200", because: "the mean of fewer hangs on a few long answers"),
      .init("Days for an interval", "7", because: "what varies is the day"),
      .init("Advantage that matters", "10 %", because: "smaller ones are not worth a change while the promise is kept"),
    ])

  typealias Findings = GeographicFindings

  static let needsRoom = true

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> GeographicFindings {
    try context.checkpoint()
    let cells = try LatencyCells.of(calls, in: context)
    try context.checkpoint()
    return try GeographicSummation(cells: cells, calls: calls, context: context).findings()
  }

  func summary(of findings: GeographicFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    let values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "regions": (findings.regions.map { .integer(Int64($0)) }, reason("by_region")),
      "sla_violations": (findings.slaViolations.map { .integer($0) }, reason("latency")),
      "reroutes": (findings.reroutes.map { .integer(Int64($0.count)) }, reason("reroutes")),
    ]
    return Self.descriptor.metrics.map { meaning in
      let (value, reason) = values[meaning.id] ?? (nil, nil)
      return Self.descriptor.metric(meaning.id, value, unknownBecause: reason)
    }
  }

  func recommendations(of findings: GeographicFindings) -> [Recommendation] { findings.recommendations }
  func abstentions(of findings: GeographicFindings) -> [Abstention] { findings.abstentions }

  func report(on findings: GeographicFindings) -> [ReportBlock] {
    GeographicReport(findings: findings, summary: summary(of: findings)).blocks
  }
}
