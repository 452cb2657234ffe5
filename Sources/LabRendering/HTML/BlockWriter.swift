import LabReport

/// Writes the blocks of one page as HTML.
struct BlockWriter {
  /// The analyzer's id; nil on the first page.
  let page: String?
  let links: ReportLinks
  /// Whether there is a library that draws charts.
  let drawsCharts: Bool
  /// Rows of a table that are shown at most.
  let rowLimit: Int
  var markup = Markup()
  private(set) var files: [TableFile] = []
  private var anchors = PageAnchors()
  private var hasMetrics = false
  /// The tables of the page by their id, for the charts that name them.
  private let tables: [String: ReportTable]

  init(
    page: String?, links: ReportLinks, drawsCharts: Bool, rowLimit: Int = TableWriter.rowLimit, blocks: [ReportBlock]
  ) {
    self.page = page
    self.links = links
    self.drawsCharts = drawsCharts
    self.rowLimit = rowLimit
    let all = Report(id: page ?? "", title: "", question: "", blocks: blocks).tables
    tables = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }
  }

  /// - Parameter level: of the headings that the blocks bring.
  mutating func write(_ blocks: [ReportBlock], level: Int) {
    for block in blocks {
      switch block {
      case .metrics(let metrics): write(metrics)
      case .table(let table): write(table, level: level)
      case .chart(let chart): write(chart, level: level)
      case .callout(let callout): write(callout)
      case .recommendations(let list): write(list)
      case .section(let section): write(section, level: level)
      }
    }
  }

  func id(_ anchor: String) -> String { links.id(anchor, on: page) }

  private mutating func write(_ section: ReportBlock.Section, level: Int) {
    let anchor = id(anchors.next(section: section.title))
    markup.open("section", ["class": "part"])
    markup.heading(level, ["id": anchor], section.title)
    markup.raw("\n")
    if !section.text.isEmpty { markup.element("p", ["class": "lead"], section.text) }
    write(section.blocks, level: level + 1)
    markup.raw("</section>\n")
  }

  /// The first figures of a page stand large.
  private static let primaryMetrics = 4

  private mutating func write(_ metrics: [Metric]) {
    let primary = hasMetrics ? 0 : Self.primaryMetrics
    hasMetrics = true
    markup.open("dl", ["class": "metrics"])
    for (index, metric) in metrics.enumerated() {
      let anchor = id(anchors.next(metric: metric))
      markup.open("div", ["class": index < primary ? "metric primary" : "metric", "id": anchor])
      markup.element("dt", metric.label)
      if metric.value != nil {
        markup.element("dd", metric.text)
      } else {
        markup.raw("<dd class=\"unknown\">")
        markup.write(metric.text)
        if let reason = metric.unknownBecause { markup.element("small", reason) }
        markup.raw("</dd>")
      }
      markup.raw("</div>")
    }
    markup.raw("</dl>\n")
  }

  private mutating func write(_ callout: Callout) {
    markup.open("p", ["class": "callout " + callout.level.rawValue, "id": id(anchors.nextCallout())])
    markup.element("strong", Self.word(callout.level))
    markup.raw(" ")
    markup.write(callout.text)
    markup.raw("</p>\n")
  }

  static func word(_ level: Callout.Level) -> String { level.word.prefix(1).uppercased() + level.word.dropFirst() }

  /// More of them nobody reads; all are in a CSV.
  static let actionLimit = 30

  private mutating func write(_ recommendations: [Recommendation]) {
    let ordered = Recommendation.ordered(recommendations)
    markup.raw("<ol class=\"actions\">\n")
    for recommendation in ordered.prefix(Self.actionLimit) {
      markup.open("li", ["id": id(anchors.nextAction())])
      if let effect = recommendation.monthlyEffect {
        markup.raw("<p class=\"effect\"><b>")
        markup.write(NumberFormat.money(effect))
        markup.raw("</b> per month")
        if let low = recommendation.low, let high = recommendation.high {
          markup.raw(" <span>")
          markup.write("\(NumberFormat.money(low)) to \(NumberFormat.money(high))")
          markup.raw("</span>")
        }
        markup.raw("</p>")
      } else {
        markup.raw("<p class=\"effect none\">effect not known</p>")
      }
      markup.element("p", ["class": "what"], recommendation.text)
      if !recommendation.evidence.isEmpty {
        markup.raw("<dl class=\"evidence\">")
        for evidence in recommendation.evidence {
          markup.raw("<div>")
          markup.element("dt", evidence.key)
          markup.raw("<dd>")
          cell(evidence.value)
          markup.raw("</dd></div>")
        }
        markup.raw("</dl>")
      }
      if !recommendation.check.isEmpty {
        markup.raw("<p class=\"check\"><b>Check first:</b> ")
        markup.write(recommendation.check)
        markup.raw("</p>")
      }
      markup.raw("</li>\n")
    }
    markup.raw("</ol>\n")
    if ordered.count > Self.actionLimit { rest(of: ordered) }
  }

  /// The way to the recommendations that the page doesn't show.
  private mutating func rest(of ordered: [Recommendation]) {
    let table = ReportTable(
      id: "recommendations", title: "Recommendations",
      columns: [
        .key("rule", "Rule"), .init("monthly_effect_usd", "Effect"), .init("low_usd", "Low"), .init("high_usd", "High"),
        .note("text", "Recommendation"), .note("check", "Check first"),
      ],
      rows: ordered.map { entry in
        [
          .text(entry.rule), .money(entry.monthlyEffect, else: ""), .money(entry.low, else: ""),
          .money(entry.high, else: ""), .text(entry.text), .text(entry.check),
        ]
      })
    write(table, level: 3, isListed: false)
  }

  // MARK: Tables

  /// - Parameter isListed: whether the rows are on the page; else only the way to them.
  private mutating func write(_ table: ReportTable, level: Int, isListed: Bool = true) {
    let anchor = anchors.next(table: table)
    let file = TableFile(page: page, anchor: anchor, table: table)
    files.append(file)
    guard isListed else {
      let words = "The page shows the first \(Self.actionLimit) of \(NumberFormat.grouped(table.rows.count))."
      if links.isSingle { return markup.element("p", ["class": "note"], words) }
      markup.raw("<p class=\"note\">")
      markup.write(words + " ")
      markup.element("a", ["href": file.name, "download": ""], "All as CSV")
      markup.raw("</p>\n")
      return
    }
    markup.open("div", ["class": "block", "id": id(anchor)])
    var writer = TableWriter(table: table, file: file, id: id(anchor), rowLimit: rowLimit, isSingle: links.isSingle)
    writer.write(level: level)
    markup.append(writer.markup)
    markup.raw("</div>\n")
  }

  private mutating func cell(_ cell: Cell) { TableWriter.write(cell, to: &markup) }

  // MARK: Charts

  private mutating func write(_ chart: Chart, level: Int) {
    let anchor = anchors.next(chart: chart)
    var writer = ChartWriter(
      chart: chart.limited(), id: id(anchor), table: chart.tableID.flatMap { tables[$0] }, drawsCharts: drawsCharts)
    writer.write(level: level)
    markup.append(writer.markup)
  }
}
