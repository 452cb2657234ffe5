import LabCore
import Synchronization

/// Cells by customer, then by hour; hours without a call have none. Places behind a range of customers' last cell hold cells
/// without calls.
struct SortedHourCells<Cell: HourCell>: Sendable {
  private(set) var cells = CellPages<Cell>()
  /// By customer code where its cells begin and end.
  private(set) var starts: ContiguousArray<Int> = []
  private(set) var ends: ContiguousArray<Int> = []

  /// Sorts cells by customer and hour and joins those of the same.
  ///
  /// - Parameters:
  ///   - store: given back block by block: the pages of one range of customers take up the memory of the ranges before, so that
  ///     there are never two copies of all.
  ///   - width: threads.
  init(_ store: consuming HourCellStore<Cell>, width: Int = 1) {
    let ranges = store.ranges
    let blocks = store.finished().map { CellBlocks($0) }
    for part in Parallel.map(count: ranges.count, width: width, { Self.dealt(blocks[$0], ranges[$0]) }) {
      let first = cells.count
      cells.append(part.cells)
      starts += part.starts.map { $0 + first }
      ends += part.ends.map { $0 + first }
    }
  }

  private init() {}

  /// How far a customer's cells have been dealt out.
  private struct Progress {
    /// Where the next one goes.
    var next = 0
    var lastHour = Int32.min
    var isDisordered = false
  }

  /// The cells of a range of customers.
  private static func dealt(_ blocks: CellBlocks<Cell>, _ customers: Range<Int>) -> SortedHourCells {
    var result = SortedHourCells()
    let first = customers.lowerBound
    var progress = ContiguousArray(repeating: Progress(), count: customers.count)
    for index in 0..<blocks.count {
      for cell in blocks.block(index) { progress[Int(cell.customer) - first].next += 1 }
    }
    var count = 0
    for customer in progress.indices {
      let own = progress[customer].next
      progress[customer].next = count
      count += own
    }
    result.starts = ContiguousArray(progress.map(\.next))
    result.cells = CellPages(count: count, Cell(customer: 0, hour: 0)) { pages in
      for index in 0..<blocks.count {
        for cell in blocks.take(index) {
          let customer = Int(cell.customer) - first
          var own = progress[customer]
          pages[own.next] = cell
          own.isDisordered = own.isDisordered || (own.lastHour >= cell.hour && own.next > result.starts[customer])
          own.lastHour = cell.hour
          own.next += 1
          progress[customer] = own
        }
      }
      // Of a file in order only hours that two threads shared aren't strictly ordered.
      for customer in progress.indices where progress[customer].isDisordered {
        progress[customer].next = order(result.starts[customer]..<progress[customer].next, in: &pages)
      }
    }
    result.ends = ContiguousArray(progress.map(\.next))
    return result
  }

  /// Sorts a customer's cells by hour and joins those of the same.
  ///
  /// - Returns: where they end then.
  private static func order(_ range: Range<Int>, in cells: inout CellPages<Cell>.Room) -> Int {
    var isOrdered = true
    for place in range.dropFirst() { isOrdered = isOrdered && cells[place - 1].hour <= cells[place].hour }
    if !isOrdered {
      // Equal hours keep the order of the file, so that gaps mean the same at any number of threads.
      var own: [Cell] = []
      for place in range { own.append(cells[place]) }
      let order = own.indices.sorted { (own[$0].hour, $0) < (own[$1].hour, $1) }
      for (offset, index) in order.enumerated() { cells[range.lowerBound + offset] = own[index] }
    }
    var end = range.lowerBound
    for place in range {
      let cell = cells[place]
      if end > range.lowerBound, cells[end - 1].hour == cell.hour {
        var joined = cells[end - 1]
        joined.add(cell)
        cells[end - 1] = joined
      } else {
        cells[end] = cell
        end += 1
      }
    }
    for place in end..<range.upperBound { cells[place] = Cell(customer: 0, hour: 0) }
    return end
  }
}

/// Blocks of cells that are given back one by one.
private final class CellBlocks<Cell: HourCell>: Sendable {
  let count: Int
  private let blocks: Mutex<[ContiguousArray<Cell>]>

  init(_ blocks: [ContiguousArray<Cell>]) {
    count = blocks.count
    self.blocks = Mutex(blocks)
  }

  /// A block, which stays.
  func block(_ index: Int) -> ContiguousArray<Cell> { blocks.withLock { $0[index] } }

  /// A block, which is then empty.
  func take(_ index: Int) -> ContiguousArray<Cell> {
    blocks.withLock { blocks in
      let block = blocks[index]
      blocks[index] = []
      return block
    }
  }
}
