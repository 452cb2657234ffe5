import LabCore
import LabTable

/// A run of whole rows, in order, on its way to the file.
public struct SimulationBatch: Sendable {
  /// The rows' bytes. The buffer is used again for the next batch.
  public let buffer: UsageBuffer
  /// Rows in this batch.
  public let rows: Int
  /// Rows of the run so far, this batch included.
  public let totalRows: Int64
  /// Bytes of the file so far, this batch and the header included.
  public let totalBytes: Int64
  /// How far the simulated calendar has come: the timestamp of the batch's last row.
  public let simulatedUntil: Instant
  /// The part of the run's target (time, rows or bytes) that is done, from 0 to 1.
  public let fraction: Double

  /// The bytes, to be written as they are.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self) borrowing get { buffer.span }
  }
}

/// What a run produced.
public struct SimulationOutcome: Sendable {
  public var rows: Int64 = 0
  /// The header included.
  public var bytes: Int64 = 0
  /// Timestamps of the first and the last row; nil without rows.
  public var first: Instant?
  public var last: Instant?
  /// Calls that could not be generated, such as those of a model without a price at their time: counted and left out.
  public var skippedCalls: Int64 = 0
  /// Where the data ends: the end of the timeline, or a microsecond after the last row when a size ended the run
  /// or the sink stopped it.
  public var end: Instant
}
