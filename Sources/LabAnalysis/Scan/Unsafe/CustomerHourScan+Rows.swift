import LabCore
import LabTable

/// The loop over the rows of a block of ``CustomerHourScan``.
///
/// Invariant: the lengths of all columns are compared before the loop; what a row leads to is checked for every row.
extension CustomerHourScan {
  mutating func take(_ block: CallBlock) {
    let (customerCodes, timeValues) = (block.codes(.customerID), block.integers(.timestamp))
    let (statusCodes, typeCodes, regionCodes) = (block.codes(.status), block.codes(.errorType), block.codes(.region))
    let (costValues, inputValues) = (block.integers(.cost), block.integers(.inputTokens))
    let outputValues = block.integers(.outputTokens)
    let (customers, times, costs) = (customerCodes.span, timeValues.span, costValues.span)
    let (inputs, outputs, regions) = (inputValues.span, outputValues.span, regionCodes.span)
    let (statuses, types) = (statusCodes.span, typeCodes.span)
    let (errorFlags, failureKinds) = (self.isError, self.failure)
    let (isError, failure) = (errorFlags.span, failureKinds.span)
    let (providerCodes, modelCodes, dearPairs) = (block.codes(.provider), block.codes(.model), dear)
    let (providers, models) = (providerCodes.span, modelCodes.span)
    var (cursor, used) = (store.cursor, store.used)
    let away = store.away
    // Out of the value while the loop runs, so that both can be written.
    var (recent, lastCells) = (ContiguousArray<Cell>(), ContiguousArray<Int32>())
    swap(&recent, &store.recent)
    swap(&lastCells, &store.latest)
    var cells = recent.mutableSpan
    var latest = lastCells.mutableSpan
    let count = block.count
    precondition([customers.count, times.count, costs.count, inputs.count].allSatisfy { $0 >= count })
    precondition([outputs.count, regions.count, statuses.count, types.count].allSatisfy { $0 >= count })
    precondition(providers.count >= count && models.count >= count)
    for row in 0..<count {
      let time = unsafe times[unchecked: row]
      guard time != IntegerColumn.unknown else { continue }
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
      unsafe cells[number &- away].take(
        milliseconds: milliseconds, region: regions[unchecked: row],
        isError: isError[Int(statuses[unchecked: row])], failure: failure[Int(types[unchecked: row])],
        cost: costs[unchecked: row], input: inputs[unchecked: row], output: outputs[unchecked: row],
        isDear: dearPairs.contains(provider: providers[unchecked: row], model: models[unchecked: row]))
    }
    swap(&recent, &store.recent)
    swap(&lastCells, &store.latest)
    (store.cursor, store.used) = (cursor, used)
  }
}

extension CustomerHours.Cell {
  /// Takes in a call of the cell's customer and hour; unknown figures are the least number of all.
  @inline(__always)
  fileprivate mutating func take(
    milliseconds: UInt32, region: UInt32, isError: Bool, failure: UInt32, cost: Int64, input: Int64, output: Int64,
    isDear: Bool
  ) {
    let gap = Int64(milliseconds) &- Int64(last)
    squaredGaps = gap >= 0 && squaredGaps >= 0 ? squaredGaps &+ gap &* gap : Self.disordered
    first = min(first, milliseconds)
    last = max(last, milliseconds)
    calls &+= 1
    errors &+= isError || failure > 0 ? 1 : 0
    rateLimits &+= failure == 2 ? 1 : 0
    regions |= 1 &<< min(region, 31)
    self.cost &+= cost == IntegerColumn.unknown ? 0 : cost
    inputTokens &+= input == IntegerColumn.unknown ? 0 : input
    outputTokens &+= output == IntegerColumn.unknown ? 0 : output
    inputLevels &+= Self.level(of: input)
    dearCalls &+= isDear ? 1 : 0
  }
}
