import LabCore
import NIOCore
import Synchronization

/// Hands events to every open page.
///
/// A page that takes its events too slowly misses older ones; each event is complete in itself, so it loses nothing.
final class EventHub: Sendable {
  private struct State {
    var streams: [Int: AsyncStream<ByteBuffer>.Continuation] = [:]
    var next = 0
    var isClosed = false
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = limit }

  /// The number of open streams.
  var count: Int { state.withLock { $0.streams.count } }

  /// A new stream with its number, or nil when there are too many or the viewer is ending.
  func subscribe() -> (id: Int, events: AsyncStream<ByteBuffer>)? {
    state.withLock { state in
      guard !state.isClosed, state.streams.count < limit else { return nil }
      let (events, continuation) = AsyncStream.makeStream(of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(16))
      state.next += 1
      state.streams[state.next] = continuation
      return (state.next, events)
    }
  }

  /// Ends a stream whose page has left.
  func unsubscribe(_ id: Int) {
    let continuation = state.withLock { $0.streams.removeValue(forKey: id) }
    continuation?.finish()
  }

  func send(_ event: ByteBuffer) {
    for stream in state.withLock({ Array($0.streams.values) }) { stream.yield(event) }
  }

  /// Ends all streams; new ones are refused.
  func close() {
    let streams = state.withLock { state in
      state.isClosed = true
      defer { state.streams = [:] }
      return Array(state.streams.values)
    }
    for stream in streams { stream.finish() }
  }

  /// A comment that keeps the connection alive and shows the server whether the page is still there.
  static let heartbeat = ByteBuffer(string: ": still here\n\n")

  /// An event as it goes over the wire; `json` has no line break.
  static func event(_ name: String, json: [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
    buffer.writeBytes(json)
    buffer.writeString("\n\n")
    return buffer
  }
}
