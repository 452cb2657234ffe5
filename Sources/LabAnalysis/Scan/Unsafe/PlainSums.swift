import LabTable

/// The loops over the rows of a block that sum calls, cost and tokens: the lower half of ``CallSums``.
///
/// Invariant: `PricedColumns` has made sure that its columns hold `count` rows, the other lengths are compared before the
/// loops; the cell that a row leads to is checked for every row.
enum PlainSums {
  /// Writes what every row adds to the lane of calls: one, and one failed call where its status is the code of errors.
  static func count(
    _ statuses: borrowing ContiguousArray<UInt32>, errorCode: UInt32?, count: Int,
    into calls: inout ContiguousArray<Int64>
  ) {
    guard let errorCode else { return }
    precondition(count >= 0 && count <= statuses.count && count <= calls.count)
    let statuses = statuses.span
    var calls = calls.mutableSpan
    for row in 0..<count {
      unsafe calls[unchecked: row] = statuses[unchecked: row] == errorCode ? 1 | CallSums.failedCall : 1
    }
  }

  /// The sums of all rows.
  static func total(_ calls: borrowing ContiguousArray<Int64>, _ columns: borrowing PricedColumns) -> CallSums {
    var total = CallSums()
    total.lanes[CallSums.Lane.calls] = sum(calls, columns.count)
    total.lanes[CallSums.Lane.cost] = sum(columns.costs, columns.count)
    total.lanes[CallSums.Lane.inputTokens] = sum(columns.inputs, columns.count)
    total.lanes[CallSums.Lane.outputTokens] = sum(columns.outputs, columns.count)
    return total
  }

  private static func sum(_ values: borrowing ContiguousArray<Int64>, _ count: Int) -> Int64 {
    precondition(count >= 0 && count <= values.count)
    let values = values.span
    var sum: Int64 = 0
    for row in 0..<count { unsafe sum &+= known(values[unchecked: row]) }
    return sum
  }

  @inline(__always)
  private static func known(_ value: Int64) -> Int64 { value == IntegerColumn.unknown ? 0 : value }

  /// Writes what every row of a stretch adds: its lane of calls, cost, input and output.
  static func setRows(
    _ calls: borrowing ContiguousArray<Int64>, _ columns: borrowing PricedColumns, _ stretch: Range<Int>,
    to rows: inout ContiguousArray<SIMD4<Int64>>
  ) {
    precondition(stretch.lowerBound >= 0 && stretch.upperBound <= columns.count && stretch.upperBound <= calls.count)
    precondition(stretch.count <= rows.count)
    let (calls, costs) = (calls.span, columns.costs.span)
    let (inputs, outputs) = (columns.inputs.span, columns.outputs.span)
    var rows = rows.mutableSpan
    for row in stretch {
      unsafe rows[unchecked: row &- stretch.lowerBound] = SIMD4(
        calls[unchecked: row], known(costs[unchecked: row]), known(inputs[unchecked: row]),
        known(outputs[unchecked: row]))
    }
  }

  /// Adds every row of a stretch to its cell.
  static func add(
    _ rows: borrowing ContiguousArray<SIMD4<Int64>>, by keys: borrowing ContiguousArray<UInt32>, _ stretch: Range<Int>,
    to cells: inout ContiguousArray<CallSums>
  ) {
    precondition(stretch.lowerBound >= 0 && stretch.count <= rows.count && stretch.upperBound <= keys.count)
    let (rows, keys) = (rows.span, keys.span)
    var cells = cells.mutableSpan
    for row in stretch {
      unsafe cells[Int(keys[unchecked: row])].lanes.lowHalf &+= rows[unchecked: row &- stretch.lowerBound]
    }
  }

  /// The same for two groupings of the rows: where neighbours share a cell, the other grouping's addition fills the time that
  /// the second must wait for the sums of the first.
  static func add(
    _ rows: borrowing ContiguousArray<SIMD4<Int64>>, by first: borrowing ContiguousArray<UInt32>,
    and second: borrowing ContiguousArray<UInt32>, _ stretch: Range<Int>,
    to firstCells: inout ContiguousArray<CallSums>,
    and secondCells: inout ContiguousArray<CallSums>
  ) {
    precondition(stretch.lowerBound >= 0 && stretch.count <= rows.count)
    precondition(stretch.upperBound <= first.count && stretch.upperBound <= second.count)
    let (rows, first, second) = (rows.span, first.span, second.span)
    var firstCells = firstCells.mutableSpan
    var secondCells = secondCells.mutableSpan
    for row in stretch {
      let own = unsafe rows[unchecked: row &- stretch.lowerBound]
      unsafe firstCells[Int(first[unchecked: row])].lanes.lowHalf &+= own
      unsafe secondCells[Int(second[unchecked: row])].lanes.lowHalf &+= own
    }
  }
}
