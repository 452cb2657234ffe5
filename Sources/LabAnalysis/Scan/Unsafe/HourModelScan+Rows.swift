import LabCore
import LabPrices
import LabTable

/// The loop over the rows of a block of ``HourModelScan``.
///
/// Invariant: `PricedColumns` has made sure that its columns hold `count` rows, the other lengths are compared before the
/// loops; what a row leads to is checked for every row.
extension HourModelScan {
  mutating func add(_ block: CallBlock, _ columns: PricedColumns) {
    setSeries(columns, statuses: block.codes(.status))
    let unknown = IntegerColumn.unknown
    let (times, costs, rowSeries) = (columns.times.span, columns.costs.span, self.rowSeries)
    let (cached, written, written1h) = (columns.cached.span, columns.written.span, columns.written1h.span)
    let (classes, series) = (columns.classes, rowSeries.span)
    let uncached = classes.values.span.extracting(classes.uncached)
    let visible = classes.values.span.extracting(classes.visible)
    let thinking = classes.values.span.extracting(classes.thinking)
    var cursor = self.cursor
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
      cursor.move(to: time, next: hours.count)
      // Unknown is the least number of all, so that the larger of it and zero is zero.
      var lanes = unsafe SIMD8(
        uncached[unchecked: row], max(cached[unchecked: row], 0), max(written[unchecked: row], 0),
        max(written1h[unchecked: row], 0), visible[unchecked: row], thinking[unchecked: row], 1,
        max(costs[unchecked: row], 0))
      var key = unsafe Int(series[unchecked: row])
      if key < 0 {
        let odd = oddCall(block, columns, row)
        key = odd.key
        lanes.replace(with: 0, where: odd.freeLanes)
      }
      var place = Int(latest[key])
      if place < cursor.firstCell {
        place = hours.count
        latest[key] = Int32(truncatingIfNeeded: place)
        hours.append(Int64(cursor.hour))
        keys.append(Int32(truncatingIfNeeded: key))
        sums.append(SIMD8(repeating: 0))
      }
      sums[place] &+= lanes
    }
    swap(&hours, &self.hours)
    swap(&keys, &self.keys)
    swap(&latest, &self.latest)
    swap(&sums, &self.sums)
    self.cursor = cursor
  }

  /// Writes the key of every call that is priced at the window's end, all classes of it, and didn't fail; -1 for the others.
  private mutating func setSeries(_ columns: PricedColumns, statuses: ContiguousArray<UInt32>) {
    let count = columns.count
    precondition(count <= statuses.count && count <= slots.count && count <= rowSeries.count)
    let (rowSlots, table, failedStatuses, failedTypes) = (slots, plainKeys, errorStatuses, errorTypes)
    let (slots, statuses, errors) = (rowSlots.span, statuses.span, columns.errors.span)
    let (keyOfSlot, isFailedStatus, isFailedType) = (table.span, failedStatuses.span, failedTypes.span)
    let bits = columns.classes.values.span.extracting(columns.classes.bits)
    var series = rowSeries.mutableSpan
    for row in 0..<count {
      let slot = unsafe Int(slots[unchecked: row]) &+ 1
      let isFailed = unsafe isFailedStatus[Int(statuses[unchecked: row])] || isFailedType[Int(errors[unchecked: row])]
      let key = keyOfSlot[slot]
      unsafe series[unchecked: row] = !isFailed && TokenClasses.isPlain(bits[unchecked: row]) ? key : -1
    }
  }

  /// The key of any other call, and which of its sums are not billed.
  @inline(never)
  private func oddCall(_ block: CallBlock, _ columns: PricedColumns, _ row: Int) -> (
    key: Int, freeLanes: SIMDMask<SIMD8<Int64>>
  ) {
    let (input, output, error) = (columns.inputs[row], columns.outputs[row], columns.errors[row])
    let isFailed = errorStatuses[Int(block.codes(.status)[row])] || errorTypes[Int(error)]
    var number = -1
    if !prices.slots.isEmpty {
      let slot = Int(slots[row])
      number = Int(slot >= 0 ? ends[slot] : PriceIndex.unsettled)
      if number == Int(PriceIndex.unsettled) { number = slotAtEnd(columns, row) }
    }
    var free = SIMDMask<SIMD8<Int64>>(repeating: false)
    if number >= 0 {
      let tokens = columns.tokens(row, input: input, output: output)
      let hasTokens = input != IntegerColumn.unknown && output != IntegerColumn.unknown && tokens.arePossible
      if hasTokens, prices.slots[number].pricesAll || !tokens.lackPrice(prices.slots[number].isPriced) {
        if isFailed {
          let rule = prices.rule(model: prices.slots[number].model, errorCode: error)
          for lane in 0..<PricedTokens.classCount {
            free[lane] = rule == .free || (rule == .input && lane >= TokenClass.output.rawValue)
          }
        }
      } else {
        number = -1
      }
    }
    if number < 0 {
      for lane in 0..<PricedTokens.classCount { free[lane] = true }
      number = prices.slots.count
      if separatesPairs { number += Int(columns.providers[row]) &* models &+ Int(columns.models[row]) }
    }
    return (number &* 2 &+ (isFailed ? 1 : 0), free)
  }

  /// The slot of a call at the window's end, where that of its own time doesn't tell.
  private func slotAtEnd(_ columns: borrowing PricedColumns, _ row: Int) -> Int {
    prices.slot(
      provider: columns.providers[row], model: columns.models[row], tierCode: columns.tiers[row], time: instant,
      input: columns.inputs[row])
  }
}
