import LabCore
import LabReport

/// The report of ``Optimization``.
struct OptimizationReport {
  let findings: OptimizationFindings
  let summary: [Metric]
  let advice: [Recommendation]

  private static let shownRows = 15

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to show.")
    } else {
      summary
      Callout(.info, ReportWords.window(findings.start, findings.end, calls: findings.totalCalls))
      unpriced
      advice
      ReportBlock.Section("Waterfall", text: waterfallText) {
        waterfallChart
        waterfallTable
      }
      ReportBlock.Section("Where the savings lie") {
        switchTable
        groupTable("by_feature", "Savings by feature", ["feature_id"], ["Feature"], findings.byFeature)
        groupTable(
          "by_model", "Savings by provider and model", ["provider", "model"], ["Provider", "Model"], findings.byModel)
        groupTable("by_provider", "Savings by provider", ["provider"], ["Provider"], findings.byProvider)
      }
      commitmentSection
      volumeTable
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  private var unpriced: Callout? {
    guard let baseline = findings.baseline, baseline.unpricedCalls > 0 else { return nil }
    return Callout(
      .warning,
      NumberFormat.counted(baseline.unpricedCalls, "call") + " with "
        + NumberFormat.counted(baseline.unpricedTokens, "token")
        + (baseline.unpricedRecordedUsd.map { " and a recorded cost of \(NumberFormat.money($0))" } ?? "")
        + " \(baseline.unpricedCalls == 1 ? "has" : "have") no price in the price book and stand outside of all savings."
    )
  }

  // MARK: Waterfall

  private var waterfallText: String {
    guard let baseline = findings.baseline, let end = findings.endUsd else { return "" }
    var text = "The recorded tokens cost \(NumberFormat.money(baseline.repricedUsd)) at the latest prices"
    if let savings = findings.savingsUsd, let percent = findings.savingsPct {
      text += "; bought better, \(NumberFormat.money(end)): \(NumberFormat.money(savings)) or "
      text += "\(Unit.percent.text(of: percent)) less"
    }
    return text + "."
  }

  private static func title(_ step: String) -> String { step.prefix(1).uppercased() + step.dropFirst() }

  private var waterfallTable: ReportTable? {
    guard let baseline = findings.baseline else { return nil }
    let steps = findings.waterfall.map { step -> [Cell] in
      [
        .text(Self.title(step.step)),
        .money(step.savingUsd.map { Money(nanodollars: 0 &- $0.nanodollars) }, else: "unknown"),
        .money(step.lowUsd, else: "unknown"), .money(step.highUsd, else: "unknown"), .money(step.leftUsd),
        .money(step.monthlyUsd, else: "unknown"), step.reason.map { .text($0) } ?? .empty,
      ]
    }
    func sum(_ name: String, _ amount: Money?, _ left: Money?, _ note: String) -> [Cell] {
      [
        .text(name), .money(amount, else: "no costs"), .empty, .empty, .money(left, else: "no costs"), .empty,
        .text(note),
      ]
    }
    var start: [[Cell]] = []
    if let recorded = baseline.recordedUsd, let change = baseline.recordedMinusRepricedUsd {
      start.append(sum("Recorded", recorded, recorded, "of the calls that the price book prices"))
      start.append(
        sum(
          "Recorded less repriced", Money(nanodollars: 0 &- change.nanodollars),
          Money(nanodollars: recorded.nanodollars &- change.nanodollars), "the same tokens at the latest prices"))
    }
    if baseline.withoutRecordedUsd != .zero {
      start.append(
        sum(
          "Never recorded", baseline.withoutRecordedUsd, baseline.repricedUsd, "calls without a recorded cost, repriced"
        ))
    }
    if start.isEmpty { start.append(sum("Repriced", baseline.repricedUsd, baseline.repricedUsd, "")) }
    return ReportTable(
      id: "waterfall", title: "From recorded cost to what the same work would cost",
      columns: [
        .key("step", "Step"), .init("amount_usd", "Amount", unit: .usd, priority: 0),
        .init("low_usd", "Saving, low", unit: .usd, priority: 3),
        .init("high_usd", "Saving, high", unit: .usd, priority: 3),
        .init("left_usd", "Left", unit: .usd), .init("monthly_usd", "Saved per month", unit: .usd, priority: 2),
        .note("reason", "Note", priority: 4),
      ],
      rows: start + steps,
      totals: [
        .text("End"), .money(findings.endUsd, else: "unknown"), .empty, .empty,
        .money(findings.endUsd, else: "unknown"),
        .empty, .empty,
      ])
  }

  private var waterfallChart: Chart? {
    guard let baseline = findings.baseline, let end = findings.endUsd, baseline.repricedUsd.nanodollars > 0 else {
      return nil
    }
    let steps = findings.waterfall.filter { $0.savingUsd != nil }
    var bars: [(name: String, change: Double?, sum: Double?)] = []
    if let recorded = baseline.recordedUsd, let change = baseline.recordedMinusRepricedUsd {
      bars.append(("Recorded", nil, recorded.dollars))
      bars.append(("Recorded less repriced", -change.dollars, nil))
    }
    if baseline.withoutRecordedUsd != .zero {
      bars.append(("Never recorded", baseline.withoutRecordedUsd.dollars, nil))
    }
    bars.append(("Repriced", nil, baseline.repricedUsd.dollars))
    for step in steps { bars.append((Self.title(step.step), step.savingUsd.map { -$0.dollars }, nil)) }
    bars.append(("End", nil, end.dollars))
    let title =
      findings.savingsPct.map { "The same work could cost \(Unit.percent.text(of: $0)) less" }
      ?? "What the same work costs at the latest prices"
    return Chart(
      id: "savings_waterfall", title: title, kind: .waterfall, x: .init("Step", scale: .category),
      y: .init("Cost", unit: .usd), categories: bars.map(\.name),
      series: [
        .init("Change", values: bars.map(\.change), unit: .usd),
        .init("Cost", values: bars.map(\.sum), role: .total, unit: .usd),
      ], tableID: "waterfall")
  }

  // MARK: Where

  private var switchTable: ReportTable? {
    guard !findings.switches.isEmpty else { return nil }
    return ReportTable(
      id: "switches", title: "Switches within a class",
      columns: [
        .key("feature_id", "Feature"), .key("from_model", "From"), .key("to_model", "To"),
        .note("model_class", "Class", priority: 3), .note("service_tier", "Tier", priority: 4),
        .init("calls", "Calls", unit: .count, priority: 2), .init("before_usd", "Before", unit: .usd),
        .init("after_usd", "After", unit: .usd), .init("after_low_usd", "Output 10 % shorter", unit: .usd, priority: 3),
        .init("after_high_usd", "Output 10 % longer", unit: .usd, priority: 3),
        .init("saving_usd", "Saving", unit: .usd, priority: 0),
      ],
      rows: findings.switches.map { change in
        [
          .text(change.featureId), .text("\(change.fromProvider) / \(change.fromModel)"),
          .text("\(change.toProvider) / \(change.toModel)"), change.modelClass.map { .text($0) } ?? .empty,
          .text(change.serviceTier), .count(change.calls), .money(change.beforeUsd), .money(change.afterUsd),
          .money(change.afterLowUsd), .money(change.afterHighUsd), .money(change.savingUsd),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by saving, largest first")
  }

  private func groupTable(
    _ id: String, _ title: String, _ keys: [String], _ heads: [String], _ rows: [OptimizationFindings.Row]?
  ) -> ReportTable? {
    guard let rows, !rows.isEmpty else { return nil }
    let columns: [ReportTable.Column] =
      zip(keys, heads).map { .key($0, $1) } + [
        .init("cost_usd", "Recorded", unit: .usd, priority: 2), .init("repriced_usd", "Repriced", unit: .usd),
        .init("eliminate_usd", "Eliminate", unit: .usd), .init("cache_usd", "Cache", unit: .usd),
        .init("batch_usd", "Batch", unit: .usd), .init("route_usd", "Route", unit: .usd),
        .init("left_usd", "Left", unit: .usd, priority: 0),
      ]
    var totals: [Cell] = [.text("Total")] + Array(repeating: .empty, count: keys.count - 1)
    totals.append(.money(findings.totalCostUsd, else: "no costs"))
    totals.append(.money(findings.baseline?.repricedUsd, else: "unpriced"))
    for step in SavingsWaterfall.Step.allCases where step != .commit {
      totals.append(.money(findings.step(step)?.savingUsd, else: "unknown"))
    }
    totals.append(.money(findings.step(.route)?.leftUsd, else: "unknown"))
    return ReportTable(
      id: id, title: title, columns: columns, rows: rows.map { groupCells($0) }, totals: totals,
      shownLimit: Self.shownRows, sortNote: "by cost, largest first",
      note: "Commitments are of whole providers and models, and not in this table.")
  }

  private func groupCells(_ row: OptimizationFindings.Row) -> [Cell] {
    let own = row.own
    var cells: [Cell] = row.keys.map { .text($0.value.isEmpty ? "(none)" : $0.value) }
    cells.append(.money(row.cost, else: "no costs"))
    cells.append(.money(own.repricedUsd))
    for amount in [own.eliminateUsd, own.cacheUsd, own.batchUsd, own.routeUsd] {
      cells.append(.money(amount, else: "unknown"))
    }
    cells.append(.money(own.leftUsd))
    return cells
  }

  // MARK: Commitments

  @ReportBuilder private var commitmentSection: [ReportBlock] {
    if !findings.commitments.isEmpty || !findings.commitmentWhatIf.isEmpty {
      ReportBlock.Section("Commitments", text: commitmentText) {
        for (index, plan) in (findings.commitments + findings.commitmentWhatIf).prefix(3).enumerated() {
          durationChart(plan, index, isOffer: index < findings.commitments.count)
        }
        commitmentTable("commitments", "Offers of the price book", findings.commitments)
        commitmentTable(
          "commitment_what_if",
          "What an offer at \(Unit.ratio.text(of: CommitmentPlans.whatIfRatio)) of the price would do",
          findings.commitmentWhatIf)
      }
    }
  }

  private var commitmentText: String {
    "The level is chosen on the first half of the whole days; all figures beside it are of the second half."
      + (findings.commitments.isEmpty
        ? " Without an offer in the price book this is a what-if outside of the sum." : "")
  }

  private func commitmentTable(
    _ id: String, _ title: String, _ plans: [OptimizationFindings.Commitment]
  ) -> ReportTable? {
    guard !plans.isEmpty else { return nil }
    return ReportTable(
      id: id, title: title,
      columns: [
        .key("scope", "Scope"), .init("ratio", "Ratio", unit: .ratio),
        .init("level_per_hour_usd", "K*", unit: .usdPerHour),
        .init("payment_per_hour_usd", "Payment", unit: .usdPerHour), .init("coverage_pct", "Coverage", unit: .percent),
        .init("utilisation_pct", "Used", unit: .percent),
        .init("break_even_pct", "Break-even", unit: .percent, priority: 3),
        .init("saving_usd", "Saving", unit: .usd, priority: 0),
        .init("saving_at_mean_usd", "At the mean", unit: .usd, priority: 2),
        .init("saving_at_peak_usd", "At the peak", unit: .usd, priority: 2),
        .init("regret_pct", "Mean regret", unit: .percent, priority: 3),
        .init("regret_high_pct", "Regret p90", unit: .percent, priority: 4),
      ],
      rows: plans.map { plan in
        [
          .text(plan.scope + (plan.term.map { ", \($0)" } ?? "")), .number(plan.ratio, .ratio, else: "unknown"),
          .number(plan.levelPerHourUsd.dollars, .usdPerHour, else: "unknown"),
          .number(plan.paymentPerHourUsd.dollars, .usdPerHour, else: "unknown"),
          .number(plan.coveragePct, .percent, else: "no load"), .number(plan.utilisationPct, .percent, else: "none"),
          .percent(plan.breakEvenUtilisationPct), .money(plan.savingUsd), .money(plan.savingAtMeanUsd),
          .money(plan.savingAtPeakUsd), .number(plan.regretPct, .percent, else: "too few days"),
          .number(plan.regretHighPct, .percent, else: "too few days"),
        ]
      }, note: "Regret: what the best level for resampled days would have saved beyond K*, as a share of the load.")
  }

  private func durationChart(_ plan: OptimizationFindings.Commitment, _ index: Int, isOffer: Bool) -> Chart {
    let count = Double(max(1, plan.duration.count))
    let points = plan.duration.enumerated().map {
      Chart.Point(x: Double($0.offset + 1) / count * 100, y: Double($0.element) / 1e9)
    }
    let level = plan.levelPerHourUsd.dollars
    let share = Double(plan.duration.count { $0 > plan.levelPerHourUsd.nanodollars }) / count * 100
    return Chart(
      id: "load_duration_\(index + 1)",
      title: "The hourly load of \(plan.scope) exceeds K* = \(Unit.usd.text(of: level)) in "
        + "\(Unit.percent.text(of: share)) of the hours",
      kind: .line, x: .init("Hours with at least this load", unit: .percent), y: .init("Load", unit: .usdPerHour),
      series: [
        .init("Load", points: Chart.bucketed(points, limit: Chart.pointLimit), unit: .usdPerHour),
        .init(
          "K*", points: [.init(x: points.first?.x ?? 0, y: level), .init(x: 100, y: level)], role: .reference,
          unit: .usdPerHour),
      ], tableID: isOffer ? "commitments" : "commitment_what_if", note: "hours of the second half, largest load first")
  }

  private var volumeTable: ReportTable? {
    guard !findings.volumeTiers.isEmpty else { return nil }
    return ReportTable(
      id: "volume_tiers", title: "Volume discounts at the projected annual spend",
      columns: [
        .key("provider", "Provider"), .init("projected_annual_usd", "A year's spend", unit: .usd),
        .init("marginal_pct", "Marginal discount", unit: .percent),
        .init("annual_discount_usd", "Discount a year", unit: .usd),
        .init("next_from_usd", "Next tier from", unit: .usd), .init("next_pct", "Next discount", unit: .percent),
      ],
      rows: findings.volumeTiers.map { tier in
        [
          .text(tier.provider), .money(tier.projectedAnnualUsd), .percent(tier.marginalPercent),
          .money(tier.annualDiscountUsd), .money(tier.nextFromUsd, else: "none"),
          .number(tier.nextPercent, .percent, else: "none"),
        ]
      }, note: "Outside of the sum of savings: the discount comes by itself with the spend that is left.")
  }
}
