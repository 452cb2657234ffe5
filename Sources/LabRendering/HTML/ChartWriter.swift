import LabCore
import LabJSON
import LabReport

/// Writes a chart as HTML: its title, a canvas that our script draws on, and its numbers for everyone who sees no canvas.
///
/// A heat map is a table with shaded cells, since the chart library draws none and a table says more.
struct ChartWriter {
  let chart: Chart
  let id: String
  /// The table on the same page that holds the chart's numbers.
  let table: ReportTable?
  let drawsCharts: Bool
  var markup = Markup()

  mutating func write(level: Int) {
    markup.open("figure", ["class": "chart " + ReportLinks.slug(chart.kind.rawValue), "id": id])
    markup.raw("<figcaption>")
    markup.heading(level, ["id": id + "-title"], chart.title)
    markup.raw("</figcaption>\n")
    if chart.kind == .heatmap {
      HeatmapWriter(chart: chart, id: id).write(to: &markup)
    } else if drawsCharts, hasData {
      markup.open("div", ["class": "canvas " + height])
      markup.open("canvas", ["role": "img", "aria-label": label])
      markup.raw("</canvas></div>\n")
      markup.data(ChartData(chart: chart, isHorizontal: isHorizontal).json)
    } else if !hasData {
      markup.raw("<p class=\"empty\">No data to draw.</p>\n")
    }
    if let note = chart.note { markup.element("p", ["class": "note"], note) }
    if table == nil, chart.kind != .heatmap { numbers() }
    markup.raw("</figure>\n")
  }

  private var hasData: Bool {
    chart.series.contains { series in
      switch series.content {
      case .values(let values): values.contains { $0 != nil }
      case .points(let points): points.contains { $0.y != nil }
      case .boxes(let boxes): boxes.contains { $0 != nil }
      }
    }
  }

  /// What a screen reader says in place of the picture.
  private var label: String {
    let place = table.map { "the table “\($0.title.prefix(Self.labelLimit))”" } ?? "the list below"
    return "\(Self.words(chart.kind)): \(chart.title.prefix(Self.labelLimit)). The numbers are in \(place)."
  }

  private static func words(_ kind: Chart.Kind) -> String {
    switch kind {
    case .line: "Line chart"
    case .bar: "Bar chart"
    case .stackedBar: "Stacked bar chart"
    case .groupedBar: "Grouped bar chart"
    case .doughnut: "Doughnut chart"
    case .scatter: "Scatter chart"
    case .histogram: "Histogram"
    case .pareto: "Pareto chart"
    case .fan: "Line chart with a band"
    case .heatmap: "Heat map"
    case .box: "Box chart"
    case .waterfall: "Waterfall chart"
    }
  }

  /// Names lie better beside bars than below them; dates and many bars run from left to right.
  private var isHorizontal: Bool {
    guard [.bar, .groupedBar, .stackedBar, .box].contains(chart.kind), chart.x.scale == .category,
      (1...Self.mostHorizontalBars).contains(chart.categories.count)
    else { return false }
    let isOrdered = chart.categories.allSatisfy { $0.utf8.first.map { $0 >= 0x30 && $0 <= 0x39 } ?? false }
    return !isOrdered && (chart.categories.map(\.utf8.count).max() ?? 0) > Self.longestNameBelowBars
  }
  private static let mostHorizontalBars = 24
  /// No one listens to a longer title.
  private static let labelLimit = 200
  private static let longestNameBelowBars = 8

  /// The class that gives the canvas its height: a line for each horizontal bar, one size for the rest.
  private var height: String {
    guard isHorizontal else { return chart.kind == .doughnut ? "round" : "wide" }
    let lines =
      chart.categories.count * (chart.kind == .groupedBar || chart.kind == .box ? max(1, chart.series.count) : 1)
    return "bars-\(min(max((lines + (chart.kind == .box ? 5 : 3)) / 4, 1), 8))"
  }

  // MARK: Numbers

  /// The chart's numbers as a small table, folded away while there is a picture.
  private mutating func numbers() {
    let numbers = ChartNumbers(chart)
    guard !numbers.rows.isEmpty else { return }
    markup.open("details", ["class": "numbers", "open": drawsCharts ? nil : ""])
    markup.raw("<summary>Numbers</summary>\n")
    markup.open("div", ["class": "scroll", "tabindex": "0", "role": "group", "aria-labelledby": id + "-title"])
    markup.open("table", ["class": numbers.alignment, "aria-labelledby": id + "-title"])
    markup.raw("<thead><tr>")
    for head in numbers.heads { markup.element("th", ["scope": "col"], Markup.named(head)) }
    markup.raw("</tr></thead>\n<tbody>")
    for row in numbers.rows {
      markup.raw("<tr>")
      for (index, text) in row.enumerated() {
        if index == 0 { markup.element("th", ["scope": "row"], Markup.named(text)) } else { markup.element("td", text) }
      }
      markup.raw("</tr>\n")
    }
    markup.raw("</tbody></table></div></details>\n")
  }
}

/// The numbers of a chart as texts in rows, for charts that have no table of their own.
struct ChartNumbers {
  var heads: [String]
  var rows: [[String]]

  /// More rows than a page shows of any table are thinned out like the picture.
  init(_ chart: Chart) {
    let chart = chart.limited(toPoints: TableWriter.rowLimit)
    heads = [chart.x.title]
    rows = []
    if chart.kind == .box {
      heads += ["Series", "Low", "Lower quartile", "Median", "Upper quartile", "High"]
      for series in chart.series {
        guard case .boxes(let boxes) = series.content else { continue }
        for (category, box) in zip(chart.categories, boxes) {
          guard let box else { continue }
          let unit = series.unit ?? chart.y.unit
          rows.append(
            [category, series.name]
              + [box.low, box.lowerQuartile, box.median, box.upperQuartile, box.high].map { unit.text(of: $0) })
        }
      }
    } else if chart.categories.isEmpty {
      heads += ["Series", chart.y.title]
      for series in chart.series {
        guard case .points(let points) = series.content else { continue }
        for point in points.prefix(TableWriter.rowLimit) {
          guard let y = point.y else { continue }
          rows.append([
            point.label ?? Self.x(point.x, chart.x), series.name, (series.unit ?? chart.y.unit).text(of: y),
          ])
        }
      }
    } else {
      heads += chart.series.map(\.name)
      for (index, category) in chart.categories.prefix(TableWriter.rowLimit).enumerated() {
        let values = chart.series.map { series -> String in
          guard case .values(let values) = series.content, index < values.count, let value = values[index] else {
            return ""
          }
          return (series.unit ?? chart.y.unit).text(of: value)
        }
        rows.append([category] + values)
      }
    }
  }

  var alignment: String { heads.indices.dropFirst().map { "r\($0 + 1)" }.joined(separator: " ") }

  /// A place on the x axis: a time or a number.
  private static func x(_ x: Double, _ axis: Chart.Axis) -> String {
    guard axis.scale == .time, abs(x) < 2.5e11 else { return axis.unit.text(of: x) }
    return Instant(microseconds: Int64(x * 1e6)).shortDescription
  }
}
