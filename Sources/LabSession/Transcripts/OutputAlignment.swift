/// Which lines of an output stand for which of the expected ones, with as few lines of their own as possible.
struct OutputAlignment {
  enum Entry: Equatable {
    /// An expected line, and the line that fits it.
    case same(expected: Int, actual: Int)
    /// A line `...` with the lines that it stands for.
    case any(expected: Int, actual: Range<Int>)
    case missing(expected: Int)
    case extra(actual: Int)
  }

  let expected: [String]
  let actual: [String]
  let entries: [Entry]

  var isMatch: Bool {
    entries.allSatisfy { entry in
      switch entry {
      case .same, .any: true
      case .missing, .extra: false
      }
    }
  }

  /// More pairs of lines than this are not aligned one by one.
  private static let limit = 4_000_000

  init(expected: [String], actual: [String]) {
    self.expected = expected
    self.actual = actual
    let patterns = expected.map { LinePattern($0) }
    // What fits from the front needs no table; long outputs mostly do.
    var start = 0
    while start < min(expected.count, actual.count), !patterns[start].isAnyLines,
      patterns[start].matches(actual[start])
    { start += 1 }
    var entries = (0..<start).map { Entry.same(expected: $0, actual: $0) }
    let rows = expected.count - start
    let columns = actual.count - start
    if rows * columns > Self.limit {
      entries += (start..<expected.count).map { .missing(expected: $0) }
      entries += (start..<actual.count).map { .extra(actual: $0) }
      self.entries = entries
      return
    }
    // Costs of the rests: the number of lines that are missing or extra.
    var costs = Array(repeating: Array(repeating: 0, count: columns + 1), count: rows + 1)
    for row in stride(from: rows, through: 0, by: -1) {
      for column in stride(from: columns, through: 0, by: -1) where row < rows || column < columns {
        costs[row][column] = Self.best(row, column, rows, columns, costs, patterns, actual, start).cost
      }
    }
    var (row, column) = (0, 0)
    while row < rows || column < columns {
      switch Self.best(row, column, rows, columns, costs, patterns, actual, start).step {
      case .same:
        entries.append(.same(expected: start + row, actual: start + column))
        row += 1
        column += 1
      case .absorb:
        if case .any(let place, let range) = entries.last, place == start + row {
          entries[entries.count - 1] = .any(expected: place, actual: range.lowerBound..<(start + column + 1))
        } else {
          entries.append(.any(expected: start + row, actual: (start + column)..<(start + column + 1)))
        }
        column += 1
      case .endAny:
        if case .any(let place, _) = entries.last, place == start + row {
        } else {
          entries.append(.any(expected: start + row, actual: (start + column)..<(start + column)))
        }
        row += 1
      case .missing:
        entries.append(.missing(expected: start + row))
        row += 1
      case .extra:
        entries.append(.extra(actual: start + column))
        column += 1
      }
    }
    self.entries = entries
  }

  private enum Step { case same, absorb, endAny, missing, extra }

  private static func best(
    _ row: Int, _ column: Int, _ rows: Int, _ columns: Int, _ costs: [[Int]], _ patterns: [LinePattern],
    _ actual: [String], _ start: Int
  ) -> (step: Step, cost: Int) {
    if row == rows { return (.extra, columns - column) }
    if patterns[start + row].isAnyLines {
      let end = costs[row + 1][column]
      guard column < columns else { return (.endAny, end) }
      let more = costs[row][column + 1]
      return end <= more ? (.endAny, end) : (.absorb, more)
    }
    if column == columns { return (.missing, costs[row + 1][column] + 1) }
    let missing = costs[row + 1][column] + 1
    let extra = costs[row][column + 1] + 1
    let same = costs[row + 1][column + 1]
    if same <= missing, same <= extra, patterns[start + row].matches(actual[start + column]) { return (.same, same) }
    return missing <= extra ? (.missing, missing) : (.extra, extra)
  }

  // MARK: What comes of it

  /// A unified diff from what was expected to what came, with up to three lines around each difference.
  ///
  /// - Parameter firstLine: the number of the first expected line in its file.
  func unifiedDiff(firstLine: Int) -> [String] {
    var all: [(sign: Character, text: String, line: Int)] = []
    var line = firstLine
    for entry in entries {
      switch entry {
      case .same(let index, _), .any(let index, _):
        all.append((" ", expected[index], line))
        line += 1
      case .missing(let index):
        all.append(("-", expected[index], line))
        line += 1
      case .extra(let index): all.append(("+", LinePattern.escaped(actual[index]), line))
      }
    }
    let changed = all.indices.filter { all[$0].sign != " " }
    var hunks: [Range<Int>] = []
    for index in changed {
      let hunk = max(0, index - 3)..<min(all.count, index + 4)
      if let last = hunks.last, hunk.lowerBound <= last.upperBound {
        hunks[hunks.count - 1] = last.lowerBound..<hunk.upperBound
      } else {
        hunks.append(hunk)
      }
    }
    var lines: [String] = []
    for hunk in hunks {
      let part = all[hunk]
      let before = part.count { $0.sign != "+" }
      let after = part.count { $0.sign != "-" }
      let start = part.first?.line ?? firstLine
      lines.append("@@ -\(start),\(before) +\(start),\(after) @@")
      lines += part.map { "\($0.sign)\($0.text)" }
    }
    return lines
  }

  /// The expected lines that this output would fit: lines that fit stay as they are written, wild cards included.
  var updated: [String] {
    entries.compactMap { entry in
      switch entry {
      case .same(let index, _), .any(let index, _): expected[index]
      case .missing: nil
      case .extra(let index): LinePattern.escaped(actual[index])
      }
    }
  }
}
