import LabCore

/// The calls of a usage file as columns: text as dictionary codes, everything else as whole numbers.
///
/// A value of this type never changes; ``appending(_:progress:)`` gives a longer one that shares the segments.
public struct CallTable: Sendable {
  /// The file, its rejects, its range in time.
  public let facts: FileFacts
  /// The rows in file order, in blocks of ``CallSegment/capacity``; only the last may be shorter.
  public let segments: [CallSegment]
  let dictionaries: [TextDictionary]
  /// Tags of every distinct metadata text, by code.
  let tags: TagDictionary
  /// What ``appending(_:progress:)`` goes on from.
  let resume: ResumePoint

  /// The number of rows.
  public var rowCount: Int { facts.rows }
  public var isEmpty: Bool { rowCount == 0 }

  /// Whether a column can be read: it stands in the file, or is `total_tokens` and both its parts do.
  public func has(_ column: UsageColumn) -> Bool {
    if facts.columns.contains(column) { return true }
    return column == .totalTokens && facts.columns.contains(.inputTokens) && facts.columns.contains(.outputTokens)
  }

  /// Those of `columns` that the file lacks, in the order of the contract: what an analyzer names when it abstains.
  public func missing(_ columns: some Sequence<UsageColumn>) -> [UsageColumn] {
    columns.filter { !has($0) }.sorted { $0.rawValue < $1.rawValue }
  }

  /// The texts of a text column; empty when the file lacks it. Every text is that of at least one row.
  public func dictionary(_ column: UsageColumn) -> TextDictionary { dictionaries[Int(column.rawValue)] }

  /// The segment that holds a row, and the row's number in it.
  public func place(ofRow row: Int) -> (segment: CallSegment, row: Int)? {
    guard row >= 0, row < rowCount else { return nil }
    let segment = segments[row / CallSegment.capacity]
    return (segment, row - segment.firstRow)
  }

  /// The text of one row in a text column; nil when the file lacks the column. For evidence, not for loops.
  public func text(_ column: UsageColumn, row: Int) -> String? {
    guard let (segment, row) = place(ofRow: row), let codes = segment.codes(column) else { return nil }
    return dictionary(column)[codes.code(at: row)]
  }

  /// The number of one row; nil when it is unknown or the file lacks the column. For evidence, not for loops.
  public func integer(_ column: UsageColumn, row: Int) -> Int64? {
    guard let (segment, row) = place(ofRow: row) else { return nil }
    if let values = segment.integers(column) { return values.value(at: row) }
    guard column == .totalTokens, let input = segment.integers(.inputTokens)?.value(at: row),
      let output = segment.integers(.outputTokens)?.value(at: row)
    else { return nil }
    return input + output
  }
}
