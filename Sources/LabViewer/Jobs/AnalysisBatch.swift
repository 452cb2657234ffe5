import LabCore
import Synchronization

/// Analyses that were asked for together: all of them look at the same state of the data, the one that the first finds.
final class AnalysisBatch: Sendable {
  private let snapshot = Mutex<DataKeeper.Snapshot?>(nil)

  /// The state of the data; `load` is called by the first, while the others wait.
  func data(_ load: () throws(LabFailure) -> DataKeeper.Snapshot) throws(LabFailure) -> DataKeeper.Snapshot {
    try snapshot.withLock { snapshot throws(LabFailure) -> DataKeeper.Snapshot in
      if let snapshot { return snapshot }
      let loaded = try load()
      snapshot = loaded
      return loaded
    }
  }
}
