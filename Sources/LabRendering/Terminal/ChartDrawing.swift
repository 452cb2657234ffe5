import LabReport

/// A chart drawn with characters: bars for what is compared by name, a plot for what runs along a number or time.
///
/// The title states the finding and stands first; a legend names every sign.
struct ChartDrawing {
  let chart: Chart
  let style: TerminalStyle

  /// More names than this are too many bars for a screen: they become a plot in their order.
  static let barLimit = 24

  func lines() -> [String] {
    var lines = TextLayout.wrap(style.safe(chart.title), to: style.width).map { style.theme.paint($0, .accent) }
    let drawn = body()
    lines += drawn.isEmpty ? ["no data to draw"] : drawn
    if let note = chart.note { lines += TextLayout.wrap(style.safe(note), to: style.width) }
    return lines
  }

  private func body() -> [String] {
    switch chart.kind {
    case .heatmap: return heatmap()
    case .box: return boxes()
    case .line, .fan, .scatter: return PlotDrawing(chart: chart, style: style).lines()
    case .bar, .stackedBar, .groupedBar, .doughnut, .histogram, .pareto, .waterfall:
      if chart.categories.isEmpty || chart.categories.count > Self.barLimit {
        return PlotDrawing(chart: chart, style: style).lines()
      }
      return BarDrawing(chart: chart, style: style).lines()
    }
  }

  /// The series as rows and the categories as columns, as figures: a terminal has no safe scale of colours.
  private func heatmap() -> [String] {
    let unit = chart.series.first?.unit ?? .none
    let columns =
      [TextTable.Column(chart.y.label, priority: 0)] + chart.categories.map { TextTable.Column($0, .trailing) }
    let rows = chart.series.map { series -> [String] in
      guard case .values(let values) = series.content else { return [series.name] }
      return [series.name] + values.map { $0.map { unit.text(of: $0) } ?? "too few" }
    }
    if rows.isEmpty { return [] }
    return TextTable(columns: columns, rows: rows).lines(style)
  }

  private func boxes() -> [String] {
    let unit = chart.y.unit
    let heads = ["low", "lower quartile", "median", "upper quartile", "high"]
    let columns =
      [TextTable.Column(chart.x.label, priority: 0)]
      + heads.map { TextTable.Column($0, .trailing, priority: $0 == "median" ? 0 : 1) }
    var rows: [[String]] = []
    for series in chart.series {
      guard case .boxes(let boxes) = series.content else { continue }
      for (category, box) in zip(chart.categories, boxes) {
        let name = chart.series.count > 1 ? "\(category), \(series.name)" : category
        guard let box else {
          rows.append([name, "", "", "too few"])
          continue
        }
        let values = [box.low, box.lowerQuartile, box.median, box.upperQuartile, box.high]
        rows.append([name] + values.map { unit.text(of: $0) })
      }
    }
    return rows.isEmpty
      ? []
      : TextLayout.wrap(style.safe(chart.y.title), to: style.width)
        + TextTable(columns: columns, rows: rows).lines(style)
  }
}
