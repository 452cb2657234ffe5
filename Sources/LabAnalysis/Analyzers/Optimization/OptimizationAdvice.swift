import LabCore
import LabPrices
import LabReport

/// What ``OptimizationFindings`` recommend, each step with the rows that it rests on.
struct OptimizationAdvice {
  let findings: OptimizationFindings

  /// A step below this share of the baseline isn't worth a sentence.
  private static let leastShare = 0.001
  /// Rows of evidence beside a step's own figures.
  private static let shownRows = 5
  /// Switches that are recommended one by one.
  private static let shownSwitches = 10

  var list: [Recommendation] {
    Recommendation.ordered([eliminate, cache, batch].compactMap { $0 } + routes + commitments)
  }

  /// An amount of the window per month; the low and high end also by how much a mean day varies.
  private func monthly(_ amount: Money?, ratio: Double? = 1) -> Money? {
    guard let amount, let months = findings.monthsPerWindow else { return nil }
    return Money(approximating: amount.dollars * months * (ratio ?? 1))
  }

  private func matters(_ amount: Money) -> Bool {
    guard amount.nanodollars > 0, let baseline = findings.baseline?.repricedUsd else { return false }
    return (Ratio.share(amount, of: baseline) ?? 0) >= Self.leastShare
  }

  private func recommendation(
    _ rule: String, _ text: String, _ saving: Money, low: Money?, high: Money?, _ evidence: [Recommendation.Evidence],
    check: String
  ) -> Recommendation {
    Recommendation(
      rule: rule, text: text, monthlyEffect: monthly(saving),
      low: monthly(low ?? saving, ratio: findings.dayLowRatio),
      high: monthly(high ?? saving, ratio: findings.dayHighRatio), evidence: evidence, check: check)
  }

  private func top(
    _ rows: [OptimizationFindings.Row]?, _ amount: (OptimizationFindings.Figures) -> Money?
  ) -> [Recommendation.Evidence] {
    var amounts: [(label: String, amount: Money)] = []
    for row in rows ?? [] {
      if let amount = amount(row.own), amount.nanodollars > 0 { amounts.append((row.label, amount)) }
    }
    amounts.sort { $0.amount == $1.amount ? $0.label < $1.label : $0.amount > $1.amount }
    return amounts.prefix(Self.shownRows).map { .init($0.label, .money($0.amount)) }
  }

  private var eliminate: Recommendation? {
    guard let step = findings.step(.eliminate), let saving = step.savingUsd, matters(saving) else { return nil }
    return recommendation(
      "eliminate_failed_attempts",
      "Failed attempts that are billed cost \(NumberFormat.money(saving)): shorten what times out, and stop what fails "
        + "again and again.",
      saving, low: step.lowUsd, high: step.highUsd, top(findings.byModel) { $0.eliminateUsd },
      check: "Which failures recur; not every timeout can be avoided.")
  }

  private var cache: Recommendation? {
    guard let step = findings.step(.cache), let saving = step.savingUsd, matters(saving) else { return nil }
    return recommendation(
      "cache_prefixes",
      "Input that a prefix cache would have held and that was paid in full costs \(NumberFormat.money(saving)) more than read "
        + "from a cache.",
      saving, low: step.lowUsd, high: step.highUsd, top(findings.byFeature ?? findings.byModel) { $0.cacheUsd },
      check:
        "Whether prompts with the same beginning come within the cache's life; the range is all other input written "
        + "once to nothing written.")
  }

  private var batch: Recommendation? {
    guard let step = findings.step(.batch), let saving = step.savingUsd, matters(saving) else { return nil }
    return recommendation(
      "batch_waiting_work",
      "Work of features that can wait would cost \(NumberFormat.money(saving)) less at listed batch prices.",
      saving, low: step.lowUsd, high: step.highUsd, top(findings.byFeature) { $0.batchUsd },
      check: "Whether an answer within a day is soon enough for these features.")
  }

  private var routes: [Recommendation] {
    findings.switches.prefix(Self.shownSwitches).filter { matters($0.savingUsd) }.map { change in
      let feature = change.featureId.isEmpty ? "Calls" : "Calls of \(change.featureId)"
      return recommendation(
        "route_same_class",
        "\(feature) on \(change.fromProvider) / \(change.fromModel) would cost \(NumberFormat.money(change.afterUsd)) on "
          + "\(change.toProvider) / \(change.toModel) of the same class" + (change.modelClass.map { " (\($0))" } ?? "")
          + ", in place of \(NumberFormat.money(change.beforeUsd))"
          + (change.serviceTier == ServiceTier.standard.name ? "." : ", both at \(change.serviceTier) prices."),
        change.savingUsd, low: Money(nanodollars: change.beforeUsd.nanodollars &- change.afterHighUsd.nanodollars),
        high: Money(nanodollars: change.beforeUsd.nanodollars &- change.afterLowUsd.nanodollars),
        [
          .init("Calls", .count(change.calls)), .init("Before", .money(change.beforeUsd)),
          .init("After", .money(change.afterUsd)), .init("With output 10 % longer", .money(change.afterHighUsd)),
          .init("Service tier", .text(change.serviceTier)),
        ], check: "The quality of the other model's answers for this feature, by an evaluation of its own.")
    }
  }

  private var commitments: [Recommendation] {
    findings.commitments.filter { matters($0.windowSavingUsd) }.map { plan in
      recommendation(
        "commit_to_load",
        "A commitment for \(plan.scope) of \(Unit.usdPerHour.textWithUnit(of: plan.paymentPerHourUsd.dollars)) covers "
          + "\(Unit.percent.text(of: plan.coveragePct ?? 0)) of the load and is used by "
          + "\(Unit.percent.text(of: plan.utilisationPct ?? 0)); it breaks even at "
          + "\(Unit.percent.text(of: plan.breakEvenUtilisationPct)).",
        plan.windowSavingUsd, low: nil, high: nil,
        [
          .init("Level K* per hour", .money(plan.levelPerHourUsd)),
          .init("Saving, second half", .money(plan.savingUsd)),
          .init("Saving at the mean", .money(plan.savingAtMeanUsd)),
          .init("Saving at the peak", .money(plan.savingAtPeakUsd)),
          .init("Mean regret", .number(plan.regretPct, .percent, else: "too few days")),
        ],
        check:
          "Whether the load stays for the term\(plan.term.map { " of \($0)" } ?? ""); chosen after all other steps, so "
          + "take those first.")
    }
  }
}
