/// Deals cells out to their customers without filling the room for them twice.
///
/// Invariant: `starts` counts the cells of every customer, so that each place is written exactly once before it is read; a
/// cell that led elsewhere would stop the program.
enum CustomerHourLoops {
  /// The cells of chunks, which are emptied one after the other, by customer and in the order that they came in.
  ///
  /// - Parameter starts: where the cells of each customer begin, and at the end how many there are.
  static func dealt(
    _ chunks: inout [ContiguousArray<CustomerHours.Cell>], at starts: ContiguousArray<Int>
  ) -> ContiguousArray<CustomerHours.Cell> {
    let count = starts.last ?? 0
    precondition(chunks.reduce(0) { $0 + $1.count } == count)
    var next = starts
    return unsafe ContiguousArray(unsafeUninitializedCapacity: count) { places, filled in
      for index in chunks.indices {
        let chunk = chunks[index]
        chunks[index] = []
        for cell in chunk {
          let customer = Int(cell.customer)
          precondition(next[customer] < starts[customer + 1])
          unsafe places.initializeElement(at: next[customer], to: cell)
          next[customer] += 1
        }
      }
      filled = count
    }
  }
}
