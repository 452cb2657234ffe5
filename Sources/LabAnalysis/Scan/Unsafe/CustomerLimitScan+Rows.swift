import LabCore
import LabTable

/// The loop over the rows of a block of ``CustomerLimitScan``.
///
/// Invariant: the lengths of all columns are compared before the loop; what a row leads to is checked for every row.
extension CustomerLimitScan {
  mutating func take(_ block: CallBlock) {
    let (customerCodes, timeValues, typeCodes) = (
      block.codes(.customerID), block.integers(.timestamp), block.codes(.errorType)
    )
    let (customers, times, types) = (customerCodes.span, timeValues.span, typeCodes.span)
    let limitFlags = self.limited
    let limited = limitFlags.span
    var (cursor, used) = (store.cursor, store.used)
    let away = store.away
    // Out of the value while the loop runs, so that both can be written.
    var (recent, lastCells) = (ContiguousArray<CustomerLimits.Cell>(), ContiguousArray<Int32>())
    swap(&recent, &store.recent)
    swap(&lastCells, &store.latest)
    var cells = recent.mutableSpan
    var latest = lastCells.mutableSpan
    let count = block.count
    precondition(customers.count >= count && times.count >= count && types.count >= count)
    for row in 0..<count {
      let time = unsafe times[unchecked: row]
      guard time != IntegerColumn.unknown else { continue }
      cursor.move(to: time, next: away &+ used)
      let customer = unsafe customers[unchecked: row]
      var number = Int(latest[Int(customer)])
      if number < cursor.firstCell {
        number = away &+ used
        latest[Int(customer)] = Int32(truncatingIfNeeded: number)
        cells[used] = CustomerLimits.Cell(customer: customer, hour: cursor.hour)
        used &+= 1
      }
      cells[number &- away].calls &+= 1
      cells[number &- away].rateLimits &+= limited[Int(unsafe types[unchecked: row])]
    }
    swap(&recent, &store.recent)
    swap(&lastCells, &store.latest)
    (store.cursor, store.used) = (cursor, used)
  }
}
