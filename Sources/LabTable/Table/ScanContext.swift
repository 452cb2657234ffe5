import LabCore

/// What a scan over a table runs with.
public struct ScanContext: Sendable {
  /// Threads, at least 1.
  public var width: Int
  /// Read before every segment; raised, the scan throws ``LabFailure/cancelled``.
  public var cancellation: CancellationFlag

  public init(width: Int = Parallel.processorCount, cancellation: CancellationFlag = CancellationFlag()) {
    self.width = max(1, width)
    self.cancellation = cancellation
  }
}
