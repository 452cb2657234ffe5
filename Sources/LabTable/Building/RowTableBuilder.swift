import LabCore

/// Builds a table from rows in memory: the table that loading the file of these rows would give, without the file.
///
/// Only what a file is beside its rows differs: its size and its fingerprint are those of no bytes. A simulation that is
/// looked at once (a cell of a sweep) saves the text both ways.
package struct RowTableBuilder {
  private var builder: TableBuilder
  private let header: HeaderLine
  private var fields = FieldCodes()
  private let name: String

  /// - Parameter name: what the table is called where a file would have its path.
  package init(named name: String) throws(LabFailure) {
    self.name = name
    header = try HeaderLine(UsageRowEncoder().header, path: name, isWhole: true)
    builder = TableBuilder(header, metadataLimit: LoadOptions().metadataLimit)
  }

  /// Takes rows in, in the order of time.
  ///
  /// - Parameters:
  ///   - pool: the pool that the rows' fields belong to.
  ///   - poolNumber: another number for every pool.
  /// - Throws: ``LabFailure`` when a sum would not be exact any more.
  package mutating func append(
    _ rows: Span<UsageRow>, pool: borrowing UsageFieldPool, number poolNumber: Int
  ) throws(LabFailure) {
    fields.use(poolNumber, count: pool.count)
    try builder.add(rows, pool: pool, &fields)
  }

  /// The finished table.
  package consuming func finish() throws(LabFailure) -> CallTable {
    let source = SourceFacts(
      path: name, bytes: 0, fingerprint: Fingerprint.combined(blocks: [], length: 0), isTorn: false)
    return try builder.finish(source, resume: ResumePoint(header: header, offset: 0), tags: TagDictionary())
  }
}

/// What the fields of a pool are in a table: their codes by column, and the amounts that price fields stand for.
struct FieldCodes {
  private var pool: Int?
  /// By column, by field: the code, or ``PendingSegment/noCode`` for one that no row had yet.
  fileprivate var codes: [ContiguousArray<UInt32>] = Array(repeating: [], count: UsageColumn.allCases.count)
  /// By field: nanodollars; nil for one that was not looked at yet.
  fileprivate var prices: ContiguousArray<Int64?> = []

  /// Forgets what is known of another pool, and makes room for `count` fields.
  mutating func use(_ number: Int, count: Int) {
    if pool != number {
      pool = number
      prices = []
      for index in codes.indices { codes[index] = [] }
    }
    guard prices.count < count else { return }
    prices.append(contentsOf: repeatElement(nil, count: count - prices.count))
    for column in UsageColumn.allCases where column.isCoded {
      let index = Int(column.rawValue)
      codes[index].append(contentsOf: repeatElement(PendingSegment.noCode, count: count - codes[index].count))
    }
  }
}

extension TableBuilder {
  /// Takes rows of a pool in.
  mutating func add(
    _ rows: Span<UsageRow>, pool: borrowing UsageFieldPool, _ fields: inout FieldCodes
  ) throws(LabFailure) {
    var taken = 0
    while taken < rows.count {
      let count = min(rows.count - taken, CallSegment.capacity - pending.count)
      let part = rows.extracting(taken..<(taken + count))
      addTexts(part, pool, &fields)
      addNumbers(part, pool, &fields)
      pending.count += count
      self.rows += count
      taken += count
      if pending.count == CallSegment.capacity { try closeSegment() }
    }
    line += rows.count
  }

  private mutating func addTexts(
    _ rows: Span<UsageRow>, _ pool: borrowing UsageFieldPool, _ fields: inout FieldCodes
  ) {
    addTexts(.organizationID, rows, pool, &fields) { $0.organization }
    addTexts(.productID, rows, pool, &fields) { $0.product }
    addTexts(.featureID, rows, pool, &fields) { $0.feature }
    addTexts(.customerID, rows, pool, &fields) { $0.customer }
    addTexts(.customerArchetype, rows, pool, &fields) { $0.archetype }
    addTexts(.subscriptionTier, rows, pool, &fields) { $0.tier }
    addTexts(.provider, rows, pool, &fields) { $0.provider }
    addTexts(.model, rows, pool, &fields) { $0.model }
    addTexts(.region, rows, pool, &fields) { $0.region }
    addTexts(.status, rows, pool, &fields) { $0.status }
    addTexts(.errorType, rows, pool, &fields) { $0.errorType }
    addTexts(.metadata, rows, pool, &fields) { $0.metadata }
    addTexts(.serviceTier, rows, pool, &fields) { $0.serviceTier }
    addTexts(.environment, rows, pool, &fields) { $0.environment }
    addTexts(.finishReason, rows, pool, &fields) { $0.finishReason }
  }

  /// One text column: fields that are new get their code in the order of the rows, as in a file.
  @inline(__always)
  private mutating func addTexts(
    _ column: UsageColumn, _ rows: Span<UsageRow>, _ pool: borrowing UsageFieldPool, _ fields: inout FieldCodes,
    field: (borrowing UsageRow) -> FieldID
  ) {
    let index = Int(column.rawValue)
    for row in rows.indices {
      let id = Int(field(rows[row]).rawValue)
      if fields.codes[index][id] == PendingSegment.noCode {
        fields.codes[index][id] = dictionaries[index].insert(pool.text(of: field(rows[row])))
      }
    }
    let codes = fields.codes[index]
    pending.append(column, count: rows.count, code: { codes[Int(field(rows[$0]).rawValue)] })
  }

  private mutating func addNumbers(
    _ rows: Span<UsageRow>, _ pool: borrowing UsageFieldPool, _ fields: inout FieldCodes
  ) {
    for row in rows.indices {
      let id = rows[row].tierPrice
      if fields.prices[Int(id.rawValue)] == nil {
        fields.prices[Int(id.rawValue)] = FieldValue.read(pool.text(of: id), .money) ?? IntegerColumn.unknown
      }
    }
    let prices = fields.prices
    let count = rows.count
    pending.append(
      .tierPrice, count: count, value: { prices[Int(rows[$0].tierPrice.rawValue)] ?? IntegerColumn.unknown })
    pending.append(.timestamp, count: count, value: { rows[$0].timestamp.microseconds })
    pending.append(.inputTokens, count: count, value: { rows[$0].inputTokens })
    pending.append(.outputTokens, count: count, value: { rows[$0].outputTokens })
    pending.append(.latency, count: count, value: { rows[$0].latencyMicroseconds })
    pending.append(.cost, count: count, value: { rows[$0].cost.nanodollars })
    pending.append(.callID, count: count, value: { CallIDText.identifier(of: rows[$0].callID) })
    pending.append(.cachedInputTokens, count: count, value: { rows[$0].cachedInputTokens })
    pending.append(.cacheWriteTokens, count: count, value: { rows[$0].cacheWriteTokens })
    pending.append(.cacheWrite1hTokens, count: count, value: { rows[$0].cacheWrite1hTokens })
    pending.append(.reasoningTokens, count: count, value: { rows[$0].reasoningTokens })
    pending.append(.timeToFirstToken, count: count, value: { rows[$0].timeToFirstTokenMicroseconds })
    pending.append(.retryOf, count: count, value: { CallIDText.identifier(of: rows[$0].retryOf) })
    pending.append(.cacheableInputTokens, count: count, value: { rows[$0].cacheableInputTokens })
  }
}
