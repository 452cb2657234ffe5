import LabCore
import LabReport

/// What could be done about customers that leave or grow, each from the findings.
struct ChurnAdvice {
  let findings: ChurnFindings
  let subscriptions: [SubscriptionPeriod]?

  /// Customers named in one recommendation.
  private static let named = 5

  var recommendations: [Recommendation] { [atRisk, expansion].compactMap { $0 } }

  private func evidence(_ changes: [ChurnFindings.Change]) -> [Recommendation.Evidence] {
    changes.prefix(Self.named).map { change in
      .init(
        change.customerId,
        .text(
          "\(change.previousCalls) calls in \(NumberFormat.counted(change.previousWeeks, "week")), then "
            + "\(change.recentCalls) in \(NumberFormat.counted(change.weeks, "week"))"))
    }
  }

  private var atRisk: Recommendation? {
    guard let changes = findings.atRisk, !changes.isEmpty else { return nil }
    let prices = changes.compactMap(\.monthlyPriceUsd)
    let stake = Money(nanodollars: prices.reduce(0) { $0 + $1.nanodollars })
    let isKnown = prices.count == changes.count
    return Recommendation(
      rule: "customers_at_risk",
      text: NumberFormat.counted(changes.count, "customer calls", "customers call")
        + " far less in the last whole weeks than before"
        + (isKnown ? "; together they pay \(NumberFormat.money(stake)) a month." : "."),
      // Keeping all of them is the most that can be won; how many would stay can't be known from usage.
      monthlyEffect: nil, low: isKnown ? .zero : nil, high: isKnown ? stake : nil, evidence: evidence(changes),
      check: "Whether they changed how they work, run a campaign that ended, or have trouble that they have reported.")
  }

  private var expansion: Recommendation? {
    guard let changes = findings.expanding, !changes.isEmpty, let subscriptions else { return nil }
    let prices = Set(subscriptions.map(\.monthlyPrice)).sorted()
    var (gain, moved) = (Int64(0), 0)
    for change in changes {
      guard let price = change.monthlyPriceUsd, let next = prices.first(where: { $0 > price }) else { continue }
      gain += next.nanodollars - price.nanodollars
      moved += 1
    }
    guard moved > 0 else { return nil }
    return Recommendation(
      rule: "offer_next_tier",
      text: NumberFormat.counted(changes.count, "customer uses", "customers use")
        + " as much as the top tenth of the tier, and far more than before; the next tier would bring "
        + "\(NumberFormat.money(Money(nanodollars: gain))) a month if all moved.",
      monthlyEffect: nil, low: .zero, high: Money(nanodollars: gain), evidence: evidence(changes),
      check: "Whether the growth is theirs to keep, and what the next tier would give them.")
  }
}
