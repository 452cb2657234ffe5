import LabCore
import LabReport

/// The report of ``Profitability``.
struct ProfitabilityReport {
  let findings: ProfitabilityFindings
  let summary: [Metric]
  let recommendations: [Recommendation]

  /// Rows of a table that a page shows at first.
  private static let shownRows = 15

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is no margin to show.")
    } else {
      summary
      Callout(.info, basis)
      notes
      if findings.marginUsd != nil {
        recommendations
        ReportBlock.Section("Who earns and who costs", text: verdict) {
          categoryTable
          histogram
          whaleChart
          whaleTable
        }
        ReportBlock.Section("Unprofitable customers", text: unprofitableText) {
          causeTable
          worstTable
        }
        ReportBlock.Section("Break-even use", text: "The calls a month at which a tier's price is used up.") {
          breakEvenTable
        }
      }
      ReportBlock.Section("By tier, archetype and organization") {
        tierChart
        table("by_tier", "Revenue and cost by tier", "Tier", findings.byTier)
        table("by_archetype", "Revenue and cost by archetype", "Archetype", findings.byArchetype)
        table("by_organization", "Revenue and cost by organization", "Organization", findings.byOrganization)
      }
      ReportBlock.Section("Customers") { customerTable }
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  // MARK: Words

  private var basis: String {
    guard let start = findings.start, let end = findings.end else { return "The window is not known." }
    var text = "From \(start.formatted(fractionDigits: 0)) to \(end.formatted(fractionDigits: 0)), "
    text += NumberFormat.duration(end - start) + ". "
    switch findings.revenueSource {
    case CustomerLedger.Source.subscriptions.rawValue:
      text += "Revenue is prorated from the subscription periods beside the data."
    case CustomerLedger.Source.tierPrices.rawValue:
      text +=
        "There is no file of subscriptions: every customer with calls counts as paying the tier price of its rows for "
      text += "the whole window, and customers without calls are not known."
    default: text += "Revenue is not known: \(Profitability.noPrices)."
    }
    if let low = findings.marginPctLow, let high = findings.marginPctHigh, let margin = findings.marginPct {
      text += " The margin is \(Unit.percent.text(of: margin)) of revenue, with 80 % confidence between "
      text += "\(Unit.percent.text(of: low)) and \(Unit.percent.text(of: high)) (customers resampled)."
    }
    return text
  }

  @ReportBuilder private var notes: [ReportBlock] {
    if findings.customersWithoutCalls > 0, let paid = findings.revenueWithoutCallsUsd {
      Callout(
        .info,
        NumberFormat.counted(
          findings.customersWithoutCalls, "customer pays and never called", "customers pay and never called")
          + ": \(NumberFormat.money(paid)) of the revenue.")
    }
    if findings.customersWithoutSubscription > 0 {
      Callout(
        .warning,
        NumberFormat.counted(
          findings.customersWithoutSubscription, "customer has calls and pays nothing in the window",
          "customers have calls and pay nothing in the window") + ".")
    }
    if findings.overlappingPeriods > 0 {
      Callout(
        .warning,
        NumberFormat.counted(
          findings.overlappingPeriods, "subscription period overlaps the next one",
          "subscription periods overlap the next one") + "; the later price counts.")
    }
  }

  private var verdict: String {
    guard let curve = findings.whaleCurve, let margin = findings.marginUsd else { return "" }
    var text = "The \(NumberFormat.counted(curve.peak.customers, "most profitable customer")) "
    text += "(\(Unit.percent.text(of: curve.peak.customersPct))) make \(NumberFormat.money(curve.peak.marginUsd)); "
    text += "the others take \(NumberFormat.money(curve.lostUsd)) away, which leaves \(NumberFormat.money(margin))."
    if let gini = findings.gini?.margin { text += " Gini of margins: \(Unit.ratio.text(of: gini))." }
    if let gini = findings.gini?.cost { text += " Of costs: \(Unit.ratio.text(of: gini))." }
    return text
  }

  private var unprofitableText: String {
    guard let part = findings.unprofitable else { return "" }
    if part.customers == 0 { return "No customer costs more than it pays." }
    var text = NumberFormat.counted(part.customers, "customer costs", "customers cost")
    text += " more than \(part.customers == 1 ? "it pays" : "they pay"): "
    text += "\(NumberFormat.money(part.monthlyLossUsd)) a month"
    if let low = part.monthlyLossLowUsd, let high = part.monthlyLossHighUsd {
      text += " (80 % interval \(NumberFormat.money(low)) to \(NumberFormat.money(high)), customers resampled)"
    }
    return text + "."
  }

  private static func words(_ cause: ProfitabilityFindings.Cause?) -> String {
    switch cause {
    case .volume: "volume: more calls"
    case .length: "length: more tokens per call"
    case .modelMix: "model mix: dearer tokens"
    case nil: "can't be compared"
    }
  }

  // MARK: Tables

  private var categoryTable: ReportTable? {
    guard let rows = findings.categories else { return nil }
    return ReportTable(
      id: "categories", title: "Customers by margin",
      columns: [
        .key("category", "Category"), .note("margin", "Margin"), .init("customers", "Customers", unit: .count),
        .init("customers_pct", "Share", unit: .percent, role: .share), .init("revenue_usd", "Revenue", unit: .usd),
        .init("cost_usd", "Cost", unit: .usd), .init("margin_usd", "Margin", unit: .usd),
      ],
      rows: rows.map { row in
        [
          .text(row.category.rawValue), .text(row.category.leastPercent.map { "\($0) % or more" } ?? "below 0 %"),
          .count(row.customers), .number(row.customersPct, .percent, else: "no customers"), .money(row.revenueUsd),
          .money(row.costUsd), .money(row.marginUsd),
        ]
      },
      totals: [
        .text("Total"), .empty, .count(findings.customers), findings.customers > 0 ? .percent(100) : .missing("none"),
        .money(findings.revenueUsd, else: "unknown"), .money(findings.totalCostUsd, else: "unknown"),
        .money(findings.marginUsd, else: "unknown"),
      ])
  }

  private var causeTable: ReportTable? {
    guard let rows = findings.unprofitable?.causes, !rows.isEmpty else { return nil }
    return ReportTable(
      id: "causes", title: "Why unprofitable customers cost more than they pay",
      columns: [
        .key("cause", "Cause"), .init("customers", "Customers", unit: .count),
        .init("monthly_loss_usd", "Loss per month", unit: .usd),
        .init("low_usd", "Low", unit: .usd, priority: 3), .init("high_usd", "High", unit: .usd, priority: 3),
      ],
      rows: rows.map {
        [
          .text(Self.words($0.cause)), .count($0.customers), .money($0.monthlyLossUsd),
          .money($0.monthlyLossLowUsd, else: "too few"), .money($0.monthlyLossHighUsd, else: "too few"),
        ]
      },
      totals: [
        .text("Total"), .count(findings.unprofitable?.customers ?? 0),
        .money(findings.unprofitable?.monthlyLossUsd, else: "unknown"),
        .money(findings.unprofitable?.monthlyLossLowUsd, else: "too few"),
        .money(findings.unprofitable?.monthlyLossHighUsd, else: "too few"),
      ], note: "the largest part of the cost beyond the median customer of the tier; intervals at 80 %")
  }

  private var worstTable: ReportTable? {
    let rows = ProfitabilitySummation.losing(findings.byCustomer)
    guard !rows.isEmpty else { return nil }
    var weeks: [String: [Money]] = [:]
    for worst in findings.worstCustomers { weeks[worst.customerId] = worst.weeklyMarginUsd }
    return ReportTable(
      id: "unprofitable", title: "Unprofitable customers",
      columns: [
        .key("customer_id", "Customer"), .note("subscription_tier", "Tier", priority: 2),
        .init("monthly_loss_usd", "Loss per month", unit: .usd),
        .note("cause", "Cause"), .init("volume_usd", "Volume", unit: .usdPerMonth, priority: 4),
        .init("length_usd", "Length", unit: .usdPerMonth, priority: 4),
        .init("model_mix_usd", "Model mix", unit: .usdPerMonth, priority: 4),
        .init("negative_weeks_pct", "Weeks negative", unit: .percent, priority: 2),
        .note("weekly_margin", "Weekly margin", priority: 3),
      ],
      rows: rows.map { row in
        let split = row.own.split
        return [
          .text(row.label), .text(row.own.subscriptionTier.isEmpty ? "(none)" : row.own.subscriptionTier),
          .money(row.own.monthlyLossUsd, else: "unknown"), .text(Self.words(split?.cause)),
          .money(split?.volumeUsd, else: "not compared"), .money(split?.lengthUsd, else: "not compared"),
          .money(split?.modelMixUsd, else: "not compared"),
          .number(row.own.negativeWeeksPct, .percent, else: "no whole week"),
          weeks[row.label].map { .spark($0.map(\.dollars)) } ?? .empty,
        ]
      }, shownLimit: Self.shownRows, sortNote: "by loss, largest first",
      note: "volume, length and model mix sum to the monthly cost beyond the median customer of the tier")
  }

  private var breakEvenTable: ReportTable? {
    guard let rows = findings.breakEven, !rows.isEmpty else { return nil }
    return ReportTable(
      id: "break_even", title: "Break-even use by tier",
      columns: [
        .key("subscription_tier", "Tier"), .init("customers", "Customers", unit: .count),
        .init("monthly_price_usd", "Price per month", unit: .usdPerMonth),
        .init("cost_per_call_usd", "Cost per call", unit: .usdPerCall),
        .init("calls_per_month", "Break-even calls", unit: .calls),
        .init("median_calls_per_month", "Median calls", unit: .calls, priority: 3),
        .init("p90_calls_per_month", "p90 calls", unit: .calls, priority: 3),
        .init("customers_beyond", "Customers beyond", unit: .count),
      ],
      rows: rows.map {
        [
          .text($0.subscriptionTier.isEmpty ? "(none)" : $0.subscriptionTier), .count($0.customers),
          .money($0.monthlyPriceUsd, else: "no subscription"), .number($0.costPerCallUsd, .usdPerCall, else: "too few"),
          .number($0.callsPerMonth, .calls, else: "no cost"),
          .number($0.medianCallsPerMonth, .calls, else: "no subscription"),
          .number($0.p90CallsPerMonth, .calls, else: "no subscription"),
          $0.customersBeyond.map { .count($0) } ?? .missing("unknown"),
        ]
      }, note: "calls per month of a customer while it subscribes; beyond: more calls than the break-even")
  }

  private func table(
    _ id: String, _ title: String, _ key: String, _ rows: [ProfitabilityFindings.Row]
  ) -> ReportTable? {
    guard let first = rows.first else { return nil }
    return ReportTable(
      id: id, title: title,
      columns: [
        .key(first.keys[0].name, key), .init("customers", "Customers", unit: .count),
        .init("calls", "Calls", unit: .count, priority: 3), .init("revenue_usd", "Revenue", unit: .usd),
        .init("cost_usd", "Cost", unit: .usd), .init("margin_usd", "Margin", unit: .usd),
        .init("margin_pct", "Margin share", unit: .percent, priority: 2),
        .init("unprofitable_customers", "Unprofitable", unit: .count, priority: 4),
        .init("monthly_loss_usd", "Loss per month", unit: .usd, priority: 4),
      ],
      rows: rows.map { row in
        [
          .text(row.label), .count(row.own.customers), .count(row.calls), .money(row.own.revenueUsd, else: "unknown"),
          .money(row.cost, else: "no costs"), .money(row.own.marginUsd, else: "unknown"),
          .number(row.own.marginPct, .percent, else: "no revenue"),
          row.own.unprofitableCustomers.map { .count($0) } ?? .missing("unknown"),
          .money(row.own.monthlyLossUsd, else: "unknown"),
        ]
      },
      totals: [
        .text("Total"), .count(findings.customers), .count(findings.totalCalls),
        .money(findings.revenueUsd, else: "unknown"), .money(findings.totalCostUsd, else: "no costs"),
        .money(findings.marginUsd, else: "unknown"), .number(findings.marginPct, .percent, else: "no revenue"),
        findings.unprofitable.map { .count($0.customers) } ?? .missing("unknown"),
        .money(findings.unprofitable?.monthlyLossUsd, else: "unknown"),
      ], shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  private var customerTable: ReportTable? {
    guard !findings.byCustomer.isEmpty else { return nil }
    return ReportTable(
      id: "by_customer", title: "Revenue and cost by customer",
      columns: [
        .key("customer_id", "Customer"), .note("subscription_tier", "Tier", priority: 3),
        .init("subscribed_days", "Days subscribed", unit: .days, priority: 4),
        .init("calls", "Calls", unit: .count, priority: 3), .init("revenue_usd", "Revenue", unit: .usd),
        .init("cost_usd", "Cost", unit: .usd), .init("margin_usd", "Margin", unit: .usd),
        .init("margin_pct", "Margin share", unit: .percent, priority: 2), .note("category", "Category", priority: 2),
      ],
      rows: findings.byCustomer.map { row in
        [
          .text(row.label), .text(row.own.subscriptionTier.isEmpty ? "(none)" : row.own.subscriptionTier),
          .number(row.own.subscribedDays, .days, else: "unknown"), .count(row.calls),
          .money(row.own.revenueUsd, else: "unknown"), .money(row.cost, else: "no costs"),
          .money(row.own.marginUsd, else: "unknown"), .number(row.own.marginPct, .percent, else: "no revenue"),
          row.own.category.map { .text($0.rawValue) } ?? .missing("unknown"),
        ]
      },
      totals: [
        .text("Total"), .empty, .empty, .count(findings.totalCalls), .money(findings.revenueUsd, else: "unknown"),
        .money(findings.totalCostUsd, else: "no costs"), .money(findings.marginUsd, else: "unknown"),
        .number(findings.marginPct, .percent, else: "no revenue"), .empty,
      ], shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  private var whaleTable: ReportTable? {
    guard let curve = findings.whaleCurve else { return nil }
    return ReportTable(
      id: "whale_curve", title: "Margin of the most profitable customers together",
      columns: [
        .key("customers", "Customers"), .init("customers_pct", "Of all customers", unit: .percent),
        .init("margin_usd", "Margin", unit: .usd), .init("margin_pct", "Of the whole margin", unit: .percent),
      ],
      rows: curve.points.map {
        [
          .count($0.customers), .percent($0.customersPct), .money($0.marginUsd),
          .number($0.marginPct, .percent, else: "no margin"),
        ]
      }, shownLimit: 11, sortNote: "most profitable first")
  }

  // MARK: Charts

  private var whaleChart: Chart? {
    guard let curve = findings.whaleCurve, curve.points.count > 2 else { return nil }
    return Chart(
      id: "whale_curve",
      title: curve.lostUsd.nanodollars > 0
        ? "The margin peaks at \(Unit.percent.text(of: curve.peak.customersPct)) of customers with "
          + "\(NumberFormat.money(curve.peak.marginUsd))"
        : "Every customer adds to the margin of \(NumberFormat.money(curve.peak.marginUsd))",
      kind: .line, x: .init("Customers, most profitable first", unit: .percent),
      y: .init("Margin together", unit: .usd),
      series: [
        .init(
          "Margin", points: curve.points.map { .init(x: $0.customersPct, y: $0.marginUsd.dollars) }, unit: .usd)
      ], tableID: "whale_curve")
  }

  /// Customers by margin in steps of 20 points, with everything below −100 % in the first bar.
  private var histogram: Chart? {
    let margins = findings.byCustomer.compactMap(\.own.marginPct)
    guard !margins.isEmpty else { return nil }
    var counts = [Double](repeating: 0, count: 11)
    for margin in margins { counts[margin < -100 ? 0 : min(10, 1 + Int((margin + 100) / 20))] += 1 }
    let names = ["below -100 %"] + (0..<10).map { "\(-100 + $0 * 20) to \(-80 + $0 * 20) %" }
    let losing = margins.reduce(0) { $0 + ($1 < 0 ? 1 : 0) }
    return Chart(
      id: "margin_histogram",
      title: "\(NumberFormat.grouped(losing)) of \(NumberFormat.counted(margins.count, "paying customer")) below zero",
      kind: .histogram, x: .init("Margin over revenue", scale: .category), y: .init("Customers", unit: .customers),
      categories: names, series: [.init("Customers", values: counts, unit: .customers)], tableID: "by_customer")
  }

  private var tierChart: Chart? {
    guard findings.revenueUsd != nil, findings.totalCostUsd != nil, let first = findings.byTier.first else {
      return nil
    }
    let share = first.own.marginPct.map { " of which \(Unit.percent.text(of: $0)) is left" } ?? ""
    return Chart(
      id: "revenue_and_cost_by_tier",
      title: "\(first.label) costs most: \(NumberFormat.money(first.cost ?? .zero)) against "
        + "\(NumberFormat.money(first.own.revenueUsd ?? .zero)) of revenue\(share)",
      kind: .groupedBar, x: .init("Tier", scale: .category), y: .init("USD in the window", unit: .usd),
      categories: findings.byTier.map(\.label),
      series: [
        .init("Revenue", values: findings.byTier.map { $0.own.revenueUsd?.dollars }, unit: .usd),
        .init("Cost", values: findings.byTier.map { $0.cost?.dollars }, unit: .usd),
      ], tableID: "by_tier")
  }
}
