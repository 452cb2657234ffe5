import LabCore
import LabReport

/// Writes report blocks as Markdown (CommonMark with tables). All text is escaped, so that none of it turns into markup.
public struct MarkdownRenderer: Sendable {
  /// At most this many rows of a table are written, whatever its own limit is; nil: its own limit.
  public var rowLimit: Int?

  public init(rowLimit: Int? = nil) { self.rowLimit = rowLimit }

  /// The whole report, ending in a line feed.
  public func text(of report: Report) -> String {
    let head = ["# \(Self.escaped(report.title))", Self.escaped(report.question)].filter { !$0.isEmpty }
    return (head + parts(of: report.blocks, level: 2)).joined(separator: "\n\n") + "\n"
  }

  /// Blocks without a heading of their own; empty for none.
  public func text(of blocks: [ReportBlock]) -> String {
    let parts = parts(of: blocks, level: 2)
    return parts.isEmpty ? "" : parts.joined(separator: "\n\n") + "\n"
  }

  /// A table alone, ending in a line feed.
  public func text(of table: ReportTable) -> String { parts(of: table).joined(separator: "\n\n") + "\n" }

  private func parts(of blocks: [ReportBlock], level: Int) -> [String] {
    blocks.flatMap { block -> [String] in
      switch block {
      case .metrics(let metrics): [list(metrics)]
      case .table(let table): parts(of: table)
      case .chart(let chart): parts(of: chart)
      case .callout(let callout): ["> **\(callout.level.word):** \(Self.escaped(callout.text))"]
      case .recommendations(let recommendations): [list(Recommendation.ordered(recommendations))]
      case .section(let section):
        [String(repeating: "#", count: min(level, 6)) + " " + Self.escaped(section.title)]
          + (section.text.isEmpty ? [] : [Self.escaped(section.text)]) + parts(of: section.blocks, level: level + 1)
      }
    }
  }

  private func list(_ metrics: [Metric]) -> String {
    metrics.map { metric in
      var line = "- \(Self.escaped(metric.label)): \(Self.escaped(metric.text))"
      if metric.value == nil, let reason = metric.unknownBecause { line += " (\(Self.escaped(reason)))" }
      return line
    }.joined(separator: "\n")
  }

  private func parts(of table: ReportTable) -> [String] {
    let rows = table.shownRows(atMost: rowLimit)
    var title = "**\(Self.escaped(table.title))**"
    if let coverage = table.coverage(shown: rows.count) { title += " (\(Self.escaped(coverage)))" }
    var parts = [title]
    if rows.isEmpty {
      parts.append("no rows")
    } else {
      let totals = table.totals.map {
        $0.map { cell in
          let text = Self.text(of: cell)
          return text.isEmpty ? "" : "**\(text)**"
        }
      }
      parts.append(
        Self.grid(
          heads: table.columns.indices.map { Self.escaped(Self.head(of: table, column: $0, rows)) },
          trailing: table.columns.map { $0.alignment == .trailing },
          rows: rows.map { $0.map(Self.text(of:)) } + (totals.map { [$0] } ?? [])))
    }
    if let note = table.note { parts.append(Self.escaped(note)) }
    return parts
  }

  /// A chart's title and its numbers: Markdown has no drawing of its own. With a table beside it the title is enough.
  private func parts(of chart: Chart) -> [String] {
    var parts = ["*\(Self.escaped(chart.title))*"]
    if chart.tableID == nil {
      let chart = chart.limited(toPoints: 50)
      let heads = [chart.x.title] + chart.series.map(\.name)
      var rows: [[String]] = []
      if chart.categories.isEmpty {
        for (index, series) in chart.series.enumerated() {
          guard case .points(let points) = series.content else { continue }
          for point in points {
            var row = [String](repeating: "", count: heads.count)
            row[0] = Self.escaped(point.label ?? Self.x(point.x, chart.x))
            row[index + 1] = Self.escaped(point.y.map { (series.unit ?? chart.y.unit).text(of: $0) } ?? "")
            rows.append(row)
          }
        }
      } else {
        for (index, category) in chart.categories.prefix(rowLimit ?? 200).enumerated() {
          rows.append(
            [Self.escaped(category)] + chart.series.map { Self.escaped(Self.value(of: $0, at: index, chart.y)) })
        }
      }
      if !rows.isEmpty {
        parts.append(
          Self.grid(
            heads: heads.map { Self.escaped($0) }, trailing: heads.indices.map { $0 > 0 }, rows: rows))
      }
    }
    if let note = chart.note { parts.append(Self.escaped(note)) }
    return parts
  }

  private static func value(of series: Chart.Series, at index: Int, _ axis: Chart.Axis) -> String {
    let unit = series.unit ?? axis.unit
    switch series.content {
    case .values(let values): return index < values.count ? values[index].map { unit.text(of: $0) } ?? "" : ""
    case .boxes(let boxes):
      guard index < boxes.count, let box = boxes[index] else { return "" }
      let values = [box.low, box.lowerQuartile, box.median, box.upperQuartile, box.high]
      return values.map { unit.text(of: $0) }.joined(separator: " / ")
    case .points: return ""
    }
  }

  private static func x(_ x: Double, _ axis: Chart.Axis) -> String {
    guard axis.scale == .time, abs(x) < 2.5e11 else { return axis.unit.text(of: x) }
    return Instant(microseconds: Int64(x * 1e6)).shortDescription
  }

  private func list(_ recommendations: [Recommendation]) -> String {
    recommendations.enumerated().map { index, recommendation in
      var lines = ["\(index + 1). \(Self.escaped(recommendation.text))"]
      if let effect = TerminalRenderer.effect(of: recommendation) {
        lines.append("   - effect: \(Self.escaped(effect))")
      }
      for evidence in recommendation.evidence {
        lines.append("   - \(Self.escaped(evidence.key)): \(Self.text(of: evidence.value))")
      }
      lines.append("   - check first: \(Self.escaped(recommendation.check))")
      return lines.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private static func text(of cell: Cell) -> String {
    if case .spark(let values) = cell { return Sparkline.text(values) }
    return escaped(cell.text)
  }

  /// A column's head, which says where the characters of sparklines stand for several values.
  private static func head(of table: ReportTable, column: Int, _ rows: ArraySlice<[Cell]>) -> String {
    let counts = rows.map { row -> Int in
      if column < row.count, case .spark(let values) = row[column] {
        return Sparkline.valuesPerCharacter(values.count, width: Sparkline.widest)
      }
      return 1
    }
    let title = table.columns[column].titleWithUnit
    return Sparkline.remark(perCharacter: counts.max() ?? 1).map { "\(title) (\($0))" } ?? title
  }

  private static func grid(heads: [String], trailing: [Bool], rows: [[String]]) -> String {
    var lines = ["| " + heads.joined(separator: " | ") + " |"]
    lines.append("|" + trailing.map { $0 ? " ---: |" : " --- |" }.joined())
    for row in rows {
      lines.append("| " + heads.indices.map { $0 < row.count ? row[$0] : "" }.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n")
  }

  /// The text in one line with every character that could begin markup escaped.
  public static func escaped(_ text: String) -> String {
    let safe = SafeText.line(text)
    var result = ""
    for (index, scalar) in safe.unicodeScalars.enumerated() {
      if let byte = UInt8(exactly: scalar.value) {
        switch byte {
        case UInt8(ascii: "<"):
          result += "&lt;"
          continue
        case UInt8(ascii: ">"):
          result += "&gt;"
          continue
        case UInt8(ascii: "&"):
          result += "&amp;"
          continue
        // These mean something at the start of a line only.
        case UInt8(ascii: "#"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "="):
          if index == 0 { result += "\\" }
        case _ where isSpecial(byte): result += "\\"
        default: break
        }
      }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\\"), UInt8(ascii: "|"), UInt8(ascii: "`"), UInt8(ascii: "*"), UInt8(ascii: "_"),
      UInt8(ascii: "["),
      UInt8(ascii: "]"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
