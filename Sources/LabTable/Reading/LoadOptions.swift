import LabCore

/// How a usage file is read.
public struct LoadOptions: Sendable {
  /// Threads, at least 1.
  public var width = Parallel.processorCount
  /// Whether an unterminated last line is torn (a file that the lab writes ends in a line feed) or counts when it is
  /// complete and valid (a foreign file).
  public var endsInLineFeed = false
  /// More rejected rows than this are a failure; nil for any number.
  public var maxRejects: Int?
  /// Where the rejected rows go: a CSV of `reject_line`, `reject_reason` and the row's original bytes. Nil for nowhere.
  public var rejectsPath: String?
  /// Names under which a foreign file has our columns: where a column is named here, the header's column of that name is
  /// read as it, and one of our own name is not.
  public var columnNames: [UsageColumn: String] = [:]
  /// Bytes that one thread parses at a time; results don't depend on it.
  public var blockSize = Fingerprint.blockSize

  /// A row of more bytes, its line feed included, is rejected, and a quote that is not closed within as many counts as never
  /// closed: so much of a file is in memory at most to find the end of a row.
  public var longestRow = 64 << 20

  /// With more different metadata texts than this, metadata stays in the file.
  public var metadataLimit = 65_536

  public init() {}
}

/// How far a load has come.
public struct LoadProgress: Sendable {
  public var bytes: Int64
  public var totalBytes: Int64
  public var rows: Int
}
