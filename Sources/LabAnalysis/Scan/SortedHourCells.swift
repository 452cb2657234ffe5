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

  /// The cells of a range of customers.
  private static func dealt(_ blocks: CellBlocks<Cell>, _ customers: Range<Int>) -> SortedHourCells {
    var result = SortedHourCells()
    var next = ContiguousArray(repeating: 0, count: customers.count)
    for index in 0..<blocks.count {
      for cell in blocks.block(index) { next[Int(cell.customer) - customers.lowerBound] += 1 }
    }
    var count = 0
    for customer in next.indices {
      let own = next[customer]
      next[customer] = count
      count += own
    }
    result.starts = next
    result.cells = CellPages(Cell(customer: 0, hour: 0), count: count)
    var hours = ContiguousArray<Int32?>(repeating: nil, count: customers.count)
    var isDisordered = ContiguousArray(repeating: false, count: customers.count)
    for index in 0..<blocks.count {
      for cell in blocks.take(index) {
        let customer = Int(cell.customer) - customers.lowerBound
        result.cells[next[customer]] = cell
        next[customer] += 1
        if let last = hours[customer], last >= cell.hour { isDisordered[customer] = true }
        hours[customer] = cell.hour
      }
    }
    result.ends = next
    // Of a file in order only hours that two threads shared aren't strictly ordered.
    for customer in next.indices where isDisordered[customer] { result.order(customer) }
    return result
  }

  /// Sorts a customer's cells by hour and joins those of the same.
  private mutating func order(_ customer: Int) {
    let range = starts[customer]..<ends[customer]
    if range.dropFirst().contains(where: { cells[$0 - 1].hour > cells[$0].hour }) {
      // Equal hours keep the order of the file, so that gaps mean the same at any number of threads.
      let ordered = range.sorted { (cells[$0].hour, $0) < (cells[$1].hour, $1) }.map { cells[$0] }
      for (offset, cell) in ordered.enumerated() { cells[range.lowerBound + offset] = cell }
    }
    var end = range.lowerBound
    for place in range {
      if end > range.lowerBound, cells[end - 1].hour == cells[place].hour {
        cells[end - 1].add(cells[place])
      } else {
        cells[end] = cells[place]
        end += 1
      }
    }
    for place in end..<range.upperBound { cells[place] = Cell(customer: 0, hour: 0) }
    ends[customer] = end
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
