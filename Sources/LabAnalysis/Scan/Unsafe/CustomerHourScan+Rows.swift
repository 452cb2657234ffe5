import LabCore
import LabTable

/// The loops over the rows of a block of ``CustomerHourScan``: first the cell of every row, then what it takes in. So memory
/// is asked for the cells of many rows at a time.
///
/// Invariant: the lengths of all columns are compared before each loop; what a row leads to is checked for every row.
extension CustomerHourScan {
  mutating func take(_ block: CallBlock) {
    let count = block.count
    RowLoops.setValues(of: statusFlags, at: block.codes(.status), count: count, to: &flags)
    RowLoops.uniteValues(of: typeFlags, at: block.codes(.errorType), count: count, with: &flags)
    dear.mark(block.codes(.provider), block.codes(.model), count: count, Flag.dear, in: &flags)
    place(block)
    addRows(block)
  }

  /// Finds the cell of every row, and makes those that there aren't yet.
  private mutating func place(_ block: CallBlock) {
    let (count, unknown) = (block.count, IntegerColumn.unknown)
    let (customerCodes, timeValues) = (block.codes(.customerID), block.integers(.timestamp))
    let (customers, times) = (customerCodes.span, timeValues.span)
    precondition(count <= customers.count && count <= times.count && count <= places.count)
    var (cursor, used) = (store.cursor, store.used)
    let away = store.away
    // Out of the value while the loop runs, so that all can be written.
    var (recent, lastCells) = (ContiguousArray<Cell>(), ContiguousArray<Int32>())
    swap(&recent, &store.recent)
    swap(&lastCells, &store.latest)
    var cells = recent.mutableSpan
    var latest = lastCells.mutableSpan
    var places = places.mutableSpan
    for row in 0..<count {
      let time = unsafe times[unchecked: row]
      guard time != unknown else {
        unsafe places[unchecked: row] = Place()
        continue
      }
      cursor.move(to: time, next: away &+ used)
      let milliseconds = UInt32(truncatingIfNeeded: (time &- cursor.start) / 1000)
      let customer = unsafe customers[unchecked: row]
      var number = Int(latest[Int(customer)])
      if number < cursor.firstCell {
        number = away &+ used
        latest[Int(customer)] = Int32(truncatingIfNeeded: number)
        var cell = Cell(customer: customer, hour: cursor.hour)
        (cell.first, cell.last) = (milliseconds, milliseconds)
        cells[used] = cell
        used &+= 1
      }
      unsafe places[unchecked: row] = Place(
        cell: Int32(truncatingIfNeeded: number &- away), milliseconds: milliseconds)
    }
    swap(&recent, &store.recent)
    swap(&lastCells, &store.latest)
    (store.cursor, store.used) = (cursor, used)
  }

  /// Adds every row to its cell.
  private mutating func addRows(_ block: CallBlock) {
    let count = block.count
    let (regionCodes, costValues) = (block.codes(.region), block.integers(.cost))
    let (inputValues, outputValues) = (block.integers(.inputTokens), block.integers(.outputTokens))
    let (rowPlaces, rowFlags) = (places, flags)
    let (costs, inputs, outputs) = (costValues.span, inputValues.span, outputValues.span)
    let (regions, places, flags) = (regionCodes.span, rowPlaces.span, rowFlags.span)
    precondition(count <= costs.count && count <= inputs.count && count <= outputs.count && count <= regions.count)
    precondition(count <= places.count && count <= flags.count)
    // Out of the value while the loop runs.
    var recent = ContiguousArray<Cell>()
    swap(&recent, &store.recent)
    var cells = recent.mutableSpan
    for row in 0..<count {
      let place = unsafe places[unchecked: row]
      guard place.cell >= 0 else { continue }
      unsafe cells[Int(place.cell)].take(
        milliseconds: place.milliseconds, region: regions[unchecked: row], flags: flags[unchecked: row],
        cost: costs[unchecked: row], input: inputs[unchecked: row], output: outputs[unchecked: row])
    }
    swap(&recent, &store.recent)
  }
}

extension CustomerHours.Cell {
  /// Takes in a call of the cell's customer and hour; unknown figures are the least number of all.
  @inline(__always)
  fileprivate mutating func take(
    milliseconds: UInt32, region: UInt32, flags: UInt32, cost: Int64, input: Int64, output: Int64
  ) {
    typealias Flag = CustomerHourScan.Flag
    let gap = Int64(milliseconds) &- Int64(last)
    squaredGaps = gap >= 0 && squaredGaps >= 0 ? squaredGaps &+ gap &* gap : Self.disordered
    first = min(first, milliseconds)
    last = max(last, milliseconds)
    calls &+= 1
    errors &+= flags & Flag.failed
    rateLimits &+= (flags & Flag.limited) / Flag.limited
    regions |= 1 &<< min(region, 31)
    self.cost &+= max(cost, 0)
    inputTokens &+= max(input, 0)
    outputTokens &+= max(output, 0)
    add(levels: Self.level(of: input))
    dearCalls &+= (flags & Flag.dear) / Flag.dear
  }
}
