import LabCore
import Synchronization

/// Lets another thread stop the command that runs, and only that one.
public final class SessionInterruption: Sendable {
  private let flag = Mutex<CancellationFlag?>(nil)

  public init() {}

  func begin(_ flag: CancellationFlag) { self.flag.withLock { $0 = flag } }
  func end() { flag.withLock { $0 = nil } }

  /// Stops the command at hand, if there is one.
  ///
  /// - Parameter reason: the signal's number.
  public func interrupt(reason: Int) { flag.withLock { $0?.raise(reason: reason) } }
}
