import LabCore
import LabReport
import LabTable

/// Which price model fits this usage: today's tiers beside usage-based, tiered, hybrid and a scenario's own models.
struct Pricing: Analyzer {
  static let descriptor = AnalyzerDescriptor(
    id: "pricing", title: "Pricing", domain: .revenue, question: "Which price model fits this usage?",
    needs: [.init(.timestamp, for: "the window"), .init(.customerID, for: "bills")],
    uses: [
      .init(.cost, for: "margins"), .init(.status, for: "billable calls"),
      .init(.tierPrice, for: "today's bills, where no file of subscriptions lies beside the data"),
      .init(.inputTokens, for: "models that bill tokens"), .init(.outputTokens, for: "models that bill tokens"),
    ],
    metrics: [
      .init("total_calls", "Calls", .calls, "accepted rows of the selection, failed calls included"),
      .init("total_cost_usd", "Total cost", .usd, "the sum of the recorded cost_usd"),
      .init("flat_revenue_usd", "Revenue, today's tiers", .usdPerMonth, "prorated subscription revenue per month"),
      .init(
        "usage_based_revenue_usd", "Revenue, usage-based", .usdPerMonth,
        "per month, at USD 100 per 1,000 successful calls unless the scenario says otherwise"),
      .init(
        "tiered_revenue_usd", "Revenue, tiered", .usdPerMonth,
        "per month, at USD 49, 199 or 999 by calls of the month unless the scenario says otherwise"),
      .init(
        "hybrid_revenue_usd", "Revenue, hybrid", .usdPerMonth,
        "per month, at USD 99 and 50 per 1,000 calls above 5,000 unless the scenario says otherwise"),
    ],
    method: [
      "Billable are successful calls, linear, never rounded up to blocks. Monthly usage = calls / days subscribed in the "
        + "window × 30.4375. A customer brings its monthly bill × its subscribed share of the window, so that today's tiers "
        + "bring exactly the prorated revenue.",
      "Bills that are linear in use are closed forms. Steps, included calls and included credits are means over months "
        + "bootstrapped from the customer's own whole days, since a step of a mean is biased: 200 months for up to 2,000 "
        + "customers, fewer for more, at least 16; the same balanced draws for all (Davison, Hinkley and Schechtman 1986). "
        + "Where all months lie on one side of every bend, the bill is exact. Below seven whole days a customer is billed at "
        + "its mean month.",
      "`analysis.pricing_models` adds models, or replaces one by its name: a fee, calls beyond the included, tokens, credits, "
        + "steps by calls, and cost plus a markup sum to the bill.",
      "Calibrated: all money of a model × one factor, so that it brings today's revenue, to the nanodollar by largest "
        + "remainder; spread and bill change then compare structures.",
      "Volatility is the standard deviation of the revenue of the bootstrapped months over its mean.",
      "Break-even churn is the smallest share of customers that leaves, in order of relative rise, until the margin is no "
        + "more than today's. Break-even elasticity is the e of q = q0 (p/p0)^e at which it is today's, with p/p0 the "
        + "revenue over today's at equal use.",
      "Intervals at 80 % resample customers (Efron and Tibshirani 1993, 13.3); above 1,000 customers they are the normal "
        + "ones of a sum.",
    ],
    limits: [
      .init("Days for a month's bill", "7", because: "fewer don't hold a whole weekly rhythm"),
      .init("A rise that counts as noticed", "20 %", because: "a choice of the lab's; the quantiles stand beside it"),
      .init(
        "Share of customers that may leave before a model is recommended", "5 %",
        because: "less is eaten by ordinary churn"),
    ])

  /// Below it no month is projected.
  static let minimumDays = 7.0
  static let tooShort = "a month's bill needs at least seven days of data"

  typealias Findings = PricingFindings

  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> PricingFindings {
    try context.checkpoint()
    guard let ledger = try CustomerLedger.of(calls, in: context) else { return PricingFindings() }
    return try PricingSummation(ledger: ledger, calls: calls, context: context).findings()
  }

  func summary(of findings: PricingFindings) -> [Metric] {
    let cost = findings.abstentions.first { $0.section == "cost" }?.reason
    let noBills = findings.abstentions.first { $0.section == "bills" }?.reason
    return Self.descriptor.metrics.map { meaning in
      switch meaning.id {
      case "total_calls": return Self.descriptor.metric(meaning.id, .integer(findings.totalCalls))
      case "total_cost_usd":
        return Self.descriptor.metric(meaning.id, findings.totalCostUsd.map { .money($0) }, unknownBecause: cost)
      default:
        let name = String(meaning.id.dropLast("_revenue_usd".count))
        let revenue = findings.models.first { $0.model == name }?.revenueUsd
        let reason = findings.totalCalls == 0 ? "there are no calls" : noBills ?? Profitability.noPrices
        return Self.descriptor.metric(meaning.id, revenue.map { .money($0) }, unknownBecause: reason)
      }
    }
  }

  func abstentions(of findings: PricingFindings) -> [Abstention] { findings.abstentions }

  func recommendations(of findings: PricingFindings) -> [Recommendation] {
    PricingAdvice(findings: findings).recommendations
  }

  func report(on findings: PricingFindings) -> [ReportBlock] {
    PricingReport(
      findings: findings, summary: summary(of: findings), recommendations: recommendations(of: findings)
    ).blocks
  }
}
