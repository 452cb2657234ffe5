import LabCore
import LabReport

/// The report of ``Understanding``.
struct UnderstandingReport {
  let findings: UnderstandingFindings
  let summary: [Metric]

  /// Rows of a table that a page shows at first.
  private static let shownRows = 15
  /// Bars of the chart of models and of the Pareto chart.
  private static let shownBars = 10
  /// Days that a chart can hold (``Chart/pointLimit``).
  private static let shownDays = Chart.pointLimit

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to show.")
    } else {
      summary.filter { !$0.id.hasPrefix("budget.") }
      Callout(.info, window)
      pricingNotes
      changeSection
      outlook
      ReportBlock.Section("By provider and model") {
        doughnut
        table(.provider)
        modelBars
        table(.model)
      }
      ReportBlock.Section("Over time") {
        dailyChart
        daysTable
      }
      ReportBlock.Section("Concentration", text: concentrationText) {
        pareto
        table(.customer)
      }
      ReportBlock.Section("By other dimensions") {
        for dimension in [UnderstandingDimension.feature, .product, .organization, .region, .tier, .environment, .tag] {
          table(dimension)
        }
      }
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  private var outlook: [ReportBlock] {
    let days = (findings.byDay ?? []).filter(\.whole)
    return OutlookReport(
      forecast: findings.forecast, budgets: findings.budgets,
      history: days.map { ($0.start.date, $0.sums.cost) }
    ).blocks
  }

  // MARK: Words

  private var window: String {
    guard let start = findings.start, let end = findings.end else {
      return "\(NumberFormat.counted(findings.totalCalls, "call")) without timestamps."
    }
    var text = "From \(start.formatted(fractionDigits: 0)) to \(end.formatted(fractionDigits: 0)), "
    text += NumberFormat.duration(end - start) + "."
    if let daily = findings.dailyCostUsd {
      text += " A mean day costs \(Unit.usd.text(of: daily.mean)), with 95 % confidence between "
      text += "\(Unit.usd.text(of: daily.low)) and \(Unit.usd.text(of: daily.high))"
      text += " (\(daily.wholeDays) whole days, resampled)."
    }
    if let monthly = findings.monthlyCostUsd { text += " At this rate a month costs \(NumberFormat.money(monthly))." }
    return text
  }

  @ReportBuilder private var pricingNotes: [ReportBlock] {
    let pricing = findings.pricing
    if pricing.callsWithoutCost > 0 {
      Callout(
        .warning,
        NumberFormat.counted(
          pricing.callsWithoutCost, "call has no recorded cost and is", "calls have no recorded cost and are")
          + " in no sum of costs; \(NumberFormat.grouped(pricing.unpricedCalls)) of them, with "
          + "\(NumberFormat.counted(pricing.unpricedTokens, "token")), "
          + "\(pricing.unpricedCalls == 1 ? "has" : "have") no price in the price book either.")
    }
    if pricing.unsplitCalls > 0 {
      Callout(
        .info,
        NumberFormat.counted(
          pricing.unsplitCalls, "call has a cost but no price in the price book: it is",
          "calls have a cost but no price in the price book: they are")
          + " in every sum, and outside the prices per million input and output tokens.")
    }
    if let input = pricing.inputCostPerMillionUsd, let output = pricing.outputCostPerMillionUsd,
      let inputCost = pricing.inputCostUsd, let outputCost = pricing.outputCostUsd
    {
      Callout(
        .info,
        "Input costs \(NumberFormat.money(inputCost)) (\(Unit.usdPerMillionTokens.textWithUnit(of: input))), output "
          + "\(NumberFormat.money(outputCost)) (\(Unit.usdPerMillionTokens.textWithUnit(of: output))).")
    }
  }

  private var concentrationText: String {
    let parts: [(String, Concentration?)] = [
      ("provider", findings.concentration.providers), ("model", findings.concentration.models),
      ("customer", findings.concentration.customers),
    ]
    return parts.compactMap { name, spread in
      guard let spread, let hhi = spread.hhi, let effective = spread.effectiveNumber, let top = spread.top10Share else {
        return nil
      }
      if spread.holders == 1 { return "1 \(name) has all of the cost (HHI \(Unit.ratio.text(of: hhi)))." }
      return "\(NumberFormat.counted(spread.holders, name)) with cost count as "
        + "\(NumberFormat.fixed(effective, places: 1)) equal ones (HHI \(Unit.ratio.text(of: hhi)), ten largest "
        + "\(Unit.percent.text(of: top * 100)))."
    }.joined(separator: " ")
  }

  // MARK: Tables

  private func table(_ dimension: UnderstandingDimension) -> ReportTable? {
    guard let rows = findings.groups.first(where: { $0.dimension == dimension })?.rows, !rows.isEmpty else {
      return nil
    }
    var columns = zip(dimension.keyNames, dimension.titles).map { ReportTable.Column.key($0, $1) }
    columns += [
      .init("calls", "Calls", unit: .count),
      .init("cost_usd", "Cost", unit: .usd, priority: 0),
      .init("cost_share_pct", "Share", unit: .percent, role: .share),
      .init("total_tokens", "Tokens", unit: .count, priority: 3),
      .init("cost_per_call_usd", "Per call", unit: .usdPerCall, priority: 4),
      .init("input_cost_per_million_usd", "Input per 1M", unit: .usdPerMillionTokens, priority: 5),
      .init("output_cost_per_million_usd", "Output per 1M", unit: .usdPerMillionTokens, priority: 5),
      .init("change_pct", "Change", unit: .percent, priority: 2),
    ]
    return ReportTable(
      id: dimension.id, title: "Cost by \(dimension == .model ? "provider and model" : dimension.rawValue)",
      columns: columns, rows: rows.map { cells($0) }, totals: dimension == .tag ? nil : totals(dimension),
      shownLimit: Self.shownRows, sortNote: "by cost, largest first", note: changeNote)
  }

  private var changeNote: String? {
    findings.change.map { "Change: \(Self.weeks($0.weeks))." }
  }

  /// `the last whole week against the one before`.
  private static func weeks(_ count: Int) -> String {
    count == 1
      ? "the last whole week against the one before" : "the last \(count) whole weeks against the \(count) before"
  }

  private func cells(_ row: UnderstandingFindings.Row) -> [Cell] {
    let own = row.own
    return row.keys.map { .text($0.value.isEmpty ? "(none)" : $0.value) } + [
      .count(row.calls), .money(row.cost, else: "no costs"),
      .number(own.costShare.map { $0 * 100 }, .percent, else: "no cost"),
      row.totalTokens.map { .integer($0) } ?? .missing("no tokens"),
      .number(own.costPerCallUsd, .usdPerCall, else: "no costs"),
      .number(own.inputCostPerMillionUsd, .usdPerMillionTokens, else: "unpriced"),
      .number(own.outputCostPerMillionUsd, .usdPerMillionTokens, else: "unpriced"),
      .number(own.changePct, .percent, else: own.recentCostUsd == nil ? "no weeks" : "new"),
    ]
  }

  private func totals(_ dimension: UnderstandingDimension) -> [Cell] {
    let keys = [Cell.text("Total")] + Array(repeating: .empty, count: dimension.keyNames.count - 1)
    let hasShare = (findings.totalCostUsd?.nanodollars ?? 0) > 0
    return keys + [
      .count(findings.totalCalls), .money(findings.totalCostUsd, else: "no costs"),
      hasShare ? .percent(100) : .missing("no cost"),
      findings.totalTokens.map { .integer($0) } ?? .missing("no tokens"),
      .number(
        findings.totalCostUsd.flatMap { Ratio.of($0.nanodollars, findings.totalCalls) }.map { $0 / 1e9 }, .usdPerCall,
        else: "no costs"),
      .number(findings.pricing.inputCostPerMillionUsd, .usdPerMillionTokens, else: "unpriced"),
      .number(findings.pricing.outputCostPerMillionUsd, .usdPerMillionTokens, else: "unpriced"),
      .number(findings.change?.changePct, .percent, else: "no weeks"),
    ]
  }

  private var daysTable: ReportTable? {
    guard let days = findings.byDay, !days.isEmpty else { return nil }
    return ReportTable(
      id: "by_day", title: "Calls, tokens and cost by day (UTC)",
      columns: [
        .key("day", "Day"), .init("calls", "Calls", unit: .count), .init("cost_usd", "Cost", unit: .usd),
        .init("total_tokens", "Tokens", unit: .count), .note("whole", "Whole day", priority: 2),
      ],
      rows: days.map { day in
        [
          .date(day.start.date), .count(day.sums.calls), day.hasCost ? .money(day.sums.cost) : .missing("no costs"),
          .integer(day.sums.totalTokens), .text(day.whole ? "yes" : "partial"),
        ]
      }, shownLimit: 31, sortNote: "by date")
  }

  // MARK: Change

  @ReportBuilder private var changeSection: [ReportBlock] {
    if let change = findings.change {
      ReportBlock.Section(
        "What changed",
        text: (change.weeks == 1
          ? "The last whole week, from \(change.recentStart.date), against the one before, "
          : "The last \(change.weeks) whole weeks, from \(change.recentStart.date), against the \(change.weeks) before, ")
          + "from \(change.previousStart.date); split over provider, model and \(change.tokenClasses)."
      ) {
        ReportTable(
          id: "change", title: "Change of cost, split exactly",
          columns: [.key("part", "Part"), .init("usd", "Cost", unit: .usd), .note("meaning", "Meaning")],
          rows: [
            [
              .text("Before"), .money(change.previousCostUsd),
              .text(change.weeks == 1 ? "cost of the week before" : "cost of the weeks before"),
            ],
            [.text("Volume"), .money(change.volumeUsd), .text("more or fewer tokens, all else equal")],
            [
              .text("Mix"), .money(change.mixUsd),
              .text("a shift between models and token classes, new and gone ones too"),
            ],
            [.text("Price"), .money(change.priceUsd), .text("other cost per token of the same model and class")],
          ],
          totals: [
            .text("After"), .money(change.recentCostUsd),
            .text(change.weeks == 1 ? "cost of the last week" : "cost of the last weeks"),
          ])
      }
    }
  }

  // MARK: Charts

  private var hasMoney: Bool { (findings.totalCostUsd?.nanodollars ?? 0) > 0 }

  private func share(_ row: UnderstandingFindings.Row) -> String {
    Unit.percent.text(of: (row.own.costShare ?? 0) * 100)
  }

  private var doughnut: Chart? {
    guard hasMoney, let rows = findings.byProvider, let first = rows.first else { return nil }
    var (names, values) = (
      rows.prefix(Self.shownBars).map(\.label), rows.prefix(Self.shownBars).map { $0.cost?.dollars }
    )
    let rest = rows.dropFirst(Self.shownBars)
    if !rest.isEmpty {
      names.append(rest.count == 1 ? "1 other" : "\(rest.count) others")
      values.append(rest.reduce(0) { $0 + ($1.cost?.dollars ?? 0) })
    }
    return Chart(
      id: "cost_by_provider", title: "\(first.label) makes \(share(first)) of the cost", kind: .doughnut,
      x: .init("Provider", scale: .category), y: .init("Cost", unit: .usd), categories: names,
      series: [.init("Cost", values: values, unit: .usd)], tableID: "by_provider")
  }

  private var modelBars: Chart? {
    guard hasMoney, let rows = findings.byModel, let first = rows.first else { return nil }
    let shown = rows.prefix(Self.shownBars)
    return Chart(
      id: "top_models", title: "\(first.label) makes \(share(first)) of the cost", kind: .bar,
      x: .init("Model", scale: .category), y: .init("Cost", unit: .usd), categories: shown.map(\.label),
      series: [.init("Cost", values: shown.map { $0.cost?.dollars }, unit: .usd)], tableID: "by_model",
      note: rows.count > shown.count ? "top \(shown.count) of \(rows.count) models" : nil)
  }

  private var pareto: Chart? {
    guard hasMoney, let rows = findings.byCustomer, rows.count > 1, let total = findings.totalCostUsd else {
      return nil
    }
    let shown = rows.prefix(Self.shownBars)
    var running: Int64 = 0
    let cumulative = shown.map { row -> Double? in
      running &+= row.cost?.nanodollars ?? 0
      return Ratio.percent(running, total.nanodollars)
    }
    let percent = Unit.percent.text(of: (cumulative.last ?? nil) ?? 0)
    return Chart(
      id: "customer_pareto",
      title: "The \(shown.count) largest of \(NumberFormat.grouped(rows.count)) customers make \(percent) of the cost",
      kind: .pareto, x: .init("Customer", scale: .category), y: .init("Cost", unit: .usd),
      categories: shown.map(\.label),
      series: [
        .init("Cost", values: shown.map { $0.cost?.dollars }, unit: .usd),
        .init("Running share", values: cumulative, role: .cumulative, unit: .percent),
      ], tableID: "by_customer")
  }

  /// Cost by day, stacked by provider; days without calls are zero.
  private var dailyChart: Chart? {
    guard hasMoney, let days = findings.byDay, let first = days.first, let last = days.last, days.count > 1 else {
      return nil
    }
    let start = first.start.day
    let count = last.start.day - start + 1
    guard count <= Self.shownDays else { return nil }
    let highest = days.max { $0.sums.cost < $1.sums.cost } ?? first
    let ranked = (findings.byProvider ?? []).prefix(Self.shownBars).compactMap { row in
      findings.seriesProviders.firstIndex(of: row.label).map { (name: row.label, index: $0) }
    }
    let isSplit = !ranked.isEmpty && ranked.count == findings.byProvider?.count
    let series: [Chart.Series] =
      isSplit
      ? ranked.map { provider in
        line(provider.name, days, from: start, count: count) { $0.byProvider[provider.index].dollars }
      } : [line("Cost", days, from: start, count: count) { $0.sums.cost.dollars }]
    return Chart(
      id: "daily_cost",
      title: "The dearest day is \(highest.key) with \(NumberFormat.money(highest.sums.cost))",
      kind: .stackedBar, x: .init("Day (UTC)", scale: .category), y: .init("Cost", unit: .usd),
      categories: (0..<count).map { CivilDate(daysSinceEpoch: start + $0).description }, series: series,
      tableID: "by_day", note: first.whole && last.whole ? nil : "the first or last day is partial")
  }

  private func line(
    _ name: String, _ days: [UnderstandingFindings.Moment], from start: Int, count: Int,
    _ value: (UnderstandingFindings.Moment) -> Double
  ) -> Chart.Series {
    var values = [Double?](repeating: 0, count: count)
    for day in days { values[day.start.day - start] = value(day) }
    return .init(name, values: values, unit: .usd)
  }
}
