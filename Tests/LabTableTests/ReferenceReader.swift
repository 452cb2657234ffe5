import LabCore
import LabTable

/// A second reader of usage files, slow and obvious: one byte after another, every value through text. What the fast one
/// reads must be what this one reads.
struct ReferenceReader {
  var rows: [String] = []
  var rejects: [String: [Int]] = [:]
  var blankLines = 0

  init(_ content: [UInt8]) {
    var rest = content[...]
    if rest.starts(with: [0xef, 0xbb, 0xbf]) { rest = rest.dropFirst(3) }
    var line = 1
    let header = Self.row(&rest, &line)
    let columns = header.fields.map { UsageColumn(name: String(decoding: $0, as: UTF8.self)) }
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
        // A total that is left out is known all the same.
        var row = row
        if let total = columns.firstIndex(of: .totalTokens), row.fields[total].isEmpty,
          let input = columns.firstIndex(of: .inputTokens), let output = columns.firstIndex(of: .outputTokens)
        {
          let parts = [input, output].map { ExactDecimal(row.fields[$0])?.scaled(byPowerOfTen: 0) ?? 0 }
          row.fields[total] = Array(String(parts[0] + parts[1]).utf8)
        }
        rows.append(
          zip(columns, row.fields).compactMap { $0 == nil ? nil : Self.text($1, $0 ?? .model) }.joined(separator: "|"))
      }
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
        guard let decimal = ExactDecimal(field) else { return "bad_number" }
        if decimal.significand < 0 { return "negative_number" }
        let scale = column.kind == .money ? 9 : column.kind == .duration ? 3 : 0
        let scaled =
          column.kind == .tokens ? decimal.scaledExactly(byPowerOfTen: 0) : decimal.scaled(byPowerOfTen: scale)
        if scaled == nil, column.kind == .tokens, decimal.exponent < 0 { return "bad_number" }
        guard let value = scaled.flatMap({ Int64(exactly: $0) }) else { return "number_too_large" }
        numbers[column] = value
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

  private static func text(_ field: [UInt8], _ column: UsageColumn) -> String {
    let text = String(decoding: field, as: UTF8.self)
    switch column.kind {
    case .text, .metadata: return text
    case .identifier: return "id"
    case .time: return Instant(text).map { String($0.microseconds) } ?? "?"
    case .tokens, .money, .duration:
      if field.isEmpty { return "unknown" }
      let scale = column.kind == .money ? 9 : column.kind == .duration ? 3 : 0
      return ExactDecimal(text)?.scaled(byPowerOfTen: scale).map { String($0) } ?? "?"
    }
  }
}
