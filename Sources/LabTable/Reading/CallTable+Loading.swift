import LabCore
import LabFiles

extension CallTable {
  /// Loads a usage file.
  ///
  /// Bad rows are counted by reason in ``FileFacts/rejects`` and left out. A file with a header and no row is an empty table.
  ///
  /// - Parameter progress: called on the calling thread, a few times per second of work at most once per block.
  /// - Throws: ``LabFailure``: `notFound` when the file isn't there or is no regular file, `invalidInput` when it is no usage
  ///   file, has more bad rows than allowed, or sums that can't be exact; `inputOutput`, `cannotCreate`; `cancelled`.
  public static func load(
    _ path: String, _ options: LoadOptions = LoadOptions(), cancellation: CancellationFlag = CancellationFlag(),
    progress: (LoadProgress) -> Void = { _ in }
  ) throws(LabFailure) -> CallTable {
    throw LabFailure(.internalError, code: "unfinished", "the reader is not written yet")
  }

  /// The table with what the file has grown by since it was loaded; the same as loading it anew, but for the time it takes.
  ///
  /// - Throws: as ``load(_:_:cancellation:progress:)``, and `invalidInput` when the file is no longer the one that was loaded.
  public func appending(
    _ options: LoadOptions = LoadOptions(), cancellation: CancellationFlag = CancellationFlag(),
    progress: (LoadProgress) -> Void = { _ in }
  ) throws(LabFailure) -> CallTable {
    throw LabFailure(.internalError, code: "unfinished", "the reader is not written yet")
  }
}

/// Where a table's reading stopped, so that it can go on.
struct ResumePoint: Sendable {
  /// The offset of the first byte that was not read as a row.
  var offset: Int64
  /// Its line number.
  var line: Int
  var blockHashes: [Fingerprint]
}
