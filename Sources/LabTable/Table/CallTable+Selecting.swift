import LabCore

extension CallTable {
  /// The rows that a filter and a span of time let through.
  ///
  /// - Parameters:
  ///   - filter: keys are column names or `metadata.TAG`. Text must be equal; numbers are compared as numbers, in the
  ///     file's units (`49.00` finds 49). An empty value of a number column finds what is unknown.
  ///   - start: the first instant that counts, or nil.
  ///   - end: the first instant that doesn't count any more, or nil.
  /// - Throws: ``LabFailure`` of kind `usage` for a key that is no column and no tag (with the nearest names) or a value that
  ///   is no number, of kind `invalidInput` for a column that the file lacks.
  public func selecting(
    _ filter: CallFilter, from start: Instant? = nil, to end: Instant? = nil, _ context: ScanContext = ScanContext()
  ) throws(LabFailure) -> CallSelection {
    var tests: [RowTest] = []
    for term in filter.terms { tests.append(try test(term, context)) }
    if start != nil || end != nil {
      guard has(.timestamp) else { throw .table(.missingColumn(UsageColumn.timestamp.name)) }
      let last = end?.microseconds ?? .max
      tests.append(.range(.timestamp, low: start?.microseconds ?? IntegerColumn.unknown + 1, below: last))
    }
    let tested = tests
    let choices = try Parallel.map(count: segments.count, width: context.width) {
      (index: Int) throws(LabFailure) -> RowChoice in
      try context.cancellation.check()
      return choose(index, tested)
    }
    return CallSelection(choices: choices, in: self)
  }

  /// What one term of a filter asks of a row.
  private enum RowTest: Sendable {
    /// The code's flag is set.
    case codes(UsageColumn, [Bool])
    case tag(TagColumn, [Bool])
    case values(UsageColumn, [Int64])
    case range(UsageColumn, low: Int64, below: Int64)
  }

  private func test(_ term: CallFilter.Term, _ context: ScanContext) throws(LabFailure) -> RowTest {
    let prefix = "metadata."
    if term.key.hasPrefix(prefix) {
      let tag = try tagColumn(String(term.key.dropFirst(prefix.utf8.count)), context)
      return .tag(tag, flags(term.values, in: tag.values))
    }
    guard let column = UsageColumn(name: term.key) else {
      let names = UsageColumn.allCases.map(\.name) + tags.names.map { prefix + $0 }
      throw .question(.unknownKey(term.key, help: Suggestion.help(for: term.key, among: names)))
    }
    guard has(column) else { throw .table(.missingColumn(column.name)) }
    if column.isCoded { return .codes(column, flags(term.values, in: dictionary(column))) }
    var values: [Int64] = []
    for value in term.values {
      guard let number = FieldValue.read(value, column.kind) else {
        throw .question(.badValue(key: term.key, value: value))
      }
      values.append(number)
    }
    return .values(column, values.sorted())
  }

  private func flags(_ values: [String], in dictionary: TextDictionary) -> [Bool] {
    var flags = Array(repeating: false, count: max(1, dictionary.count))
    for value in values { if let code = dictionary.code(of: value) { flags[Int(code)] = true } }
    return flags
  }

  private func choose(_ index: Int, _ tests: [RowTest]) -> RowChoice {
    let segment = segments[index]
    let count = segment.rowCount
    var keeps = ContiguousArray<Bool>(repeating: true, count: count)
    var codes = ContiguousArray<UInt32>(repeating: 0, count: count)
    var integers = ContiguousArray<Int64>(repeating: 0, count: count)
    for test in tests {
      switch test {
      case .codes(let column, let flags):
        (segment.codes(column) ?? .constant(0)).decode(.all, count: count, into: &codes)
        for row in 0..<count { keeps[row] = keeps[row] && flags[Int(codes[row])] }
      case .tag(let tag, let flags):
        tag.decode(index, segment, .all, count: count, into: &codes)
        for row in 0..<count { keeps[row] = keeps[row] && flags[Int(codes[row])] }
      case .values(let column, let values):
        segment.unpack(column, .all, count: count, into: &integers)
        for row in 0..<count { keeps[row] = keeps[row] && values.contains(integers[row]) }
      case .range(let column, let low, let below):
        segment.unpack(column, .all, count: count, into: &integers)
        for row in 0..<count { keeps[row] = keeps[row] && integers[row] >= low && integers[row] < below }
      }
    }
    if keeps.allSatisfy({ $0 }) { return .all }
    var rows: ContiguousArray<UInt16> = []
    for row in 0..<count where keeps[row] { rows.append(UInt16(truncatingIfNeeded: row)) }
    return .some(rows)
  }
}
