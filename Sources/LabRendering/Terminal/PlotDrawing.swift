import LabCore
import LabReport

/// A plot of one or more series over a number, a time, or names in their order.
///
/// Each column of the plot shows from the least to the greatest value of the points that fall on it, so that peaks stay.
struct PlotDrawing {
  let chart: Chart
  let style: TerminalStyle

  private static let height = 10

  private struct Trace {
    var name: String
    var sign: Character
    var role: Chart.Series.Role
    var points: [(x: Double, y: Double)]
  }

  func lines() -> [String] {
    let traces = self.traces()
    let points = traces.flatMap(\.points)
    guard let first = points.first else { return [] }
    var (left, right, bottom, top) = (first.x, first.x, first.y, first.y)
    for point in points {
      left = min(left, point.x)
      right = max(right, point.x)
      bottom = min(bottom, point.y)
      top = max(top, point.y)
    }
    // Zero is the ground of what can't be negative; a difference that isn't there is not drawn.
    if chart.kind != .scatter { bottom = min(0, bottom) }
    if bottom == top { top = bottom + max(abs(bottom), 1) }

    let labels = [top, top / 2 + bottom / 2, bottom].map { style.safe(chart.y.unit.shortText(of: $0)) }
    let margin = labels.reduce(0) { max($0, DisplayWidth.of($1)) }
    let width = style.width - margin - 2
    guard width >= 8 else { return [] }
    var grid = Grid(width: width, height: Self.height, left: left, right: right, bottom: bottom, top: top)
    let band = (traces.first { $0.role == .lower }, traces.first { $0.role == .upper })
    if case (let lower?, let upper?) = band {
      grid.fill(from: lower.points, to: upper.points, sign: style.ascii ? ":" : "░")
    }
    for trace in traces.reversed() where trace.role != .lower && trace.role != .upper {
      grid.draw(trace.points, sign: trace.sign, connected: chart.kind != .scatter && trace.role != .events)
    }

    var lines = TextLayout.wrap(style.safe(chart.y.title), to: style.width)
    let wall: Character = style.ascii ? "|" : "│"
    for row in 0..<Self.height {
      let label = row == 0 ? labels[0] : row == Self.height / 2 ? labels[1] : row == Self.height - 1 ? labels[2] : ""
      let content = String(grid.rows[row])
      let end = content.lastIndex { $0 != " " }.map { content.index(after: $0) } ?? content.startIndex
      lines.append("\(TextLayout.pad(label, to: margin, .trailing)) \(wall)\(content[..<end])")
    }
    lines.append(
      String(repeating: " ", count: margin + 1) + (style.ascii ? "+" : "└")
        + String(repeating: style.ascii ? "-" : "─", count: width))
    lines += xLabels(left: left, right: right, margin: margin + 2, width: width)
    if traces.count > 1 { lines += legend(traces) }
    return lines
  }

  private func legend(_ traces: [Trace]) -> [String] {
    var parts = traces.filter { $0.role != .lower && $0.role != .upper }.map { "\($0.sign) \($0.name)" }
    let band = traces.filter { $0.role == .lower || $0.role == .upper }.map(\.name)
    if !band.isEmpty { parts.append("\(style.ascii ? ":" : "░") \(band.joined(separator: " to "))") }
    return TextLayout.wrap(parts.joined(separator: "   "), to: style.width)
  }

  private func xLabels(left: Double, right: Double, margin: Int, width: Int) -> [String] {
    let from = style.safe(xText(left))
    let to = style.safe(xText(right))
    let room = width - DisplayWidth.of(from) - DisplayWidth.of(to)
    let title = style.safe(chart.x.title)
    guard room >= 1 else {
      return TextLayout.wrap("\(title): \(from) to \(to)", to: style.width)
    }
    let blanks = String(repeating: " ", count: margin)
    if DisplayWidth.of(title) + 2 <= room {
      let before = (room - DisplayWidth.of(title)) / 2
      let middle = String(repeating: " ", count: before) + title
      return [blanks + from + TextLayout.pad(middle, to: room) + to]
    }
    return [blanks + from + String(repeating: " ", count: room) + to] + TextLayout.wrap(title, to: style.width)
  }

  private func xText(_ x: Double) -> String {
    switch chart.x.scale {
    case .time:
      guard abs(x) < 2.5e11 else { return NumberFormat.compact(x) }
      let instant = Instant(microseconds: Int64(x * 1e6))
      return instant.microsecondOfDay == 0
        ? instant.date.description : String(instant.formatted(fractionDigits: 0).dropLast(4))
    case .category, .linear, .logarithmic:
      let index = Int(exactly: x.rounded()) ?? -1
      if chart.categories.indices.contains(index),
        !chart.series.contains(where: { if case .points = $0.content { true } else { false } })
      {
        return TextLayout.cut(style.safe(chart.categories[index]), to: 24, ascii: style.ascii)
      }
      return chart.x.unit.shortText(of: x)
    }
  }

  /// The series as points; stacked ones become one trace of their sums, since a plot can't stack.
  private func traces() -> [Trace] {
    // Letters go on where the signs end, so that no two traces share one before all are used.
    let signs: [Character] =
      (style.ascii ? ["*", "o", "+", "x", "#", "@"] : ["●", "○", "◆", "◇", "■", "□"]) + "abcdefghijklmnpqrstuvwyz"
    var traces: [Trace] = []
    for series in chart.series where series.role != .cumulative {
      var points: [(x: Double, y: Double)] = []
      switch series.content {
      case .points(let all):
        for point in all {
          if let y = point.y, y.isFinite, point.x.isFinite { points.append((point.x, y)) }
        }
      case .values(let values):
        for (index, value) in values.enumerated() {
          if let value, value.isFinite { points.append((Double(index), value)) }
        }
      case .boxes: continue
      }
      let sign: Character =
        series.role == .reference
        ? (style.ascii ? "-" : "┄") : series.role == .events ? "!" : signs[traces.count % signs.count]
      traces.append(Trace(name: style.safe(series.name), sign: sign, role: series.role, points: points))
    }
    guard chart.kind == .stackedBar else { return traces }
    var sums: [Double] = []
    for series in chart.series {
      guard case .values(let values) = series.content else { return traces }
      for (index, value) in values.enumerated() {
        if index == sums.count { sums.append(0) }
        sums[index] += value ?? 0
      }
    }
    let points = sums.enumerated().map { (Double($0.offset), $0.element) }
    return [Trace(name: style.safe("sum of \(chart.series.count) series"), sign: signs[0], role: .main, points: points)]
  }
}

/// The cells of a plot.
private struct Grid {
  private(set) var rows: [[Character]]
  private let width: Int
  private let height: Int
  private let left: Double
  private let right: Double
  private let bottom: Double
  private let top: Double

  init(width: Int, height: Int, left: Double, right: Double, bottom: Double, top: Double) {
    (self.width, self.height) = (width, height)
    (self.left, self.right, self.bottom, self.top) = (left, right, bottom, top)
    rows = Array(repeating: Array(repeating: " ", count: width), count: height)
  }

  private func column(_ x: Double) -> Int { Self.cell(x, left, right, width) }
  private func row(_ y: Double) -> Int { height - 1 - Self.cell(y, bottom, top, height) }

  /// The cell of `count` that a value falls into; halved first so that huge spans stay finite.
  private static func cell(_ value: Double, _ low: Double, _ high: Double, _ count: Int) -> Int {
    guard high > low else { return count / 2 }
    let part = (value / 2 - low / 2) / (high / 2 - low / 2)
    return min(count - 1, max(0, Int((part * Double(count - 1)).rounded())))
  }

  /// The top and bottom row that the points reach in each column.
  private func extents(_ points: [(x: Double, y: Double)]) -> [ClosedRange<Int>?] {
    var extents = [ClosedRange<Int>?](repeating: nil, count: width)
    for point in points {
      let (column, row) = (column(point.x), row(point.y))
      extents[column] = extents[column].map { min($0.lowerBound, row)...max($0.upperBound, row) } ?? row...row
    }
    return extents
  }

  /// Draws the points; connected ones with all rows that they reach in a column, and by straight lines between columns.
  mutating func draw(_ points: [(x: Double, y: Double)], sign: Character, connected: Bool) {
    guard connected else {
      for point in points { rows[row(point.y)][column(point.x)] = sign }
      return
    }
    var extents = extents(points)
    Self.interpolate(&extents)
    for (column, extent) in extents.enumerated() {
      guard let extent else { continue }
      for row in extent { rows[row][column] = sign }
    }
  }

  /// Fills the columns between two series.
  mutating func fill(from lower: [(x: Double, y: Double)], to upper: [(x: Double, y: Double)], sign: Character) {
    var low = extents(lower)
    var high = extents(upper)
    Self.interpolate(&low)
    Self.interpolate(&high)
    for column in 0..<width {
      guard let low = low[column], let high = high[column] else { continue }
      let (first, last) = (min(low.lowerBound, high.lowerBound), max(low.upperBound, high.upperBound))
      for row in first...last { rows[row][column] = sign }
    }
  }

  /// Fills the columns between two that have points.
  private static func interpolate(_ extents: inout [ClosedRange<Int>?]) {
    var before: Int?
    for column in extents.indices {
      guard let extent = extents[column] else { continue }
      if let start = before, column - start > 1, let from = extents[start] {
        let (low, high) = (from.lowerBound + from.upperBound, extent.lowerBound + extent.upperBound)
        for between in (start + 1)..<column {
          let row = (low * (column - between) + high * (between - start)) / (2 * (column - start))
          extents[between] = row...row
        }
      }
      before = column
    }
  }
}
