import LabCore
import LabReport

/// The report of ``Alignment``.
struct AlignmentReport {
  let findings: AlignmentFindings
  let summary: [Metric]
  let advice: [Recommendation]

  private static let shownRows = 15
  private static let shownBars = 10

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to show.")
    } else {
      summary
      Callout(.info, ReportWords.window(findings.start, findings.end, calls: findings.totalCalls))
      advice
      ReportBlock.Section("Chargeback", text: billText) {
        productChart
        organizationTable
        billTable
        poolTable
        linesTable
      }
      reconciliationTable
      ReportBlock.Section("Showback") {
        shareChart
        productTable
      }
      ReportBlock.Section(
        "Mix-adjusted index",
        text: "Cost over what the others pay for the same features and products; 1 is what they pay."
      ) {
        indexChart
        indexTable
      }
      tagTable
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  private func label(_ row: AlignmentFindings.Row) -> Cell { .text(row.label) }

  // MARK: Chargeback

  private var billText: String {
    guard let bill = findings.bill else { return "" }
    let statements = NumberFormat.counted(findings.statements.count, "statement")
    var text = "A bill of \(NumberFormat.money(bill.totalUsd, style: .cents)): "
    text += "\(NumberFormat.money(bill.allocatedUsd, style: .cents)) on \(statements), "
    text += "\(NumberFormat.money(bill.unallocatedUsd, style: .cents)) on none."
    return text
  }

  private var organizationTable: ReportTable? {
    guard let rows = findings.byOrganization, !rows.isEmpty, let bill = findings.bill else { return nil }
    return ReportTable(
      id: "by_organization", title: "Statements by organization",
      columns: [
        .key("organization_id", "Organization"), .init("calls", "Calls", unit: .count, priority: 2),
        .init("cost_usd", "Recorded", unit: .usd, priority: 2),
        .init("showback_pct", "Share", unit: .percent, role: .share),
        .init("usage_usd", "Usage", unit: .usd), .init("shared_costs_usd", "Shared costs", unit: .usd, priority: 3),
        .init("unused_commitments_usd", "Unused commitments", unit: .usd, priority: 3),
        .init("invoice_differences_usd", "Invoice differences", unit: .usd, priority: 3),
        .init("statement_usd", "Statement", unit: .usd, priority: 0),
      ],
      rows: rows.map { row in
        [
          label(row), .count(row.calls), .money(row.cost, else: "no costs"),
          .number(row.own.showbackPct, .percent, else: "no cost"), .money(row.own.usageUsd),
          .money(row.own.sharedCostsUsd), .money(row.own.unusedCommitmentsUsd), .money(row.own.invoiceDifferencesUsd),
          .money(row.own.statementUsd, else: "unallocated"),
        ]
      },
      totals: [
        .text("Total"), .count(findings.totalCalls), .money(findings.totalCostUsd, else: "no costs"),
        (findings.totalCostUsd?.nanodollars ?? 0) > 0 ? .percent(100) : .missing("no cost"), .money(bill.usageUsd),
        .money(bill.sharedCostsUsd), .money(bill.unusedCommitmentsUsd), .money(bill.invoiceDifferencesUsd),
        .money(bill.allocatedUsd),
      ], shownLimit: Self.shownRows, sortNote: "by cost, largest first",
      note: "Usage and statements are whole cents by largest remainder; totals hold what no organization bears.")
  }

  private var billTable: ReportTable? {
    guard let bill = findings.bill else { return nil }
    let parts: [(String, Money)] = [
      ("Usage", bill.usageUsd), ("Shared costs", bill.sharedCostsUsd),
      ("Unused commitments", bill.unusedCommitmentsUsd), ("Invoice differences", bill.invoiceDifferencesUsd),
    ]
    return ReportTable(
      id: "bill", title: "The bill and what became of it",
      columns: [.key("part", "Part"), .init("amount_usd", "Amount", unit: .usd)],
      rows: parts.map { [.text($0.0), .money($0.1)] } + [
        [.text("Allocated"), .money(bill.allocatedUsd)], [.text("Unallocated"), .money(bill.unallocatedUsd)],
      ], totals: [.text("Bill"), .money(bill.totalUsd)])
  }

  private var poolTable: ReportTable? {
    guard !findings.pools.isEmpty else { return nil }
    return ReportTable(
      id: "pools", title: "What is shared beside the calls",
      columns: [
        .key("kind", "Kind"), .key("item", "Item"), .note("key", "Shared"), .init("amount_usd", "Amount", unit: .usd),
        .init("allocated_usd", "Allocated", unit: .usd), .init("unallocated_usd", "Unallocated", unit: .usd),
      ],
      rows: findings.pools.map { pool in
        [
          .text(Self.title(pool.kind)), .text(pool.item), .text(pool.key), .money(pool.amountUsd),
          .money(pool.allocatedUsd), .money(pool.unallocatedUsd),
        ]
      })
  }

  private static func title(_ kind: String) -> String {
    switch kind {
    case "shared_cost": "Shared cost"
    case "unused_commitment": "Unused commitment"
    case "invoice_difference": "Invoice difference"
    default: "Usage"
    }
  }

  /// Every line of every statement: what the CSV of statements is.
  private var linesTable: ReportTable? {
    guard !findings.statements.isEmpty else { return nil }
    var rows: [[Cell]] = []
    for statement in findings.statements {
      for line in statement.lines {
        rows.append([
          .text(statement.organizationId), .text(Self.title(line.kind)), line.item.map { .text($0) } ?? .empty,
          line.productId.map { .text($0) } ?? .empty, line.featureId.map { .text($0) } ?? .empty,
          line.provider.map { .text($0) } ?? .empty, line.model.map { .text($0) } ?? .empty,
          line.calls.map { .integer($0) } ?? .empty, line.tokens.map { .integer($0) } ?? .empty, .money(line.amountUsd),
        ])
      }
    }
    return ReportTable(
      id: "statement_lines", title: "Statements, line by line",
      columns: [
        .key("organization_id", "Organization"), .note("kind", "Kind"), .note("item", "Item", priority: 3),
        .note("product_id", "Product"), .note("feature_id", "Feature"), .note("provider", "Provider", priority: 2),
        .note("model", "Model"), .init("calls", "Calls", unit: .count, priority: 2),
        .init("tokens", "Tokens", unit: .count, priority: 3), .init("amount_usd", "Amount", unit: .usd, priority: 0),
      ], rows: rows, totals: statementTotals, shownLimit: Self.shownRows,
      sortNote: "by organization, then by amount", note: periodNote)
  }

  private var statementTotals: [Cell] {
    [.text("Total")] + Array(repeating: .empty, count: 8) + [.money(findings.bill?.allocatedUsd, else: "no costs")]
  }

  private var periodNote: String? {
    guard let start = findings.start, let end = findings.end else { return nil }
    return "Period: \(start.date) to \(end.date) (UTC)."
  }

  private var reconciliationTable: ReportTable? {
    guard !findings.reconciliation.isEmpty else { return nil }
    return ReportTable(
      id: "reconciliation", title: "Invoices and what was recorded",
      columns: [
        .key("provider", "Provider"), .key("month", "Month"), .init("recorded_usd", "Recorded", unit: .usd),
        .init("invoiced_usd", "Invoiced", unit: .usd), .init("difference_usd", "Difference", unit: .usd, priority: 0),
        .init("difference_pct", "Of the invoice", unit: .percent), .note("covered", "Days with data"),
      ],
      rows: findings.reconciliation.map { line in
        [
          .text(line.provider), .text(line.month), .money(line.recordedUsd), .money(line.invoicedUsd),
          .money(line.differenceUsd), .number(line.differencePct, .percent, else: "nothing billed"),
          .text("\(line.coveredDays) of \(line.monthDays)"),
        ]
      })
  }

  private var productChart: Chart? {
    guard let rows = findings.byOrganization, let first = rows.first, (first.cost?.nanodollars ?? 0) > 0 else {
      return nil
    }
    let shown = rows.prefix(Self.shownBars).map { $0.keys.first?.value ?? "" }
    var totals: [String: Int64] = [:]
    var costs: [String: [String: Double]] = [:]
    for entry in findings.organizationProducts {
      totals[entry.productId, default: 0] &+= entry.costUsd.nanodollars
      costs[entry.productId, default: [:]][entry.organizationId] = entry.costUsd.dollars
    }
    let products = totals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    guard !products.isEmpty else { return nil }
    var series = products.prefix(Self.shownBars).map { product in
      Chart.Series(product, values: shown.map { costs[product]?[$0] ?? 0 }, unit: .usd)
    }
    let rest = products.dropFirst(Self.shownBars)
    if !rest.isEmpty {
      let values = shown.map { name in rest.reduce(0.0) { $0 + (costs[$1]?[name] ?? 0) } }
      series.append(.init(rest.count == 1 ? "1 other" : "\(rest.count) others", values: values, unit: .usd))
    }
    return Chart(
      id: "organization_products",
      title: "\(first.label) causes \(Unit.percent.text(of: first.own.showbackPct ?? 0)) of the cost",
      kind: .stackedBar,
      x: .init("Organization", scale: .category), y: .init("Cost", unit: .usd),
      categories: shown.map { $0.isEmpty ? "(none)" : $0 }, series: series, tableID: "organization_products",
      note: rows.count > shown.count ? "top \(shown.count) of \(rows.count) organizations" : nil)
  }

  // MARK: Showback

  private var productTable: ReportTable? {
    guard !findings.organizationProducts.isEmpty else { return nil }
    return ReportTable(
      id: "organization_products", title: "Recorded cost by organization and product",
      columns: [
        .key("organization_id", "Organization"), .key("product_id", "Product"), .init("calls", "Calls", unit: .count),
        .init("cost_usd", "Cost", unit: .usd),
      ],
      rows: findings.organizationProducts.map {
        [.text($0.organizationId), .text($0.productId), .count($0.calls), .money($0.costUsd)]
      },
      totals: [
        .text("Total"), .empty, .count(findings.totalCalls), .money(findings.totalCostUsd, else: "no costs"),
      ], shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  private var shareChart: Chart? {
    guard let rows = findings.byOrganization, let share = rows.first?.own.showbackPct else { return nil }
    let shown = rows.prefix(Self.shownBars)
    return Chart(
      id: "showback_shares",
      title: rows.count == 1
        ? "One organization causes all of the cost"
        : "The largest share of \(rows.count) is \(Unit.percent.text(of: share))",
      kind: .bar, x: .init("Organization", scale: .category), y: .init("Share of cost", unit: .percent),
      categories: shown.map(\.label),
      series: [.init("Share", values: shown.map(\.own.showbackPct), unit: .percent)], tableID: "by_organization",
      note: rows.count > shown.count ? "top \(shown.count) of \(rows.count) organizations" : nil)
  }

  // MARK: Index

  private var indexed: [AlignmentFindings.Row] {
    (findings.byOrganization ?? []).filter { $0.own.mixIndex != nil }
  }

  private var indexTable: ReportTable? {
    let rows = indexed
    guard !rows.isEmpty else { return nil }
    let few = (findings.byOrganization?.count ?? 0) - rows.count
    return ReportTable(
      id: "mix_index", title: "Cost at the same mix of features and products",
      columns: [
        .key("organization_id", "Organization"), .init("mix_index", "Index", unit: .ratio, priority: 0),
        .init("mix_index_low", "Low", unit: .ratio), .init("mix_index_high", "High", unit: .ratio),
        .init("model_factor", "Model choice", unit: .ratio), .init("size_factor", "Size of calls", unit: .ratio),
        .init("expected_usd", "At others' means", unit: .usd, priority: 2),
        .init("compared_pct", "Compared", unit: .percent, priority: 3),
      ],
      rows: rows.map { row in
        let own = row.own
        return [
          label(row), .number(own.mixIndex, .ratio, else: "unknown"),
          .number(own.mixIndexLow, .ratio, else: "no interval"), .number(own.mixIndexHigh, .ratio, else: "no interval"),
          .number(own.modelFactor, .ratio, else: "unknown"), .number(own.sizeFactor, .ratio, else: "unknown"),
          .money(own.expectedUsd, else: "unknown"), .number(own.comparedPct, .percent, else: "no cost"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first",
      note: few > 0
        ? "\(NumberFormat.counted(few, "organization")) with too few calls that others make as well." : nil)
  }

  private var indexChart: Chart? {
    let rows = indexed.filter { $0.own.mixIndexLow != nil }.prefix(Self.shownBars)
    guard !rows.isEmpty else { return nil }
    let apart = rows.count { ($0.own.mixIndexLow ?? 0) > 1 || ($0.own.mixIndexHigh ?? 2) < 1 }
    return Chart(
      id: "mix_index",
      title: apart == 0
        ? "No organization differs from the others beyond its interval"
        : "\(apart) of the \(rows.count) largest differ from the others beyond their interval",
      kind: .box, x: .init("Organization", scale: .category), y: .init("Index", unit: .ratio),
      categories: rows.map(\.label),
      series: [
        .init(
          "Index",
          boxes: rows.map { row in
            guard let low = row.own.mixIndexLow, let high = row.own.mixIndexHigh, let index = row.own.mixIndex else {
              return nil
            }
            return Chart.Box(low: low, lowerQuartile: low, median: index, upperQuartile: high, high: high)
          })
      ], tableID: "mix_index", note: "boxes are 95 % intervals over resampled days, their middle line is the index")
  }

  // MARK: Tags

  private var tagTable: ReportTable? {
    guard !findings.tagCoverage.isEmpty else { return nil }
    return ReportTable(
      id: "tag_coverage", title: "Cost of calls that carry each required tag",
      columns: [
        .key("tag", "Tag"), .init("calls", "Calls", unit: .count), .init("cost_usd", "Cost", unit: .usd),
        .init("coverage_pct", "Coverage", unit: .percent),
      ],
      rows: findings.tagCoverage.map {
        [.text($0.tag), .count($0.calls), .money($0.costUsd), .number($0.coveragePct, .percent, else: "no cost")]
      },
      totals: [.text("All of them"), .empty, .empty, .number(findings.tagCoveragePct, .percent, else: "no cost")])
  }
}
