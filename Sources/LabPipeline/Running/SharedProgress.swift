import Synchronization

/// Counts what several threads finish, and tells how far the whole is.
final class SharedProgress: Sendable {
  private let environment: LabEnvironment
  private let activity: Progress.Activity
  private let total: Int
  private let state = Mutex((done: 0, rows: Int64(0)))

  init(_ environment: LabEnvironment, _ activity: Progress.Activity, total: Int) {
    self.environment = environment
    self.activity = activity
    self.total = max(1, total)
  }

  /// One more part is done.
  func finished(rows: Int64) {
    // Told under the lock, so that what is shown never goes back.
    state.withLock { state in
      state.done += 1
      state.rows += rows
      environment.progress(
        Progress(activity, fraction: Double(state.done) / Double(total), rows: state.rows))
    }
  }
}
