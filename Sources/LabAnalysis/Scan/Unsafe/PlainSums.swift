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

  /// Adds every row to its cell.
  static func add(
    _ calls: borrowing ContiguousArray<Int64>, _ columns: borrowing PricedColumns,
    by keys: borrowing ContiguousArray<UInt32>, to cells: inout ContiguousArray<CallSums>
  ) {
    let count = columns.count
    precondition(count <= calls.count && count <= keys.count)
    let (calls, costs, keys) = (calls.span, columns.costs.span, keys.span)
    let (inputs, outputs) = (columns.inputs.span, columns.outputs.span)
    var cells = cells.mutableSpan
    for row in 0..<count {
      let own = unsafe SIMD4(
        calls[unchecked: row], known(costs[unchecked: row]), known(inputs[unchecked: row]),
        known(outputs[unchecked: row]))
      unsafe cells[Int(keys[unchecked: row])].lanes.lowHalf &+= own
    }
  }
}
