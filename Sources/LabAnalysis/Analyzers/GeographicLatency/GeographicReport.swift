import LabCore
import LabReport

/// The report of ``GeographicLatency``.
struct GeographicReport {
  let findings: GeographicFindings
  let summary: [Metric]

  private static let shownRows = 15
  /// Regions and providers of the heat map, the largest by cost.
  private static let shownColumns = 12

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to show.")
    } else {
      summary
      ReportBlock.Section("By region", text: "Percentiles need 30 calls, a p99 200; smaller groups are too few.") {
        bars
        table("by_region", "region", [.key("region", "Region")], findings.byRegion)
      }
      ReportBlock.Section("By region and provider") {
        heatmap
        table(
          "by_region_and_provider", "region and provider", [.key("region", "Region"), .key("provider", "Provider")],
          findings.byRegionAndProvider)
      }
      rerouteSection
      findings.recommendations
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  private func name(_ text: String) -> Cell { .text(text.isEmpty ? "(none)" : text) }

  private func table(
    _ id: String, _ title: String, _ keys: [ReportTable.Column], _ rows: [GeographicFindings.Row]?
  ) -> ReportTable? {
    guard let rows, !rows.isEmpty else { return nil }
    return ReportTable(
      id: id, title: "Latency by \(title)",
      columns: keys + [
        .init("calls", "Calls", unit: .count), .init("mean_latency_ms", "Mean", unit: .milliseconds, priority: 2),
        .init("p50_latency_ms", "p50", unit: .milliseconds), .init("p95_latency_ms", "p95", unit: .milliseconds),
        .init("p99_latency_ms", "p99", unit: .milliseconds),
        .init("sla_violations", "Broken promises", unit: .count, priority: 2),
        .init("error_rate_pct", "Errors", unit: .percent),
        .init("time_at_equal_length", "Time at equal length", unit: .ratio),
        .init("time_low", "From", unit: .ratio, priority: 3), .init("time_high", "To", unit: .ratio, priority: 3),
        .init("cost_usd", "Cost", unit: .usd, priority: 4),
      ],
      rows: rows.map { row in
        let own = row.own
        return row.keys.map { name($0.value) } + [
          .count(row.calls), .number(own.meanLatencyMs, .milliseconds, else: "too few"),
          .number(own.p50LatencyMs, .milliseconds, else: "too few"),
          .number(own.p95LatencyMs, .milliseconds, else: "too few"),
          .number(own.p99LatencyMs, .milliseconds, else: "too few"),
          own.slaViolations.map { .integer($0) } ?? .missing("unknown"),
          .number(own.errorRatePct, .percent, else: "unknown"),
          .number(own.timeAtEqualLength, .ratio, else: "too few"),
          .number(own.timeInterval?.low, .ratio, else: "too few"),
          .number(own.timeInterval?.high, .ratio, else: "too few"), .money(row.cost, else: "no costs"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first",
      note: "Time at equal length: 0.8 is a fifth faster than all calls; intervals over days.")
  }

  // MARK: Charts

  /// Bars of time at equal length with their intervals.
  private var bars: Chart? {
    let rows = (findings.byRegion ?? []).filter { $0.own.timeInterval != nil }.prefix(Self.shownColumns)
    guard rows.count > 1,
      let slowest = rows.max(by: {
        ($0.own.timeAtEqualLength ?? 0, $1.label) < ($1.own.timeAtEqualLength ?? 0, $0.label)
      }), let time = slowest.own.timeAtEqualLength
    else { return nil }
    return Chart(
      id: "time_by_region",
      title: "\(slowest.label) takes \(Unit.ratio.text(of: time)) times as long as all calls at equal length",
      kind: .bar, x: .init("Region", scale: .category), y: .init("Time at equal length", unit: .ratio),
      categories: rows.map(\.label),
      series: [
        .init("Time", values: rows.map(\.own.timeAtEqualLength), unit: .ratio),
        .init("From", values: rows.map { $0.own.timeInterval?.low }, role: .lower, unit: .ratio),
        .init("To", values: rows.map { $0.own.timeInterval?.high }, role: .upper, unit: .ratio),
      ], tableID: "by_region")
  }

  /// p95 by region and provider, each with its number of calls in the table.
  private var heatmap: Chart? {
    guard let cells = findings.byRegionAndProvider, let regions = findings.byRegion, !cells.isEmpty else { return nil }
    var providers: [String] = []
    for cell in cells where !providers.contains(cell.keys[1].value) { providers.append(cell.keys[1].value) }
    providers = Array(providers.prefix(Self.shownColumns))
    var values: [[String]: GeographicFindings.Row] = [:]
    for cell in cells { values[cell.keys.map(\.value)] = cell }
    guard
      let worst = cells.filter({ $0.own.p95LatencyMs != nil }).max(by: {
        ($0.own.p95LatencyMs ?? 0, $1.label) < ($1.own.p95LatencyMs ?? 0, $0.label)
      }), let p95 = worst.own.p95LatencyMs
    else { return nil }
    let shown = regions.prefix(Self.shownColumns)
    let counts = cells.map(\.own.timedCalls)
    return Chart(
      id: "p95_by_region_and_provider",
      title: "\(worst.label) has the longest p95, \(Unit.milliseconds.textWithUnit(of: p95))", kind: .heatmap,
      x: .init("Provider", scale: .category), y: .init("Region", unit: .milliseconds, scale: .category),
      categories: providers.map { $0.isEmpty ? "(none)" : $0 },
      series: shown.map { region in
        .init(
          region.label, values: providers.map { values[[region.keys[0].value, $0]]?.own.p95LatencyMs },
          unit: .milliseconds)
      }, tableID: "by_region_and_provider",
      note: "n from \(NumberFormat.grouped(counts.min() ?? 0)) to "
        + "\(NumberFormat.counted(counts.max() ?? 0, "call")) in a cell; those under 30 are left out")
  }

  // MARK: Reroutes

  @ReportBuilder private var rerouteSection: [ReportBlock] {
    if let comparisons = findings.comparisons, let reroutes = findings.reroutes {
      ReportBlock.Section(
        "Reroutes",
        text: findings.comparisonsMade == 0
          ? "No two models of one class and different providers have 200 calls of one length in the same region."
          : "\(NumberFormat.counted(findings.comparisonsMade, "comparison")) within classes and regions, corrected together; "
            + "\(NumberFormat.counted(comparisons.count, "is", "are")) faster beyond chance, and "
            + "\(NumberFormat.counted(reroutes.count, "place")) would gain from another provider."
      ) {
        comparisons.isEmpty ? nil : comparisonTable(comparisons)
      }
    }
  }

  private func comparisonTable(_ comparisons: [GeographicFindings.Comparison]) -> ReportTable {
    let ordered = comparisons.sorted {
      ($0.ratio, $0.region, $0.provider, $0.model, $0.otherProvider, $0.otherModel)
        < ($1.ratio, $1.region, $1.provider, $1.model, $1.otherProvider, $1.otherModel)
    }
    return ReportTable(
      id: "reroutes", title: "Faster models of the same class",
      columns: [
        .key("region", "Region"), .key("from", "From"), .key("to", "To"), .init("calls", "Calls", unit: .count),
        .init("mean_latency_ms", "Mean", unit: .milliseconds), .init("change_ms", "Change", unit: .milliseconds),
        .init("ratio", "Ratio", unit: .ratio), .init("ratio_low", "From", unit: .ratio, priority: 3),
        .init("ratio_high", "To", unit: .ratio, priority: 3),
        .init("monthly_cost_change_usd", "Cost a month", unit: .usd), .note("reroute", "Reroute"),
      ],
      rows: ordered.map { entry in
        [
          name(entry.region), .text("\(entry.provider) / \(entry.model)"),
          .text("\(entry.otherProvider) / \(entry.otherModel)"), .count(entry.calls),
          .number(entry.meanLatencyMs, .milliseconds), .number(entry.changeMs, .milliseconds),
          .number(entry.ratio, .ratio), .number(entry.interval.low, .ratio), .number(entry.interval.high, .ratio),
          .money(entry.monthlyCostChangeUsd, else: "no prices"), .text(entry.reroute ? "yes" : "too little gained"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by ratio, fastest first",
      note: "Cost: the same tokens at the other model's price row, all taken as uncached there, less what was paid.")
  }
}
