import LabCore
import LabPrices
import LabReport
import LabTable

/// What the same work would cost if bought better, by repricing recorded tokens: a waterfall whose steps never overlap.
///
/// The steps run over ``MixCells``, each on what the former left (``SavingsWaterfall``), and commitments over the hourly load
/// that remains (``HourlyLoad``), chosen on the first half of the days and judged on the second.
struct Optimization: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "optimization", title: "Optimization", domain: .finops,
    question: "What would the same work cost if bought better?",
    uses: [
      .init(.provider, for: "all savings"), .init(.model, for: "all savings"), .init(.inputTokens, for: "all savings"),
      .init(.outputTokens, for: "all savings"), .init(.cost, for: "recorded less repriced"),
      .init(.status, for: "elimination"), .init(.errorType, for: "elimination"),
      .init(.cachedInputTokens, for: "caching"), .init(.cacheableInputTokens, for: "caching"),
      .init(.cacheWriteTokens, for: "caching"), .init(.cacheWrite1hTokens, for: "caching"),
      .init(.reasoningTokens, for: "all savings"), .init(.featureID, for: "batching and routing"),
      .init(.serviceTier, for: "batching"), .init(.timestamp, for: "commitments and monthly effects"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init("savings_usd", "Savings", .usd, "the sum of the steps that can be known, in the window"),
      .init("savings_pct", "Savings, share", .percent, "savings over the repriced baseline"),
      .init("savings_eliminate_usd", "Eliminate", .usd, "the repriced cost of failed attempts that are billed"),
      .init("savings_cache_usd", "Cache", .usd, "cacheable input beyond what was cached, at read and write prices"),
      .init("savings_batch_usd", "Batch", .usd, "features that can wait, at listed batch prices"),
      .init("savings_route_usd", "Route", .usd, "the cheapest model of the same class, nothing cached there"),
      .init(
        "savings_commit_usd", "Commit", .usd,
        "offers of the price book at the level K*, at the rate of the second half of the days"),
      .init("commitment_per_hour_usd", "Commitment", .usdPerHour, "the payment r·K* of all chosen offers together"),
      .init(
        "commitment_utilisation_pct", "Commitment used", .percent,
        "covered over committed load in the second half of the days"),
      .init(
        "commitment_coverage_pct", "Commitment coverage", .percent,
        "covered over all load of the offers' models in the second half of the days"),
    ],
    method: [
      "The baseline is the recorded tokens at the latest price rows, contracted; recorded less repriced is a bar of its own, "
        + "and calls that the price book can't price stand outside and are counted.",
      "Steps apply to what the former left: eliminate, cache, batch, route, commit; the baseline less the steps is the end to "
        + "the nanodollar.",
      "Cache: input that an unlimited prefix cache would have held beyond what was read moves to the read price; for it to be "
        + "there, as much is written per read token as the same model writes in the data, or all other uncached input where it "
        + "reads nothing yet. The low end writes all of that, the high end nothing.",
      "Batch: only classes that the price book lists at the batch tier change their price; the half-price fall-back is never "
        + "a saving.",
      "Route: calls of one feature, model and tier go to the cheapest model of the same class whose context holds the largest "
        + "of them, all input uncached, prices by size at the largest call; only where it saves even with output a tenth "
        + "longer. The range is output a tenth shorter or longer.",
      "Commit: K* is the hourly load that is exceeded in a share r of the hours, r the committed over the contracted price "
        + "(the newsvendor's quantile: Arrow, Harris and Marschak 1951), rounded to whole units, chosen on the first half of "
        + "the whole days; saving, coverage and utilisation are of the second half, and the bar is that saving's rate over the "
        + "window. Regret is what the best level for resampled days would have saved beyond it.",
      "Without an offer a what-if at a ratio of 0.7 is shown outside of the sum. Volume tiers give their marginal discount at "
        + "the projected annual spend, outside of the sum too.",
      "A month is 30.4375 days; its range combines a step's own with the 95 % interval of a mean day (resampled days).",
    ],
    limits: [
      .init("Whole days for a commitment", "28", because: "two halves of two whole weeks each"),
      .init(
        "Output length of another model", "0.9 to 1.1", because: "models of one class differ in how much they write"),
      .init("Least saving of a switch", "1 %", because: "below it the risk of another model isn't worth it"),
      .init("Days for a monthly effect", "7", because: "fewer don't hold a whole weekly rhythm"),
    ],
    measured: [
      "On four real hourly loads at a price ratio of 0.7 the chosen commitment is that of an exhaustive search "
        + "over all levels."
    ])

  typealias Findings = OptimizationFindings

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> OptimizationFindings {
    try context.checkpoint()
    let mix = try MixCells.of(calls, in: context)
    let range = calls.has(.timestamp) ? try context.timeRange(of: calls) : nil
    let hours = context.prices == nil || range == nil ? nil : try HourModelCells.of(calls, in: context)
    try context.checkpoint()
    return OptimizationSummation(mix: mix, hours: hours, range: range, calls: calls, context: context).findings()
  }

  func passes(over calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> [JointRequest] {
    var passes = [JointRequest(MixCells.request(calls, in: context))]
    if context.prices != nil, let hours = try HourModelCells.request(calls, in: context) {
      passes.append(JointRequest(hours))
    }
    return passes
  }

  func summary(of findings: OptimizationFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    var values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "savings_usd": (findings.savingsUsd.map { .money($0) }, reason("waterfall") ?? "no step can be known"),
      "savings_pct": (
        findings.savingsPct.map { .number($0) }, reason("waterfall") ?? "there is no cost to save from"
      ),
    ]
    for step in findings.waterfall {
      values["savings_\(step.step)_usd"] = (step.savingUsd.map { .money($0) }, step.reason)
    }
    let chosen = findings.commitments
    let why = findings.step(.commit)?.reason ?? reason("waterfall") ?? reason("commitments")
    let isKnown = findings.step(.commit)?.savingUsd != nil
    values["commitment_per_hour_usd"] = (
      isKnown ? .money(Money(nanodollars: chosen.reduce(0) { $0 &+ $1.paymentPerHourUsd.nanodollars })) : nil, why
    )
    values["commitment_utilisation_pct"] = (findings.commitmentUse?.utilisation.map { .number($0) }, why)
    values["commitment_coverage_pct"] = (findings.commitmentUse?.coverage.map { .number($0) }, why)
    return Self.descriptor.metrics.map { meaning in
      let (value, why) = values[meaning.id] ?? (nil, reason("waterfall"))
      return Self.descriptor.metric(meaning.id, value, unknownBecause: why)
    }
  }

  func recommendations(of findings: OptimizationFindings) -> [Recommendation] {
    OptimizationAdvice(findings: findings).list
  }

  func abstentions(of findings: OptimizationFindings) -> [Abstention] { findings.abstentions }

  func report(on findings: OptimizationFindings) -> [ReportBlock] {
    OptimizationReport(
      findings: findings, summary: summary(of: findings), advice: recommendations(of: findings)
    ).blocks
  }
}
