import LabCore
import Testing

@testable import LabAnalysis

@Suite struct SortedHourCellsTests {
  private typealias Cell = CustomerLimits.Cell

  private func cell(_ customer: Int, _ hour: Int, _ calls: Int) -> Cell {
    var cell = Cell(customer: UInt32(customer), hour: Int32(hour))
    cell.calls = UInt32(calls)
    return cell
  }

  /// "customer hour calls" of every cell, by customer.
  private func texts(_ sorted: SortedHourCells<Cell>) -> [String] {
    sorted.starts.indices.flatMap { customer in
      (sorted.starts[customer]..<sorted.ends[customer]).map { place in
        let cell = sorted.cells[place]
        return "\(cell.customer) \(cell.hour) \(cell.calls)"
      }
    }
  }

  @Test func `ranges tile the customers, at most 32 of them`() {
    for customers in [0, 1, 2, 31, 32, 33, 64, 65, 1000, 100_003] {
      let ranges = CustomerRanges(customers: customers)
      #expect(ranges.count <= 32 && (ranges.count > 0) == (customers > 0))
      #expect((0..<ranges.count).flatMap { Array(ranges[$0]) } == Array(0..<customers))
      for customer in stride(from: 0, to: customers, by: 7) {
        #expect(ranges[ranges.number(of: UInt32(customer))].contains(customer))
      }
    }
  }

  @Test func `cells of any order come out by customer and hour, equal ones joined, and nothing is left between`() {
    let customers = 70
    var random = RandomStream(seed: 4, purpose: 7)
    var expected: [[Int: Int]] = Array(repeating: [:], count: customers)
    var store = HourCellStore<Cell>(customers: customers)
    for index in 0..<9000 {
      let customer = Int(random.poisson(mean: 30)) % customers
      // Half of the customers' cells ascend, with some hours twice; the others' jump.
      let hour = customer % 2 == 0 ? index / 20 : Int(random.poisson(mean: 200))
      expected[customer][hour, default: 0] += index
      store.put(cell(customer, hour, index))
    }
    let lines = expected.enumerated().flatMap { customer, hours in
      hours.sorted { $0.key < $1.key }.map { "\(customer) \($0.key) \($0.value)" }
    }
    #expect(lines.count > 1000)
    for width in [1, 3] {
      let sorted = SortedHourCells(store, width: width)
      #expect(texts(sorted) == lines)
      // What joining left free holds no calls, so that a walk over all places counts each call once.
      #expect(sorted.cells.reduce(0) { $0 + Int($1.calls) } == (0..<9000).reduce(0, +))
    }
  }

  @Test func `stores of neighbouring rows merge with the hour that they share`() {
    // Three parts of a file; the second begins in the last hour of the first and holds nothing else.
    func store(_ cells: [Cell]) -> HourCellStore<Cell> {
      var store = HourCellStore<Cell>(customers: 40)
      for own in cells {
        store.reserve(1)
        store.cursor.move(to: Int64(own.hour) * 3_600_000_000, next: store.used)
        store.latest[Int(own.customer)] = Int32(store.used)
        store.recent[store.used] = own
        store.used += 1
      }
      return store
    }
    var first = store([cell(3, 1, 1), cell(39, 2, 10)])
    first.merge(store([cell(39, 2, 100), cell(3, 2, 1000)]))
    first.merge(store([cell(39, 2, 10_000), cell(0, 3, 100_000)]))
    #expect(texts(SortedHourCells(first)) == ["0 3 100000", "3 1 1", "3 2 1000", "39 2 10110"])
  }

  @Test func `no customers have no cells`() {
    let sorted = SortedHourCells(HourCellStore<Cell>(customers: 0))
    #expect(sorted.cells.isEmpty && sorted.starts.isEmpty && sorted.ends.isEmpty)
    let silent = SortedHourCells(HourCellStore<Cell>(customers: 3))
    #expect(silent.cells.isEmpty && silent.starts == silent.ends && silent.starts.count == 3)
  }
}
