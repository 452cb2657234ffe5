import LabCore
import LabReport

/// The recommendations of ``Pricing``: models that bring more margin than today's beyond the interval, by enough to matter,
/// and still do when some customers leave.
struct PricingAdvice {
  let findings: PricingFindings

  /// The least gain, as a share of today's revenue: below it a change of prices isn't worth its trouble.
  private static let leastGain = 0.05
  /// The least share of customers that may leave, in percent.
  private static let leastChurn = 5.0

  var recommendations: [Recommendation] {
    guard let today = findings.models.first, today.model == "flat", let revenue = today.revenueUsd else { return [] }
    return findings.models.dropFirst().compactMap { model in
      guard let difference = model.differenceUsd, let low = model.differenceLowUsd, let high = model.differenceHighUsd,
        low.nanodollars > 0, difference.dollars >= Self.leastGain * revenue.dollars,
        let churn = model.breakEvenChurnPct, churn >= Self.leastChurn, let change = model.billChange
      else { return nil }
      return recommendation(model, difference, low, high, churn, change)
    }
  }

  private static func origin(of model: PricingFindings.Model) -> String {
    model.isExample ? "; an example of the lab's, since analysis.pricing_models has none of that name" : ""
  }

  private func recommendation(
    _ model: PricingFindings.Model, _ difference: Money, _ low: Money, _ high: Money, _ churn: Double,
    _ change: PricingFindings.BillChange
  ) -> Recommendation {
    var evidence: [Recommendation.Evidence] = [
      .init("revenue_usd", .money(model.revenueUsd, else: "unknown")),
      .init("break_even_churn_pct", .percent(churn)),
      .init("bills_above_20_pct", .number(change.above20Pct, .percent, else: "unknown")),
      .init("bill_change_p90_pct", .number(change.changePct.p90, .percent, else: "unknown")),
    ]
    if let elasticity = model.breakEvenElasticity {
      evidence.append(.init("break_even_elasticity", .number(elasticity, .none, else: "unknown")))
    }
    for rise in change.largest.prefix(3) { evidence.append(.init(rise.customerId, .money(rise.changeUsd))) }
    return Recommendation(
      rule: "price_model",
      text:
        "At the present use the model '\(model.model)' (\(model.description)\(Self.origin(of: model))) brings \(NumberFormat.money(difference)) "
        + "a month more than today's tiers; its margin stays above today's until \(Unit.percent.text(of: churn)) of "
        + "customers leave, those whose bills rise most first.",
      monthlyEffect: difference, low: low, high: high, evidence: evidence,
      check:
        "What the customers whose bills rise most would do, by a trial with some of them. Models are alternatives: "
        + "their effects don't add up.")
  }
}
