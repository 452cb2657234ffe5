import LabCore
import LabTable

/// A second reader of usage files, slow and obvious: one byte after another, every value through text. What the fast one
/// reads must be what this one reads.
struct ReferenceReader {
  /// The columns of the header; nil for one that the lab doesn't know.
  private(set) var columns: [UsageColumn?] = []
  /// Bytes up to the first row.
  private(set) var headerLength = 0
  /// The accepted rows: the texts and numbers of the known columns, `id` for an identifier.
  private(set) var rows: [String] = []
  /// The texts of all identifiers, row by row.
  private(set) var identifiers: [[UInt8]] = []
  private(set) var sums: [UsageColumn: Int128] = [:]
  /// The line numbers of the rejected rows, by reason.
  private(set) var rejects: [String: [Int]] = [:]
  private(set) var blankLines = 0

  init(_ content: [UInt8]) {
    var rest = content[...]
    if rest.starts(with: [0xef, 0xbb, 0xbf]) { rest = rest.dropFirst(3) }
    var line = 1
    let header = Self.row(&rest, &line)
    columns = header.fields.map { UsageColumn(name: String(decoding: $0, as: UTF8.self)) }
    headerLength = rest.startIndex
    while !rest.isEmpty {
      let firstLine = line
      if rest.first == 10 || rest.starts(with: [13, 10]) || rest.elementsEqual([13]) {
        rest = rest.dropFirst(rest.first == 10 ? 1 : min(2, rest.count))
        line += 1
        blankLines += 1
        continue
      }
      let row = Self.row(&rest, &line)
      if let reason = Self.problem(row, columns) {
        rejects[reason, default: []].append(firstLine)
      } else {
        accept(row.fields)
      }
    }
  }

  private mutating func accept(_ fields: [[UInt8]]) {
    var numbers: [UsageColumn: Int64] = [:]
    for case (let column?, let field) in zip(columns, fields) {
      if case .value(let value) = Self.number(field, column) { numbers[column] = value }
      if column.kind == .identifier { identifiers.append(field) }
    }
    // A total that is left out is known all the same.
    if columns.contains(.totalTokens), let input = numbers[.inputTokens], let output = numbers[.outputTokens] {
      numbers[.totalTokens] = input + output
    }
    for (column, value) in numbers { sums[column, default: 0] += Int128(value) }
    rows.append(
      zip(columns, fields).compactMap { column, field -> String? in
        guard let column else { return nil }
        switch column.kind {
        case .text, .metadata: return String(decoding: field, as: UTF8.self)
        case .identifier: return "id"
        case .time: return Instant(String(decoding: field, as: UTF8.self)).map { String($0.microseconds) } ?? "?"
        case .tokens, .money, .duration: return numbers[column].map { String($0) } ?? "unknown"
        }
      }.joined(separator: "|"))
  }

  /// The number of a field as it is kept; nil for an empty field and for one of another kind.
  private static func number(_ field: [UInt8], _ column: UsageColumn) -> PlainNumber? {
    guard !field.isEmpty else { return nil }
    switch column.kind {
    case .text, .metadata, .identifier, .time: return nil
    case .tokens: return PlainNumber(field, places: 0, mustBeWhole: true)
    case .money: return PlainNumber(field, places: 9, mustBeWhole: false)
    case .duration: return PlainNumber(field, places: 3, mustBeWhole: false)
    }
  }

  private typealias Row = (fields: [[UInt8]], problem: String?)

  /// Takes one row off the front.
  private static func row(_ rest: inout ArraySlice<UInt8>, _ line: inout Int) -> Row {
    let start = rest
    let startLine = line
    var fields: [[UInt8]] = []
    var problem: String?
    while true {
      var field: [UInt8] = []
      if rest.first == 34 {
        rest = rest.dropFirst()
        while true {
          guard let byte = rest.popFirst() else {
            // Never closed: only the first line is lost.
            rest = start
            line = startLine + 1
            while let byte = rest.popFirst(), byte != 10 {}
            return ([], "unclosed_quote")
          }
          if byte == 34 {
            guard rest.first == 34 else { break }
            rest = rest.dropFirst()
          }
          if byte == 10 { line += 1 }
          field.append(byte)
        }
        let ends =
          rest.isEmpty || rest.first == 44 || rest.first == 10 || rest.starts(with: [13, 10])
          || rest.elementsEqual([13])
        if !ends { problem = "stray_quote" }
        while let byte = rest.first, byte != 44, byte != 10 { rest = rest.dropFirst() }
      } else {
        while let byte = rest.first, byte != 44, byte != 10 {
          field.append(byte)
          rest = rest.dropFirst()
        }
        if rest.first != 44, field.last == 13 { field.removeLast() }
      }
      fields.append(field)
      guard let end = rest.popFirst(), end == 44 else { break }
    }
    line += 1
    return (fields, problem)
  }

  private static func problem(_ row: Row, _ columns: [UsageColumn?]) -> String? {
    if let problem = row.problem { return problem }
    if row.fields.count != columns.count { return "field_count" }
    var numbers: [UsageColumn: Int64] = [:]
    var lengths: [UsageColumn: Int] = [:]
    for case (let column?, let field) in zip(columns, row.fields) {
      lengths[column] = field.count
      switch column.kind {
      case .text, .metadata:
        if column == .status, field != Array("success".utf8), field != Array("error".utf8) { return "bad_status" }
        if field.contains(0) { return "nul_byte" }
        if String(validating: field, as: UTF8.self) == nil { return "invalid_utf8" }
      case .identifier: break
      case .time: if Instant(String(decoding: field, as: UTF8.self)) == nil { return "bad_timestamp" }
      case .tokens, .money, .duration:
        if field.isEmpty {
          if column == .inputTokens || column == .outputTokens { return "bad_number" }
          continue
        }
        switch number(field, column) {
        case .problem(let reason): return reason
        case .value(let value): numbers[column] = value
        case nil: break
        }
      }
    }
    if let input = numbers[.inputTokens] {
      if let output = numbers[.outputTokens] {
        if input.addingReportingOverflow(output).overflow { return "number_too_large" }
        if let total = numbers[.totalTokens], total != input + output { return "total_mismatch" }
      }
      let parts = [.cachedInputTokens, .cacheWriteTokens, .cacheWrite1hTokens].reduce(Int128(0)) {
        $0 + Int128(numbers[$1] ?? 0)
      }
      if parts > input { return "cache_above_input" }
    }
    if let errorLength = lengths[.errorType], let statusLength = lengths[.status] {
      if (statusLength == 5) != (errorLength > 0) { return "status_error_mismatch" }
    }
    if let tier = lengths[.subscriptionTier], tier > 0, lengths[.tierPrice] == 0 { return "tier_without_price" }
    return nil
  }
}
