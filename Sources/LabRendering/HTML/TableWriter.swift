import LabReport

/// Writes a table as HTML: a heading, the rows in a frame that scrolls sideways, and the way to the whole as CSV.
struct TableWriter {
  /// No page shows more rows of a table (the design's limit).
  static let rowLimit = 200
  /// A name longer than this is cut on the page; the CSV has it whole.
  static let cellLimit = 160
  /// Text up to this many bytes stays in one line, such as an id with a prefix.
  static let lineLimit = 48
  /// Above this many bytes of CSV a single file carries only the rows that it shows.
  static let embeddedLimit = 65_536

  let table: ReportTable
  let file: TableFile
  let id: String
  let rowLimit: Int
  let isSingle: Bool
  var markup = Markup()

  mutating func write(level: Int) {
    let rows = table.rows.prefix(rowLimit)
    markup.open("div", ["class": "head"])
    markup.heading(level, ["id": id + "-title"], table.title)
    if let coverage = coverage(shown: rows.count) { markup.element("p", ["class": "coverage"], coverage) }
    if !rows.isEmpty { download(shown: rows.count) }
    markup.raw("</div>\n")
    if rows.isEmpty {
      markup.raw("<p class=\"empty\">No rows.</p>\n")
    } else {
      grid(rows)
    }
    if let note = table.note { markup.element("p", ["class": "note"], note) }
  }

  private func coverage(shown: Int) -> String? {
    let count =
      shown < table.totalCount
      ? "\(NumberFormat.grouped(shown)) of \(NumberFormat.grouped(table.totalCount))"
      : NumberFormat.counted(table.totalCount, "row")
    return [count, table.sortNote].compactMap { $0 }.joined(separator: ", ")
  }

  private mutating func download(shown: Int) {
    let rows = table.rows.count
    if isSingle {
      var csv = file.bytes
      var words = "CSV"
      if csv.count > Self.embeddedLimit, rows > shown {
        var first = table
        first.rows = Array(table.rows.prefix(shown))
        csv = CSVRenderer().bytes(of: first)
        words = "CSV, first \(NumberFormat.counted(shown, "row"))"
      }
      markup.open(
        "a", ["class": "csv", "download": file.name.split(separator: "/").last.map(String.init), "href": Self.uri(csv)])
      markup.write(words)
    } else {
      markup.open("a", ["class": "csv", "download": "", "href": file.name])
      markup.write(rows > shown ? "CSV, all \(NumberFormat.counted(rows, "row"))" : "CSV")
    }
    markup.raw("<span class=\"hidden\"> of ")
    markup.write(table.title)
    markup.raw("</span></a>")
  }

  private static func uri(_ csv: [UInt8]) -> String { "data:text/csv;charset=utf-8;base64," + Base64.text(of: csv) }

  private mutating func grid(_ rows: ArraySlice<[Cell]>) {
    markup.open("div", ["class": "scroll", "tabindex": "0", "role": "group", "aria-labelledby": id + "-title"])
    markup.open(
      "table",
      [
        "class": Self.alignment(of: table.columns), "aria-labelledby": id + "-title",
        "data-first": table.shownLimit.map { $0 < rows.count ? String($0) : nil } ?? nil,
      ])
    markup.raw("<thead><tr>")
    for column in table.columns { markup.element("th", ["scope": "col"], Markup.named(column.titleWithUnit)) }
    markup.raw("</tr></thead>\n<tbody>")
    let heads = headColumns
    for row in rows { write(row, heads: heads) }
    markup.raw("</tbody>\n")
    if let totals = table.totals {
      markup.raw("<tfoot>")
      write(totals, heads: heads)
      markup.raw("</tfoot>")
    }
    markup.raw("</table></div>\n")
  }

  /// The columns that name a row, those before the first figure; at least the first.
  private var headColumns: Int { max(1, table.columns.prefix { $0.role == .key }.count) }

  /// `r2 r3`: the numbers of the columns that stand to the right. A class per table instead of one per cell keeps pages
  /// small; the style sheet knows them up to 30.
  private static func alignment(of columns: [ReportTable.Column]) -> String? {
    let numbers = columns.indices.filter { columns[$0].alignment == .trailing && $0 < 30 }.map { "r\($0 + 1)" }
    return numbers.isEmpty ? nil : numbers.joined(separator: " ")
  }

  private mutating func write(_ row: [Cell], heads: Int) {
    markup.raw("<tr>")
    for (index, column) in table.columns.enumerated() {
      let cell = index < row.count ? row[index] : .empty
      let isLong = cell.text.utf8.count > Self.lineLimit
      if index < heads, cell != .empty {
        markup.open("th", ["scope": "row", "class": isLong ? "long" : nil])
        Self.write(cell.text.allSatisfy(\.isWhitespace) ? .missing("(empty)") : cell, to: &markup)
        markup.raw("</th>")
        continue
      }
      markup.open("td", ["class": isLong ? "long" : nil])
      if column.role == .share, let share = cell.double { Self.bar(share, to: &markup) }
      Self.write(cell, to: &markup)
      markup.raw("</td>")
    }
    markup.raw("</tr>\n")
  }

  static func write(_ cell: Cell, to markup: inout Markup) {
    switch cell {
    case .spark(let values): Self.spark(values, to: &markup)
    case .missing(let reason): markup.element("span", ["class": "missing"], reason)
    case .text(let text) where text.utf8.count > cellLimit && text.count > cellLimit:
      markup.write(text.prefix(cellLimit) + "…")
    default: markup.write(cell.text)
    }
  }

  /// A share of 0 to 100 as a small bar beside its figure, which says it all.
  private static func bar(_ share: Double, to markup: inout Markup) {
    let width = NumberFormat.significant(min(max(share, 0), 100), digits: 3)
    markup.raw("<svg class=\"share\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">")
    markup.open("rect", ["width": width, "height": "10"])
    markup.raw("</rect></svg>")
  }

  /// A small series as a line; zero is the ground, so that a flat series looks flat.
  private static func spark(_ values: [Double], to markup: inout Markup) {
    let finite = values.filter(\.isFinite)
    guard let least = finite.min(), let greatest = finite.max() else { return }
    let (bottom, top) = (min(0, least), max(0, greatest))
    var points = ""
    for (index, value) in values.enumerated() where value.isFinite {
      let x = values.count > 1 ? Double(index) * 100 / Double(values.count - 1) : 50
      let height = top > bottom ? (value / 2 - bottom / 2) / (top / 2 - bottom / 2) : 0
      points += "\(points.isEmpty ? "" : " ")\(plain(x)),\(plain(19 - height * 18))"
    }
    markup.open(
      "svg",
      [
        "class": "spark", "viewBox": "0 0 100 20", "preserveAspectRatio": "none", "role": "img",
        "aria-label":
          "\(NumberFormat.counted(values.count, "value")) between \(NumberFormat.significant(least, digits: 3)) and \(NumberFormat.significant(greatest, digits: 3))",
      ])
    markup.open("polyline", ["points": points])
    markup.raw("</polyline></svg>")
  }

  /// A coordinate with one decimal at most.
  private static func plain(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
