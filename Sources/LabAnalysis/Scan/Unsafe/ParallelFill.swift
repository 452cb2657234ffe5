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

  /// Two arrays of `count` elements, whose parts are written side by side.
  static func pair<First: BitwiseCopyable & Sendable, Second: BitwiseCopyable & Sendable>(
    count: Int, width: Int, _ values: @Sendable (Int) -> (First, Second)
  ) -> (ContiguousArray<First>, ContiguousArray<Second>) {
    var second: ContiguousArray<Second> = []
    let first = unsafe ContiguousArray<First>(unsafeUninitializedCapacity: count) { firstRoom, firstFilled in
      unsafe second = ContiguousArray(unsafeUninitializedCapacity: count) { secondRoom, secondFilled in
        let firsts = unsafe Room(elements: firstRoom)
        let seconds = unsafe Room(elements: secondRoom)
        let parts = min(count, max(1, width) * 4)
        _ = Parallel.map(count: parts, width: width) { part in
          for index in (count * part / parts)..<(count * (part + 1) / parts) {
            let (first, second) = values(index)
            unsafe firsts.elements.initializeElement(at: index, to: first)
            unsafe seconds.elements.initializeElement(at: index, to: second)
          }
        }
        secondFilled = count
      }
      firstFilled = count
    }
    return (first, second)
  }

  /// Changes the elements of an array where they are, in parts that tile it.
  ///
  /// - Parameter body: gets the places of a part and its elements, which begin at 0, and returns what the part makes.
  /// - Returns: by part, in order.
  static func update<Element: BitwiseCopyable & Sendable, Output: Sendable>(
    _ array: inout ContiguousArray<Element>, parts: Int, width: Int,
    _ body: @Sendable (_ places: Range<Int>, _ elements: inout MutableSpan<Element>) -> Output
  ) -> [Output] {
    unsafe array.withUnsafeMutableBufferPointer { elements in
      let room = unsafe Room(elements: elements)
      let count = elements.count
      return Parallel.map(count: parts, width: width) { part in
        let places = (count * part / parts)..<(count * (part + 1) / parts)
        let own = unsafe UnsafeMutableBufferPointer(rebasing: room.elements[places])
        var span = unsafe own.mutableSpan
        return body(places, &span)
      }
    }
  }

  /// Room that several threads write into, each at places of its own.
  @unsafe private struct Room<Element>: @unchecked Sendable {
    var elements: UnsafeMutableBufferPointer<Element>
  }
}
