import LabCore
import LabPrices
import LabReport

/// What could be done about speed and reliability, each from the findings.
struct PerformanceAdvice {
  let findings: PerformanceFindings
  let prices: PriceBook?
  let cells: LatencyCells

  /// Below it a failed attempt's cost is not worth anybody's time, in USD per month.
  private static let leastMonthlyEffect = Money(nanodollars: 1_000_000_000)

  var recommendations: [Recommendation] { [retryCost, promise].compactMap { $0 } + dominated }

  private var retryCost: Recommendation? {
    guard let monthly = findings.monthlyRetryCost, monthly.usd >= Self.leastMonthlyEffect,
      let cost = findings.overall.retryCostUsd
    else { return nil }
    return Recommendation(
      rule: "failed_attempts_billed",
      text: "Failed attempts were billed \(NumberFormat.money(cost)) in "
        + "\(Unit.days.textWithUnit(of: findings.days)), \(NumberFormat.money(monthly.usd)) a month at this rate; what is not sent a second time is not paid.",
      monthlyEffect: monthly.usd, low: monthly.lowUsd, high: monthly.highUsd,
      evidence: [
        .init("failed calls", .integer(findings.overall.errors ?? 0)),
        .init("billed cost of failed calls", .money(cost)),
      ], check: "Whether timeouts are shorter than long answers need, and whether retries wait before they try again.")
  }

  /// The promise is broken: which models break it most.
  private var promise: Recommendation? {
    guard let compliance = findings.sla.compliancePct, compliance < findings.sla.targetPct, let rows = findings.byModel,
      let worst = rows.max(by: {
        (($0.own.group.slaViolations ?? 0), $1.label) < (($1.own.group.slaViolations ?? 0), $0.label)
      }), let violations = worst.own.group.slaViolations, violations > 0,
      let all = findings.sla.violations, let share = Ratio.percent(violations, all)
    else { return nil }
    return Recommendation(
      rule: "promise_broken",
      text: "\(Unit.percent.text(of: compliance)) of the calls kept the promise of "
        + "\(Unit.milliseconds.textWithUnit(of: findings.sla.limitMs)), "
        + "\(Unit.percent.text(of: findings.sla.targetPct)) was the target; \(worst.label) made "
        + "\(Unit.percent.text(of: share)) of the violations.",
      evidence: [
        .init("violations", .integer(all)),
        .init("of \(worst.label)", .integer(violations)),
        .init("its p95", .number(worst.own.group.p95LatencyMs, .milliseconds, else: "too few")),
      ],
      check: "Whether its answers are long: a limit on the whole call punishes long answers; see the goals per token.")
  }

  /// Models of one class where another takes at most 0.6 of the time at 0.6 of the price, both beyond the days' variation.
  private var dominated: [Recommendation] {
    guard let prices, let rows = findings.byModel, findings.days >= Understanding.minimumDays else { return [] }
    func modelClass(_ row: PerformanceFindings.ModelRow) -> String? {
      prices.index(provider: row.keys[0].value, model: row.keys[1].value).flatMap { prices.models[$0].modelClass }
    }
    return rows.compactMap { row -> Recommendation? in
      guard row.own.efficiencyBand == "low", let own = modelClass(row), let cost = row.cost,
        let price = row.own.costPerMillionTokensUsd, let ownTime = row.own.timeInterval,
        let ownPrice = row.own.priceInterval
      else { return nil }
      let better = rows.filter { other in
        guard other.label != row.label, modelClass(other) == own, let time = other.own.timeInterval,
          let theirPrice = other.own.priceInterval, let value = other.own.costPerMillionTokensUsd
        else { return false }
        return time.high < ownTime.low && theirPrice.high < ownPrice.low && value <= Efficiency.medium * price
      }.min { ($0.own.costPerMillionTokensUsd ?? 0, $0.label) < ($1.own.costPerMillionTokensUsd ?? 0, $1.label) }
      guard let better, let lower = better.own.costPerMillionTokensUsd, let theirs = better.own.priceInterval else {
        return nil
      }
      let monthly = cost.dollars * Understanding.daysPerMonth / findings.days
      func saving(_ factor: Double) -> Money { Money(approximating: max(0, monthly * (1 - factor))) }
      guard saving(lower / price) >= Self.leastMonthlyEffect else { return nil }
      return Recommendation(
        rule: "slower_and_dearer",
        text: "\(row.label) is slower and dearer than \(better.label) of the same class '\(own)': "
          + "\(Unit.usdPerMillionTokens.textWithUnit(of: price)) against "
          + "\(Unit.usdPerMillionTokens.textWithUnit(of: lower)).",
        monthlyEffect: saving(lower / price), low: saving(theirs.high / ownPrice.low),
        high: saving(theirs.low / ownPrice.high),
        evidence: [
          .init("time at equal length", .number(row.own.timeAtEqualLength, .ratio, else: "too few")),
          .init("that of \(better.label)", .number(better.own.timeAtEqualLength, .ratio, else: "too few")),
        ],
        check:
          "Whether its answers are as good for this work, and the saving by repricing in `optimization`: effective "
          + "prices also differ by how long prompts are and how many are cached.")
    }
  }
}
