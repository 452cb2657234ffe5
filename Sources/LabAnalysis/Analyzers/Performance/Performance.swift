import LabCore
import LabReport
import LabTable

/// How fast calls are, whether promises are kept, and when a service was slow or failed.
///
/// All figures rest on ``LatencyCells``: two passes that give exact percentiles by model, feature, region and hour. Speed is
/// compared at equal length of answer, since a longer answer takes longer whoever gives it; incidents are tests by hour
/// against the hours before (``IncidentSearch``).
struct Performance: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "performance", title: "Performance", domain: .finops,
    question: "How fast is it, and is the promise kept?",
    uses: [
      .init(.latency, for: "latency and the promise"), .init(.errorType, for: "errors"),
      .init(.status, for: "errors where there is no error type"), .init(.provider, for: "figures by provider"),
      .init(.model, for: "figures by model"), .init(.featureID, for: "figures by feature"),
      .init(.region, for: "incidents by region"), .init(.timestamp, for: "the series, intervals and incidents"),
      .init(.outputTokens, for: "tokens per second and speed at equal length"), .init(.inputTokens, for: "prices"),
      .init(.cost, for: "what failed attempts cost, and efficiency"),
      .init(.timeToFirstToken, for: "goals for the first token"), .init(.retryOf, for: "retries"),
      .init(.customerID, for: "retry storms"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init("mean_latency_ms", "Mean latency", .milliseconds, "over all calls of known duration; unknown under 30"),
      .init("p50_latency_ms", "Median latency", .milliseconds, "nearest rank; unknown under 30 calls"),
      .init("p95_latency_ms", "p95 latency", .milliseconds, "nearest rank; unknown under 30 calls"),
      .init("p99_latency_ms", "p99 latency", .milliseconds, "nearest rank; unknown under 200 calls"),
      .init(
        "sla_compliance_pct", "Calls within the promise", .percent,
        "calls that succeeded within analysis.sla_ms, over all calls"),
      .init("sla_violations", "Broken promises", .calls, "calls that took longer than analysis.sla_ms, or failed"),
      .init("error_rate_pct", "Error rate", .percent, "failed attempts over all attempts"),
      .init(
        "retry_cost_usd", "Cost of failed attempts", .usd,
        "billed cost of failed attempts; a retry that succeeds is work"),
      .init(
        "output_tokens_per_second", "Output tokens per second", .tokensPerSecond,
        "output tokens over time, both summed over successful calls"),
    ],
    method: [
      "Percentiles are nearest-rank, exact: durations are counted in buckets of at most 6 %, then the values of the bucket "
        + "that holds the rank are selected from.",
      "The promise counts all calls, and a failed call breaks it; the error budget is what the target allows to break it, "
        + "the burn rate how many times as fast it is used up (Beyer and others, \"The Site Reliability Workbook\" (2018), "
        + "chapter 5).",
      "Time at equal length is a model's time over the time of all models for answers of the same lengths in the same "
        + "regions (indirect standardisation); lengths are strata by powers of four output tokens.",
      "Efficiency is the greatest min(p95_f/p95, price_f/price) over the models f of the frontier of p95 and price per "
        + "token.",
      "A best model is named only when its interval over days (Efron and Tibshirani 1993, 13.3) lies apart from all others "
        + "and it is a tenth ahead.",
      "A latency incident is an hour, or four, in which the share of calls beyond 1.5 times the first two weeks' 95th "
        + "percentile of their model, region and length exceeds 5 % and what the trailing 28 days lead one to expect; an "
        + "outage one in which the share of failed calls, rate limits apart, is 10 points higher; a retry storm one in which "
        + "a customer's share of rate-limited calls is 30 points higher. Tests are tails of the negative binomial with the "
        + "baseline's own variation (Williams 1982), corrected over all hours and cells (Holm 1979).",
    ],
    limits: [
      .init("Calls for a mean, a median or a p95", "30", because: "fewer say little about the next call"),
      .init("Calls for a p99", "200", because: "with fewer it is the slowest call or the one after it"),
      .init("Calls of a model that is compared", "1,000", because: "the intervals of fewer hardly ever lie apart"),
      .init("Models that are compared", "40", because: "intervals are made for the largest; a page shows fewer"),
      .init("High, medium efficiency", "0.8, 0.6", because: "a fifth, and two fifths, behind the frontier"),
      .init(
        "Goals for the first token and each further one", "2,000 ms, 200 ms",
        because: "the limits of the server scenario for chat in MLPerf Inference 4.0; analysis.first_token_goal_ms and "
          + "analysis.token_goal_ms set others"),
      .init(
        "Days before the first incident", "14",
        because: "a detector looks back only, and two weeks hold a weekly rhythm"),
      .init(
        "Calls of a tested hour", "8; 20 for a customer",
        because: "with fewer the answer would rest on two or three calls"),
    ],
    measured: [
      "Latency incidents, outages and rate-limit storms of `incidents` over three times 20 seeds, the last of "
        + "which nobody had looked at: 59, 59 and 56 of 60 found (goal 90 %), no false alarm, also none in "
        + "`ordinary` and `calm`."
    ])

  /// Rule 3 of the analyzers.
  static let minimumForMean = 30
  static let minimumForP99 = 200

  typealias Findings = PerformanceFindings

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> PerformanceFindings {
    try context.checkpoint()
    let cells = try LatencyCells.of(calls, in: context)
    try context.checkpoint()
    let needsCustomers = (cells.plan.time?.hours ?? 0) > ShareSeries.learningHours && calls.has(.errorType)
    let customers = needsCustomers ? try CustomerLimits.of(calls, in: context) : nil
    try context.checkpoint()
    return try PerformanceSummation(cells: cells, calls: calls, context: context, customers: customers).findings()
  }

  func summary(of findings: PerformanceFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    let overall = findings.overall
    let few = reason("latency") ?? "there are too few calls of known duration"
    let values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "mean_latency_ms": (overall.meanLatencyMs.map { .number($0) }, few),
      "p50_latency_ms": (overall.p50LatencyMs.map { .number($0) }, few),
      "p95_latency_ms": (overall.p95LatencyMs.map { .number($0) }, few),
      "p99_latency_ms": (overall.p99LatencyMs.map { .number($0) }, few),
      "sla_compliance_pct": (overall.slaCompliancePct.map { .number($0) }, reason("latency") ?? "there are no calls"),
      "sla_violations": (overall.slaViolations.map { .integer($0) }, reason("latency")),
      "error_rate_pct": (overall.errorRatePct.map { .number($0) }, reason("errors") ?? "there are no calls"),
      "retry_cost_usd": (overall.retryCostUsd.map { .money($0) }, reason("cost") ?? reason("errors")),
      "output_tokens_per_second": (overall.outputTokensPerSecond.map { .number($0) }, few),
    ]
    return Self.descriptor.metrics.map { meaning in
      let (value, reason) = values[meaning.id] ?? (nil, nil)
      return Self.descriptor.metric(meaning.id, value, unknownBecause: reason)
    }
  }

  func recommendations(of findings: PerformanceFindings) -> [Recommendation] { findings.recommendations }
  func abstentions(of findings: PerformanceFindings) -> [Abstention] { findings.abstentions }
  func detections(of findings: PerformanceFindings) -> [Detection] { findings.detections }

  func report(on findings: PerformanceFindings) -> [ReportBlock] {
    PerformanceReport(findings: findings, summary: summary(of: findings)).blocks
  }
}
