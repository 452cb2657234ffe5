import LabAnalysis
import LabCore
import LabReport
import LabScenario

/// The screen of summary that a run ends with: made of the findings alone.
public enum RunSummary {
  /// How many providers, models and customers are shown.
  static let shown = 5
  /// The lists of the screen: the table of the analyzer and what its rows are called.
  private static let lists = [
    (table: "by_provider", title: "Providers"), (table: "by_model", title: "Models"),
    (table: "by_customer", title: "Customers"),
  ]
  /// The figures at its top, by analyzer and metric.
  private static let headline = [
    ("understanding", "total_cost_usd"), ("understanding", "total_calls"), ("understanding", "total_tokens"),
    ("understanding", "customers"), ("understanding", "cost_per_call_usd"),
    ("understanding", "cost_per_million_tokens_usd"), ("dataset_overview", "success_rate_pct"),
    ("dataset_overview", "rejected_rows"),
  ]

  /// Whether a metric such as `understanding.total_cost_usd` stands at the top.
  static func isHeadline(_ name: String) -> Bool { headline.contains { "\($0.0).\($0.1)" == name } }
  /// The figure that a person asks for first.
  static var firstFigure: String { headline.first.map { "\($0.0).\($0.1)" } ?? "" }

  /// The summary of a run as a report.
  public static func report(title: String, question: String, results: [AnalyzerResult], verdicts: [Verdict]) -> Report {
    let tables = results.first { $0.id == "understanding" }?.report.tables ?? []
    func table(_ id: String) -> ReportTable? { tables.first { $0.id == id } }
    let metrics = headline.compactMap { analyzer, metric in
      results.first { $0.id == analyzer }?.summary.first { $0.id == metric && $0.value != nil }
    }
    var blocks: [ReportBlock] = [.metrics(metrics)]
    if let days = table("by_day").flatMap({ daily($0) }) { blocks.append(.table(days)) }
    for list in lists {
      if let shown = table(list.table).flatMap({ top($0, title: list.title) }) { blocks.append(.table(shown)) }
    }
    blocks += recommendations(results) + failures(results)
    if let verdicts = verdictTable(verdicts) { blocks.append(.table(verdicts)) }
    return Report(id: "summary", title: title, question: question, blocks: blocks)
  }

  /// The verdicts as a table with measured value, limit, margin and word; nil without thresholds.
  public static func verdictTable(_ verdicts: [Verdict]) -> ReportTable? {
    guard !verdicts.isEmpty else { return nil }
    return ReportTable(
      id: "thresholds", title: "Thresholds",
      columns: [
        .key("id", "Threshold"), .note("metric", "Metric", priority: 2),
        .init("value", "Measured"), .init("must", "Must be"), .init("margin", "Margin", priority: 1),
        .note("verdict", "Verdict", priority: 0),
      ],
      rows: verdicts.map { verdict in
        let scope = verdict.threshold.filter.isEmpty ? "" : " where \(verdict.threshold.filter.text)"
        return [
          .text(verdict.threshold.id), .text(verdict.threshold.metric + scope),
          verdict.value.map { cell($0, verdict.unit) } ?? .missing(verdict.unknownBecause ?? "unknown"),
          .text(verdict.threshold.must.text { verdict.unit.text(of: $0) }),
          verdict.margin.map { .number($0, verdict.unit) } ?? .empty, .text(verdict.word),
        ]
      })
  }

  /// The detectors held against the truth, a row each; nil where there is none.
  public static func scoreTable(_ scores: [DetectionScore]) -> ReportTable? {
    guard !scores.isEmpty else { return nil }
    return ReportTable(
      id: "truth", title: "Detectors against the truth",
      columns: [
        .key("detector", "Detector"), .init("eligible", "Incidents"), .init("found", "Found"),
        .init("false_alarms", "False alarms"), .init("recall", "Recall"), .init("precision", "Precision"),
        .init("kind_accuracy", "Kind right", priority: 3), .init("hours_to_detect", "Hours to detect", priority: 2),
      ],
      rows: scores.map { score in
        [
          .text(score.detector.rawValue), .count(score.eligible), .count(score.found), .count(score.falseAlarms),
          score.recall.map { .percent(100 * $0) } ?? .missing("none to find"),
          score.precision.map { .percent(100 * $0) } ?? .missing("none reported"),
          score.kindAccuracy.map { .percent(100 * $0) } ?? .missing("none told"),
          .number(score.hoursToDetect, .hours, else: "none found"),
        ]
      },
      note: "Incidents that are too small for a detector are not counted; what is neutral counts neither way.")
  }

  /// Every summary metric of some analyzers as a table.
  public static func metricTable(_ results: [AnalyzerResult]) -> ReportTable {
    ReportTable(
      id: "summary", title: "Summary",
      columns: [
        .key("analyzer", "Analyzer"), .key("metric", "Metric"), .init("value", "Value"), .note("unit", "Unit"),
        .note("unknown_because", "Unknown because"),
      ],
      rows: results.flatMap { result in
        result.summary.map { metric in
          [
            .text(result.id), .text(metric.id), metric.value.map { cell($0, metric.unit) } ?? .empty,
            .text(metric.unit.rawValue), .text(metric.unknownBecause ?? ""),
          ]
        }
      })
  }

  package static func cell(_ value: MetricValue, _ unit: Unit) -> Cell {
    switch value {
    case .integer(let number): .integer(number)
    case .number(let number): .number(number, unit)
    case .money(let money): .money(money)
    }
  }

  /// The first rows of an analyzer's table: keys, cost and share of the whole as a bar.
  private static func top(_ table: ReportTable, title: String) -> ReportTable? {
    guard let cost = table.columns.firstIndex(where: { $0.id == "cost_usd" }), !table.rows.isEmpty else { return nil }
    let calls = table.columns.firstIndex { $0.id == "calls" }
    let share = table.columns.firstIndex { $0.role == .share }
    let keys = table.columns.indices.filter { table.columns[$0].role == .key }
    let picked = keys + [calls, cost, share].compactMap { $0 }
    return ReportTable(
      id: "top_\(table.id)", title: title, columns: picked.map { table.columns[$0] },
      rows: table.rows.prefix(shown).map { row in picked.map { $0 < row.count ? row[$0] : .empty } },
      totalCount: table.totalCount, sortNote: "by cost")
  }

  /// The cost of each day as a sparkline with its least and greatest.
  private static func daily(_ table: ReportTable) -> ReportTable? {
    guard let cost = table.columns.firstIndex(where: { $0.id == "cost_usd" }), table.rows.count > 1 else { return nil }
    let costs = table.rows.map { cost < $0.count ? $0[cost].double ?? .nan : .nan }
    guard let least = costs.filter(\.isFinite).min(), let greatest = costs.filter(\.isFinite).max() else { return nil }
    return ReportTable(
      id: "daily_cost", title: "Cost per day",
      columns: [
        .note("days", "Each day"), .init("least", "Least", unit: .usd), .init("greatest", "Greatest", unit: .usd),
      ],
      rows: [[.spark(costs), .number(least, .usd), .number(greatest, .usd)]])
  }

  private static func recommendations(_ results: [AnalyzerResult]) -> [ReportBlock] {
    let best = Recommendation.ordered(results.flatMap(\.recommendations)).prefix(3)
    return best.isEmpty ? [] : [.recommendations(Array(best))]
  }

  private static func failures(_ results: [AnalyzerResult]) -> [ReportBlock] {
    results.compactMap { result in
      result.error.map { .callout(Callout(.critical, "\(result.id) failed: \($0.sentence)")) }
    }
  }
}
