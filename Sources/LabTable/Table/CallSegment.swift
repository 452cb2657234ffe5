/// Up to 65,536 rows of a table, column by column. A segment never changes.
public struct CallSegment: Sendable {
  /// The most rows of a segment: also the fixed block over which sums of floats run.
  public static let capacity = 65_536

  /// The number of the first row within the table.
  public let firstRow: Int
  public let rowCount: Int
  let codes: [CodeColumn?]
  let integers: [IntegerColumn?]
  /// Where the metadata of each row stands in the file, when there are too many different ones for a dictionary.
  let metadataPlaces: ContiguousArray<MetadataPlace>?
  /// The same places of a segment that is not full, in case that its metadata must go back to the file when it grows.
  let pendingPlaces: ContiguousArray<MetadataPlace>

  /// The codes of a text column, or nil when the file lacks it.
  public func codes(_ column: UsageColumn) -> CodeColumn? { codes[Int(column.rawValue)] }

  /// The numbers of a column (tokens, microseconds, nanodollars, hashes), or nil when the file lacks it.
  ///
  /// `total_tokens` is the sum of input and output where the file has both, and is not kept.
  public func integers(_ column: UsageColumn) -> IntegerColumn? { integers[Int(column.rawValue)] }
}

/// A field of the file, as it stands there (with its quotes).
struct MetadataPlace: Sendable {
  /// Offset in the file (upper 40 bits) and length (lower 24 bits).
  let packed: UInt64

  init(packed: UInt64) { self.packed = packed }

  init(offset: Int64, length: Int) { packed = UInt64(bitPattern: offset) << 24 | UInt64(min(length, 0xff_ffff)) }

  var offset: Int64 { Int64(packed >> 24) }
  var length: Int { Int(packed & 0xff_ffff) }
}
