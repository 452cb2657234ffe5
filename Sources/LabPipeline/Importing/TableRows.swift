import LabCore
import LabTable

/// The rows of a loaded table as rows to write: dictionary texts become fields once, codes are looked up in arrays.
struct TableRows {
  private let table: CallTable
  private let texts: [(column: UsageColumn, fields: [FieldID])]
  private let numbers: [UsageColumn]
  private let prices: [Int64: FieldID]

  init(_ table: CallTable, columns: [UsageColumn], pool: inout UsageFieldPool) {
    self.table = table
    var texts: [(UsageColumn, [FieldID])] = []
    for column in columns where column.isCoded {
      texts.append((column, table.dictionary(column).texts.map { pool.intern($0) }))
    }
    self.texts = texts
    numbers = columns.filter { !$0.isCoded }
    var prices: [Int64: FieldID] = [:]
    if columns.contains(.tierPrice) {
      for segment in table.segments {
        guard let column = segment.integers(.tierPrice) else { continue }
        for row in 0..<segment.rowCount {
          if let value = column.value(at: row), prices[value] == nil {
            prices[value] = pool.intern(Money(nanodollars: value))
          }
        }
      }
    }
    self.prices = prices
  }

  /// The row numbers in time order, or nil when the file is in order already.
  func order() -> [UInt32]? {
    guard table.facts.outOfOrderRows > 0 else { return nil }
    var times: [Int64] = []
    times.reserveCapacity(table.rowCount)
    for segment in table.segments {
      let column = segment.integers(.timestamp)
      for row in 0..<segment.rowCount { times.append(column?.value(at: row) ?? .min) }
    }
    return (0..<UInt32(table.rowCount)).sorted { left, right in
      (times[Int(left)], left) < (times[Int(right)], right)
    }
  }

  func row(_ number: Int) -> UsageRow {
    var result = UsageRow()
    guard let (segment, row) = table.place(ofRow: number) else { return result }
    for (column, fields) in texts {
      guard let code = segment.codes(column)?.code(at: row), Int(code) < fields.count else { continue }
      result.set(column, to: fields[Int(code)])
    }
    for column in numbers {
      guard let value = segment.integers(column)?.value(at: row) else { continue }
      if column == .tierPrice { result.tierPrice = prices[value] ?? .empty } else { result.set(column, to: value) }
    }
    return result
  }
}

extension UsageRow {
  /// Sets a text column.
  mutating func set(_ column: UsageColumn, to field: FieldID) {
    switch column {
    case .organizationID: organization = field
    case .productID: product = field
    case .featureID: feature = field
    case .customerID: customer = field
    case .customerArchetype: archetype = field
    case .subscriptionTier: tier = field
    case .tierPrice: tierPrice = field
    case .provider: provider = field
    case .model: model = field
    case .region: region = field
    case .status: status = field
    case .errorType: errorType = field
    case .metadata: metadata = field
    case .serviceTier: serviceTier = field
    case .environment: environment = field
    case .finishReason: finishReason = field
    default: break
    }
  }

  /// Sets a number column, in the table's units.
  mutating func set(_ column: UsageColumn, to number: Int64) {
    switch column {
    case .timestamp: timestamp = Instant(microseconds: number)
    case .inputTokens: inputTokens = number
    case .outputTokens: outputTokens = number
    case .latency: latencyMicroseconds = number
    case .cost: cost = Money(nanodollars: number)
    case .callID: callID = UInt64(bitPattern: number)
    case .cachedInputTokens: cachedInputTokens = number
    case .cacheWriteTokens: cacheWriteTokens = number
    case .cacheWrite1hTokens: cacheWrite1hTokens = number
    case .reasoningTokens: reasoningTokens = number
    case .timeToFirstToken: timeToFirstTokenMicroseconds = number
    case .retryOf: retryOf = UInt64(bitPattern: number)
    case .cacheableInputTokens: cacheableInputTokens = number
    default: break
    }
  }
}
