import LabCore
import LabReport

/// The recommendations of ``Features``: one for each feature whose verdict asks for a change.
struct FeatureAdvice {
  let findings: FeatureFindings
  private let limits: FeatureLimits

  init(findings: FeatureFindings) {
    self.findings = findings
    limits = findings.limits
  }

  var recommendations: [Recommendation] { findings.byFeature.compactMap { recommendation($0) } }

  private func recommendation(_ row: FeatureFindings.Row) -> Recommendation? {
    guard let verdict = row.own.verdict, let cost = row.cost, let calls = row.own.byCalls,
      let days = row.own.byActiveDays
    else { return nil }
    let evidence: [Recommendation.Evidence] = [
      .init("cost", .money(cost)), .init("revenue by calls", .money(calls.revenueUsd)),
      .init("revenue by active days", .money(days.revenueUsd)),
      .init("return by calls", .number(calls.roiPct, .percent, else: "unknown")),
      .init("return by active days", .number(days.roiPct, .percent, else: "unknown")),
      .init("adoption", .number(row.own.use?.adoptionPct, .percent, else: "unknown")),
    ]
    let range =
      "\(Unit.percent.text(of: row.own.roiLowPct ?? 0)) to \(Unit.percent.text(of: row.own.roiHighPct ?? 0))"
    switch verdict {
    case .maintain: return nil
    case .invest:
      return Recommendation(
        rule: "invest_feature",
        text: "\(row.label) returns \(range) on its cost and has "
          + "\(Unit.percent.text(of: row.own.use?.adoptionPct ?? 0)) adoption: invest.",
        evidence: evidence, check: "Whether customers stay for it: attribution is a convention, not a cause.")
    case .optimise:
      // What it costs beyond the cost at which it would return the limit, under each key.
      let excess = [calls, days].map {
        monthly(cost.dollars - $0.revenueUsd.dollars / (1 + limits.optimiseReturn / 100))
      }
      return Recommendation(
        rule: "optimise_feature",
        text: "\(row.label) returns \(range) on its cost, under "
          + "\(Unit.percent.text(of: limits.optimiseReturn)) by both keys: run it more cheaply.",
        monthlyEffect: money(excess.reduce(0, +) / 2), low: money(excess.min()), high: money(excess.max()),
        evidence: evidence,
        check: "Cheaper models, shorter prompts and caching for it; the effect is what reaching the limit "
          + "would save, low and high under the two keys.")
    case .sunset:
      let loss = [calls, days].map { monthly(cost.dollars - $0.revenueUsd.dollars) }
      return Recommendation(
        rule: "sunset_feature",
        text: "\(row.label) returns \(range) on its cost and has "
          + "\(Unit.percent.text(of: row.own.use?.adoptionPct ?? 0)) adoption: consider its end.",
        monthlyEffect: money(loss.reduce(0, +) / 2), low: money(loss.min()), high: money(loss.max()),
        evidence: evidence, check: "Who depends on it, and whether their revenue would leave with it.")
    }
  }

  private func monthly(_ amount: Double) -> Double { Ratio.of(max(0, amount) * Months.days, findings.days) ?? 0 }

  private func money(_ dollars: Double?) -> Money? { dollars.map { Money(approximating: $0) } }
}
