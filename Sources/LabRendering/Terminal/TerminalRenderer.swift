import LabCore
import LabReport

/// Draws report blocks as terminal text. No line is wider than the style's width, nothing depends on colour alone, and
/// labels stand before values, so that a screen reader reads it in order.
public struct TerminalRenderer: Sendable {
  public var style: TerminalStyle

  public init(_ style: TerminalStyle = TerminalStyle()) { self.style = style }

  /// The whole report, ending in a line feed.
  public func text(of report: Report) -> String {
    var lines = heading(report.title, level: 1)
    if !report.question.isEmpty { lines += paragraph(report.question) }
    lines += body(of: report.blocks, level: 2)
    return lines.joined(separator: "\n") + "\n"
  }

  /// Blocks without a heading of their own; empty for none.
  public func text(of blocks: [ReportBlock]) -> String {
    var lines = body(of: blocks, level: 2)
    while lines.first?.isEmpty == true { lines.removeFirst() }
    return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
  }

  /// The lines of one block.
  public func lines(of block: ReportBlock, level: Int = 2) -> [String] {
    switch block {
    case .metrics(let metrics): return lines(of: metrics)
    case .table(let table): return lines(of: table)
    case .chart(let chart): return ChartDrawing(chart: chart, style: style).lines()
    case .callout(let callout): return lines(of: callout)
    case .recommendations(let recommendations): return lines(of: recommendations)
    case .section(let section):
      var lines = heading(section.title, level: level)
      if !section.text.isEmpty { lines += paragraph(section.text) }
      return lines + body(of: section.blocks, level: level + 1)
    }
  }

  private func body(of blocks: [ReportBlock], level: Int) -> [String] {
    var lines: [String] = []
    for block in blocks {
      let part = self.lines(of: block, level: level)
      if !part.isEmpty { lines += [""] + part }
    }
    return lines
  }

  // MARK: Parts

  func heading(_ title: String, level: Int) -> [String] {
    let title = TextLayout.cut(style.safe(title), to: style.width, ascii: style.ascii)
    let painted = style.theme.paint(title, .heading)
    guard level <= 2 else { return [painted] }
    let sign: Character = level == 1 ? (style.ascii ? "=" : "═") : style.ascii ? "-" : "─"
    return [painted, style.theme.paint(String(repeating: sign, count: DisplayWidth.of(title)), .dim)]
  }

  func paragraph(_ text: String, indent: Int = 0) -> [String] {
    let blanks = String(repeating: " ", count: indent)
    return TextLayout.wrap(style.safe(text), to: style.width - indent).map { blanks + $0 }
  }

  /// `Total cost    $1,234.50`, one metric a line, values in one column where the width allows it.
  public func lines(of metrics: [Metric]) -> [String] {
    let labels = metrics.map { style.safe($0.label) }
    let column = min(labels.reduce(0) { max($0, DisplayWidth.of($1)) }, style.width / 2) + 2
    return zip(labels, metrics).flatMap { label, metric -> [String] in
      var value = style.safe(metric.text)
      if metric.value == nil, let reason = metric.unknownBecause { value += style.safe(" (\(reason))") }
      let padded = TextLayout.pad(label, to: column - 2) + "  "
      let start = DisplayWidth.of(padded)
      if start + DisplayWidth.of(value) <= style.width { return [padded + value] }
      let wrapped = TextLayout.wrap("\(label): \(value)", to: style.width - 2)
      return wrapped.enumerated().map { $0.offset == 0 ? $0.element : "  " + $0.element }
    }
  }

  /// The table under its title, with `top 15 of 482` where rows are left out.
  public func lines(of table: ReportTable) -> [String] {
    let rows = table.shownRows(atMost: style.rowLimit)
    var title = style.safe(table.title)
    if let coverage = table.coverage(shown: rows.count) { title += " (\(style.safe(coverage)))" }
    var lines = TextLayout.wrap(title, to: style.width).map { style.theme.paint($0, .accent) }
    if rows.isEmpty {
      lines.append("no rows")
    } else {
      lines += textTable(table, rows: rows).lines(style)
    }
    if let note = table.note { lines += paragraph(note) }
    return lines
  }

  /// The table as texts; a share gets a bar beside it, the first thing to go where the width doesn't hold all.
  private func textTable(_ table: ReportTable, rows: ArraySlice<[Cell]>) -> TextTable {
    var columns = table.columns.enumerated().map { index, column in
      // Dates and sparklines are no words: cut, they say something else.
      let isWords = column.alignment == .leading && rows.contains { index < $0.count && Self.isWords($0[index]) }
      return TextTable.Column(
        column.titleWithUnit, column.alignment == .leading ? .leading : .trailing, priority: column.priority,
        isWords: isWords, wraps: column.role == .note, isName: column.role == .key)
    }
    var cells = rows.map { row in row.map(text(of:)) }
    var totals = table.totals.map { $0.map(text(of:)) }
    drawSparklines(&columns, &cells, rows)
    var colors: [TextTable.CellPosition: Theme.Role] = [:]
    let share = rows.count > 1 ? table.columns.lastIndex { $0.role == .share } : nil
    if let verdict = table.columns.firstIndex(where: { $0.id == "verdict" }) {
      let column = verdict + (share.map { $0 < verdict ? 1 : 0 } ?? 0)
      for (index, row) in rows.enumerated() where row.count > verdict {
        colors[.init(row: index, column: column)] = Self.color(ofVerdict: row[verdict])
      }
    }
    if let share {
      columns.insert(TextTable.Column("", .leading, priority: Self.barPriority, isWords: false), at: share + 1)
      for (index, row) in rows.enumerated() where row.count > share {
        let bar = Bar.text((row[share].double ?? 0) / 100, width: Self.barWidth, ascii: style.ascii)
        cells[index].insert(bar, at: share + 1)
      }
      if let row = totals, row.count > share { totals?.insert("", at: share + 1) }
    }
    return TextTable(columns: columns, rows: cells, totals: totals, colors: colors)
  }

  /// Draws the columns of sparklines as wide as their series are long, where the other columns leave the room.
  private func drawSparklines(
    _ columns: inout [TextTable.Column], _ cells: inout [[String]], _ rows: ArraySlice<[Cell]>
  ) {
    func series(_ cell: Cell) -> [Double]? { if case .spark(let values) = cell { values } else { nil } }
    let drawn = columns.indices.filter { column in rows.contains { column < $0.count && series($0[column]) != nil } }
    guard !drawn.isEmpty else { return }
    let others = columns.indices.filter { !drawn.contains($0) }
    let room = TextTable(columns: columns, rows: cells).room(beside: others, of: style.width) / drawn.count
    for column in drawn {
      let longest = rows.reduce(0) { max($0, column < $1.count ? series($1[column])?.count ?? 0 : 0) }
      let width = min(Sparkline.widest, max(Sparkline.narrowest, room))
      let count = Sparkline.valuesPerCharacter(longest, width: width)
      if let remark = Sparkline.remark(perCharacter: count) { columns[column].title += " (\(remark))" }
      for (index, row) in rows.enumerated() where column < row.count {
        guard let values = series(row[column]) else { continue }
        cells[index][column] = Sparkline.text(values, perCharacter: count, ascii: style.ascii)
      }
    }
  }

  /// The colour of a verdict's word; the word alone says all of it.
  private static func color(ofVerdict cell: Cell) -> Theme.Role? {
    guard case .text(let word) = cell else { return nil }
    switch word.lowercased() {
    case "passed": return .good
    case "warning": return .warning
    case "failed": return .critical
    default: return nil
    }
  }

  private static let barWidth = 10
  private static let barPriority = 100

  private static func isWords(_ cell: Cell) -> Bool {
    switch cell {
    case .text, .missing: true
    case .integer, .money, .number, .percent, .instant, .date, .spark, .empty: false
    }
  }

  /// A cell's text; a sparkline has none, it is drawn where its room is known.
  private func text(of cell: Cell) -> String { style.safe(cell.text) }

  /// The value of a line of evidence; a sparkline has what the key leaves of a line.
  private func text(of evidence: Recommendation.Evidence, in room: Int) -> String {
    guard case .spark(let values) = evidence.value else { return text(of: evidence.value) }
    let width = min(Sparkline.widest, max(Sparkline.narrowest, room - DisplayWidth.of(style.safe(evidence.key)) - 2))
    let count = Sparkline.valuesPerCharacter(values.count, width: width)
    let line = Sparkline.text(values, perCharacter: count, ascii: style.ascii)
    return Sparkline.remark(perCharacter: count).map { "\(line) (\($0))" } ?? line
  }

  private func lines(of callout: Callout) -> [String] {
    let role: Theme.Role =
      switch callout.level {
      case .info: .accent
      case .good: .good
      case .warning: .warning
      case .critical: .critical
      }
    let wrapped = TextLayout.wrap("\(callout.level.word): \(style.safe(callout.text))", to: style.width - 2)
    return wrapped.enumerated().map { index, line in
      guard index == 0 else { return "  " + line }
      let word = callout.level.word + ":"
      return line.hasPrefix(word) ? style.theme.paint(word, role) + line.dropFirst(word.count) : line
    }
  }

  private func lines(of recommendations: [Recommendation]) -> [String] {
    var lines: [String] = []
    for (index, recommendation) in Recommendation.ordered(recommendations).enumerated() {
      if index > 0 { lines.append("") }
      let number = "\(index + 1). "
      for (row, line) in paragraph(recommendation.text, indent: number.count).enumerated() {
        lines.append(row == 0 ? number + line.dropFirst(number.count) : line)
      }
      if let effect = Self.effect(of: recommendation) { lines += paragraph("effect: \(effect)", indent: number.count) }
      for evidence in recommendation.evidence {
        lines += paragraph(
          "\(evidence.key): \(text(of: evidence, in: style.width - number.count))", indent: number.count)
      }
      lines += paragraph("check first: \(recommendation.check)", indent: number.count)
    }
    return lines
  }

  /// `$120.00 per month ($80.00 to $160.00)`; nil when the effect is not known.
  static func effect(of recommendation: Recommendation) -> String? {
    guard let effect = recommendation.monthlyEffect else { return nil }
    var text = Unit.usdPerMonth.withUnit(NumberFormat.money(effect))
    if let low = recommendation.low, let high = recommendation.high {
      text += " (\(NumberFormat.money(low)) to \(NumberFormat.money(high)))"
    }
    return text
  }
}
