/// The one place where the lab computes in parallel: bounded, ordered, on threads of its own.
///
/// Results come back by index, so nothing that is computed here depends on the number of threads.
public enum Parallel {
  /// The processors that this process may use: what `--threads` is by default.
  public static var processorCount: Int { availableProcessors() }

  /// Computes `body(0)` to `body(count - 1)` on at most `width` threads, the calling one included.
  ///
  /// When calls throw, no new one starts and the error of the lowest index is thrown, as a serial loop would.
  public static func map<Output: Sendable, Failure: Error>(
    count: Int, width: Int, _ body: @Sendable (Int) throws(Failure) -> Output
  ) throws(Failure) -> [Output] {
    guard count > 0 else { return [] }
    if width <= 1 || count == 1 {
      var results: [Output] = []
      results.reserveCapacity(count)
      for index in 0..<count { results.append(try body(index)) }
      return results
    }
    let state = Monitor(MapState<Output, Failure>(results: Array(repeating: nil, count: count)))
    let work = { @Sendable (body: @Sendable (Int) throws(Failure) -> Output) in
      while let index = state.update({ state -> Int? in
        guard state.next < count, state.failure == nil else { return nil }
        defer { state.next += 1 }
        return state.next
      }) {
        do throws(Failure) {
          let result = try body(index)
          state.update { $0.results[index] = result }
        } catch {
          state.update { state in
            if index < state.failure?.index ?? .max { state.failure = (index, error) }
          }
        }
      }
    }
    withHelpers(min(width, count) - 1, work: { work(body) }, main: { _ in work(body) })
    let (results, failure) = state.update { state in
      defer { state.results = [] }
      return (state.results, state.failure)
    }
    if let failure { throw failure.error }
    return results.compactMap { $0 }
  }

  /// Produces items 0, 1, 2, … on `width` threads and hands them to `consume` in order, on the calling thread, until
  /// `produce` gives nil or `consume` gives false. At most `inFlight` items are made ahead, which bounds memory.
  ///
  /// An error of either side stops the work; of several the one of the lowest index is thrown.
  public static func pipeline<Item: Sendable, Failure: Error>(
    width: Int, inFlight: Int, produce: @Sendable (Int) throws(Failure) -> Item?,
    consume: (Int, Item) throws(Failure) -> Bool
  ) throws(Failure) {
    if width <= 1 { return try serialPipeline(produce: produce, consume: consume) }
    let state = Monitor(PipelineState<Item, Failure>())
    let bound = max(inFlight, width)
    let work = { @Sendable (produce: @Sendable (Int) throws(Failure) -> Item?) in
      while let index = state.wait({ state -> Int?? in
        if state.stopped { return .some(nil) }
        guard state.next < state.consumed + bound else { return nil }
        defer { state.next += 1 }
        return .some(state.next)
      }) {
        let slot: PipelineSlot<Item, Failure>
        do throws(Failure) {
          if let item = try produce(index) { slot = .item(item) } else { slot = .end }
        } catch { slot = .failure(error) }
        state.update { $0.ready[index] = slot }
      }
    }
    var thrown: Failure?
    withHelpers(
      width, work: { work(produce) },
      main: { started in
        if started == 0 {
          do throws(Failure) { try serialPipeline(produce: produce, consume: consume) } catch { thrown = error }
          return
        }
        var index = 0
        items: while true {
          let slot = state.wait { $0.ready.removeValue(forKey: index) }
          switch slot {
          case .item(let item):
            do throws(Failure) {
              guard try consume(index, item) else { break items }
            } catch {
              thrown = error
              break items
            }
          case .end:
            break items
          case .failure(let error):
            thrown = error
            break items
          }
          index += 1
          state.update { $0.consumed = index }
        }
        state.update { $0.stopped = true }
      })
    if let thrown { throw thrown }
  }
  private static func serialPipeline<Item, Failure: Error>(
    produce: (Int) throws(Failure) -> Item?, consume: (Int, Item) throws(Failure) -> Bool
  ) throws(Failure) {
    var index = 0
    while let item = try produce(index) {
      guard try consume(index, item) else { return }
      index += 1
    }
  }
}

private struct MapState<Output: Sendable, Failure: Error> {
  var next = 0
  var results: [Output?]
  var failure: (index: Int, error: Failure)?
}

private enum PipelineSlot<Item: Sendable, Failure: Error>: Sendable {
  case item(Item)
  case end
  case failure(Failure)
}

private struct PipelineState<Item: Sendable, Failure: Error> {
  var next = 0
  var consumed = 0
  var ready: [Int: PipelineSlot<Item, Failure>] = [:]
  var stopped = false
}
