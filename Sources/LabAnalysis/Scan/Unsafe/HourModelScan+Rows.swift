import LabCore
import LabPrices
import LabTable

/// The loop over the rows of a block of ``HourModelScan``.
///
/// Invariant: `PricedColumns` has made sure that its columns hold `count` rows, the other lengths are compared before the
/// loop; what a row leads to is checked for every row.
extension HourModelScan {
  mutating func add(_ block: CallBlock, _ columns: PricedColumns) {
    let statusCodes = block.codes(.status)
    precondition(columns.count <= statusCodes.count && columns.count <= slots.count)
    let statuses = statusCodes.span
    let (rowSlots, known, endSlots) = (slots, prices.slots, self.ends)
    let (found, ends) = (rowSlots.span, endSlots.span)
    let hasPrices = !known.isEmpty
    let (times, costs, errors) = (columns.times.span, columns.costs.span, columns.errors.span)
    let (inputs, outputs) = (columns.inputs.span, columns.outputs.span)
    let (providers, modelCodes) = (columns.providers.span, columns.models.span)
    let (cached, written) = (columns.cached.span, columns.written.span)
    let (written1h, reasoning) = (columns.written1h.span, columns.reasoning.span)
    let (statusFlags, typeFlags) = (errorStatuses, errorTypes)
    let (failedStatuses, failedTypes) = (statusFlags.span, typeFlags.span)
    let unknown = IntegerColumn.unknown
    // Rows mostly ascend in time, so that the hour of a row is mostly that of the row before.
    var (start, hour) = (Int64.max, Int64(0))
    // Out of the value while the loop runs, so that no access is checked row by row.
    var hours: ContiguousArray<Int64> = []
    var (keys, latest): (ContiguousArray<Int32>, ContiguousArray<Int32>) = ([], [])
    var sums: ContiguousArray<SIMD8<Int64>> = []
    swap(&hours, &self.hours)
    swap(&keys, &self.keys)
    swap(&latest, &self.latest)
    swap(&sums, &self.sums)
    for row in 0..<columns.count {
      let time = unsafe times[unchecked: row]
      guard time != unknown else { continue }
      if time < start || time &- start >= 3_600_000_000 {
        hour = floorDivide(time, 3_600_000_000)
        start = hour &* 3_600_000_000
      }
      let (input, output) = unsafe (inputs[unchecked: row], outputs[unchecked: row])
      var lanes = SIMD8<Int64>(repeating: 0)
      let error = unsafe errors[unchecked: row]
      let isFailed = unsafe failedStatuses[Int(statuses[unchecked: row])] || failedTypes[Int(error)]
      var number = -1
      if hasPrices {
        let slot = unsafe Int(found[unchecked: row])
        number = Int(slot >= 0 ? ends[slot] : PriceIndex.unsettled)
        if number == Int(PriceIndex.unsettled) { number = slotAtEnd(columns, row) }
      }
      if number >= 0 {
        // Unknown is the least number of all, so that the larger of it and zero is zero.
        let tokens = unsafe PricedTokens(
          input: input, cached: max(cached[unchecked: row], 0), written: max(written[unchecked: row], 0),
          written1h: max(written1h[unchecked: row], 0), output: output, reasoning: max(reasoning[unchecked: row], 0))
        let hasTokens = input != unknown && output != unknown && tokens.arePossible
        if hasTokens, known[number].pricesAll || !tokens.lackPrice(known[number].isPriced) {
          lanes = tokens.classes
          if isFailed {
            let rule = prices.rule(model: known[number].model, errorCode: error)
            if rule == .free { lanes = SIMD8(repeating: 0) }
            if rule == .input { (lanes[4], lanes[5]) = (0, 0) }
          }
        } else {
          number = -1
        }
      }
      if number < 0 {
        number = prices.slots.count
        if separatesPairs {
          number += unsafe Int(providers[unchecked: row]) &* models &+ Int(modelCodes[unchecked: row])
        }
      }
      lanes[HourModelCells.Cell.callsLane] = 1
      lanes[HourModelCells.Cell.costLane] = unsafe max(costs[unchecked: row], 0)
      let key = number &* 2 &+ (isFailed ? 1 : 0)
      var place = Int(latest[key])
      if place < 0 || hours[place] != hour {
        place = hours.count
        latest[key] = Int32(truncatingIfNeeded: place)
        hours.append(hour)
        keys.append(Int32(truncatingIfNeeded: key))
        sums.append(SIMD8(repeating: 0))
      }
      sums[place] &+= lanes
    }
    swap(&hours, &self.hours)
    swap(&keys, &self.keys)
    swap(&latest, &self.latest)
    swap(&sums, &self.sums)
  }

  /// The slot of a call at the window's end, where that of its own time doesn't tell.
  @inline(never)
  private func slotAtEnd(_ columns: borrowing PricedColumns, _ row: Int) -> Int {
    prices.slot(
      provider: columns.providers[row], model: columns.models[row], tierCode: columns.tiers[row], time: instant,
      input: columns.inputs[row])
  }
}
