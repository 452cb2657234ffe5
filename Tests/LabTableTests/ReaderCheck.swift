import LabCore
import LabFiles
import LabTable

/// What must hold of any bytes that are loaded as a usage file: the same table whatever the blocks and the threads, codes
/// that name texts, and the rows, rejects and sums of ``ReferenceReader``. The fuzzer runs it too.
struct ReaderCheck {
  /// What is wrong, in words.
  struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  private let content: [UInt8]
  private let file: TemporaryFile
  private let rejected: TemporaryFile
  /// Block sizes and cuts come from the content, so that an input always runs alike.
  private let choice: Int

  init(_ content: [UInt8]) throws {
    self.content = content
    file = try TemporaryFile(content)
    rejected = try TemporaryFile([])
    choice = Int(content.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 })
  }

  /// Loads the content in several ways.
  ///
  /// - Returns: whether it is a usage file.
  /// - Throws: ``Violation``.
  func run() throws -> Bool {
    var options = LoadOptions()
    options.width = 1
    let whole = try load(options)
    for (size, width) in blocks {
      options.blockSize = size
      options.width = width
      let other = try load(options)
      guard other.image == whole.image else {
        throw Violation("blocks of \(size) bytes on \(width) threads: \(whole.image.difference(from: other.image))")
      }
    }
    let reference = ReferenceReader(content)
    if let table = whole.table { try checkCodes(table) }
    try compare(whole, reference)
    if whole.table != nil {
      try checkMetadataInFile(whole)
      try checkGrowth(reference)
    }
    return whole.table != nil
  }

  /// Blocks of a few bytes and of any size; now and then on several threads, whose start costs more than the reading.
  private var blocks: [(size: Int, width: Int)] {
    let width = choice % 16 == 0 ? 3 : 1
    let any = [(1 + (choice >> 4) % 64, width), (1 + (choice >> 8) % (content.count + 1), 1)]
    return content.count <= 100 ? any + [(1, 1)] : any
  }

  // MARK: - Loading

  /// Everything that can be told of a load: equal images are equal tables.
  struct Image: Equatable {
    var parts: [(name: String, text: String)] = []

    static func == (left: Image, right: Image) -> Bool {
      left.parts.count == right.parts.count && zip(left.parts, right.parts).allSatisfy { $0 == $1 }
    }

    func difference(from other: Image) -> String {
      let pairs = zip(parts, other.parts).filter { $0 != $1 }
      return pairs.map { "\($0.name) \($0.text) against \($1.text)" }.joined(separator: "; ")
    }
  }

  private typealias Loaded = (table: CallTable?, image: Image, failure: LabFailure?)

  private func load(_ options: LoadOptions, expectingRejectsFile: Bool = true) throws -> Loaded {
    var options = options
    if expectingRejectsFile { options.rejectsPath = rejected.path }
    let table: CallTable
    do throws(LabFailure) { table = try CallTable.load(file.path, options) } catch {
      return (nil, Image(parts: [("failure", error.diagnostics.map(\.code).joined())]), error)
    }
    var image = try Self.image(of: table)
    if expectingRejectsFile {
      image.parts.append(("rejects file", String(decoding: try FileSystem.read(rejected.path), as: UTF8.self)))
    }
    return (table, image, nil)
  }

  private static func image(of table: CallTable) throws(LabFailure) -> Image {
    let facts = table.facts
    let totals = try table.totals(ScanContext(width: 1))
    return Image(parts: [
      ("rows", "\(dump(table))"), ("rejects", "\(rejects(table))"), ("blank lines", "\(facts.blankLines)"),
      ("columns", "\(facts.columns) \(facts.unknownColumns)"), ("fingerprint", "\(facts.fingerprint)"),
      ("times", "\(String(describing: facts.timeRange)) \(facts.outOfOrderRows)"),
      ("torn line", "\(facts.tornLine ?? 0)"),
      ("texts", "\(facts.columns.filter(\.isCoded).map { table.dictionary($0).texts })"), ("totals", "\(totals)"),
    ])
  }

  // MARK: - Properties

  /// Every code names a text, every text is that of a row, and segments follow each other without a gap.
  private func checkCodes(_ table: CallTable) throws {
    var rows = 0
    for segment in table.segments {
      guard segment.firstRow == rows, segment.rowCount > 0, segment.rowCount <= CallSegment.capacity else {
        throw Violation("a segment of \(segment.rowCount) rows from \(segment.firstRow) on, where \(rows) come before")
      }
      rows += segment.rowCount
    }
    guard rows == table.rowCount else { throw Violation("segments have \(rows) rows of \(table.rowCount)") }
    for column in table.facts.columns where column.isCoded {
      var used = Array(repeating: false, count: table.dictionary(column).count)
      for segment in table.segments {
        guard let codes = segment.codes(column) else { throw Violation("column \(column.name) has no codes") }
        for row in 0..<segment.rowCount {
          let code = Int(codes.code(at: row))
          guard code < used.count else { throw Violation("code \(code) of \(used.count) in \(column.name)") }
          used[code] = true
        }
      }
      guard used.allSatisfy({ $0 }) else { throw Violation("a text of \(column.name) is that of no row") }
    }
  }

  /// Metadata that stays in the file is the same as from a dictionary.
  private func checkMetadataInFile(_ whole: Loaded) throws {
    var options = LoadOptions()
    options.width = 1
    options.metadataLimit = choice % 3
    options.blockSize = 1 + choice % 1000
    guard let table = try load(options).table, let known = whole.table else { throw Violation("it loads only once") }
    guard dump(table) == dump(known) else {
      throw Violation("metadata in the file: \(dump(table)) against \(dump(known))")
    }
  }

  /// A file that grew, loaded in two steps, is the same as in one.
  private func checkGrowth(_ reference: ReferenceReader) throws {
    guard reference.headerLength < content.count else { return }
    var options = LoadOptions()
    options.width = 1
    options.endsInLineFeed = true
    let whole = try load(options, expectingRejectsFile: false)
    let cut = reference.headerLength + (choice >> 4) % (content.count - reference.headerLength)
    options.blockSize = 1 + (choice >> 12) % 300
    let growing = try TemporaryFile(Array(content[..<cut]))
    let before: CallTable
    do throws(LabFailure) { before = try CallTable.load(growing.path, options) } catch {
      guard whole.failure != nil else { throw Violation("the first \(cut) bytes fail: \(error)") }
      return
    }
    try growing.append(Array(content[cut...]))
    let grown: Image
    do throws(LabFailure) { grown = try Self.image(of: try before.appending(options)) } catch {
      guard whole.failure != nil else { throw Violation("growing from \(cut) bytes fails: \(error)") }
      return
    }
    guard grown == whole.image else {
      throw Violation("grown from \(cut) bytes: \(grown.difference(from: whole.image))")
    }
  }

  // MARK: - The plain reader

  private func compare(_ loaded: Loaded, _ reference: ReferenceReader) throws {
    let isTooLarge = reference.sums.values.contains { $0 > Int128(Int64.max) } || Self.totalIsTooLarge(reference)
    guard let table = loaded.table else {
      // Headers have rules of their own, which unit tests prove; what can be said of both is whether sums fit.
      let failsForSum = loaded.failure?.diagnostics.map(\.code) == ["sum_too_large"]
      guard !failsForSum || isTooLarge else { throw Violation("sums that fit are refused: \(reference.sums)") }
      return
    }
    let columns = table.facts.columns
    guard reference.columns.compactMap({ $0 }) == columns,
      reference.columns.count == columns.count + table.facts.unknownColumns.count
    else { return }
    guard !isTooLarge else { throw Violation("sums that don't fit are taken: \(reference.sums)") }
    let rows = dump(table, identifiers: "id")
    guard rows == reference.rows else { throw Violation("rows \(rows) against \(reference.rows)") }
    let counted = Dictionary(uniqueKeysWithValues: table.facts.rejects.map { ($0.reason.name, $0.firstLines) })
    let expected = reference.rejects.mapValues { Array($0.prefix(RejectCount.keptLines)) }
    guard counted == expected else { throw Violation("rejects \(counted) against \(expected)") }
    let rejected = reference.rejects.values.reduce(0) { $0 + $1.count }
    guard table.facts.rejectedRows == rejected, table.facts.blankLines == reference.blankLines else {
      throw Violation(
        "\(table.facts.rejectedRows) rejects and \(table.facts.blankLines) blank lines against \(rejected) and "
          + "\(reference.blankLines)")
    }
    try compareSums(table, reference)
    try compareIdentifiers(table, reference)
  }

  private static func totalIsTooLarge(_ reference: ReferenceReader) -> Bool {
    (reference.sums[.inputTokens] ?? 0) + (reference.sums[.outputTokens] ?? 0) > Int128(Int64.max)
  }

  private func compareSums(_ table: CallTable, _ reference: ReferenceReader) throws {
    let totals = try table.totals(ScanContext(width: 1))
    let pairs: [(UsageColumn, Int64)] = [
      (.cost, totals.cost.nanodollars), (.inputTokens, totals.inputTokens), (.outputTokens, totals.outputTokens),
      (.cachedInputTokens, totals.cachedInputTokens), (.cacheWriteTokens, totals.cacheWriteTokens),
      (.cacheWrite1hTokens, totals.cacheWrite1hTokens), (.reasoningTokens, totals.reasoningTokens),
      (.cacheableInputTokens, totals.cacheableInputTokens), (.latency, totals.latencyMicroseconds),
      (.timeToFirstToken, totals.timeToFirstTokenMicroseconds),
    ]
    guard totals.calls == reference.rows.count else { throw Violation("\(totals.calls) calls") }
    for (column, sum) in pairs where Int128(sum) != reference.sums[column] ?? 0 {
      throw Violation("the sum of \(column.name) is \(sum), not \(reference.sums[column] ?? 0)")
    }
    if reference.columns.contains(.totalTokens), Int128(totals.totalTokens) != reference.sums[.totalTokens] ?? 0 {
      throw Violation("the sum of total_tokens is \(totals.totalTokens)")
    }
  }

  /// Equal identifiers have equal hashes, and only an empty one has none.
  private func compareIdentifiers(_ table: CallTable, _ reference: ReferenceReader) throws {
    let columns = table.facts.columns.filter { $0.kind == .identifier }
    guard !columns.isEmpty else { return }
    var known: [[UInt8]: Int64] = [:]
    for row in 0..<table.rowCount {
      for (place, column) in columns.enumerated() {
        let text = reference.identifiers[row * columns.count + place]
        let hash = table.integer(column, row: row) ?? 0
        guard text.isEmpty == (hash == 0) else { throw Violation("identifier \(text) has hash \(hash)") }
        if let other = known.updateValue(hash, forKey: text), other != hash {
          throw Violation("identifier \(text) has two hashes")
        }
      }
    }
  }
}
