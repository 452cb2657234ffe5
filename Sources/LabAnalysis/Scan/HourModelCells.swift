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
      guard let request = try request(calls, in: context) else { return nil }
      let scan = try context.pass(request, over: calls)
      let (providers, models) = (calls.dictionary(.provider).texts, calls.dictionary(.model).texts)
      var series = scan.prices.slots.map { slot in
        let model = context.prices?.models[slot.model]
        return Series(provider: model?.provider ?? "", model: model?.model ?? "", slot: slot)
      }
      let pairs = pairs(of: calls)
      for pair in 0..<(pairs ?? 1) {
        let (provider, model) = (pair / max(1, models.count), pair % max(1, models.count))
        series.append(
          Series(
            provider: pairs != nil && provider < providers.count ? providers[provider] : "",
            model: pairs != nil && model < models.count ? models[model] : "", slot: nil))
      }
      return HourModelCells(scan, series: series)
    }
  }

  /// The pass over the calls; nil without timestamps or calls.
  static func request(
    _ calls: CallTable, in context: AnalysisContext
  ) throws(AnalysisError) -> ScanRequest<HourModelScan>? {
    guard calls.missing(needed).isEmpty, let range = try context.timeRange(of: calls) else { return nil }
    let prices = context.prices.flatMap { PriceIndex($0, calls) } ?? PriceIndex()
    let (end, pairs) = (range.upperBound.microseconds, pairs(of: calls) ?? 1)
    return ScanRequest(key: "hour_model_cells", columns: PricedColumns.columns + [.status]) {
      HourModelScan(calls, prices, at: end, models: max(1, calls.dictionary(.model).count), pairs: pairs)
    }
  }

  /// How many pairs of provider and model there can be; nil when they are too many to be told apart.
  private static func pairs(of calls: CallTable) -> Int? {
    let (pairs, overflow) = max(1, calls.dictionary(.provider).count)
      .multipliedReportingOverflow(by: max(1, calls.dictionary(.model).count))
    return !overflow && pairs <= mostPairs ? pairs : nil
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
