import LabCore
import LabPrices
import LabTable

/// What was called in every hour, by the price that holds for it at the window's end: billed tokens by class, calls and
/// recorded cost. The hourly load at constant prices of any part of the bill is a sum over its cells.
///
/// A series is a price in force at the window's end: a model of the book, a service tier and, where size sets the price, a
/// level of it; calls that the book can't price then are a series per provider and model of the data. One pass over the
/// calls appends to the cell that a series was in last, so the work is linear and memory is 72 bytes per hour and series
/// with calls.
struct HourModelCells: Sendable {
  /// One price, or one model without a price at the window's end.
  struct Series: Sendable {
    /// As the price book writes them; without a price, as the data do.
    var provider: String
    var model: String
    /// Nil without a price.
    var slot: PriceIndex.Slot?

    /// What tokens cost at the window's end, contracted, rounded once; nil without a price.
    func cost(of tokens: SIMD8<Int64>) -> Money? { slot.flatMap { Self.cost(of: tokens, at: $0.rates) } }

    /// What tokens cost at some prices, rounded once.
    static func cost(of tokens: SIMD8<Int64>, at rates: CallRates) -> Money? {
      rates.cost(
        of: TokenUsage(
          input: tokens[0] &+ tokens[1] &+ tokens[2] &+ tokens[3], cachedInput: tokens[1], cacheWrite: tokens[2],
          cacheWrite1h: tokens[3], output: tokens[4] &+ tokens[5], reasoning: tokens[5]))
    }
  }

  /// The calls of one series in one hour, failed ones apart from the others.
  struct Cell: Sendable {
    /// Eight sums: the billed tokens in the order of ``PricedTokens``, then calls, then recorded nanodollars. Of a failed call
    /// only those tokens are in that its provider bills.
    var lanes = SIMD8<Int64>(repeating: 0)
    /// Hours since ``HourModelCells/firstHour``.
    var hour: Int32
    /// Twice the number of the series, one more for failed calls.
    var key: Int32

    static let callsLane = 6
    static let costLane = 7

    var series: Int { Int(key >> 1) }
    var isFailed: Bool { key & 1 == 1 }
    var calls: Int64 { lanes[Self.callsLane] }
    /// As recorded; calls without a cost add nothing.
    var recordedCost: Money { Money(nanodollars: lanes[Self.costLane]) }
  }

  let series: [Series]
  /// The first hour with calls, in hours since 1970 UTC.
  let firstHour: Int
  /// From the first to the last hour with calls, hours without calls included.
  let hourCount: Int
  /// By hour, then by series, those that succeeded before those that failed.
  let cells: ContiguousArray<Cell>
  /// By hour where its cells begin; one more entry than hours.
  let starts: ContiguousArray<Int>

  /// The cells of an hour, counted from the first.
  func cells(ofHour hour: Int) -> Slice<ContiguousArray<Cell>> {
    Slice(base: cells, bounds: starts[hour]..<starts[hour + 1])
  }

  /// What a cell costs at the prices of the window's end; as recorded where the book has none.
  func constantCost(of cell: Cell) -> Money { series[cell.series].cost(of: cell.lanes) ?? cell.recordedCost }

  /// Thirty years: beyond, the hours of a damaged file would fill memory with empty ones.
  static let mostHours = 1 << 18
  /// Beyond so many pairs of provider and model, unpriced calls are one series.
  private static let mostPairs = 1 << 18

  /// The columns without which there is no such aggregate.
  static let needed: [UsageColumn] = [.timestamp]

  /// The aggregate of a context's calls, made at most once; nil without timestamps, without calls, or when the calls lie
  /// more than ``mostHours`` apart.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> HourModelCells? {
    guard calls.missing(needed).isEmpty else { return nil }
    return try context.shared.value("hour_model_cells") { () throws(AnalysisError) -> HourModelCells? in
      guard let range = try context.timeRange(of: calls) else { return nil }
      let prices = context.prices.flatMap { PriceIndex($0, calls) } ?? PriceIndex()
      let (providers, models) = (calls.dictionary(.provider).texts, calls.dictionary(.model).texts)
      let (pairs, overflow) = max(1, providers.count).multipliedReportingOverflow(by: max(1, models.count))
      let separatesPairs = !overflow && pairs <= mostPairs
      let scan = try context.scanning { () throws(LabFailure) in
        try calls.fold(
          reading: PricedColumns.columns + [.status], where: context.selection, context.scan,
          from: {
            HourModelScan(
              calls, prices, at: range.upperBound.microseconds, models: max(1, models.count),
              pairs: separatesPairs ? pairs : 1)
          },
          { $0.add($1) }, merge: { $0.merge($1) })
      }
      var series = prices.slots.map { slot in
        let model = context.prices?.models[slot.model]
        return Series(provider: model?.provider ?? "", model: model?.model ?? "", slot: slot)
      }
      for pair in 0..<(separatesPairs ? pairs : 1) {
        let (provider, model) = (pair / max(1, models.count), pair % max(1, models.count))
        series.append(
          Series(
            provider: separatesPairs && provider < providers.count ? providers[provider] : "",
            model: separatesPairs && model < models.count ? models[model] : "", slot: nil))
      }
      return HourModelCells(scan, series: series)
    }
  }

  /// Sorts cells by hour and key and joins those of the same. Nil without cells or when they lie too far apart.
  private init?(_ scan: HourModelScan, series: [Series]) {
    guard let first = scan.hours.min(), let last = scan.hours.max(), last - first < Int64(Self.mostHours) else {
      return nil
    }
    let count = Int(last - first) + 1
    var starts = ContiguousArray<Int>(repeating: 0, count: count + 1)
    for hour in scan.hours { starts[Int(hour - first) + 1] += 1 }
    for hour in 0..<count { starts[hour + 1] += starts[hour] }
    var next = starts
    var sorted = ContiguousArray(repeating: Cell(hour: 0, key: 0), count: scan.hours.count)
    for index in scan.hours.indices {
      let hour = Int(scan.hours[index] - first)
      sorted[next[hour]] = Cell(lanes: scan.sums[index], hour: Int32(hour), key: scan.keys[index])
      next[hour] += 1
    }
    var kept = 0
    for hour in 0..<count {
      let range = starts[hour]..<starts[hour + 1]
      sorted[range].sort { $0.key < $1.key }
      let start = kept
      for index in range {
        if kept > start, sorted[kept - 1].key == sorted[index].key {
          sorted[kept - 1].lanes &+= sorted[index].lanes
        } else {
          sorted[kept] = sorted[index]
          kept += 1
        }
      }
      starts[hour] = start
    }
    starts[count] = kept
    sorted.removeLast(sorted.count - kept)
    self.series = series
    firstHour = Int(first)
    hourCount = count
    cells = sorted
    self.starts = starts
  }
}

/// The pass over the calls behind ``HourModelCells``.
private struct HourModelScan: Sendable {
  /// By cell: its hour since 1970, its key and its sums.
  private(set) var hours: ContiguousArray<Int64> = []
  private(set) var keys: ContiguousArray<Int32> = []
  private(set) var sums: ContiguousArray<SIMD8<Int64>> = []
  /// The cell that each key was in last, or -1.
  private var latest: ContiguousArray<Int32>
  private var prices: PriceIndex
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
