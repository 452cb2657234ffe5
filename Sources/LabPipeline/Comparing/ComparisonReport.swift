import LabAnalysis
import LabCore
import LabReport

/// A comparison as blocks: the cost difference and what made it, the figures, the dimensions, the rules.
public enum ComparisonReport {
  /// How many rows of a dimension are shown, and how many of the days.
  private static let shown = 5
  /// Figures that a person reads before asking for all.
  private static let shownFigures = 20

  /// - Parameter isFull: all figures and parts instead of the largest changes.
  public static func blocks(
    _ comparison: Comparison, rules: [ChangeRule.Outcome] = [], isFull: Bool = false
  ) -> [ReportBlock] {
    var blocks: [ReportBlock] = []
    for side in [comparison.before, comparison.after] where side.isPartial {
      blocks.append(.callout(Callout(.warning, "\(side.name) was stopped before its end: its figures are a part")))
    }
    if let before = comparison.before.scenarioName, let after = comparison.after.scenarioName, before != after {
      blocks.append(
        .callout(
          Callout(
            .warning,
            "these are different scenarios, '\(before)' and '\(after)': more than one thing differs between them")))
    }
    if let decomposition = comparison.decomposition {
      blocks.append(.callout(Callout(.info, sentence(decomposition, comparison))))
      blocks.append(.table(table(decomposition)))
    }
    blocks.append(.table(figures(comparison, isFull: isFull)))
    for dimension in comparison.dimensions {
      if let table = table(dimension, isFull: isFull) { blocks.append(.table(table)) }
    }
    if !rules.isEmpty { blocks.append(.table(table(rules))) }
    return blocks
  }

  /// A number with its sign: `+$1.20`, `-5.0%`, `0`.
  public static func signed(_ number: Double, _ unit: Unit) -> String {
    let text = unit.textWithUnit(of: number)
    return number > 0 ? "+" + text : text
  }

  private static func sentence(_ decomposition: ChangeDecomposition, _ comparison: Comparison) -> String {
    let change = decomposition.change
    let names = "from \(comparison.before.name) to \(comparison.after.name)"
    if change == .zero { return "the cost is the same \(names): \(NumberFormat.money(decomposition.after))" }
    let percent = Ratio.changePercent(from: decomposition.before, to: decomposition.after).map {
      " (\(signed($0, .percent)))"
    }
    return "the cost \(change.nanodollars > 0 ? "grows" : "falls") by "
      + NumberFormat.money(Money(nanodollars: abs(change.nanodollars)))
      + "\(percent ?? "") \(names): \(NumberFormat.money(decomposition.before)) to "
      + NumberFormat.money(decomposition.after)
  }

  private static func table(_ decomposition: ChangeDecomposition) -> ReportTable {
    let rows: [(String, Money, String)] = [
      ("volume", decomposition.volume, "more or fewer tokens at the cost per token before"),
      ("mix", decomposition.mix, "other models and token classes, new and gone ones included"),
      ("price", decomposition.price, "other effective prices of the same model and token class"),
    ]
    return ReportTable(
      id: "cost_change", title: "What made the difference in cost",
      columns: [.key("part", "Part"), .init("usd", "Change"), .note("meaning", "Meaning", priority: 2)],
      rows: rows.map { [.text($0.0), .text(signed($0.1.dollars, .usd)), .text($0.2)] },
      totals: [.text("total"), .text(signed(decomposition.change.dollars, .usd)), .empty])
  }

  /// A figure by what it is called within its analyzer and what it was on both sides.
  private struct Told: Hashable {
    var id: Substring
    var before: MetricValue?
    var after: MetricValue?

    init(_ change: Comparison.Change) {
      id = change.name.drop { $0 != "." }
      (before, after) = (change.before, change.after)
    }
  }

  private static func figures(_ comparison: Comparison, isFull: Bool) -> ReportTable {
    let hasBands = comparison.changes.contains { $0.isApart != nil }
    // An unknown figure on both sides says nothing.
    let known = comparison.changes.filter { $0.before != nil || $0.after != nil }
    // What several analyzers tell alike is one figure to a person: that of `understanding`, which has most of them.
    let told = Dictionary(known.map { (Told($0), $0.name) }) { first, other in
      other.hasPrefix("understanding.") ? other : first
    }
    let changed = known.filter { $0.difference != 0 && told[Told($0)] == $0.name }
    let shown = isFull ? known : Array(changed.prefix(shownFigures))
    var columns: [ReportTable.Column] = [
      .key("metric", "Metric"), .init("before", "Before", priority: 1), .init("after", "After"),
      .init("change", "Change"), .init("percent", "In percent", priority: 2),
    ]
    if hasBands { columns.append(.note("apart", "Bands", priority: 2)) }
    let rows = shown.map { change -> [Cell] in
      var row: [Cell] = [
        .text(change.name), change.before.map { RunSummary.cell($0, change.unit) } ?? .missing("unknown"),
        change.after.map { RunSummary.cell($0, change.unit) } ?? .missing("unknown"),
        change.difference.map { .text(signed($0, change.unit)) } ?? .empty,
        change.percent.map { .text(signed($0, .percent)) } ?? .empty,
      ]
      if hasBands { row.append(.text(change.isApart.map { $0 ? "apart" : "overlap" } ?? "")) }
      return row
    }
    let same = known.count { $0.difference == 0 }
    return ReportTable(
      id: "figures", title: "Figures that changed", columns: columns, rows: rows,
      totalCount: isFull ? known.count : changed.count, sortNote: "amounts in USD first, largest change first",
      note: same > 0 ? "\(NumberFormat.counted(same, "figure is", "figures are")) the same on both sides" : nil)
  }

  private static func table(_ dimension: Comparison.Dimension, isFull: Bool) -> ReportTable? {
    let changed = dimension.parts.filter { $0.difference != .zero || $0.callsBefore != $0.callsAfter }
    guard !changed.isEmpty else { return nil }
    return ReportTable(
      id: "by_\(dimension.name)", title: "Cost by \(dimension.name)",
      columns: [
        .key(dimension.name, dimension.name), .init("before", "Before"), .init("after", "After"),
        .init("change", "Change"), .init("percent", "In percent", priority: 1),
        .init("calls", "Calls", priority: 2),
      ],
      rows: changed.prefix(isFull ? changed.count : shown).map { part in
        [
          .text(part.label), .money(part.costBefore), .money(part.costAfter),
          .text(signed(part.difference.dollars, .usd)),
          part.percent.map { .text(signed($0, .percent)) } ?? .text(part.costBefore == .zero ? "new" : ""),
          .text(signed(Double(part.callsAfter - part.callsBefore), .count)),
        ]
      }, totalCount: changed.count, sortNote: "largest change first")
  }

  private static func table(_ rules: [ChangeRule.Outcome]) -> ReportTable {
    ReportTable(
      id: "rules", title: "Rules",
      columns: [.key("rule", "Rule"), .note("verdict", "Verdict", priority: 0)],
      rows: rules.map { [.text($0.sentence), .text($0.fails ? "FAILED" : "passed")] })
  }
}

/// The kept runs of a project as a table, newest first.
public enum RunListReport {
  public static func table(_ runs: [KeptRun], baseline: Int?) -> ReportTable {
    ReportTable(
      id: "runs", title: "Kept runs",
      columns: [
        .key("run", "Run"), .key("scenario", "Scenario"), .init("seed", "Seed", priority: 2),
        .init("calls", "Calls"), .note("started", "Started", priority: 1),
        .note("thresholds", "Thresholds", priority: 1), .note("fingerprint", "Fingerprint", priority: 4),
        .note("remark", "", priority: 1),
      ],
      rows: runs.map { run in
        let passed = "\(run.thresholds.count - run.thresholds.failed) of \(run.thresholds.count) hold"
        let remarks = [
          run.isPartial ? "partial" : nil, run.number == baseline ? "baseline" : nil,
          run.changes.isEmpty ? nil : "with \(run.changes.joined(separator: ", "))",
        ]
        return [
          .text(run.number.map(String.init) ?? ""), .text(run.scenarioName), .text(String(run.seed)),
          .integer(run.rows),
          .text(String(run.startedAt.formatted(fractionDigits: 0).prefix(16).map { $0 == "T" ? " " : $0 })),
          .text(run.thresholds.count == 0 ? "none" : passed),
          .text(String(run.fingerprint.prefix(12))), .text(remarks.compactMap { $0 }.joined(separator: ", ")),
        ]
      },
      note: runs.isEmpty
        ? "none yet; 'finops-lab run' keeps its runs inside a project"
        : "@ is the newest; the last \(RunArchive.limit) are kept")
  }
}
