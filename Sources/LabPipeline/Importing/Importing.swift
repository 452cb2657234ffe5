import LabCore
import LabFiles
import LabPrices
import LabTable

extension LabEnvironment {
  /// Turns real usage into a usage file of ours, priced from a price book.
  ///
  /// - Throws: ``LabFailure``: `usage` when something must be set that isn't; `invalidInput` when the source is none of the
  ///   format, has more bad rows than allowed or nothing but bad rows; `notFound`, `cannotCreate`, `inputOutput`, `cancelled`.
  public func importUsage(_ request: ImportRequest) throws(LabFailure) -> ImportOutcome {
    try request.check()
    for output in [request.output, request.rejectsPath].compactMap({ $0 }) {
      try Self.refuse(output: output, overInputs: [request.path, request.prices].compactMap { $0 })
    }
    let book = try loadPriceBook(request.prices)
    switch request.format.reading {
    case .mooncake: return try importMooncake(request, book)
    case .columns(let names): return try importTable(request, book, names: names)
    case .mapped: return try importTable(request, book, names: request.map)
    }
  }

  // MARK: CSV

  private func importTable(
    _ request: ImportRequest, _ book: PriceBook, names: [UsageColumn: String]
  ) throws(LabFailure) -> ImportOutcome {
    var options = LoadOptions()
    options.width = threads
    options.maxRejects = request.maxRejects
    options.rejectsPath = request.rejectsPath
    options.columnNames = names
    let table: CallTable
    do throws(LabFailure) {
      table = try CallTable.load(request.path, options, cancellation: cancellation) { state in
        let fraction = state.totalBytes > 0 ? Double(state.bytes) / Double(state.totalBytes) : 1
        progress(Progress(.reading, fraction: fraction, rows: Int64(state.rows)))
      }
    } catch {
      throw Self.explained(error, names: names, request)
    }
    try checkColumns(names, table, request)
    try checkNeeded(table, request)
    let columns = table.facts.columns.filter { request.constants[$0] == nil }
    var pool = UsageFieldPool()
    let constants = try ImportConstants(request.constants, &pool)
    let source = TableRows(table, columns: columns, pool: &pool)
    var writer = try ImportWriter(
      request, columns: Set(columns).union(request.constants.keys), prices: book)
    let order = source.order()
    for position in 0..<table.rowCount {
      if position % CallSegment.capacity == 0 {
        try cancellation.check()
        progress(
          Progress(.importing, fraction: Double(position) / Double(table.rowCount), rows: Int64(position)))
      }
      var row = source.row(order.map { Int($0[position]) } ?? position)
      constants.apply(to: &row)
      try writer.write(row, pool: pool)
    }
    return try writer.finish(
      rejects: table.facts.rejects.map { ($0.reason.sentence, $0.count, $0.firstLines) })
  }

  /// A file without enough of the expected columns is no file of that format; says which columns those are.
  private static func explained(
    _ error: LabFailure, names: [UsageColumn: String], _ request: ImportRequest
  ) -> LabFailure {
    guard error.kind == .invalidInput, error.diagnostics.first?.code == "not_a_usage_file" else { return error }
    let expected = names.sorted { $0.key.rawValue < $1.key.rawValue }.map { "'\($0.value)'" }.joined(separator: ", ")
    var diagnostic = error.diagnostics[0]
    diagnostic.sentence =
      "the file is no CSV of the format \(request.format.id): its header has not the columns "
      + (expected.isEmpty ? "of a usage file" : expected)
    diagnostic.help =
      "with 'import csv', --map COLUMN=SOURCE says which column is which; 'finops-lab help import' lists the formats"
    return LabFailure(error.kind, diagnostic)
  }

  /// Every mapped column must be in the file; a mapping that finds nothing is a mistake, not an unknown.
  private func checkColumns(
    _ names: [UsageColumn: String], _ table: CallTable, _ request: ImportRequest
  ) throws(LabFailure) {
    for (column, name) in names.sorted(by: { $0.key.rawValue < $1.key.rawValue })
    where !table.facts.columns.contains(column) {
      throw LabFailure(
        .invalidInput, code: "missing_column", "the header has no column '\(name)' (for \(column.name))",
        help: Suggestion.help(for: name, among: table.facts.unknownColumns),
        at: SourceLocation(file: request.path, line: 1))
    }
  }

  /// Without time, model and tokens there is nothing to price: the person must map or set them.
  private func checkNeeded(_ table: CallTable, _ request: ImportRequest) throws(LabFailure) {
    let needed: [UsageColumn] = [.timestamp, .provider, .model, .inputTokens, .outputTokens]
    let missing = needed.filter { !table.facts.columns.contains($0) && request.constants[$0] == nil }.map(\.name)
    guard !missing.isEmpty else { return }
    let known = table.facts.unknownColumns.map { "'\($0)'" }.joined(separator: ", ")
    throw LabFailure(
      .usage, code: "import_needs_columns",
      "import \(request.format.id) needs \(missing.joined(separator: ", ")), and the file has no such column",
      help: "say which column it is with --map COLUMN=SOURCE, or give all calls one value with --set COLUMN=VALUE"
        + (known.isEmpty ? "" : "; columns without a use so far: \(known)"),
      at: SourceLocation(file: request.path, line: 1))
  }

  // MARK: Mooncake

  private func importMooncake(_ request: ImportRequest, _ book: PriceBook) throws(LabFailure) -> ImportOutcome {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try FileSystem.read(request.path, limit: Self.largestTrace) } catch {
      throw error.failure
    }
    var trace = MooncakeTrace()
    var start = 0
    var number = 1
    while start < bytes.count {
      if number % 10_000 == 0 { try cancellation.check() }
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      trace.read(line: bytes[start..<end], number: number)
      start = end + 1
      number += 1
    }
    if trace.calls.isEmpty, trace.rejects.count == 0 {
      throw LabFailure(.invalidInput, code: "empty_trace", "'\(request.path)' has no line", help: "expected JSON lines")
    }
    try check(trace.rejects, request)
    var pool = UsageFieldPool()
    let constants = try ImportConstants(request.constants, &pool)
    var writer = try ImportWriter(
      request,
      columns: Set([.timestamp, .inputTokens, .outputTokens, .cachedInputTokens, .cacheableInputTokens])
        .union(request.constants.keys), prices: book)
    let origin = request.start ?? Instant(microseconds: 0)
    // Blocks count as seen in file order; rows go out in time order.
    let order = trace.calls.indices.sorted { left, right in
      (trace.calls[left].offset, left) < (trace.calls[right].offset, right)
    }
    for index in order {
      let call = trace.calls[index]
      var row = UsageRow()
      row.timestamp = origin + call.offset
      row.inputTokens = call.inputTokens
      row.outputTokens = call.outputTokens
      row.cachedInputTokens = call.cachedInputTokens
      row.cacheableInputTokens = call.cachedInputTokens
      constants.apply(to: &row)
      try writer.write(row, pool: pool)
    }
    return try writer.finish(rejects: trace.rejects.reasons.map { ($0.reason, $0.count, $0.firstLines) })
  }

  /// A trace is held in memory; larger ones can be split by lines.
  private static let largestTrace: Int64 = 8 << 30

  private func check(_ rejects: RejectedLines, _ request: ImportRequest) throws(LabFailure) {
    if let path = request.rejectsPath, rejects.count > 0 {
      var bytes: [UInt8] = []
      for line in rejects.lines {
        bytes += Array("\(line.number),\(line.reason),".utf8) + line.bytes + [UInt8(ascii: "\n")]
      }
      do throws(FileError) { try FileSystem.replace(path, with: bytes) } catch { throw error.failure }
    }
    if let most = request.maxRejects, rejects.count > most {
      throw LabFailure(
        .invalidInput, code: "too_many_rejects",
        "\(rejects.count) lines were rejected, more than the allowed \(most)",
        help: rejects.reasons.first.map { "\($0.reason) (line \($0.firstLines.first ?? 0))" })
    }
  }
}
