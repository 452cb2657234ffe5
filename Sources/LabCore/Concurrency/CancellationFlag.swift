import Synchronization

/// A flag that long work reads at its checkpoints and that anyone may raise, a signal watcher for one.
public final class CancellationFlag: Sendable {
  private let raised = Atomic<Int>(0)

  public init() {}

  /// Whether the work should stop.
  public var isRaised: Bool { raised.load(ordering: .relaxed) != 0 }

  /// The number that it was raised with (a signal number, say); 0 when it is not raised.
  public var reason: Int { raised.load(ordering: .relaxed) }

  /// Raises the flag; the first reason stays.
  public func raise(reason: Int = 1) { _ = raised.compareExchange(expected: 0, desired: reason, ordering: .relaxed) }

  /// Throws ``LabFailure/cancelled`` when the flag is raised.
  public func check() throws(LabFailure) { if isRaised { throw .cancelled } }
}
