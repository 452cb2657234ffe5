import LabCore
import Synchronization

/// Deals cells out to their customers without filling the room for them twice.
///
/// Invariant: `places[group]` says where a group's cells of every customer begin and `places[group + 1]` where they end, as the cells
/// were counted, so that each place is written exactly once, by one thread, before it is read; a cell that led elsewhere would
/// stop the program.
enum HourCellLoops {
  /// The cells of groups of chunks, by customer and in the order that they came in, and by group which customers' hours don't
  /// rise from cell to cell. Chunks are given back as they are dealt.
  ///
  /// - Parameters:
  ///   - places: by group where its next cell of every customer goes, and behind the last group where the cells of every customer
  ///     end.
  ///   - count: all cells.
  static func dealt<Cell: HourCell>(
    _ groups: [CellChunks<Cell>], to places: [ContiguousArray<Int>], count: Int, width: Int
  ) -> (cells: ContiguousArray<Cell>, disordered: [ContiguousArray<Bool>]) {
    precondition(places.count == groups.count + 1)
    var disordered: [ContiguousArray<Bool>] = []
    let cells = unsafe ContiguousArray<Cell>(unsafeUninitializedCapacity: count) { room, filled in
      unsafe LargePages.prefer(UnsafeMutableRawBufferPointer(room))
      let target = unsafe CellRoom(cells: room)
      disordered = Parallel.map(count: groups.count, width: width) { group in
        var next = places[group]
        let ends = places[group + 1]
        var hours = ContiguousArray<Int32?>(repeating: nil, count: next.count)
        var isDisordered = ContiguousArray<Bool>(repeating: false, count: next.count)
        for chunk in 0..<groups[group].count {
          for cell in groups[group].take(chunk) {
            let customer = Int(cell.customer)
            precondition(next[customer] < ends[customer])
            unsafe target.cells.initializeElement(at: next[customer], to: cell)
            next[customer] += 1
            if let last = hours[customer], last >= cell.hour { isDisordered[customer] = true }
            hours[customer] = cell.hour
          }
        }
        precondition(next == ends)
        return isDisordered
      }
      filled = count
    }
    return (cells, disordered)
  }
}

/// Room that several threads write into, each at places of its own.
@unsafe private struct CellRoom<Cell>: @unchecked Sendable {
  var cells: UnsafeMutableBufferPointer<Cell>
}

/// Neighbouring chunks of cells, in the order of the file.
final class CellChunks<Cell: HourCell>: Sendable {
  let count: Int
  private let chunks: Mutex<[ContiguousArray<Cell>]>

  init(_ chunks: [ContiguousArray<Cell>]) {
    count = chunks.count
    self.chunks = Mutex(chunks)
  }

  /// A chunk, which stays.
  func chunk(_ index: Int) -> ContiguousArray<Cell> { chunks.withLock { $0[index] } }

  /// A chunk, which is then empty.
  func take(_ index: Int) -> ContiguousArray<Cell> {
    chunks.withLock { chunks in
      let chunk = chunks[index]
      chunks[index] = []
      return chunk
    }
  }

  /// How many cells each customer has.
  func counts(customers: Int) -> ContiguousArray<Int> {
    var counts = ContiguousArray(repeating: 0, count: customers)
    for index in 0..<count {
      for cell in chunk(index) { counts[Int(cell.customer)] += 1 }
    }
    return counts
  }

  /// The chunks in at most `count` groups of about as many cells.
  static func groups(_ chunks: consuming [ContiguousArray<Cell>], count: Int) -> [CellChunks] {
    let total = chunks.reduce(0) { $0 + $1.count }
    var groups: [CellChunks] = []
    var (group, taken): ([ContiguousArray<Cell>], Int) = ([], 0)
    for chunk in chunks {
      group.append(chunk)
      taken += chunk.count
      if taken * count >= total * (groups.count + 1), groups.count + 1 < count {
        groups.append(CellChunks(group))
        group = []
      }
    }
    if !group.isEmpty { groups.append(CellChunks(group)) }
    return groups
  }
}
