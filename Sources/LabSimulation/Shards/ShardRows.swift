import LabCore
import LabTable

/// The rows of a shard in order of time, in the form that what comes after needs: text for a file, values for a table.
protocol ShardRows: Sendable {
  /// Microseconds since 1970, rising.
  var times: ContiguousArray<Int64> { get }

  /// - Parameter capacity: rows to be expected.
  init(capacity: Int)

  /// Appends one row.
  mutating func append(_ row: Span<UsageRow>, pool: borrowing UsageFieldPool, encoder: inout UsageRowEncoder)
}

extension ShardRows {
  var count: Int { times.count }
}

/// Rows as lines of text, in order of time.
struct EncodedRows: ShardRows {
  let buffer: UsageBuffer
  private(set) var times: ContiguousArray<Int64> = []
  /// Where each row ends in the buffer.
  private(set) var ends: ContiguousArray<Int> = []

  /// Bytes of a usual row with all columns, to size buffers.
  private static let usualRowBytes = 420

  init(capacity: Int) {
    buffer = UsageBuffer(capacity: capacity * Self.usualRowBytes)
    times.reserveCapacity(capacity)
    ends.reserveCapacity(capacity)
  }

  mutating func append(_ row: Span<UsageRow>, pool: borrowing UsageFieldPool, encoder: inout UsageRowEncoder) {
    encoder.append(row, pool: pool, to: buffer)
    times.append(row[0].timestamp.microseconds)
    ends.append(buffer.count)
  }

  /// Where a row starts in the buffer.
  func start(of row: Int) -> Int { row == 0 ? 0 : ends[row - 1] }
}

/// Rows as they are, in order of time, with the pool of their fields.
struct PlainRows: ShardRows {
  private(set) var rows: ContiguousArray<UsageRow> = []
  private(set) var times: ContiguousArray<Int64> = []

  init(capacity: Int) {
    rows.reserveCapacity(capacity)
    times.reserveCapacity(capacity)
  }

  mutating func append(_ row: Span<UsageRow>, pool: borrowing UsageFieldPool, encoder: inout UsageRowEncoder) {
    rows.append(row[0])
    times.append(row[0].timestamp.microseconds)
  }
}
