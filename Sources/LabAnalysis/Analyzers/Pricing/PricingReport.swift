import LabCore
import LabReport

/// The report of ``Pricing``.
struct PricingReport {
  let findings: PricingFindings
  let summary: [Metric]
  let recommendations: [Recommendation]

  /// Rows of a table that a page shows at first.
  private static let shownRows = 15

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to bill.")
    } else {
      summary
      Callout(.info, basis)
      leftOut
      if !findings.models.isEmpty {
        recommendations
        ReportBlock.Section("Revenue and margin", text: "Per month, at the present use and with the present customers.")
        {
          revenueChart
          modelTable
          riskTable
        }
        ReportBlock.Section("What customers would pay", text: changeText) {
          changeChart
          changeTable
          for model in findings.models { riseTable(model) }
        }
        ReportBlock.Section(
          "Calibrated to today's revenue",
          text: "All money of a model is scaled by one factor, so that only its structure differs from today's."
        ) { calibratedTable }
        ReportBlock.Section("By use") {
          decileChart
          decileTable
          customerTable
        }
      }
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  // MARK: Words

  private var basis: String {
    guard let start = findings.start, let end = findings.end else { return "The window is not known." }
    var text = "From \(start.formatted(fractionDigits: 0)) to \(end.formatted(fractionDigits: 0)): "
    text += NumberFormat.counted(findings.billableCalls, "billable call") + " of "
    text += NumberFormat.counted(findings.customers, "customer") + "."
    if findings.bootstrappedMonths > 0 {
      text +=
        " Steps and included calls are means over \(findings.bootstrappedMonths) months, drawn from each customer's "
      text += "own days"
      if findings.customersAtMeanMonth > 0 {
        text +=
          "; " + NumberFormat.counted(findings.customersAtMeanMonth, "customer") + " with less than seven whole days "
        text += findings.customersAtMeanMonth == 1 ? "is billed at its mean month" : "are billed at their mean month"
      }
      text += "."
    }
    return text
  }

  private var leftOut: Callout? {
    guard findings.customersWithoutSubscription > 0 else { return nil }
    return Callout(
      .warning,
      NumberFormat.counted(
        findings.customersWithoutSubscription, "customer has calls and no subscription and is",
        "customers have calls and no subscription and are") + " left out"
        + (findings.costLeftOutUsd.map { ", with \(NumberFormat.money($0)) of cost" } ?? "") + ".")
  }

  private var changeText: String {
    findings.models.compactMap { model in
      guard let change = model.billChange, let median = change.changePct.p50, let above = change.above20Pct else {
        return nil
      }
      return "\(model.model): the median bill changes by \(Unit.percent.text(of: median)), "
        + "\(Unit.percent.text(of: above)) of customers pay over 20 % more."
    }.joined(separator: " ")
  }

  // MARK: Tables

  private var modelTable: ReportTable {
    ReportTable(
      id: "models", title: "Price models",
      columns: [
        .key("model", "Model"), .note("description", "Bill", priority: 4),
        .init("revenue_usd", "Revenue", unit: .usdPerMonth), .init("low_usd", "Low", unit: .usdPerMonth, priority: 3),
        .init("high_usd", "High", unit: .usdPerMonth, priority: 3),
        .init("cost_usd", "Cost", unit: .usdPerMonth, priority: 2), .init("margin_usd", "Margin", unit: .usdPerMonth),
        .init("margin_low_usd", "Margin, low", unit: .usdPerMonth, priority: 5),
        .init("margin_high_usd", "Margin, high", unit: .usdPerMonth, priority: 5),
        .init("margin_pct", "Margin share", unit: .percent),
      ],
      rows: findings.models.map { model in
        [
          .text(model.model), .text(model.description), .money(model.revenueUsd, else: "no prices"),
          .money(model.revenueLowUsd, else: "too few"), .money(model.revenueHighUsd, else: "too few"),
          .money(model.costUsd, else: "no costs"), .money(model.marginUsd, else: "unknown"),
          .money(model.marginLowUsd, else: "too few"), .money(model.marginHighUsd, else: "too few"),
          .number(model.marginPct, .percent, else: "unknown"),
        ]
      }, sortNote: "today's tiers first", note: "intervals at 80 %, customers resampled")
  }

  private var riskTable: ReportTable {
    ReportTable(
      id: "spread_and_risk", title: "Spread of margins and risk",
      columns: [
        .key("model", "Model"), .init("margin_p10_pct", "Margin p10", unit: .percent),
        .init("margin_p50_pct", "p50", unit: .percent), .init("margin_p90_pct", "p90", unit: .percent),
        .init("volatility_pct", "Volatility", unit: .percent, priority: 2),
        .init("break_even_churn_pct", "Break-even churn", unit: .percent, priority: 2),
        .init("break_even_elasticity", "Break-even elasticity", priority: 3),
      ],
      rows: findings.models.map { model in
        [
          .text(model.model), .number(model.marginPctSpread?.p10, .percent, else: "unknown"),
          .number(model.marginPctSpread?.p50, .percent, else: "unknown"),
          .number(model.marginPctSpread?.p90, .percent, else: "unknown"),
          .number(model.volatilityPct, .percent, else: "too few days"),
          .number(model.breakEvenChurnPct, .percent, else: "none"),
          .number(model.breakEvenElasticity, .none, else: "none"),
        ]
      },
      note:
        "margins over customers with a bill; break-even churn: so many may leave before the margin is today's, none "
        + "where it isn't above it")
  }

  private var changeTable: ReportTable? {
    let models = findings.models.filter { $0.billChange != nil }
    guard !models.isEmpty else { return nil }
    return ReportTable(
      id: "bill_change", title: "Change of bills against today's", columns: Self.changeColumns,
      rows: models.map { Self.changeCells($0.model, $0.billChange) },
      note: "over customers that pay today; quantiles by nearest rank")
  }

  private static let changeColumns: [ReportTable.Column] = [
    .key("model", "Model"), .init("customers", "Customers", unit: .count, priority: 3),
    .init("p10_pct", "p10", unit: .percent), .init("p50_pct", "p50", unit: .percent),
    .init("p90_pct", "p90", unit: .percent), .init("above_20_pct", "Above +20 %", unit: .percent),
  ]

  private static func changeCells(_ name: String, _ change: PricingFindings.BillChange?) -> [Cell] {
    [
      .text(name), .count(change?.customers ?? 0), .number(change?.changePct.p10, .percent, else: "no bills"),
      .number(change?.changePct.p50, .percent, else: "no bills"),
      .number(change?.changePct.p90, .percent, else: "no bills"),
      .number(change?.above20Pct, .percent, else: "no bills"),
    ]
  }

  private func riseTable(_ model: PricingFindings.Model) -> ReportTable? {
    guard let rises = model.billChange?.largest, !rises.isEmpty else { return nil }
    return ReportTable(
      id: "largest_rises_\(model.model)", title: "Largest rises under \(model.model)",
      columns: [
        .key("customer_id", "Customer"), .note("subscription_tier", "Tier", priority: 3),
        .init("current_usd", "Today", unit: .usdPerMonth), .init("bill_usd", "Then", unit: .usdPerMonth),
        .init("change_usd", "Change", unit: .usdPerMonth),
        .init("change_pct", "Change, share", unit: .percent, priority: 2),
      ],
      rows: rises.map {
        [
          .text($0.customerId.isEmpty ? "(none)" : $0.customerId),
          .text($0.subscriptionTier.isEmpty ? "(none)" : $0.subscriptionTier), .money($0.currentUsd),
          .money($0.billUsd), .money($0.changeUsd), .number($0.changePct, .percent, else: "new bill"),
        ]
      }, shownLimit: 5, sortNote: "by change, largest first")
  }

  private var calibratedTable: ReportTable? {
    let models = findings.models.filter { $0.calibrated != nil }
    guard !models.isEmpty else { return nil }
    return ReportTable(
      id: "calibrated", title: "Calibrated models",
      columns: [
        .key("model", "Model"), .init("factor", "Factor", unit: .ratio),
        .init("revenue_usd", "Revenue", unit: .usdPerMonth, priority: 3),
        .init("margin_p10_pct", "Margin p10", unit: .percent), .init("margin_p50_pct", "Margin p50", unit: .percent),
        .init("margin_p90_pct", "Margin p90", unit: .percent),
        .init("change_p10_pct", "Bill p10", unit: .percent, priority: 2),
        .init("change_p50_pct", "Bill p50", unit: .percent, priority: 2),
        .init("change_p90_pct", "Bill p90", unit: .percent, priority: 2),
        .init("above_20_pct", "Above +20 %", unit: .percent),
      ],
      rows: models.map { model in
        let own = model.calibrated
        return [
          .text(model.model), .number(own?.factor, .ratio, else: "none"), .money(own?.revenueUsd, else: "none"),
          .number(own?.marginPctSpread.p10, .percent, else: "unknown"),
          .number(own?.marginPctSpread.p50, .percent, else: "unknown"),
          .number(own?.marginPctSpread.p90, .percent, else: "unknown"),
          .number(own?.billChange.changePct.p10, .percent, else: "unknown"),
          .number(own?.billChange.changePct.p50, .percent, else: "unknown"),
          .number(own?.billChange.changePct.p90, .percent, else: "unknown"),
          .number(own?.billChange.above20Pct, .percent, else: "unknown"),
        ]
      }, note: "margins and bills over customers; the factor scales all money of the model")
  }

  private var decileTable: ReportTable? {
    let rows = findings.models.flatMap { model in model.deciles.map { (model.model, $0) } }
    guard !rows.isEmpty else { return nil }
    return ReportTable(
      id: "deciles", title: "Margin by decile of use",
      columns: [
        .key("model", "Model"), .key("decile", "Decile"), .init("customers", "Customers", unit: .count, priority: 3),
        .init("least_calls", "Least calls", unit: .count, priority: 2), .init("most_calls", "Most calls", unit: .count),
        .init("revenue_usd", "Revenue", unit: .usdPerMonth), .init("margin_usd", "Margin", unit: .usdPerMonth),
        .init("margin_pct", "Margin share", unit: .percent),
      ],
      rows: rows.map { model, decile in
        [
          .text(model), .count(decile.decile), .count(decile.customers),
          .number(decile.leastCallsPerMonth, .count, else: "unknown"),
          .number(decile.mostCallsPerMonth, .count, else: "unknown"), .money(decile.revenueUsd),
          .money(decile.marginUsd, else: "no costs"), .number(decile.marginPct, .percent, else: "no revenue"),
        ]
      }, shownLimit: 10, note: "the first decile calls least")
  }

  private var customerTable: ReportTable? {
    guard !findings.byCustomer.isEmpty else { return nil }
    let models = findings.models.map(\.model)
    return ReportTable(
      id: "by_customer", title: "Bills by customer",
      columns: [
        .key("customer_id", "Customer"), .note("subscription_tier", "Tier", priority: 3),
        .init("billable_calls_per_month", "Calls a month", unit: .count, priority: 2),
      ] + models.map { .init("bill_\($0)_usd", $0, unit: .usdPerMonth) },
      rows: findings.byCustomer.map { row in
        [
          .text(row.label), .text(row.own.subscriptionTier.isEmpty ? "(none)" : row.own.subscriptionTier),
          .number(row.own.billableCallsPerMonth, .count, else: "unknown"),
        ] + models.map { .money(row.own.billUsd[$0], else: "no prices") }
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  // MARK: Charts

  private var revenueChart: Chart? {
    let models = findings.models.filter { $0.revenueUsd != nil }
    guard let best = models.max(by: { ($0.revenueUsd ?? .zero) < ($1.revenueUsd ?? .zero) }) else { return nil }
    func values(_ figure: (PricingFindings.Model) -> Money?) -> [Double?] { models.map { figure($0)?.dollars } }
    return Chart(
      id: "revenue_and_margin",
      title: "\(best.model) brings most at the present use: \(NumberFormat.money(best.revenueUsd ?? .zero)) a month",
      kind: .groupedBar, x: .init("Model", scale: .category), y: .init("USD per month", unit: .usdPerMonth),
      categories: models.map(\.model),
      series: [
        .init("Revenue", values: values(\.revenueUsd), unit: .usdPerMonth),
        .init("Revenue, low", values: values(\.revenueLowUsd), role: .lower, unit: .usdPerMonth),
        .init("Revenue, high", values: values(\.revenueHighUsd), role: .upper, unit: .usdPerMonth),
        .init("Margin", values: values(\.marginUsd), unit: .usdPerMonth),
        .init("Margin, low", values: values(\.marginLowUsd), role: .lower, unit: .usdPerMonth),
        .init("Margin, high", values: values(\.marginHighUsd), role: .upper, unit: .usdPerMonth),
      ], tableID: "models", note: "low and high: 80 % intervals, customers resampled")
  }

  /// The steps of the histogram of bill changes, in percent.
  private static let changeSteps: [(name: String, below: Double)] = [
    ("below -50 %", -50), ("-50 to -20 %", -20), ("-20 to 0 %", 0), ("0 to 20 %", 20), ("20 to 100 %", 100),
    ("100 % and more", .infinity),
  ]

  private var changeChart: Chart? {
    let models = findings.models.filter { $0.billChange != nil }.map(\.model)
    guard !models.isEmpty else { return nil }
    var counts = Array(repeating: Array(repeating: 0.0, count: Self.changeSteps.count), count: models.count)
    for row in findings.byCustomer {
      guard let current = row.own.billUsd["flat"] else { continue }
      for (index, model) in models.enumerated() {
        guard let bill = row.own.billUsd[model], let change = Ratio.changePercent(from: current, to: bill),
          let step = Self.changeSteps.firstIndex(where: { change < $0.below })
        else { continue }
        counts[index][step] += 1
      }
    }
    let raised = findings.models.compactMap { model in
      model.billChange?.above20Pct.map { (model: model.model, share: $0) }
    }
    let title =
      raised.max { $0.share < $1.share }.map {
        "\($0.model) raises \(Unit.percent.text(of: $0.share)) of the bills by more than 20 %"
      } ?? "No customer pays today, so no bill changes"
    return Chart(
      id: "bill_change_distribution", title: title, kind: .groupedBar,
      x: .init("Change of the bill", scale: .category), y: .init("Customers", unit: .customers),
      categories: Self.changeSteps.map(\.name),
      series: zip(models, counts).map { .init($0, values: $1, unit: .customers) }, tableID: "bill_change")
  }

  private var decileChart: Chart? {
    let models = findings.models.filter { !$0.deciles.isEmpty && $0.costUsd != nil }
    guard let first = models.first, let most = first.deciles.last, let margin = most.marginUsd else { return nil }
    return Chart(
      id: "margin_by_decile",
      title: "Under \(first.model), the tenth that calls most leaves a margin of \(NumberFormat.money(margin)) a month",
      kind: .line,
      x: .init("Decile of calls a month"), y: .init("Margin", unit: .usdPerMonth),
      series: models.map { model in
        .init(
          model.model, points: model.deciles.map { .init(x: Double($0.decile), y: $0.marginUsd?.dollars) },
          unit: .usdPerMonth)
      }, tableID: "deciles")
  }
}
