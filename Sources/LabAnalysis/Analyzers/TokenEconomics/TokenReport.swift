import LabCore
import LabReport

/// The report of ``TokenEconomics``.
struct TokenReport {
  let findings: TokenFindings
  let summary: [Metric]
  let advice: [Recommendation]

  private static let shownRows = 15
  private static let shownBars = 10

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to show.")
    } else {
      summary
      Callout(.info, window)
      advice
      ReportBlock.Section("Ledger", text: "Recorded cost by what it was paid for; the lines sum to the bill.") {
        ledgerChart
        ledgerTable
        tierTable
      }
      ReportBlock.Section("What a dollar buys") {
        priceChart
        modelTable
      }
      ReportBlock.Section("Caches", text: cacheText) {
        cacheChart
        cacheTable
      }
      ReportBlock.Section("Sizes by feature") {
        ratioChart
        sizeTable
      }
      ReportBlock.Section("Work to look at", text: workText) {
        longTable
        simpleTable
        wasteTable
      }
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  private var window: String { ReportWords.window(findings.start, findings.end, calls: findings.totalCalls) }

  // MARK: Ledger

  private static let lineColumns: [ReportTable.Column] = [
    .init("tokens", "Tokens", unit: .count), .init("cost_usd", "Cost", unit: .usd, priority: 0),
    .init("cost_per_million_tokens_usd", "Per 1M", unit: .usdPerMillionTokens),
    .init("cost_share_pct", "Share", unit: .percent, role: .share),
  ]

  private func cells(_ line: TokenFindings.Line) -> [Cell] {
    [
      .text(Ledger.title(line.tokenClass)), .count(line.tokens), .money(line.costUsd, else: "unpriced"),
      .number(line.costPerMillionTokensUsd, .usdPerMillionTokens, else: "none"),
      .number(line.costShare.map { $0 * 100 }, .percent, else: "no cost"),
    ]
  }

  private var ledgerTable: ReportTable? {
    guard !findings.ledger.isEmpty else { return nil }
    return ReportTable(
      id: "ledger", title: "Ledger by token class", columns: [.key("token_class", "Token class")] + Self.lineColumns,
      rows: findings.ledger.map { cells($0) },
      totals: [
        .text("Total"),
        .count(findings.ledger.filter { $0.tokenClass != TokenSummation.unsplit }.reduce(0) { $0 &+ $1.tokens }),
        .money(findings.totalCostUsd, else: "no costs"), .empty,
        (findings.totalCostUsd?.nanodollars ?? 0) > 0 ? .percent(100) : .missing("no cost"),
      ],
      note: findings.ledger.contains { $0.tokenClass == TokenSummation.unsplit }
        ? "Not split: cost of calls that the price book can't price; their tokens are in the lines above as well." : nil
    )
  }

  private var tierTable: ReportTable? {
    guard !findings.ledgerByTier.isEmpty else { return nil }
    return ReportTable(
      id: "ledger_by_tier", title: "Ledger by service tier",
      columns: [.key("service_tier", "Service tier"), .key("token_class", "Token class")] + Self.lineColumns,
      rows: findings.ledgerByTier.map { [.text($0.serviceTier ?? "")] + cells($0) })
  }

  private var ledgerChart: Chart? {
    let lines = findings.ledger.filter { ($0.costUsd?.nanodollars ?? 0) > 0 }
    guard let first = lines.max(by: { ($0.costUsd ?? .zero) < ($1.costUsd ?? .zero) }), let share = first.costShare
    else {
      return nil
    }
    return Chart(
      id: "ledger_bars",
      title: "\(Ledger.title(first.tokenClass)) makes \(Unit.percent.text(of: share * 100)) of the cost", kind: .bar,
      x: .init("Token class", scale: .category), y: .init("Cost", unit: .usd),
      categories: lines.map { Ledger.title($0.tokenClass) },
      series: [.init("Cost", values: lines.map { $0.costUsd?.dollars }, unit: .usd)], tableID: "ledger")
  }

  // MARK: Models

  private var modelTable: ReportTable? {
    guard let rows = findings.byModel, !rows.isEmpty else { return nil }
    return ReportTable(
      id: "by_model", title: "Tokens and prices by provider and model",
      columns: [
        .key("provider", "Provider"), .key("model", "Model"), .init("calls", "Calls", unit: .count),
        .init("cost_usd", "Cost", unit: .usd, priority: 0), .init("total_tokens", "Tokens", unit: .count, priority: 2),
        .init("tokens_per_usd", "Tokens per USD", unit: .tokensPerUSD),
        .init("effective_per_million_usd", "Effective per 1M", unit: .usdPerMillionTokens),
        .init("list_per_million_usd", "List per 1M", unit: .usdPerMillionTokens),
        .init("effective_of_list_pct", "Of list", unit: .percent, priority: 2),
      ],
      rows: rows.map { row in
        row.keys.map { .text($0.value.isEmpty ? "(none)" : $0.value) } + [
          .count(row.calls), .money(row.cost, else: "no costs"),
          row.totalTokens.map { .integer($0) } ?? .missing("none"),
          .number(row.own.tokensPerUsd, .tokensPerUSD, else: "no cost"),
          .number(row.own.effectivePerMillionUsd, .usdPerMillionTokens, else: "no costs"),
          .number(row.own.listPerMillionUsd, .usdPerMillionTokens, else: "unpriced"),
          .number(row.own.effectiveOfListPct, .percent, else: "unpriced"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first",
      note:
        "Effective: recorded cost over all tokens; list: the same tokens at list prices, discounts and unpriced calls left out."
    )
  }

  private var priceChart: Chart? {
    let rows = (findings.byModel ?? []).filter { $0.own.effectivePerMillionUsd != nil }.prefix(Self.shownBars)
    guard let dearest = rows.max(by: { ($0.own.effectivePerMillionUsd ?? 0) < ($1.own.effectivePerMillionUsd ?? 0) }),
      let price = dearest.own.effectivePerMillionUsd
    else { return nil }
    return Chart(
      id: "cost_per_million_by_model",
      title: "\(dearest.label) is the dearest at \(Unit.usdPerMillionTokens.textWithUnit(of: price))",
      kind: .groupedBar,
      x: .init("Model", scale: .category), y: .init("Per 1M tokens", unit: .usdPerMillionTokens),
      categories: rows.map(\.label),
      series: [
        .init("Effective", values: rows.map(\.own.effectivePerMillionUsd), unit: .usdPerMillionTokens),
        .init("List", values: rows.map(\.own.listPerMillionUsd), unit: .usdPerMillionTokens),
      ], tableID: "by_model",
      note: (findings.byModel?.count ?? 0) > rows.count
        ? "the \(rows.count) models of the largest cost of \(findings.byModel?.count ?? 0)" : nil)
  }

  // MARK: Caches

  private var cacheText: String {
    guard let hit = findings.cache.hitPct else { return "" }
    var text = "\(Unit.percent.text(of: hit)) of input tokens were read from a cache."
    if let saved = findings.cache.savedByReadsUsd {
      text += " Reads saved \(NumberFormat.money(saved))"
      if let paid = findings.cache.paidForWritesUsd, let net = findings.cache.netUsd {
        text += ", writes cost \(NumberFormat.money(paid)) above plain input: net \(NumberFormat.money(net))"
      }
      text += "."
    }
    return text
  }

  private var cacheRows: [GroupRow<TokenFindings.ModelFigures>] {
    (findings.byModel ?? []).filter {
      ($0.own.cache.savedByReadsUsd ?? .zero) != .zero || ($0.own.cache.paidForWritesUsd ?? .zero) != .zero
        || ($0.own.cache.hitPct ?? 0) > 0
    }
  }

  private var cacheTable: ReportTable? {
    let rows = cacheRows
    guard !rows.isEmpty else { return nil }
    return ReportTable(
      id: "cache_by_model", title: "Cache economics by provider and model",
      columns: [
        .key("provider", "Provider"), .key("model", "Model"), .init("cache_hit_pct", "Hits", unit: .percent),
        .init("saved_by_reads_usd", "Saved by reads", unit: .usd),
        .init("paid_for_writes_usd", "Paid for writes", unit: .usd),
        .init("net_usd", "Net", unit: .usd, priority: 0),
      ],
      rows: rows.map { row in
        row.keys.map { .text($0.value) } + [
          .number(row.own.cache.hitPct, .percent, else: "no input"),
          .money(row.own.cache.savedByReadsUsd, else: "unpriced"),
          .money(row.own.cache.paidForWritesUsd, else: "no writes"), .money(row.own.cache.netUsd, else: "unpriced"),
        ]
      },
      totals: [
        .text("Total"), .empty, .number(findings.cache.hitPct, .percent, else: "no input"),
        .money(findings.cache.savedByReadsUsd, else: "unpriced"),
        .money(findings.cache.paidForWritesUsd, else: "no writes"),
        .money(findings.cache.netUsd, else: "unpriced"),
      ], shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  private var cacheChart: Chart? {
    let rows = cacheRows.prefix(Self.shownBars)
    guard !rows.isEmpty, let net = findings.cache.netUsd else { return nil }
    return Chart(
      id: "cache_economics",
      title: net.nanodollars >= 0
        ? "Caches save \(NumberFormat.money(net)) net of writes"
        : "Caches cost \(NumberFormat.money(Money(nanodollars: 0 &- net.nanodollars))) more than they save",
      kind: .groupedBar, x: .init("Model", scale: .category), y: .init("Amount", unit: .usd),
      categories: rows.map(\.label),
      series: [
        .init("Saved by reads", values: rows.map { $0.own.cache.savedByReadsUsd?.dollars }, unit: .usd),
        .init("Paid for writes", values: rows.map { $0.own.cache.paidForWritesUsd?.dollars }, unit: .usd),
      ], tableID: "cache_by_model")
  }

  // MARK: Sizes

  private var sizeTable: ReportTable? {
    guard let rows = findings.byFeature, !rows.isEmpty else { return nil }
    func quartiles(_ value: TokenFindings.Quartiles?, _ unit: Unit) -> [Cell] {
      [value?.p25, value?.p50, value?.p75].map { .number($0, unit, else: "too few") }
    }
    return ReportTable(
      id: "by_feature", title: "Quartiles of tokens per call by feature",
      columns: [
        .key("feature_id", "Feature"), .init("calls", "Calls", unit: .count),
        .init("cost_usd", "Cost", unit: .usd, priority: 2), .init("input_p25", "Input p25", unit: .count, priority: 3),
        .init("input_p50", "Input p50", unit: .count), .init("input_p75", "Input p75", unit: .count, priority: 3),
        .init("output_p25", "Output p25", unit: .count, priority: 3), .init("output_p50", "Output p50", unit: .count),
        .init("output_p75", "Output p75", unit: .count, priority: 3), .init("ratio_p25", "In/out p25", priority: 4),
        .init("ratio_p50", "In/out p50"), .init("ratio_p75", "In/out p75", priority: 4),
        .init("p99_input_tokens", "Input p99", unit: .count),
      ],
      rows: rows.map { row in
        [.text(row.label), .count(row.calls), .money(row.cost, else: "no costs")] + quartiles(row.own.input, .count)
          + quartiles(row.own.output, .count) + quartiles(row.own.ratio, .none)
          + [row.own.p99InputTokens.map { .integer($0) } ?? .missing("too few")]
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  private var ratioChart: Chart? {
    let rows = (findings.byFeature ?? []).filter { $0.own.ratio != nil }.prefix(Self.shownBars)
    guard let widest = rows.max(by: { ($0.own.ratio?.p50 ?? 0) < ($1.own.ratio?.p50 ?? 0) }),
      let ratio = widest.own.ratio
    else { return nil }
    return Chart(
      id: "ratio_by_feature",
      title: "\(widest.label) reads \(Unit.none.text(of: ratio.p50)) tokens for one that it writes", kind: .box,
      x: .init("Feature", scale: .category), y: .init("Input over output tokens"), categories: rows.map(\.label),
      series: [
        .init(
          "Input over output",
          boxes: rows.map { row in
            row.own.ratio.map {
              Chart.Box(low: $0.low, lowerQuartile: $0.p25, median: $0.p50, upperQuartile: $0.p75, high: $0.high)
            }
          })
      ], tableID: "by_feature", note: "boxes are quartiles, whiskers the least and the greatest call")
  }

  // MARK: Work to look at

  private var workText: String {
    guard let waste = findings.waste.totalUsd else { return "" }
    return "Billed output of failed calls and of answers cut off at their limit: \(NumberFormat.money(waste))."
  }

  private var longTable: ReportTable? {
    let rows = (findings.byFeature ?? []).filter { ($0.own.longPrompts?.calls ?? 0) > 0 }
    guard !rows.isEmpty else { return nil }
    return ReportTable(
      id: "long_prompts", title: "Calls with more input than their feature's p99",
      columns: [
        .key("feature_id", "Feature"), .init("p99_input_tokens", "p99", unit: .count),
        .init("calls", "Calls", unit: .count),
        .init("tokens_beyond", "Tokens beyond", unit: .count),
        .init("cost_beyond_usd", "At uncached price", unit: .usd),
      ],
      rows: rows.map { row in
        [
          .text(row.label), row.own.p99InputTokens.map { .integer($0) } ?? .missing("too few"),
          .count(row.own.longPrompts?.calls ?? 0), .count(row.own.longPrompts?.tokensBeyond ?? 0),
          .money(row.own.longPrompts?.costBeyondUsd, else: "unpriced"),
        ]
      }, shownLimit: Self.shownRows)
  }

  private var simpleTable: ReportTable? {
    guard !findings.simpleWork.isEmpty else { return nil }
    return ReportTable(
      id: "simple_work", title: "Calls under \(MixCells.smallTokens) tokens on the dearest class",
      columns: [
        .key("feature_id", "Feature"), .key("provider", "Provider"), .key("model", "Model"),
        .init("calls", "Calls", unit: .count), .init("cost_usd", "Cost", unit: .usd),
        .note("median_class", "Median call's class", priority: 2),
        .note("instead_model", "Usual model there", priority: 2),
        .init("instead_usd", "Cost there", unit: .usd),
      ],
      rows: findings.simpleWork.map { work in
        [
          .text(work.featureId), .text(work.provider), .text(work.model), .count(work.calls), .money(work.costUsd),
          .text(work.medianClass), work.insteadModel.map { .text($0) } ?? .missing("none"),
          .money(work.insteadUsd, else: "unknown"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  private var wasteTable: ReportTable {
    let waste = findings.waste
    return ReportTable(
      id: "waste", title: "Billed waste",
      columns: [
        .key("kind", "Kind"), .init("calls", "Calls", unit: .count), .init("cost_usd", "Output cost", unit: .usd),
      ],
      rows: [
        [
          .text("Failed calls"), waste.failedCallsBilled.map { .count($0) } ?? .missing("unknown"),
          .money(waste.failedOutputUsd, else: "unknown"),
        ],
        [
          .text("Answers cut off"), waste.truncatedCalls.map { .count($0) } ?? .missing("unknown"),
          .money(waste.truncatedOutputUsd, else: "unknown"),
        ],
      ],
      note: waste.unsplitCalls > 0
        ? NumberFormat.counted(waste.unsplitCalls, "such call") + " with a cost of "
          + "\(NumberFormat.money(waste.unsplitUsd)) can't be split and \(waste.unsplitCalls == 1 ? "is" : "are") left out."
        : nil)
  }
}
