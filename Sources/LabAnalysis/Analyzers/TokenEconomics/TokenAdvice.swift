import LabCore
import LabReport

/// What ``TokenFindings`` suggest to look at.
struct TokenAdvice {
  let findings: TokenFindings

  /// A difference below this share of the cost isn't worth a sentence.
  private static let leastShare = 0.001

  var list: [Recommendation] {
    let lists = [waste, simpleWork, cacheWrites, longPrompts]
    return Recommendation.ordered(lists.flatMap { $0 })
  }

  /// An amount of the window per month of 30.4375 days.
  private func monthly(_ amount: Money?) -> Money? {
    guard let amount, let months = findings.monthsPerWindow else { return nil }
    return Money(approximating: amount.dollars * months)
  }

  private func matters(_ amount: Money) -> Bool {
    amount.nanodollars > 0
      && (findings.totalCostUsd.flatMap { Ratio.share(amount, of: $0) } ?? 0) >= Self.leastShare
  }

  private var waste: [Recommendation] {
    guard let total = findings.waste.totalUsd, matters(total), let failed = findings.waste.failedOutputUsd,
      let truncated = findings.waste.truncatedOutputUsd
    else { return [] }
    return [
      Recommendation(
        rule: "billed_waste",
        text: "Output of failed calls cost \(NumberFormat.money(failed)) and that of "
          + NumberFormat.counted(findings.waste.truncatedCalls ?? 0, "answer") + " cut off at the limit "
          + "\(NumberFormat.money(truncated)): raise the output limit where answers are cut off, and shorten timeouts.",
        monthlyEffect: monthly(total), low: monthly(failed), high: monthly(total),
        evidence: [
          .init("Failed calls that were billed", .count(findings.waste.failedCallsBilled ?? 0)),
          .init("Output of failed calls", .money(failed)),
          .init("Answers cut off", .count(findings.waste.truncatedCalls ?? 0)),
          .init("Output of answers cut off", .money(truncated)),
        ],
        check: "Whether answers that were cut off were used all the same; the low end counts failed calls alone.")
    ]
  }

  private var simpleWork: [Recommendation] {
    findings.simpleWork.compactMap { work in
      guard let instead = work.insteadUsd, let model = work.insteadModel, let provider = work.insteadProvider else {
        return nil
      }
      func saved(_ cost: Money?) -> Money? {
        cost.map { Money(nanodollars: work.costUsd.nanodollars &- $0.nanodollars) }
      }
      guard let saving = saved(instead), matters(saving), let least = saved(work.insteadHighUsd), least.nanodollars > 0
      else { return nil }
      return Recommendation(
        rule: "simple_work_on_dear_model",
        text: NumberFormat.counted(work.calls, "call")
          + " of \(work.featureId) under \(MixCells.smallTokens) tokens ran on "
          + "\(work.provider) / \(work.model) (\(work.dearestClass)) for \(NumberFormat.money(work.costUsd)), where the "
          + "feature's median call runs on \(work.medianClass): on \(provider) / \(model) they would cost "
          + "\(NumberFormat.money(instead)).",
        monthlyEffect: monthly(saving), low: monthly(least), high: monthly(saved(work.insteadLowUsd)),
        evidence: [
          .init("Feature", .text(work.featureId)), .init("Model", .text("\(work.provider) / \(work.model)")),
          .init("Calls", .count(work.calls)), .init("Cost", .money(work.costUsd)),
          .init("Cost on \(model)", .money(instead)),
        ],
        check:
          "Whether the answers of the cheaper model are good enough for these calls; the range is output 10 % longer "
          + "or shorter, nothing cached.")
    }
  }

  private var cacheWrites: [Recommendation] {
    (findings.byModel ?? []).compactMap { row in
      guard let saved = row.own.cache.savedByReadsUsd, let paid = row.own.cache.paidForWritesUsd,
        let net = row.own.cache.netUsd, net.nanodollars < 0
      else { return nil }
      let loss = Money(nanodollars: 0 &- net.nanodollars)
      guard matters(loss) else { return nil }
      return Recommendation(
        rule: "cache_writes_unread",
        text:
          "Cache writes of \(row.label) cost \(NumberFormat.money(paid)) above plain input and its reads saved only "
          + "\(NumberFormat.money(saved)): write less, or read more of what is written.",
        monthlyEffect: monthly(loss), low: .zero, high: monthly(paid),
        evidence: [
          .init("Saved by reads", .money(saved)), .init("Paid for writes", .money(paid)), .init("Net", .money(net)),
        ],
        check:
          "How soon a prompt with the same beginning comes again; the high end keeps the reads and drops all writes.")
    }
  }

  private var longPrompts: [Recommendation] {
    (findings.byFeature ?? []).compactMap { row in
      guard let long = row.own.longPrompts, let cost = long.costBeyondUsd, let limit = row.own.p99InputTokens,
        matters(cost)
      else { return nil }
      return Recommendation(
        rule: "long_prompts",
        text: NumberFormat.counted(long.calls, "call") + " of \(row.label) with more than "
          + NumberFormat.counted(limit, "input token")
          + ", the feature's p99, spent \(NumberFormat.money(cost)) on what "
          + "lies beyond it.",
        monthlyEffect: monthly(cost), low: .zero, high: monthly(cost),
        evidence: [
          .init("Calls", .count(long.calls)), .init("Tokens beyond the p99", .count(long.tokensBeyond)),
          .init("At their uncached price", .money(cost)),
        ],
        check:
          "What these prompts carry: whole documents and histories can often be cut; the low end is that all of it is "
          + "needed.")
    }
  }
}
