import LabCore

/// Arrays whose elements are computed by all threads.
///
/// Invariant: the parts tile the array, so that each place is written exactly once, by one thread, before anyone reads it.
enum ParallelFill {
  /// The array of `value(0)` to `value(count - 1)`.
  static func array<Element: Sendable>(
    count: Int, width: Int, _ value: @Sendable (Int) -> Element
  ) -> ContiguousArray<Element> {
    unsafe ContiguousArray(unsafeUninitializedCapacity: count) { room, filled in
      let target = unsafe Room(elements: room)
      let parts = min(count, max(1, width) * 4)
      _ = Parallel.map(count: parts, width: width) { part in
        for index in (count * part / parts)..<(count * (part + 1) / parts) {
          unsafe target.elements.initializeElement(at: index, to: value(index))
        }
      }
      filled = count
    }
  }

  /// Room that several threads write into, each at places of its own.
  @unsafe private struct Room<Element>: @unchecked Sendable {
    var elements: UnsafeMutableBufferPointer<Element>
  }
}
