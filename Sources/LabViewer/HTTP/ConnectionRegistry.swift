import NIOCore
import Synchronization

/// The open connections, bounded: when there are too many, the one that has waited longest without being answered goes.
///
/// A client that opens hundreds of connections and sends nothing loses them to whoever comes next.
final class ConnectionRegistry: Sendable {
  private struct Entry {
    var channel: any Channel
    /// The number of the last change: smaller is older.
    var since: UInt64
    var isAnswering: Bool
  }

  private struct State {
    var entries: [ObjectIdentifier: Entry] = [:]
    var clock: UInt64 = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = limit }

  /// The number of open connections.
  var count: Int { state.withLock { $0.entries.count } }

  /// Takes a connection in, and closes another when there are too many; the new one, when all others are being answered.
  func add(_ channel: any Channel) {
    let evicted: (any Channel)? = state.withLock { state in
      var evicted: (any Channel)?
      if state.entries.count >= limit {
        let oldest = state.entries.filter { !$0.value.isAnswering }.min { $0.value.since < $1.value.since }
        guard let oldest else { return channel }
        evicted = oldest.value.channel
        state.entries[oldest.key] = nil
      }
      state.clock += 1
      state.entries[ObjectIdentifier(channel)] = Entry(channel: channel, since: state.clock, isAnswering: false)
      return evicted
    }
    evicted?.close(promise: nil)
  }

  /// Notes that a request is being answered, or has been.
  func mark(_ channel: any Channel, isAnswering: Bool) {
    state.withLock { state in
      state.clock += 1
      let now = state.clock
      state.entries[ObjectIdentifier(channel)]?.isAnswering = isAnswering
      state.entries[ObjectIdentifier(channel)]?.since = now
    }
  }

  func remove(_ channel: any Channel) { state.withLock { $0.entries[ObjectIdentifier(channel)] = nil } }
}
