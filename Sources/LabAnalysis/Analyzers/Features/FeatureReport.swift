import LabCore
import LabReport

/// The report of ``Features``.
struct FeatureReport {
  let findings: FeatureFindings
  let summary: [Metric]
  let recommendations: [Recommendation]

  /// Rows of a table that a page shows at first.
  private static let shownRows = 15
  /// Features of a chart.
  private static let shownFeatures = 12

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there are no features to show.")
    } else {
      summary
      Callout(.info, basis)
      recommendations
      ReportBlock.Section("Use and cost") {
        scatter
        featureTable
        weeklyChart
        weekTable
        launchTable
      }
      if findings.revenueUsd != nil {
        ReportBlock.Section("Return on cost", text: attributionText) {
          roiChart
          returnTable
        }
      }
      ReportBlock.Section("Model mix") { modelTable }
      if !findings.bundles.isEmpty {
        ReportBlock.Section("Bundles", text: bundleText) { bundleTable }
      }
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  private var ranked: [FeatureFindings.Row] { findings.byFeature.filter { !$0.own.tooFewCalls } }

  // MARK: Words

  private var basis: String {
    guard let start = findings.start, let end = findings.end else { return "The window is not known." }
    var text = "From \(start.formatted(fractionDigits: 0)) to \(end.formatted(fractionDigits: 0)): "
    text += NumberFormat.counted(findings.features, "feature") + ", "
    text += NumberFormat.counted(findings.customers, "customer") + " with calls"
    if let active = findings.activeCustomers {
      text += ", \(NumberFormat.grouped(active)) of them active in the last week"
    }
    text += "."
    if let mean = findings.featuresPerActiveCustomer {
      text += " An active customer uses \(NumberFormat.fixed(mean, places: 1)) of the features."
    }
    if !findings.tooFewCalls.isEmpty {
      let names = findings.tooFewCalls.prefix(10).joined(separator: ", ")
      text += " Under 100 calls, and left out of verdicts and bundles: \(names)"
      text += findings.tooFewCalls.count > 10 ? " and \(findings.tooFewCalls.count - 10) more." : "."
    }
    return text
  }

  private var attributionText: String {
    var text = "Each customer's prorated revenue is split over its features, once by calls and once by active days."
    if let rest = findings.unattributedUsd, rest.nanodollars > 0 {
      text += " \(NumberFormat.money(rest)) come from customers without a call, and belong to no feature."
    }
    return text
  }

  private var bundleText: String {
    let found = findings.bundles.filter(\.isBundle)
    guard let first = found.first else {
      return "No two features are used together more than customers' volume of calls explains."
    }
    return
      "\(NumberFormat.counted(found.count, "pair")) of features \(found.count == 1 ? "is" : "are") used together more "
      + "than customers' volume of calls explains, \(first.first) with \(first.second) most surely."
  }

  // MARK: Tables

  private var featureTable: ReportTable {
    ReportTable(
      id: "by_feature", title: "Use and cost by feature",
      columns: [
        .key("feature_id", "Feature"), .init("calls", "Calls", unit: .count), .init("cost_usd", "Cost", unit: .usd),
        .init("cost_share_pct", "Share", unit: .percent, role: .share, priority: 3),
        .init("customers", "Customers", unit: .count, priority: 3),
        .init("active_customers", "Active", unit: .count, priority: 2),
        .init("adoption_pct", "Adoption", unit: .percent), .init("calls_per_active", "Calls per active", priority: 4),
        .init("cost_per_active_usd", "Cost per active", unit: .usd, priority: 2),
        .init("calls_change_pct", "Change of calls", unit: .percent, priority: 4),
        .init("cost_change_pct", "Change of cost", unit: .percent, priority: 5),
        .init("adoption_points", "Adoption, points", priority: 5), .note("launched", "Launched", priority: 5),
      ],
      rows: findings.byFeature.map { row in
        let (use, trend) = (row.own.use, row.own.trend)
        return [
          .text(row.label), .count(row.calls), .money(row.cost, else: "no costs"),
          .number(row.own.costShare.map { $0 * 100 }, .percent, else: "no cost"),
          row.own.customers.map { .count($0) } ?? .missing("unknown"),
          use.map { .count($0.activeCustomers) } ?? .missing("unknown"),
          .number(use?.adoptionPct, .percent, else: "nobody active"),
          .number(use?.callsPerActiveCustomer, .none, else: "nobody active"),
          .number(use?.costPerActiveCustomerUsd, .usd, else: "unknown"),
          .number(trend?.callsPct, .percent, else: row.own.tooFewCalls ? "too few" : "no weeks"),
          .number(trend?.costPct, .percent, else: row.own.tooFewCalls ? "too few" : "no weeks"),
          .number(trend?.adoptionPoints, .none, else: row.own.tooFewCalls ? "too few" : "no weeks"),
          row.own.launched.map { .text($0) } ?? .empty,
        ]
      },
      totals: [
        .text("Total"), .count(findings.totalCalls), .money(findings.totalCostUsd, else: "no costs"),
        findings.totalCostUsd?.nanodollars ?? 0 > 0 ? .percent(100) : .missing("no cost"), .count(findings.customers),
        findings.activeCustomers.map { .count($0) } ?? .missing("unknown"), .empty, .empty,
        .number(findings.costPerActiveCustomerUsd, .usd, else: "unknown"), .empty, .empty, .empty, .empty,
      ], shownLimit: Self.shownRows, sortNote: "by cost, largest first",
      note: "active: in the last seven whole days; change: the last whole weeks against as many before")
  }

  private var returnTable: ReportTable {
    ReportTable(
      id: "returns", title: "Attributed revenue and return by feature",
      columns: [
        .key("feature_id", "Feature"), .init("cost_usd", "Cost", unit: .usd),
        .init("revenue_by_calls_usd", "Revenue by calls", unit: .usd),
        .init("revenue_by_days_usd", "By active days", unit: .usd),
        .init("roi_by_calls_pct", "Return by calls", unit: .percent, priority: 2),
        .init("roi_by_days_pct", "By active days", unit: .percent, priority: 2), .note("verdict", "Verdict"),
      ],
      rows: findings.byFeature.map { row in
        [
          .text(row.label), .money(row.cost, else: "no costs"), .money(row.own.byCalls?.revenueUsd, else: "unknown"),
          .money(row.own.byActiveDays?.revenueUsd, else: "unknown"),
          .number(row.own.byCalls?.roiPct, .percent, else: "unknown"),
          .number(row.own.byActiveDays?.roiPct, .percent, else: "unknown"),
          row.own.verdict.map { .text($0.rawValue) } ?? .missing(row.own.tooFewCalls ? "too few calls" : "unknown"),
        ]
      } + [
        [
          .text("(customers without calls)"), .money(.zero), .money(findings.unattributedUsd, else: "unknown"),
          .money(findings.unattributedUsd, else: "unknown"), .missing("no cost"), .missing("no cost"), .empty,
        ]
      ],
      totals: [
        .text("Total"), .money(findings.totalCostUsd, else: "no costs"), .money(findings.revenueUsd, else: "unknown"),
        .money(findings.revenueUsd, else: "unknown"), .empty, .empty, .empty,
      ], shownLimit: Self.shownRows, sortNote: "by cost, largest first",
      note: "a verdict holds only where it holds under both keys")
  }

  private var weekTable: ReportTable? {
    let rows = findings.byFeature.flatMap { row in row.own.weeks.map { (row.label, $0) } }
    return weekTable("weeks", "Weekly adoption by feature", rows)
  }

  private var launchTable: ReportTable? {
    let rows = findings.byFeature.flatMap { row in row.own.launchCurve.map { (row.label, $0) } }
    return weekTable("launch_curves", "Adoption in the weeks since launch", rows)
  }

  private func weekTable(
    _ id: String, _ title: String, _ rows: [(feature: String, week: FeatureFindings.Week)]
  ) -> ReportTable? {
    guard !rows.isEmpty else { return nil }
    return ReportTable(
      id: id, title: title,
      columns: [
        .key("feature_id", "Feature"), .key("week", "Week from"), .init("calls", "Calls", unit: .count),
        .init("active_customers", "Active customers", unit: .count), .init("adoption_pct", "Adoption", unit: .percent),
      ],
      rows: rows.map { row in
        [
          .text(row.feature), .text(row.week.start), .count(row.week.calls), .count(row.week.activeCustomers),
          .number(row.week.adoptionPct, .percent, else: "nobody active"),
        ]
      }, shownLimit: Self.shownRows)
  }

  private var modelTable: ReportTable? {
    let rows = findings.byFeature.flatMap { row in row.own.models.map { (row.label, $0) } }
    guard !rows.isEmpty else { return nil }
    return ReportTable(
      id: "model_mix", title: "Models by feature",
      columns: [
        .key("feature_id", "Feature"), .key("provider", "Provider"), .key("model", "Model"),
        .init("calls", "Calls", unit: .count, priority: 2), .init("cost_usd", "Cost", unit: .usd),
        .init("calls_pct", "Of its calls", unit: .percent, priority: 2),
        .init("cost_pct", "Of its cost", unit: .percent, role: .share),
      ],
      rows: rows.map { feature, share in
        [
          .text(feature), .text(share.provider.isEmpty ? "(none)" : share.provider),
          .text(share.model.isEmpty ? "(none)" : share.model), .count(share.calls),
          .money(share.costUsd, else: "no costs"), .number(share.callsPct, .percent, else: "unknown"),
          .number(share.costPct, .percent, else: "no cost"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first, feature by feature")
  }

  private var bundleTable: ReportTable {
    ReportTable(
      id: "bundles", title: "Features that customers use together",
      columns: [
        .key("first", "Feature"), .key("second", "With"), .init("customers", "Customers", unit: .count),
        .init("support_pct", "Support", unit: .percent), .init("confidence_pct", "Confidence", unit: .percent),
        .init("reverse_confidence_pct", "The other way", unit: .percent, priority: 3),
        .init("lift", "Lift", unit: .ratio), .init("p_value", "p", priority: 2), .note("bundle", "Bundle"),
      ],
      rows: findings.bundles.map {
        [
          .text($0.first.isEmpty ? "(none)" : $0.first), .text($0.second.isEmpty ? "(none)" : $0.second),
          .count($0.customers), .number($0.supportPct, .percent, else: "unknown"),
          .number($0.confidencePct, .percent, else: "unknown"),
          .number($0.reverseConfidencePct, .percent, else: "unknown"), .number($0.lift, .ratio, else: "unknown"),
          .number($0.pValue, .none, else: "unknown"), .text($0.isBundle ? "yes" : "no"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "surest first",
      note: "lift and p against users dealt anew within deciles of calls; Holm's correction at 5 %")
  }

  // MARK: Charts

  private var scatter: Chart? {
    let rows = ranked.filter { $0.own.use?.adoptionPct != nil && $0.cost != nil }
    guard rows.count > 1, let dearest = rows.first else { return nil }
    let points = rows.map {
      Chart.Point(x: $0.own.use?.adoptionPct ?? 0, y: $0.cost?.dollars, label: $0.label)
    }
    return Chart(
      id: "adoption_and_cost",
      title: "\(dearest.label) costs most: \(NumberFormat.money(dearest.cost ?? .zero)) at "
        + "\(Unit.percent.text(of: dearest.own.use?.adoptionPct ?? 0)) adoption",
      kind: .scatter, x: .init("Adoption", unit: .percent), y: .init("Cost", unit: .usd),
      series: [
        .init("Features", points: points.sorted { ($0.x, $0.label ?? "") < ($1.x, $1.label ?? "") }, unit: .usd)
      ],
      tableID: "by_feature")
  }

  private var roiChart: Chart? {
    let rows = ranked.filter { $0.own.roiLowPct != nil }.prefix(Self.shownFeatures)
    guard let best = rows.max(by: { ($0.own.roiLowPct ?? 0) < ($1.own.roiLowPct ?? 0) }) else { return nil }
    return Chart(
      id: "return_on_cost",
      title: "\(best.label) returns most: at least \(Unit.percent.text(of: best.own.roiLowPct ?? 0)) of its cost",
      kind: .groupedBar, x: .init("Feature", scale: .category), y: .init("Return on cost", unit: .percent),
      categories: rows.map(\.label),
      series: [
        .init("By calls", values: rows.map { $0.own.byCalls?.roiPct }, unit: .percent),
        .init("By active days", values: rows.map { $0.own.byActiveDays?.roiPct }, unit: .percent),
      ], tableID: "returns", note: ranked.count > rows.count ? "the \(rows.count) dearest of \(ranked.count)" : nil)
  }

  private var weeklyChart: Chart? {
    let rows = ranked.filter { $0.own.weeks.count > 1 }.prefix(Self.shownFeatures)
    guard let first = rows.first, let start = first.own.weeks.first, let end = first.own.weeks.last else { return nil }
    let adoption = [start, end].map { $0.adoptionPct.map { Unit.percent.text(of: $0) } ?? "an unknown share" }
    return Chart(
      id: "weekly_adoption",
      title: "\(adoption[1]) of the customers used \(first.label) in the last week, \(adoption[0]) in the first",
      kind: .line,
      x: .init("Week", scale: .time), y: .init("Adoption", unit: .percent),
      series: rows.map { row in
        .init(
          row.label,
          points: row.own.weeks.compactMap { week in
            Instant(week.start + "T00:00:00Z").map { .init(at: $0, week.adoptionPct) }
          }, unit: .percent)
      }, tableID: "weeks",
      note: "whole weeks from \(start.start) on; customers with a call over all with any call")
  }
}
