import LabCore

/// What one customer did in one hour, as a pass over the calls sums it up.
protocol HourCell: Sendable {
  init(customer: UInt32, hour: Int32)
  /// The code of the customer in the table's dictionary.
  var customer: UInt32 { get }
  /// Hours since 1970 UTC.
  var hour: Int32 { get }
  /// Takes in a cell of the same customer and hour whose calls stand later in the file.
  mutating func add(_ later: Self)
}

/// The hour that the rows of a pass are in: rows mostly ascend in time.
struct HourCursor: Sendable {
  /// Since 1970 UTC.
  private(set) var hour = Int32.min
  /// Where it begins, in microseconds.
  private(set) var start = Int64.max
  /// The number of its first cell among all.
  private(set) var firstCell = 0

  /// Goes to the hour of a known time.
  ///
  /// - Parameter next: the number of the next cell, which is the first of an hour that begins here.
  @inline(__always)
  mutating func move(to time: Int64, next: Int) {
    guard time < start || time &- start >= 3_600_000_000 else { return }
    let number = floorDivide(time, 3_600_000_000)
    hour = Int32(clamping: number)
    start = number &* 3_600_000_000
    firstCell = next
  }
}

/// The cells that a pass over the calls appends to: those of the hour that the rows are in grow side by side, so that they
/// stay in a core's cache; those of the hours before wait in chunks.
struct HourCellStore<Cell: HourCell>: Sendable {
  /// Bytes of cells that are put away together.
  private static var chunkBytes: Int { 300_000 }

  private var chunks: [ContiguousArray<Cell>] = []
  /// The cells that aren't put away yet; behind the first `used` there is only room.
  var recent: ContiguousArray<Cell> = []
  var used = 0
  /// How many cells have been put away.
  private(set) var away = 0
  var cursor = HourCursor()
  /// The number, among all, of the cell that each customer was in last, or -1.
  var latest: ContiguousArray<Int32>

  init(customers: Int) { latest = ContiguousArray(repeating: -1, count: customers) }

  /// Makes room for a cell for each of some rows.
  mutating func reserve(_ rows: Int) {
    let room = used + rows - recent.count
    if room > 0 { recent.append(contentsOf: repeatElement(Cell(customer: 0, hour: 0), count: room)) }
  }

  /// Puts away what lies before the hour that the rows are in.
  mutating func putAway() {
    let done = cursor.firstCell - away
    guard done * MemoryLayout<Cell>.stride >= Self.chunkBytes else { return }
    chunks.append(ContiguousArray(recent[..<done]))
    for index in done..<used { recent[index - done] = recent[index] }
    used -= done
    away += done
  }

  /// All cells in the order of the file.
  consuming func finished() -> [ContiguousArray<Cell>] { chunks + [ContiguousArray(recent[..<used])] }

  /// Takes in the cells of rows that come after.
  mutating func merge(_ later: consuming HourCellStore) {
    join(&later)
    chunks += [ContiguousArray(recent[..<used])] + later.chunks
    (recent, used, away) = (later.recent, later.used, later.away)
    (cursor, latest) = (later.cursor, later.latest)
  }

  /// Joins the first cells of later rows with those of the hour that one's own rows are in: a file in order has each hour of a
  /// customer once then. Cells that haven't been put away yet stay as they are; sorting joins them.
  private mutating func join(_ later: inout HourCellStore) {
    guard let first = later.chunks.first else { return }
    var rest: ContiguousArray<Cell> = []
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
    if rest.count < count { later.chunks[0].replaceSubrange(..<count, with: rest) }
  }
}

/// Cells sorted by customer, then by hour; hours without a call have none.
struct SortedHourCells<Cell: HourCell>: Sendable {
  private(set) var cells: ContiguousArray<Cell>
  /// Where the cells of each customer code begin; one more entry than customers.
  private(set) var starts: ContiguousArray<Int>

  /// Sorts cells by customer and hour and joins those of the same.
  ///
  /// - Parameters:
  ///   - chunks: the cells in the order of the file, given back piece by piece: what is sorted of a file in order grows as they
  ///     go, so that there are never two copies of all.
  ///   - width: threads.
  init(_ chunks: consuming [ContiguousArray<Cell>], customers: Int, width: Int = 1) {
    let groups = CellChunks.groups(chunks, count: width)
    chunks = []
    // Where each group's cells of a customer go: behind those of the groups before it.
    var places = Parallel.map(count: groups.count, width: width) { groups[$0].counts(customers: customers) }
    places.append(ContiguousArray(repeating: 0, count: customers))
    var starts = ContiguousArray<Int>(repeating: 0, count: customers + 1)
    var count = 0
    for customer in 0..<customers {
      starts[customer] = count
      for group in places.indices {
        let own = places[group][customer]
        places[group][customer] = count
        count += own
      }
    }
    starts[customers] = count
    var (sorted, disordered) = HourCellLoops.dealt(groups, to: places, count: count, width: width)
    var kept = 0
    for customer in 0..<customers {
      let range = starts[customer]..<starts[customer + 1]
      // Of a file in order only hours that two groups share aren't strictly ordered.
      let isRising =
        !disordered.contains { $0[customer] }
        && places.dropFirst().allSatisfy { ends in
          let place = ends[customer]
          return place <= range.lowerBound || place >= range.upperBound || sorted[place - 1].hour < sorted[place].hour
        }
      if isRising, kept == range.lowerBound {
        kept = range.upperBound
        continue
      }
      let order = Self.order(sorted, range)
      if order == .mixed {
        // Equal hours keep the order of the file, so that gaps mean the same at any number of threads.
        let ordered = range.sorted { (sorted[$0].hour, $0) < (sorted[$1].hour, $1) }.map { sorted[$0] }
        for (offset, cell) in ordered.enumerated() { sorted[range.lowerBound + offset] = cell }
      }
      let start = kept
      for index in range {
        if kept > start, sorted[kept - 1].hour == sorted[index].hour {
          sorted[kept - 1].add(sorted[index])
        } else {
          sorted[kept] = sorted[index]
          kept += 1
        }
      }
      starts[customer] = start
    }
    starts[customers] = kept
    sorted.removeLast(sorted.count - kept)
    cells = sorted
    self.starts = starts
  }

  private enum Order { case strict, equal, mixed }

  /// Whether the hours of a customer's cells rise, rise or stay, or neither.
  private static func order(_ cells: borrowing ContiguousArray<Cell>, _ range: Range<Int>) -> Order {
    let cells = cells.span
    var order = Order.strict
    for index in range.dropFirst() {
      if cells[index - 1].hour > cells[index].hour { return .mixed }
      if cells[index - 1].hour == cells[index].hour { order = .equal }
    }
    return order
  }
}
