/// A table of plain texts that fits itself to a width.
///
/// Figures are never cut. Too wide a table gives way in this order: heads break into several lines, columns of words get
/// narrower and their cells wrap or are cut, columns are left out by priority and named below, names break inside their words,
/// and at last each row becomes a list of `head: value` lines.
public struct TextTable: Sendable {
  public struct Column: Sendable {
    public var title: String
    public var alignment: TextLayout.Alignment
    /// What may be left out first: the greatest number; 0 stays.
    public var priority: Int
    /// Whether cells may be cut.
    public var isWords: Bool
    /// Whether the words of a cell go on in the next line instead of being cut.
    public var wraps: Bool
    /// Whether cells name their rows: they are never cut, and wrap between words unless nothing can be left out for them.
    public var isName: Bool

    /// - Parameter isWords: leading columns are words, trailing ones figures, unless given.
    public init(
      _ title: String, _ alignment: TextLayout.Alignment = .leading, priority: Int = 1, isWords: Bool? = nil,
      wraps: Bool = false, isName: Bool = false
    ) {
      self.wraps = wraps || isName
      self.isName = isName
      self.title = title
      self.alignment = alignment
      self.priority = priority
      self.isWords = isWords ?? (alignment == .leading)
    }
  }

  public var columns: [Column]
  public var rows: [[String]]
  public var totals: [String]?
  /// The colour of a cell's text, by row and column; nil: none.
  public var colors: [CellPosition: Theme.Role]

  /// A row and a column, both from 0.
  public struct CellPosition: Hashable, Sendable {
    public var row: Int
    public var column: Int
    public init(row: Int, column: Int) {
      self.row = row
      self.column = column
    }
  }

  public init(
    columns: [Column], rows: [[String]], totals: [String]? = nil, colors: [CellPosition: Theme.Role] = [:]
  ) {
    self.columns = columns
    self.rows = rows
    self.totals = totals
    self.colors = colors
  }

  /// The columns between two columns.
  private static let gap = 2
  /// A column of words gets no narrower than this while others can be left out.
  private static let narrowestWords = 12
  /// A column of names that can't break, such as models: cut shorter, several of them look alike.
  private static let narrowestNames = 20
  /// A word of a head that is wider is broken.
  private static let widestHeadWord = 16
  /// Words that wrap have at most as many columns as this many lines of the whole width, and names fewer.
  private static let longestText = 10
  private static let longestName = 2

  /// The table's lines, none wider than the style's width, without blanks at their ends.
  public func lines(_ style: TerminalStyle) -> [String] {
    guard !columns.isEmpty else { return [] }
    let table = safe(style)
    let measures = table.measures
    // Names that no leaving out makes room for are broken, and then nothing is left out for them.
    guard
      let (shown, widths) = table.layout(measures, to: style.width, keepingNames: true)
        ?? table.layout(measures, to: style.width, keepingNames: false)
    else { return table.records(style) }
    var leftOut = columns.indices.filter { !shown.contains($0) }
    var lines = table.head(shown, widths, style)
    for (index, row) in table.rows.enumerated() {
      lines += table.lines(of: row, shown, widths, style) { column in colors[CellPosition(row: index, column: column)] }
    }
    if let totals = table.totals {
      lines.append(Self.rule(shown.map { widths[$0] }, style))
      lines += table.lines(of: totals, shown, widths, style) { _ in .tableHead }
    }
    // A column without a head repeats another as a picture.
    leftOut.removeAll { table.columns[$0].title.isEmpty }
    if !leftOut.isEmpty {
      let names = leftOut.map { table.columns[$0].title }.joined(separator: ", ")
      let count = leftOut.count == 1 ? "1 column is" : "\(leftOut.count) columns are"
      lines += TextLayout.wrap("(\(count) left out for want of width: \(names))", to: style.width)
        .map { style.theme.paint($0, .dim) }
    }
    return lines
  }

  /// The table with safe texts, and as many cells in each row as there are columns.
  private func safe(_ style: TerminalStyle) -> TextTable {
    func cells(_ row: [String]) -> [String] {
      columns.indices.map { column in
        guard column < row.count else { return "" }
        // What can't fit at any rate needs no measuring.
        let text = style.safe(row[column])
        guard columns[column].isWords else { return text }
        let lines = columns[column].isName ? Self.longestName : columns[column].wraps ? Self.longestText : 1
        return TextLayout.cut(text, to: style.width * lines, ascii: style.ascii)
      }
    }
    var table = self
    for index in columns.indices { table.columns[index].title = style.safe(columns[index].title) }
    table.rows = rows.map(cells)
    table.totals = totals.map(cells)
    return table
  }

  private var allRows: [[String]] { totals.map { rows + [$0] } ?? rows }

  /// The widest cell and, for names, the widest word of each column.
  private struct Measures {
    var cells: [Int]
    var words: [Int]
  }

  private var measures: Measures {
    let rows = allRows
    return Measures(
      cells: columns.indices.map { column in rows.reduce(0) { max($0, DisplayWidth.of($1[column])) } },
      words: columns.indices.map { column in
        guard columns[column].isName else { return 0 }
        return rows.reduce(0) { $1[column].split(separator: " ").reduce($0) { max($0, DisplayWidth.of($1)) } }
      })
  }

  /// The columns that are shown and the width of each, or nil when the least of them don't fit.
  private func layout(_ measures: Measures, to room: Int, keepingNames: Bool) -> (shown: [Int], widths: [Int])? {
    var shown = Array(columns.indices)
    while true {
      if let widths = fitted(shown, measures, to: room, keepingNames: keepingNames) { return (shown, widths) }
      guard let victim = leastImportant(of: shown) else { return nil }
      shown.removeAll { $0 == victim }
    }
  }

  /// How narrow a column may get.
  private func least(_ column: Int, _ measures: Measures, keepingNames: Bool) -> Int {
    let title = columns[column].title
    let content = measures.cells[column]
    let word = min(Self.widestHeadWord, title.split(separator: " ").reduce(0) { max($0, DisplayWidth.of($1)) })
    // Figures may not be cut, and only their head breaks, between words where it can.
    guard columns[column].isWords else { return max(content, word) }
    var narrowest = max(
      columns[column].wraps && !columns[column].isName ? Self.narrowestWords : Self.narrowestNames, word)
    if keepingNames, columns[column].isName { narrowest = max(narrowest, measures.words[column]) }
    return min(max(content, DisplayWidth.of(title)), narrowest)
  }

  /// What `others` leave of a width for columns beside them, with their gaps, when they are as narrow as they get.
  func room(beside others: [Int], of width: Int) -> Int {
    let measures = measures
    return others.reduce(width) { $0 - least($1, measures, keepingNames: true) - Self.gap }
  }

  /// The width of each shown column (0 for the others), or nil when they don't fit.
  private func fitted(_ shown: [Int], _ measures: Measures, to room: Int, keepingNames: Bool) -> [Int]? {
    guard !shown.isEmpty else { return nil }
    let room = room - Self.gap * (shown.count - 1)
    var widths = [Int](repeating: 0, count: columns.count)
    var least = widths
    for column in shown {
      widths[column] = max(measures.cells[column], DisplayWidth.of(columns[column].title))
      least[column] = self.least(column, measures, keepingNames: keepingNames)
    }
    // Heads of figures break first, since nothing is lost; then the widest column of words gives.
    var excess = widths.reduce(0, +) - room
    for column in shown where excess > 0 && !columns[column].isWords {
      let given = min(excess, widths[column] - least[column])
      widths[column] -= given
      excess -= given
    }
    while excess > 0 {
      let candidates = shown.filter { columns[$0].isWords && widths[$0] > least[$0] }
      guard let widest = candidates.max(by: { (widths[$0], $1) < (widths[$1], $0) }) else { return nil }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  /// The shown column of the greatest priority above 0, of equals the last; the first column and one more stay.
  private func leastImportant(of shown: [Int]) -> Int? {
    guard shown.count > 2 else { return nil }
    return shown.dropFirst().filter { columns[$0].priority > 0 }
      .max { (columns[$0].priority, $0) < (columns[$1].priority, $1) }
  }

  private func head(_ shown: [Int], _ widths: [Int], _ style: TerminalStyle) -> [String] {
    let titles = shown.map { TextLayout.wrap(columns[$0].title, to: max(widths[$0], 1)) }
    let height = titles.reduce(1) { max($0, $1.count) }
    var lines: [String] = []
    for row in 0..<height {
      var cells = [String](repeating: "", count: columns.count)
      for (index, column) in shown.enumerated() {
        // Heads stand on the rule.
        let line = row - (height - titles[index].count)
        if line >= 0 { cells[column] = titles[index][line] }
      }
      lines.append(self.line(cells, shown, widths, style) { _ in .tableHead })
    }
    return lines + [Self.rule(shown.map { widths[$0] }, style)]
  }

  private static func rule(_ widths: [Int], _ style: TerminalStyle) -> String {
    style.theme.paint(
      widths.map { String(repeating: style.ascii ? "-" : "─", count: $0) }.joined(
        separator: String(repeating: " ", count: gap)),
      .dim)
  }

  /// The lines of a row: several where a column of words wraps.
  private func lines(
    of row: [String], _ shown: [Int], _ widths: [Int], _ style: TerminalStyle, color: (Int) -> Theme.Role?
  ) -> [String] {
    var parts: [Int: [String]] = [:]
    for column in shown where columns[column].wraps && DisplayWidth.of(row[column]) > widths[column] {
      parts[column] = TextLayout.wrap(row[column], to: max(widths[column], 1))
    }
    guard let height = parts.values.map(\.count).max(), height > 1 else {
      return [line(row, shown, widths, style, color: color)]
    }
    return (0..<height).map { number in
      let cells = columns.indices.map { column in
        if let lines = parts[column] { return number < lines.count ? lines[number] : "" }
        return number == 0 ? row[column] : ""
      }
      return line(cells, shown, widths, style, color: color)
    }
  }

  private func line(
    _ cells: [String], _ shown: [Int], _ widths: [Int], _ style: TerminalStyle, color: (Int) -> Theme.Role?
  ) -> String {
    var line = ""
    var blanks = 0
    for (index, column) in shown.enumerated() {
      let text = TextLayout.cut(cells[column], to: widths[column], ascii: style.ascii)
      let missing = max(0, widths[column] - DisplayWidth.of(text))
      let trailing = columns[column].alignment == .trailing
      blanks += (index > 0 ? Self.gap : 0) + (trailing ? missing : 0)
      if !text.isEmpty {
        line += String(repeating: " ", count: blanks)
        line += color(column).map { style.theme.paint(text, $0) } ?? text
        blanks = 0
      }
      if !trailing { blanks += missing }
    }
    return line
  }

  /// Each row as lines of `head: value`, for widths that hold no table.
  private func records(_ style: TerminalStyle) -> [String] {
    var lines: [String] = []
    for (number, row) in allRows.enumerated() {
      if number > 0 { lines.append("") }
      for column in columns.indices where !row[column].isEmpty {
        let title = columns[column].title
        lines += TextLayout.wrap(title.isEmpty ? row[column] : "\(title): \(row[column])", to: style.width)
      }
    }
    return lines
  }
}
