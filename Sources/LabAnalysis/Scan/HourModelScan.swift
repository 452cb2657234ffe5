import LabCore
import LabPrices
import LabTable

/// The pass over the calls behind ``HourModelCells``.
struct HourModelScan: CallScan {
  /// By cell: its hour since 1970, its key and its sums.
  private(set) var hours: ContiguousArray<Int64> = []
  private(set) var keys: ContiguousArray<Int32> = []
  private(set) var sums: ContiguousArray<SIMD8<Int64>> = []
  /// The cell that each key was in last, or -1.
  private var latest: ContiguousArray<Int32>
  private(set) var prices: PriceIndex
  private let instant: Int64
  private let models: Int
  private let separatesPairs: Bool
  /// By code whether a call failed.
  private let errorStatuses: ContiguousArray<Bool>
  private let errorTypes: ContiguousArray<Bool>
  private var slots = ContiguousArray<Int32>(repeating: -1, count: CallBlock.foldedRows)

  init(_ calls: CallTable, _ prices: PriceIndex, at instant: Int64, models: Int, pairs: Int) {
    let statuses = calls.has(.status) ? calls.dictionary(.status).texts : []
    errorStatuses = ContiguousArray(statuses.isEmpty ? [false] : statuses.map { $0 == "error" })
    let types = calls.has(.errorType) ? calls.dictionary(.errorType).texts : []
    errorTypes = ContiguousArray(types.isEmpty ? [false] : types.map { !$0.isEmpty })
    self.prices = prices
    self.instant = instant
    self.models = models
    separatesPairs = pairs > 1
    latest = ContiguousArray(repeating: -1, count: (prices.slots.count + pairs) * 2)
  }

  mutating func add(_ block: CallBlock) {
    let columns = PricedColumns(block)
    let statusCodes = block.codes(.status)
    let statuses = statusCodes.span
    if prices.slots.isEmpty {
      for row in 0..<columns.count { slots[row] = -1 }
    } else {
      prices.findSlots(columns, at: instant, into: &slots)
    }
    let (rowSlots, known) = (slots, prices.slots)
    let found = rowSlots.span
    let (times, costs, errors) = (columns.times.span, columns.costs.span, columns.errors.span)
    let (inputs, outputs) = (columns.inputs.span, columns.outputs.span)
    let (providers, modelCodes) = (columns.providers.span, columns.models.span)
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
      let time = times[row]
      guard time != unknown else { continue }
      if time < start || time &- start >= 3_600_000_000 {
        hour = floorDivide(time, 3_600_000_000)
        start = hour &* 3_600_000_000
      }
      let (input, output) = (inputs[row], outputs[row])
      var lanes = SIMD8<Int64>(repeating: 0)
      let isFailed = errorStatuses[Int(statuses[row])] || errorTypes[Int(errors[row])]
      var number = Int(found[row])
      if number >= 0 {
        let tokens = columns.tokens(row, input: input, output: output)
        let hasTokens = input != unknown && output != unknown && tokens.arePossible
        if hasTokens, known[number].pricesAll || !tokens.lackPrice(known[number].isPriced) {
          lanes = tokens.classes
          if isFailed {
            let rule = prices.rule(model: known[number].model, errorCode: errors[row])
            if rule == .free { lanes = SIMD8(repeating: 0) }
            if rule == .input { (lanes[4], lanes[5]) = (0, 0) }
          }
        } else {
          number = -1
        }
      }
      if number < 0 {
        number = prices.slots.count
        if separatesPairs { number += Int(providers[row]) &* models &+ Int(modelCodes[row]) }
      }
      lanes[HourModelCells.Cell.callsLane] = 1
      lanes[HourModelCells.Cell.costLane] = costs[row] == unknown ? 0 : costs[row]
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

  mutating func merge(_ later: HourModelScan) {
    hours.append(contentsOf: later.hours)
    keys.append(contentsOf: later.keys)
    sums.append(contentsOf: later.sums)
  }
}
