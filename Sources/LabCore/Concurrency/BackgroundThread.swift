/// Starts work that lives beside the main thread until the process ends or the work returns by itself.
public enum BackgroundThread {
  /// - Returns: whether the system had a thread for it.
  @discardableResult
  public static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    guard let thread = WorkerThread(body) else { return false }
    thread.detach()
    return true
  }
}
