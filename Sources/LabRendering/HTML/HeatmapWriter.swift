import LabReport

/// Writes a heat map as a table: series are rows, categories columns, and eight classes shade the cells.
struct HeatmapWriter {
  let chart: Chart
  let id: String

  /// Steps of shading; an eye doesn't tell more apart.
  private static let steps = 8

  func write(to markup: inout Markup) {
    let rows = chart.series.prefix(TableWriter.rowLimit).map { series -> [Double?] in
      guard case .values(let values) = series.content else { return [] }
      return chart.categories.indices.map { $0 < values.count ? values[$0] : nil }
    }
    let known = rows.flatMap { $0.compactMap { $0 } }
    guard let least = known.min(), let greatest = known.max() else {
      return markup.raw("<p class=\"empty\">No data to draw.</p>\n")
    }
    let unit = chart.series.first?.unit ?? chart.y.unit
    markup.open("div", ["class": "scroll", "tabindex": "0", "role": "group", "aria-labelledby": id + "-title"])
    markup.open("table", ["class": "heat", "aria-labelledby": id + "-title"])
    markup.raw("<thead><tr>")
    markup.element("th", ["scope": "col"], "\(chart.y.label) / \(chart.x.label)")
    for category in chart.categories { markup.element("th", ["scope": "col"], Markup.named(category)) }
    markup.raw("</tr></thead>\n<tbody>")
    for (series, values) in zip(chart.series, rows) {
      markup.raw("<tr>")
      markup.element("th", ["scope": "row"], Markup.named(series.name))
      for value in values {
        guard let value else {
          markup.raw("<td class=\"none\">–</td>")
          continue
        }
        // Halved first, so that the span of two huge values is finite.
        let share = greatest > least ? (value / 2 - least / 2) / (greatest / 2 - least / 2) : 0
        let step = min(Self.steps - 1, max(0, Int(share * Double(Self.steps))))
        markup.element("td", ["class": "h\(step)"], (series.unit ?? chart.y.unit).text(of: value))
      }
      markup.raw("</tr>\n")
    }
    markup.raw("</tbody></table></div>\n<p class=\"scale\">")
    markup.write(unit.textWithUnit(of: least))
    for step in 0..<Self.steps { markup.element("i", ["class": "h\(step)", "aria-hidden": "true"], "") }
    markup.write(unit.textWithUnit(of: greatest))
    markup.raw("</p>\n")
  }
}
