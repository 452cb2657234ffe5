import LabCore
import LabReport

/// The recommendations of ``Profitability``: one for each cause of losses, so that their effects don't overlap.
struct ProfitabilityAdvice {
  let findings: ProfitabilityFindings

  /// Customers that stand as evidence.
  private static let shownCustomers = 5

  var recommendations: [Recommendation] {
    (findings.unprofitable?.causes ?? []).map { recommendation($0) }
  }

  private func recommendation(_ part: ProfitabilityFindings.CauseRow) -> Recommendation {
    let own = ProfitabilitySummation.losing(findings.byCustomer).filter { $0.own.split?.cause == part.cause }
    let lasting = own.reduce(0) { $0 + (($1.own.negativeWeeksPct ?? 0) > 50 ? 1 : 0) }
    let count = NumberFormat.counted(part.customers, "customer costs", "customers cost")
    var text =
      "\(count) \(NumberFormat.money(part.monthlyLossUsd)) a month more than \(part.customers == 1 ? "it pays" : "they pay")"
    switch part.cause {
    case .volume:
      text += ", mostly by more calls than the median customer of the tier: limit use or offer a higher tier."
    case .length: text += ", mostly by longer calls than the median customer of the tier: limit tokens per call."
    case .modelMix:
      text += ", mostly by dearer models or tokens than the median customer of the tier: route to cheaper models."
    case nil: text += "; there is no median customer to compare with, or nothing is above it."
    }
    var evidence: [Recommendation.Evidence] = [
      .init("customers", .count(part.customers)), .init("of these below zero in most weeks", .count(lasting)),
    ]
    for row in own.prefix(Self.shownCustomers) {
      evidence.append(.init(row.label, .money(row.own.monthlyLossUsd, else: "unknown")))
    }
    return Recommendation(
      rule: "loss_by_\(part.cause?.rawValue ?? "other")", text: text, monthlyEffect: part.monthlyLossUsd,
      low: part.monthlyLossLowUsd, high: part.monthlyLossHighUsd, evidence: evidence,
      check:
        "Whether the loss lasts (\(lasting) of \(part.customers) lose in most weeks), and what the contract allows. "
        + "The effect is what reaching zero margin would save.")
  }
}
