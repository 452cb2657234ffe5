import LabReport

/// Horizontal bars, one line per category (per category and series where series stand side by side).
struct BarDrawing {
  let chart: Chart
  let style: TerminalStyle

  private struct Line {
    var label: String
    /// What the bar's pieces measure, with the sign of each series.
    var parts: [(value: Double, sign: Character)]
    var value: String
  }

  /// Fill signs of stacked series, told apart without colour.
  private var signs: [Character] {
    style.ascii ? ["#", "=", "+", "-", "o", ".", "x", ":"] : ["█", "▓", "▒", "░", "▚", "·", "x", ":"]
  }

  func lines() -> [String] {
    let bars = chart.kind == .stackedBar ? stacked() : side()
    guard !bars.isEmpty else { return [] }
    let widest = bars.reduce(0) { max($0, DisplayWidth.of($1.label)) }
    let labelWidth = min(widest, max(8, style.width / 3))
    let valueWidth = bars.reduce(0) { max($0, DisplayWidth.of($1.value)) }
    let barWidth = style.width - labelWidth - valueWidth - 4
    let greatest = bars.reduce(0.0) { max($0, $1.parts.reduce(0) { $0 + abs($1.value) }) }
    var lines = bars.map { bar -> String in
      let label = TextLayout.pad(TextLayout.cut(bar.label, to: labelWidth, ascii: style.ascii), to: labelWidth)
      let value = TextLayout.pad(bar.value, to: valueWidth, .trailing)
      guard barWidth >= 4 else { return TextLayout.cut("\(label)  \(value)", to: style.width, ascii: style.ascii) }
      let drawn = draw(bar, width: barWidth, greatest: greatest)
      return drawn.isEmpty ? "\(label)  \(value)" : "\(label)  \(value)  \(drawn)"
    }
    if chart.kind == .stackedBar {
      let legend = stackedSeries.enumerated().map { "\(signs[$0.offset]) \(style.safe($0.element.name))" }
      lines += TextLayout.wrap(legend.joined(separator: "   "), to: style.width)
    }
    let axis = chart.kind == .doughnut ? chart.y.label : chart.y.title
    return TextLayout.wrap(style.safe(axis), to: style.width) + lines
  }

  /// Edges of intervals stand in the table.
  private var mainSeries: [Chart.Series] {
    chart.series.filter { ![.cumulative, .reference, .lower, .upper].contains($0.role) }
  }

  /// The series of a stack, each with a sign of its own: where there are more than signs, the smallest are one.
  private var stackedSeries: [Chart.Series] {
    let series = mainSeries
    guard series.count > signs.count else { return series }
    let sums = series.map { values($0).reduce(0.0) { $0 + max(0, $1 ?? 0) } }
    let ranked = series.indices.sorted { (sums[$1], $0) < (sums[$0], $1) }
    let kept = ranked.prefix(signs.count - 1).sorted()
    let rest = ranked.dropFirst(signs.count - 1).map { values(series[$0]) }
    let merged = chart.categories.indices.map { index -> Double? in
      let known = rest.compactMap { index < $0.count ? $0[index] : nil }
      return known.isEmpty ? nil : known.reduce(0, +)
    }
    return kept.map { series[$0] } + [Chart.Series("\(rest.count) others", values: merged)]
  }

  private func values(_ series: Chart.Series) -> [Double?] {
    guard case .values(let values) = series.content else { return [] }
    return values
  }

  private func text(_ value: Double?, _ series: Chart.Series) -> String {
    value.map { style.safe((series.unit ?? chart.y.unit).text(of: $0)) } ?? style.safe("unknown")
  }

  /// One bar per category and series, each from zero; a falling one is drawn with its own sign.
  private func side() -> [Line] {
    let cumulative = chart.series.first { $0.role == .cumulative }.map(values)
    let series = mainSeries
    let sum = chart.kind == .doughnut ? series.flatMap { values($0) }.reduce(0.0) { $0 + max(0, $1 ?? 0) } : 0
    return chart.categories.enumerated().flatMap { index, category in
      series.compactMap { entry -> Line? in
        let all = values(entry)
        guard index < all.count else { return nil }
        // A waterfall's series hold only their own steps; a gap is no bar there.
        if all[index] == nil, series.count > 1, chart.kind == .waterfall { return nil }
        var label = style.safe(category)
        if series.count > 1, chart.kind != .waterfall { label += ", " + style.safe(entry.name) }
        var value = text(all[index], entry)
        if let share = cumulative, index < share.count, let share = share[index] {
          value += " " + Unit.percent.text(of: share)
        }
        if sum > 0, let part = all[index] { value += " " + Unit.percent.text(of: part / sum * 100) }
        let sign: Character = (all[index] ?? 0) < 0 ? (style.ascii ? "-" : "▒") : signs[0]
        return Line(label: label, parts: all[index].map { [($0, sign)] } ?? [], value: value)
      }
    }
  }

  private func stacked() -> [Line] {
    let series = stackedSeries
    return chart.categories.enumerated().map { index, category in
      var parts: [(Double, Character)] = []
      for (number, entry) in series.enumerated() {
        let all = values(entry)
        if index < all.count, let value = all[index], value > 0 { parts.append((value, signs[number])) }
      }
      let total = parts.reduce(0) { $0 + $1.0 }
      return Line(label: style.safe(category), parts: parts, value: style.safe(chart.y.unit.text(of: total)))
    }
  }

  /// The bar; of stacked parts each ends where the running sum says, so that the whole has the right length.
  private func draw(_ bar: Line, width: Int, greatest: Double) -> String {
    guard greatest > 0 else { return "" }
    if bar.parts.count == 1, chart.kind != .stackedBar, let part = bar.parts.first, part.value >= 0 {
      return Bar.text(part.value / greatest, width: width, ascii: style.ascii)
    }
    var drawn = ""
    var sum = 0.0
    var columns = 0
    for part in bar.parts {
      sum += abs(part.value)
      let end = Int((sum / greatest * Double(width)).rounded())
      drawn += String(repeating: part.sign, count: max(0, min(end, width) - columns))
      columns = max(columns, min(end, width))
    }
    return drawn
  }
}
