import LabCore
import LabReport

/// What ``AlignmentFindings`` suggest.
struct AlignmentAdvice {
  let findings: AlignmentFindings

  /// Organizations that are named one by one.
  private static let shown = 10

  var list: [Recommendation] {
    Recommendation.ordered(dear + unused + untagged)
  }

  private func monthly(_ amount: Double) -> Money? {
    findings.monthsPerWindow.map { Money(approximating: amount * $0) }
  }

  /// Organizations whose interval lies above 1 and whose index does so by a practical size.
  private var dear: [Recommendation] {
    (findings.byOrganization ?? []).filter { row in
      (row.own.mixIndexLow ?? 0) > 1 && (row.own.mixIndex ?? 0) >= 1 + Alignment.leastDifference
    }.prefix(Self.shown).compactMap { row in
      guard let index = row.own.mixIndex, let low = row.own.mixIndexLow, let high = row.own.mixIndexHigh,
        let expected = row.own.expectedUsd?.dollars
      else { return nil }
      return Recommendation(
        rule: "dear_for_its_mix",
        text:
          "\(row.label) pays \(Unit.percent.text(of: (index - 1) * 100)) more than others for the same features and "
          + "products: model choice makes a factor of \(Unit.ratio.text(of: row.own.modelFactor ?? 1)), the size of calls one "
          + "of \(Unit.ratio.text(of: row.own.sizeFactor ?? 1)).",
        monthlyEffect: monthly(expected * (index - 1)), low: monthly(expected * (low - 1)),
        high: monthly(expected * (high - 1)),
        evidence: [
          .init("Calls", .count(row.calls)), .init("Cost", .money(row.cost, else: "no costs")),
          .init("At the others' means", .money(row.own.expectedUsd, else: "unknown")),
          .init("Index", .number(index, .ratio, else: "unknown")),
        ],
        check:
          "Whether its work is harder than the same feature elsewhere; the index knows features and products, not tasks."
      )
    }
  }

  private var unused: [Recommendation] {
    findings.commitmentsHeld.filter { $0.unusedUsd.nanodollars > 0 }.map { held in
      Recommendation(
        rule: "unused_commitment",
        text:
          "\(NumberFormat.money(held.unusedUsd)) of the \(NumberFormat.money(held.paidUsd)) paid for \(held.id) was not "
          + "used (\(Unit.percent.text(of: held.utilisationPct ?? 0)) used).",
        monthlyEffect: monthly(held.unusedUsd.dollars), low: .zero, high: monthly(held.unusedUsd.dollars),
        evidence: [
          .init("Paid", .money(held.paidUsd)), .init("Unused", .money(held.unusedUsd)),
          .init("Hours", .count(held.hours)),
        ], check: "Whether other work can move into its scope; the low end is that none can and the term runs on.")
    }
  }

  private var untagged: [Recommendation] {
    guard let coverage = findings.tagCoveragePct, coverage < 100, let total = findings.totalCostUsd else { return [] }
    let open = findings.tagCoverage.filter { ($0.coveragePct ?? 100) < 100 }
    return [
      Recommendation(
        rule: "tag_every_call",
        text: "Calls with all required tags make \(Unit.percent.text(of: coverage)) of the cost; incomplete: "
          + open.map(\.tag).joined(separator: ", ") + ".",
        evidence: [.init("Cost", .money(total))]
          + open.map { .init("With \($0.tag)", .number($0.coveragePct, .percent, else: "no cost")) },
        check: "Which service sends the calls without tags; tags change no cost, only who can be charged.")
    ]
  }
}
