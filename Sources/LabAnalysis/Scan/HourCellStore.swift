/// Ranges of customers' codes, at most ``most`` of them, each of which is dealt with on its own.
struct CustomerRanges: Sendable {
  private static let most = 32

  let customers: Int
  private let bits: Int

  init(customers: Int) {
    self.customers = customers
    var bits = 0
    while customers > Self.most << bits { bits += 1 }
    self.bits = bits
  }

  var count: Int { (customers + 1 << bits - 1) >> bits }

  /// The number of the range that a customer is in.
  @inline(__always)
  func number(of customer: UInt32) -> Int { Int(customer) >> bits }

  subscript(number: Int) -> Range<Int> { (number << bits)..<min((number + 1) << bits, customers) }
}

/// The cells that a pass over the calls appends to: those of the hour that the rows are in grow side by side, so that they
/// stay in a core's cache; those of the hours before wait in blocks, by range of customers.
struct HourCellStore<Cell: HourCell>: Sendable {
  typealias Block = ContiguousArray<Cell>

  /// Bytes of cells that are put away together.
  private static var putAwayBytes: Int { 300_000 }

  let ranges: CustomerRanges
  /// By range of customers the full blocks in the order of the file, and the one that grows.
  private var full: ContiguousArray<[Block]>
  private var growing: ContiguousArray<Block>
  /// The cells that aren't put away yet; behind the first `used` there is only room.
  var recent: Block = []
  var used = 0
  /// How many cells have been put away.
  private(set) var away = 0
  var cursor = HourCursor()
  /// The number, among all, of the cell that each customer was in last, or -1.
  var latest: ContiguousArray<Int32>

  init(customers: Int) {
    ranges = CustomerRanges(customers: customers)
    full = ContiguousArray(repeating: [], count: ranges.count)
    growing = ContiguousArray(repeating: [], count: ranges.count)
    latest = ContiguousArray(repeating: -1, count: customers)
  }

  /// Makes room for a cell for each of some rows.
  mutating func reserve(_ rows: Int) {
    let room = used + rows - recent.count
    if room > 0 { recent.append(contentsOf: repeatElement(Cell(customer: 0, hour: 0), count: room)) }
  }

  /// Puts away what lies before the hour that the rows are in.
  mutating func putAway() {
    let done = cursor.firstCell - away
    guard done * MemoryLayout<Cell>.stride >= Self.putAwayBytes else { return }
    for index in 0..<done { put(recent[index]) }
    for index in done..<used { recent[index - done] = recent[index] }
    used -= done
    away += done
  }

  /// Appends a cell to its block.
  mutating func put(_ cell: Cell) {
    let range = ranges.number(of: cell.customer)
    if growing[range].count == growing[range].capacity || growing[range].count == CellPages<Cell>.pageSize {
      if !growing[range].isEmpty { full[range].append(growing[range]) }
      growing[range] = []
      growing[range].reserveCapacity(CellPages<Cell>.pageSize)
    }
    growing[range].append(cell)
  }

  /// The cells, of which none stay here: so that blocks can be given back one by one.
  mutating func handOver() -> HourCellStore {
    var own = HourCellStore(customers: 0)
    swap(&own, &self)
    return own
  }

  /// All cells by range of customers, in the order of the file.
  consuming func finished() -> [[Block]] {
    for index in 0..<used { put(recent[index]) }
    recent = []
    return (0..<ranges.count).map { growing[$0].isEmpty ? full[$0] : full[$0] + [growing[$0]] }
  }

  /// Takes in the cells of rows that come after.
  mutating func merge(_ later: consuming HourCellStore) {
    join(&later)
    for index in 0..<used { put(recent[index]) }
    for range in 0..<ranges.count {
      if !growing[range].isEmpty { full[range].append(growing[range]) }
      full[range] += later.full[range]
      growing[range] = later.growing[range]
    }
    (recent, used, away) = (later.recent, later.used, later.away)
    (cursor, latest) = (later.cursor, later.latest)
  }

  /// Joins the first cells of later rows with those of the hour that one's own rows are in: a file in order has each hour of a
  /// customer once then. Cells that haven't been put away yet stay as they are; sorting joins them.
  private mutating func join(_ later: inout HourCellStore) {
    for range in 0..<ranges.count {
      let first = later.full[range].first ?? later.growing[range]
      var rest: Block = []
      var count = 0
      for cell in first {
        guard cell.hour == cursor.hour else { break }
        count += 1
        let number = Int(latest[Int(cell.customer)])
        if number >= cursor.firstCell {
          recent[number - away].add(cell)
        } else {
          rest.append(cell)
        }
      }
      guard rest.count < count else { continue }
      if later.full[range].isEmpty {
        later.growing[range].replaceSubrange(..<count, with: rest)
      } else {
        later.full[range][0].replaceSubrange(..<count, with: rest)
      }
    }
  }
}
