import Synchronization

/// Aggregates of one table that several analyzers rest on, each made once, by the first that asks.
///
/// It belongs to one table, selection and price book: whoever changes one of them starts a new one. Analyzers stay
/// independent of each other: what is shared is a function of the table alone, as an index of a database is.
public final class SharedScans: Sendable {
  private final class Slot: Sendable {
    let value = Mutex<(any Sendable)?>(nil)
  }

  private let slots = Mutex<[String: Slot]>([:])
  /// Passes that were made together and wait for who asked for them.
  private let passes = Mutex<[String: any CallScan]>([:])
  /// Values that someone is going to ask for.
  private let announced = Mutex<Set<String>>([])

  public init() {}

  /// The value of a key, made by `make` when it is not there yet; others that ask meanwhile wait for it.
  ///
  /// - Parameter key: names the aggregate and all that it depends on beside the table; the same key has the same type.
  /// - Throws: what `make` throws; the next who asks tries again.
  func value<Value: Sendable>(
    _ key: String, make: () throws(AnalysisError) -> Value
  ) throws(AnalysisError) -> Value {
    let slot = slots.withLock { slots in
      if let slot = slots[key] { return slot }
      let slot = Slot()
      slots[key] = slot
      return slot
    }
    return try slot.value.withLock { (stored) throws(AnalysisError) -> Value in
      // Of an optional `Value` even nothing would be one.
      if let stored, let known = stored as? Value { return known }
      let made = try make()
      stored = made
      return made
    }
  }

  /// Whether the value of a key has been made.
  func has(_ key: String) -> Bool {
    let slot = slots.withLock { $0[key] }
    return slot?.value.withLock { $0 != nil } ?? false
  }

  /// Whether the value of a key is there, being made or announced, or the pass that it comes from waits to be taken.
  func offers(_ key: String) -> Bool {
    // In this order: who takes a pass has begun the value before.
    announced.withLock { $0.contains(key) } || passes.withLock { $0[key] != nil } || has(key)
  }

  /// Tells that someone is going to ask for the values of some keys.
  func announce(_ keys: [String]) { announced.withLock { $0.formUnion(keys) } }

  /// Keeps a pass until it is taken.
  func keepPass(_ scan: any CallScan, as key: String) { passes.withLock { $0[key] = scan } }

  /// A pass that was kept; nil when there is none or it was taken already.
  func takePass(_ key: String) -> (any CallScan)? { passes.withLock { $0.removeValue(forKey: key) } }
}
