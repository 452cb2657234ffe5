import LabCore
import LabJSON
import LabReport

/// Writes report blocks as JSON: each block an object with its `type`, figures as numbers with their units, money exact.
public struct JSONRenderer: Sendable {
  public init() {}

  /// The whole report as a text of its own, ending in a line feed.
  public func text(of report: Report) -> String {
    var writer = JSONWriter()
    write(report, into: &writer)
    writer.endLine()
    return writer.text
  }

  /// The report as an object: id, title, question, blocks.
  public func write(_ report: Report, into writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("id")
    writer.value(report.id)
    writer.key("title")
    writer.value(report.title)
    writer.key("question")
    writer.value(report.question)
    writer.key("blocks")
    write(report.blocks, into: &writer)
    writer.endObject()
  }

  /// Blocks as an array.
  public func write(_ blocks: [ReportBlock], into writer: inout JSONWriter) {
    Self.array(blocks, &writer) { block, writer in
      writer.beginObject()
      writer.key("type")
      switch block {
      case .metrics(let metrics):
        writer.value("metrics")
        writer.key("metrics")
        Self.array(metrics, &writer, Self.write)
      case .table(let table):
        writer.value("table")
        Self.members(of: table, into: &writer)
      case .chart(let chart):
        writer.value("chart")
        Self.members(of: chart, into: &writer)
      case .callout(let callout):
        writer.value("callout")
        Self.member("level", callout.level.rawValue, &writer)
        Self.member("text", callout.text, &writer)
      case .recommendations(let recommendations):
        writer.value("recommendations")
        writer.key("recommendations")
        Self.array(Recommendation.ordered(recommendations), &writer, Self.write)
      case .section(let section):
        writer.value("section")
        Self.member("title", section.title, &writer)
        Self.member("text", section.text, &writer)
        writer.key("blocks")
        write(section.blocks, into: &writer)
      }
      writer.endObject()
    }
  }

  /// A table as an object: all rows that it holds, as objects by column id.
  public func write(_ table: ReportTable, into writer: inout JSONWriter) {
    writer.beginObject()
    Self.members(of: table, into: &writer)
    writer.endObject()
  }

  /// A recommendation as the findings file has it: rule, text, `monthly_effect_usd`, `low_usd`, `high_usd`, evidence, check.
  public static func write(_ recommendation: Recommendation, into writer: inout JSONWriter) {
    writer.beginObject()
    member("rule", recommendation.rule, &writer)
    member("text", recommendation.text, &writer)
    member("monthly_effect_usd", recommendation.monthlyEffect, &writer)
    member("low_usd", recommendation.low, &writer)
    member("high_usd", recommendation.high, &writer)
    writer.key("evidence")
    array(recommendation.evidence, &writer) { evidence, writer in
      writer.beginObject()
      member("key", evidence.key, &writer)
      writer.key("value")
      write(evidence.value, into: &writer)
      writer.endObject()
    }
    member("check", recommendation.check, &writer)
    writer.endObject()
  }

  /// A metric with its value (or null and the reason), unit and label.
  private static func write(_ metric: Metric, into writer: inout JSONWriter) {
    writer.beginObject()
    member("id", metric.id, &writer)
    member("label", metric.label, &writer)
    writer.key("value")
    write(metric.value, into: &writer)
    member("unit", metric.unit.rawValue, &writer)
    if let reason = metric.unknownBecause { member("unknown_because", reason, &writer) }
    writer.endObject()
  }

  /// A metric's value alone: a number, or null when it is unknown.
  public static func write(_ value: MetricValue?, into writer: inout JSONWriter) {
    switch value {
    case .integer(let number): writer.value(number)
    case .number(let number): writer.value(number)
    case .money(let money): writer.value(money)
    case nil: writer.null()
    }
  }

  /// A cell's value: figures as numbers, sparklines as arrays, what is unknown as null.
  public static func write(_ cell: Cell, into writer: inout JSONWriter) {
    switch cell {
    case .text(let text): writer.value(text)
    case .integer(let number): writer.value(number)
    case .money(let money): writer.value(money)
    case .number(let number, _), .percent(let number): writer.value(number)
    case .instant(let instant): writer.value(instant)
    case .date(let date): writer.value(date.description)
    case .spark(let values): array(values, &writer) { value, writer in writer.value(value) }
    case .missing, .empty: writer.null()
    }
  }

  private static func members(of table: ReportTable, into writer: inout JSONWriter) {
    member("id", table.id, &writer)
    member("title", table.title, &writer)
    writer.key("columns")
    array(table.columns, &writer) { column, writer in
      writer.beginObject()
      member("id", column.id, &writer)
      member("title", column.title, &writer)
      member("unit", column.unit.rawValue, &writer)
      member("role", column.role.rawValue, &writer)
      writer.endObject()
    }
    writer.key("rows")
    array(table.rows, &writer) { row, writer in Self.row(row, of: table, into: &writer) }
    if let totals = table.totals {
      writer.key("totals")
      row(totals, of: table, into: &writer)
    }
    writer.key("total_count")
    writer.value(table.totalCount)
    if let note = table.sortNote { member("sort", note, &writer) }
    if let note = table.note { member("note", note, &writer) }
  }

  private static func row(_ row: [Cell], of table: ReportTable, into writer: inout JSONWriter) {
    writer.beginObject()
    for (index, column) in table.columns.enumerated() {
      writer.key(column.id)
      write(index < row.count ? row[index] : .empty, into: &writer)
    }
    writer.endObject()
  }

  private static func members(of chart: Chart, into writer: inout JSONWriter) {
    let chart = chart.limited()
    member("id", chart.id, &writer)
    member("title", chart.title, &writer)
    member("kind", chart.kind.rawValue, &writer)
    for (name, axis) in [("x", chart.x), ("y", chart.y)] {
      writer.key(name)
      writer.beginObject()
      member("label", axis.label, &writer)
      member("unit", axis.unit.rawValue, &writer)
      member("scale", axis.scale.rawValue, &writer)
      writer.endObject()
    }
    writer.key("categories")
    array(chart.categories, &writer) { name, writer in writer.value(name) }
    writer.key("series")
    array(chart.series, &writer) { series, writer in
      writer.beginObject()
      member("name", series.name, &writer)
      member("role", series.role.rawValue, &writer)
      if let unit = series.unit { member("unit", unit.rawValue, &writer) }
      write(series.content, into: &writer)
      writer.endObject()
    }
    if let table = chart.tableID { member("table", table, &writer) }
    if let note = chart.note { member("note", note, &writer) }
  }

  private static func write(_ content: Chart.Series.Content, into writer: inout JSONWriter) {
    switch content {
    case .values(let values):
      writer.key("values")
      array(values, &writer) { value, writer in value.map { writer.value($0) } ?? writer.null() }
    case .points(let points):
      writer.key("points")
      array(points, &writer) { point, writer in
        writer.beginObject()
        writer.key("x")
        writer.value(point.x)
        writer.key("y")
        if let y = point.y { writer.value(y) } else { writer.null() }
        if let label = point.label { member("label", label, &writer) }
        writer.endObject()
      }
    case .boxes(let boxes):
      writer.key("boxes")
      array(boxes, &writer) { box, writer in
        guard let box else { return writer.null() }
        writer.beginObject()
        let values = [
          ("low", box.low), ("lower_quartile", box.lowerQuartile), ("median", box.median),
          ("upper_quartile", box.upperQuartile), ("high", box.high),
        ]
        for (name, value) in values {
          writer.key(name)
          writer.value(value)
        }
        writer.endObject()
      }
    }
  }

  private static func member(_ key: String, _ text: String, _ writer: inout JSONWriter) {
    writer.key(key)
    writer.value(text)
  }

  private static func member(_ key: String, _ money: Money?, _ writer: inout JSONWriter) {
    writer.key(key)
    if let money { writer.value(money) } else { writer.null() }
  }

  private static func array<Item>(
    _ items: [Item], _ writer: inout JSONWriter, _ write: (Item, inout JSONWriter) -> Void
  ) {
    writer.beginArray()
    for item in items { write(item, &writer) }
    writer.endArray()
  }
}
