import LabCore
import LabPrices
import LabReport
import LabTable

/// Where the money goes: cost, calls and tokens by every dimension, over time, and how concentrated they are.
///
/// One pass sums all calls over dense cubes of the columns' codes; groups, series and changes are sums over cells, so that
/// every grouping adds up to the total to the nanodollar. Recorded cost is split between input and output tokens call by
/// call, in proportion to what the price book asks for them. The change of cost between the last k whole weeks and the k
/// before is split into volume, mix and price (``ChangeDecomposition``) over provider × model × token class. Daily cost is
/// forecast (``CostForecast``) and held against the budgets (``BudgetOutlook``).
struct Understanding: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "understanding", title: "Understanding", domain: .finops,
    question: "Where does the money go, and where is it heading?",
    uses: [
      .init(.cost, for: "cost, shares and concentration"), .init(.timestamp, for: "series, change and monthly cost"),
      .init(.inputTokens, for: "tokens and prices per million"),
      .init(.outputTokens, for: "tokens and prices per million"),
      .init(.provider, for: "cost by provider"), .init(.model, for: "cost by model"),
      .init(.featureID, for: "cost by feature"), .init(.productID, for: "cost by product"),
      .init(.organizationID, for: "cost by organization"), .init(.customerID, for: "cost by customer"),
      .init(.region, for: "cost by region"), .init(.subscriptionTier, for: "cost by tier"),
      .init(.environment, for: "cost by environment"), .init(.metadata, for: "cost by tag"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init("total_tokens", "Tokens", .tokens, "input and output tokens"),
      .init("input_tokens", "Input tokens", .tokens, "all input, cache reads and writes included"),
      .init("output_tokens", "Output tokens", .tokens, "all output, reasoning included"),
      .init("customers", "Customers", .customers, "different customer ids that made calls"),
      .init("organizations", "Organizations", .count, "different organization ids that made calls"),
      .init("models", "Models", .count, "different pairs of provider and model that were called"),
      .init("cost_per_call_usd", "Cost per call", .usdPerCall, "total cost over calls"),
      .init(
        "cost_per_million_tokens_usd", "Cost per million tokens", .usdPerMillionTokens,
        "total cost over input and output tokens"),
      .init(
        "provider_hhi", "Provider concentration (HHI)", .ratio, "the sum of squared shares of cost by provider, 0 to 1"),
      .init(
        "forecast_30_days_usd", "Forecast, 30 days", .usd, "expected cost of the 30 days after the last whole day"),
      .init("forecast_30_days_low_usd", "Forecast, 30 days, low", .usd, "the lower end of its band of 80 %"),
      .init("forecast_30_days_high_usd", "Forecast, 30 days, high", .usd, "the upper end of its band of 80 %"),
      .init(
        "unpriced_calls", "Unpriced calls", .calls, "calls without a recorded cost that the price book can't price"),
    ],
    budgetMetrics: budgetMetrics,
    method: [
      "Cost is the recorded cost_usd; a group's share is its cost over the total.",
      "Recorded cost of a call is split between input and output in proportion to its token classes at the prices in force, "
        + "rounded to the nanodollar; the price per million input (output) tokens is the sum of these parts over the tokens "
        + "of the same calls, failed ones included.",
      "Concentration is the Herfindahl-Hirschman index of cost shares (Hirschman 1964); its inverse is the effective number "
        + "(Adelman 1969).",
      "The change compares the last k whole ISO weeks with the k before, k as large as the data allow, and splits it "
        + "exactly: volume C0·(Q1−Q0)/Q0, price Σ(c1 − c0·q1/q0) over cells that both have, mix the rest.",
      "A month is 30.4375 days. The interval of the mean day resamples whole days (Efron and Tibshirani 1993, 13.3).",
      "The forecast of daily cost compares the mean of the last week, seasonal naive, Theta (Hyndman and Billah 2003), damped "
        + "Holt-Winters (Gardner and McKenzie 1985) and the median of the four (Petropoulos and Svetunkov 2020) at up to 40 "
        + "rolling origins; the median is used unless one alone has at most nine tenths of its error.",
      "Its band is a quantile of the chosen method's own errors at each horizon (split conformal prediction); beyond the "
        + "longest tested horizon it grows with the root of the horizon and is called extrapolated.",
      "A budget is for the calendar month in which the data end, cut to the days that the data cover; it lands at the cost of "
        + "the whole days and the forecast of the rest, and the chance to exceed it is the share of past errors that would; "
        + "where none would, no more than the tail of a Student variable about their mean.",
    ],
    limits: [
      .init("Whole weeks for a change", "2", because: "one week has nothing of its own weekdays to be compared with"),
      .init("Days for a monthly figure and an interval", "7", because: "fewer don't hold a whole weekly rhythm"),
      .init(
        "Whole days for a backtest", "14", because: "two weeks leave a handful of origins; below, the mean day is given"
      ),
      .init("Whole days for a band of 95 %", "60", because: "its tails would rest on two or three errors"),
    ],
    measured: [
      "On four real loads of 14 days, hourly: the chosen method's error, pooled over origins that were not "
        + "used to choose, was at most the candidates' median on all four, and the 80 % band held 75 % of 480 "
        + "hours (docs/decisions/0005)."
    ])

  /// Rule 2 of the analyzers: mean days of a month.
  static let daysPerMonth = 30.4375
  /// Below it a month's cost is a guess; see the descriptor's limits.
  static let minimumDays = 7.0
  /// The level of the interval around the mean day.
  static let intervalLevel = 0.95

  typealias Findings = UnderstandingFindings

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> UnderstandingFindings {
    try context.checkpoint()
    let groups = try CallGroups.of(calls, .full, in: context)
    try context.checkpoint()
    return try UnderstandingSummation(groups: groups, calls: calls, context: context).findings()
  }

  func passes(over calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> [JointRequest] {
    [JointRequest(try CallGroups.request(calls, .full, in: context))]
  }

  func summary(of findings: UnderstandingFindings) -> [Metric] {
    func reason(_ section: String) -> String? { findings.abstentions.first { $0.section == section }?.reason }
    let values: [String: (MetricValue?, String?)] = [
      "total_calls": (.integer(findings.totalCalls), nil),
      "total_cost_usd": (findings.totalCostUsd.map { .money($0) }, reason("cost")),
      "total_tokens": (findings.totalTokens.map { .integer($0) }, reason("tokens")),
      "input_tokens": (findings.inputTokens.map { .integer($0) }, reason("tokens")),
      "output_tokens": (findings.outputTokens.map { .integer($0) }, reason("tokens")),
      "customers": (findings.distinct.customers.map { .integer(Int64($0)) }, reason("by_customer")),
      "organizations": (findings.distinct.organizations.map { .integer(Int64($0)) }, reason("by_organization")),
      "models": (findings.distinct.models.map { .integer(Int64($0)) }, reason("by_model")),
      "cost_per_call_usd": (
        findings.totalCostUsd.flatMap { Ratio.of($0.nanodollars, findings.totalCalls) }.map { .number($0 / 1e9) },
        reason("cost") ?? "there are no calls"
      ),
      "cost_per_million_tokens_usd": (
        findings.totalCostUsd.flatMap { cost in findings.totalTokens.flatMap { Ratio.perMillion(cost, $0) } }
          .map { .number($0) }, reason("cost") ?? reason("tokens") ?? "there are no tokens"
      ),
      "provider_hhi": (
        findings.concentration.providers?.hhi.map { .number($0) },
        reason("cost") ?? reason("by_provider") ?? "there is no cost to share"
      ),
      "forecast_30_days_usd": (findings.forecast.map { .number($0.thirtyDays.expectedUsd) }, reason("forecast")),
      "forecast_30_days_low_usd": (
        findings.forecast?.thirtyDays.lowUsd.map { .number($0) }, reason("forecast") ?? "too few errors for a band"
      ),
      "forecast_30_days_high_usd": (
        findings.forecast?.thirtyDays.highUsd.map { .number($0) }, reason("forecast") ?? "too few errors for a band"
      ),
      "unpriced_calls": (.integer(Int64(findings.pricing.unpricedCalls)), nil),
    ]
    return Self.descriptor.metrics.map { meaning in
      let (value, reason) = values[meaning.id] ?? (nil, nil)
      return Self.descriptor.metric(meaning.id, value, unknownBecause: reason)
    } + Self.metrics(of: findings)
  }

  func abstentions(of findings: UnderstandingFindings) -> [Abstention] { findings.abstentions }

  func report(on findings: UnderstandingFindings) -> [ReportBlock] {
    UnderstandingReport(findings: findings, summary: summary(of: findings)).blocks
  }
}
