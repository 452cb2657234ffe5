import LabAnalysis
import LabCore
import LabReport

/// A sweep as one table and a plot of its first metric.
public enum SweepReport {
  /// More lines than this in one plot can't be told apart.
  private static let lineLimit = 6

  public static func blocks(_ outcome: SweepOutcome) -> [ReportBlock] {
    [.table(table(outcome))] + (chart(outcome).map { [.chart($0)] } ?? [])
  }

  /// A row per cell: its values, calls, and each metric with its band when there are several seeds.
  public static func table(_ outcome: SweepOutcome) -> ReportTable {
    let hasBands = outcome.cells.contains { $0.spreads.contains { $0 != nil } }
    var columns: [ReportTable.Column] = outcome.keys.map { .key($0.path, $0.path) }
    columns.append(.init("calls", "Calls", unit: .calls, priority: 3))
    for metric in outcome.metrics {
      columns.append(.init(metric.name, hasBands ? "\(metric.label), median" : metric.label, unit: metric.unit))
      if hasBands {
        columns.append(.init(metric.name + ".low", "10th percentile", priority: 2))
        columns.append(.init(metric.name + ".high", "90th percentile", priority: 2))
      }
    }
    let rows = outcome.cells.map { cell in
      cell.values.map { Cell.text($0) } + [.integer(cell.rows)]
        + outcome.metrics.indices.flatMap { index -> [Cell] in
          let unit = outcome.metrics[index].unit
          if hasBands {
            guard let spread = cell.spreads[index] else {
              return [figure(cell.figures[index], unit), .missing("too few"), .missing("too few")]
            }
            return [
              .number(spread.median, unit), .number(spread.band.low, unit), .number(spread.band.high, unit),
            ]
          }
          return [figure(cell.figures[index], unit)]
        }
    }
    let seeds = outcome.seeds > 1 ? ", \(NumberFormat.counted(outcome.seeds, "seed")) each" : ""
    return ReportTable(
      id: "sweep",
      title: "\(outcome.scenarioName): \(NumberFormat.counted(outcome.cells.count, "cell"))\(seeds)",
      columns: columns, rows: rows)
  }

  private static func figure(_ value: MetricValue?, _ unit: Unit) -> Cell {
    value.map { RunSummary.cell($0, unit) } ?? .missing("unknown")
  }

  /// The first metric over the first key; a second key gives a line each, or a grid when there are too many.
  public static func chart(_ outcome: SweepOutcome) -> Chart? {
    guard outcome.cells.count > 1, let metric = outcome.metrics.first, let first = outcome.keys.first else {
      return nil
    }
    let measured = outcome.cells.map { $0.spreads[0]?.median ?? $0.figures[0]?.double }
    let title = finding(outcome, measured, metric)
    let y = Chart.Axis(metric.label, unit: metric.unit)
    let lines = outcome.keys.count > 1 ? outcome.keys[1].values : [metric.label]
    func cell(_ row: Int, _ line: Int) -> Int { row * lines.count + line }
    guard let numbers = first.numbers, lines.count <= lineLimit else {
      if outcome.keys.count == 1 {
        return Chart(
          id: "sweep_plot", title: title, kind: .bar, x: Chart.Axis(first.path, scale: .category), y: y,
          categories: first.values, series: [Chart.Series(metric.label, values: measured)], tableID: "sweep")
      }
      return Chart(
        id: "sweep_plot", title: title, kind: .heatmap, x: Chart.Axis(outcome.keys[1].path, scale: .category),
        y: Chart.Axis(first.path, scale: .category), categories: lines,
        series: first.values.indices.map { row in
          Chart.Series(
            first.values[row], values: lines.indices.map { measured[cell(row, $0)] }, unit: metric.unit)
        }, tableID: "sweep")
    }
    let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
    func series(_ name: String, _ line: Int, role: Chart.Series.Role, _ value: (Int) -> Double?) -> Chart.Series {
      Chart.Series(
        name, points: order.map { Chart.Point(x: numbers[$0], y: value(cell($0, line))) }, role: role)
    }
    var all: [Chart.Series] = []
    for line in lines.indices {
      let name = outcome.keys.count > 1 ? "\(outcome.keys[1].path) \(lines[line])" : lines[line]
      all.append(series(name, line, role: .main) { measured[$0] })
    }
    let hasBand = lines.count == 1 && outcome.cells.contains { $0.spreads[0] != nil }
    if hasBand {
      all.append(series("10th percentile", 0, role: .lower) { outcome.cells[$0].spreads[0]?.band.low })
      all.append(series("90th percentile", 0, role: .upper) { outcome.cells[$0].spreads[0]?.band.high })
    }
    return Chart(
      id: "sweep_plot", title: title, kind: hasBand ? .fan : .line, x: Chart.Axis(first.path), y: y, series: all,
      tableID: "sweep")
  }

  /// `Total cost: $812.00 (500) to $3,100.00 (2000)`.
  private static func finding(
    _ outcome: SweepOutcome, _ measured: [Double?], _ metric: SweepOutcome.Measured
  ) -> String {
    let known = measured.indices.compactMap { index in measured[index].map { (value: $0, index: index) } }
    guard let least = known.min(by: { ($0.value, $0.index) < ($1.value, $1.index) }),
      let greatest = known.max(by: { ($0.value, $1.index) < ($1.value, $0.index) })
    else { return "\(metric.label): unknown in every cell" }
    func place(_ index: Int) -> String { outcome.cells[index].values.joined(separator: ", ") }
    return "\(metric.label): \(metric.unit.textWithUnit(of: least.value)) (\(place(least.index))) to "
      + "\(metric.unit.textWithUnit(of: greatest.value)) (\(place(greatest.index)))"
  }
}
