import LabCore
import LabPrices
import LabTable

/// The pass over the calls behind ``CallGroups``.
///
/// Of a stretch of rows first the sums of every row are made, then one vector addition per cube takes them in.
struct CallGroupScan: PricedScan {
  /// Sums of every coded dimension, in cubes.
  var cubes: [CallCube]
  /// Sums by hour and provider: index hour number · series providers + provider code.
  var hours: ContiguousArray<CallSums> = []
  var hourIndex: HourIndex
  /// Tokens by class, and what they cost at the book's prices in nanodollars, by provider, model and window (0 before,
  /// 1 after): the weights by which recorded cost is split over classes.
  var classTokens: ContiguousArray<SIMD8<Int64>> = []
  var classWeights: ContiguousArray<SIMD8<Int64>> = []
  var total = CallSums()
  /// Tokens of a file that has only `total_tokens`.
  var loneTotalTokens: Int64 = 0
  /// Calls and tokens without a recorded cost that the book can't price either.
  var unpricedCalls = 0
  var unpricedTokens: Int64 = 0
  /// Calls without a recorded cost.
  var costlessCalls = 0
  /// Calls with a recorded cost that can't be split, since the book lacks their model, tier or time.
  var unsplitCalls = 0
  /// Calls whose input or output tokens are unknown.
  var tokenlessCalls = 0

  /// Recorded against priced cost; nil where calls can't be priced.
  private(set) var priceAudit: PriceAudit?

  let plan: Plan
  var prices: PriceIndex
  var slots = ContiguousArray<Int32>(repeating: -1, count: CallBlock.foldedRows)
  /// By row of a stretch its sums, or the lower half of them; by row of a block its lane of calls, its window, and room for a
  /// number.
  private var sums = ContiguousArray<CallSums>(repeating: CallSums(), count: stretch)
  private var plainSums = ContiguousArray<SIMD4<Int64>>(repeating: SIMD4(repeating: 0), count: stretch)
  private var calls = ContiguousArray<Int64>(repeating: 1, count: CallBlock.foldedRows)
  private var windows = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  private var keys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  /// By cube the cell of every row of a block.
  private var cubeKeys: [ContiguousArray<UInt32>] = []

  /// Rows whose sums, 64 bytes each, stay in a core's first-level cache until all cubes have taken them in.
  private static let stretch = 256

  /// What the pass reads and how it is laid out.
  struct Plan: Sendable {
    var columns: [UsageColumn]
    var cubes: [CallCube]
    var providers: Int
    var models: Int
    var comparison: PeriodComparison?
    var range: ClosedRange<Instant>?
    /// Whether there are sums by hour: of calls alone where costs are not split.
    var keepsHours: Bool
    var hasOnlyTotal: Bool
    /// Whether a price book prices the calls.
    var hasPrices: Bool
    /// Whether recorded cost is split into that of input and of output.
    var splitsCosts: Bool
    /// Whether tokens by class are kept per provider and model.
    var keepsClasses: Bool
    /// How many providers the series are split by; 1 when they are not.
    var seriesProviders: Int
    /// Whether recorded costs are compared with the book's.
    var auditsPrices: Bool
    /// The code of the status of failed calls, or nil.
    var errorCode: UInt32?
  }

  init(_ plan: Plan, prices: PriceIndex) {
    self.plan = plan
    self.prices = prices
    if plan.auditsPrices { priceAudit = PriceAudit(prices) }
    cubes = plan.cubes
    cubeKeys = Array(
      repeating: ContiguousArray(repeating: 0, count: CallBlock.foldedRows), count: cubes.count)
    let moment = Instant(microseconds: 0)
    hourIndex = HourIndex(first: plan.range?.lowerBound ?? moment, last: plan.range?.upperBound ?? moment)
    if plan.keepsHours {
      hours = ContiguousArray(repeating: CallSums(), count: hourIndex.count * plan.seriesProviders)
    }
    if plan.keepsClasses {
      let zero = SIMD8<Int64>(repeating: 0)
      classTokens = ContiguousArray(repeating: zero, count: plan.providers * plan.models * 2)
      classWeights = classTokens
    }
  }

  mutating func findSlots(_ columns: borrowing PricedColumns) { prices.findSlots(columns, into: &slots) }

  mutating func add(_ block: CallBlock, _ columns: PricedColumns) {
    if let comparison = plan.comparison {
      RowLoops.setWindows(
        columns.times, comparison.previousStart.microseconds, comparison.recentStart.microseconds,
        comparison.recentEnd.microseconds, count: columns.count, in: &windows)
    }
    if plan.hasOnlyTotal { addLoneTotals(block) }
    guard plan.splitsCosts else { return addPlain(block, columns) }
    let windows = plan.comparison == nil ? nil : windows
    for index in cubes.indices { cubes[index].number(block, windows: windows, into: &cubeKeys[index]) }
    if plan.keepsHours { numberHours(columns) }
    addSums(block, columns)
  }

  /// Calls, cost and tokens alone, without sums of a row on the way.
  private mutating func addPlain(_ block: CallBlock, _ columns: PricedColumns) {
    let count = columns.count
    if plan.auditsPrices {
      priceAudit?.add(columns, slots: slots, PriceAudit.look(at: columns, slots: slots, prices))
    }
    PlainSums.count(block.codes(.status), errorCode: plan.errorCode, count: count, into: &calls)
    if cubes.isEmpty { total += PlainSums.total(calls, columns) }
    for index in cubes.indices { cubes[index].number(block, windows: nil, into: &cubeKeys[index]) }
    for start in stride(from: 0, to: count, by: Self.stretch) {
      let rows = start..<min(start + Self.stretch, count)
      PlainSums.setRows(calls, columns, rows, to: &plainSums)
      addPlainToCells(rows)
    }
    if plan.keepsHours {
      numberHours(columns)
      countHours(columns.count)
    }
  }

  /// Adds what the rows of a stretch add to all cubes, two at a time.
  private mutating func addPlainToCells(_ rows: Range<Int>) {
    var waiting = cubes.indices[...]
    while let first = waiting.popFirst() {
      guard let second = waiting.popFirst() else {
        return PlainSums.add(plainSums, by: cubeKeys[first], rows, to: &cubes[first].cells)
      }
      var cells: ContiguousArray<CallSums> = []
      swap(&cells, &cubes[first].cells)
      PlainSums.add(
        plainSums, by: cubeKeys[first], and: cubeKeys[second], rows, to: &cells, and: &cubes[second].cells)
      swap(&cells, &cubes[first].cells)
    }
  }

  /// Sums the whole up where no pass over rows did: every row is in a cell of each cube.
  mutating func addTotal() {
    guard !plan.splitsCosts, let cube = cubes.first else { return }
    for cell in cube.cells { total += cell }
  }

  private mutating func addLoneTotals(_ block: CallBlock) {
    let totals = block.integers(.totalTokens)
    for row in 0..<block.count where totals[row] != IntegerColumn.unknown { loneTotalTokens &+= totals[row] }
  }

  private mutating func addSums(_ block: CallBlock, _ columns: PricedColumns) {
    let split = CostSplit(
      slots: slots, windows: windows, prices: prices, models: plan.models, keepsClasses: plan.keepsClasses)
    let statuses = block.codes(.status)
    var tally = CostSplit.Tally()
    for start in stride(from: 0, to: columns.count, by: Self.stretch) {
      let rows = start..<min(start + Self.stretch, columns.count)
      split.sums(of: columns, rows, into: &sums, &classTokens, &classWeights, &tally)
      if let errorCode = plan.errorCode {
        total.lanes[CallSums.Lane.calls] &+= RowLoops.markFailures(statuses, rows, errorCode: errorCode, in: &sums)
      }
      addToCells(rows)
    }
    priceAudit?.add(columns, slots: slots, tally.audit)
    total += tally.total
    costlessCalls += tally.costlessCalls
    unpricedCalls += tally.unpricedCalls
    unpricedTokens &+= tally.unpricedTokens
    unsplitCalls += tally.unsplitCalls
    if !plan.hasOnlyTotal { tokenlessCalls += tally.tokenlessCalls }
  }

  /// Adds the sums of a stretch of rows to all cubes, and to those by hour, two at a time.
  private mutating func addToCells(_ rows: Range<Int>) {
    var waiting = cubes.indices[...]
    while let first = waiting.popFirst() {
      var cells: ContiguousArray<CallSums> = []
      swap(&cells, &cubes[first].cells)
      if let second = waiting.popFirst() {
        RowLoops.add(sums, by: cubeKeys[first], and: cubeKeys[second], rows, to: &cells, and: &cubes[second].cells)
      } else if plan.keepsHours {
        RowLoops.add(sums, by: cubeKeys[first], and: keys, rows, to: &cells, and: &hours)
      } else {
        RowLoops.add(sums, by: cubeKeys[first], rows, to: &cells)
      }
      swap(&cells, &cubes[first].cells)
    }
    if plan.keepsHours, cubes.count.isMultiple(of: 2) { RowLoops.add(sums, by: keys, rows, to: &hours) }
  }

  /// Writes the sums by hour that every row adds to, and makes room for them.
  private mutating func numberHours(_ columns: PricedColumns) {
    hourIndex.number(columns.times, count: columns.count, into: &keys)
    let width = plan.seriesProviders
    if hourIndex.count * width > hours.count {
      let wanted = (hourIndex.count * 2 + 64) * width
      hours.append(contentsOf: repeatElement(CallSums(), count: wanted - hours.count))
    }
    guard width > 1 else { return }
    RowLoops.addKnownDigit(columns.providers, base: width, count: columns.count, to: &keys)
  }

  /// Counts the calls of each hour: rows mostly ascend in time, so that an hour is a run of rows.
  private mutating func countHours(_ count: Int) {
    RowLoops.forEachRun(of: keys, count: count) { rows, key in
      if key != RowLoops.noKey { hours[Int(key)].lanes[CallSums.Lane.calls] &+= Int64(rows.count) }
    }
  }

  mutating func merge(_ other: CallGroupScan) {
    for index in cubes.indices { cubes[index].merge(other.cubes[index]) }
    for number in 0..<(plan.keepsHours ? other.hourIndex.count : 0) {
      let own = hourIndex.number(of: other.hourIndex.hour(number) &* 3_600_000_000) * plan.seriesProviders
      if own + plan.seriesProviders > hours.count {
        hours.append(
          contentsOf: repeatElement(CallSums(), count: (hourIndex.count * 2 + 64) * plan.seriesProviders - hours.count))
      }
      for provider in 0..<plan.seriesProviders where number * plan.seriesProviders + provider < other.hours.count {
        hours[own + provider] += other.hours[number * plan.seriesProviders + provider]
      }
    }
    for index in classTokens.indices {
      classTokens[index] &+= other.classTokens[index]
      classWeights[index] &+= other.classWeights[index]
    }
    total += other.total
    loneTotalTokens &+= other.loneTotalTokens
    if let audit = other.priceAudit { priceAudit?.merge(audit) }
    unpricedCalls += other.unpricedCalls
    unpricedTokens &+= other.unpricedTokens
    costlessCalls += other.costlessCalls
    unsplitCalls += other.unsplitCalls
    tokenlessCalls += other.tokenlessCalls
  }
}
