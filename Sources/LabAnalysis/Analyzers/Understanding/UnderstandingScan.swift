import LabCore
import LabPrices
import LabTable

/// The one pass over the calls that all figures of ``Understanding`` rest on.
///
/// Rows are taken in chunks that stay in a core's cache: first the sums of every row, then one vector addition per cube.
struct UnderstandingScan: Sendable {
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

  let plan: Plan
  private var prices: PriceIndex
  private var chunk = ChunkBuffers()

  /// Rows of a chunk: their sums (64 bytes each) take 256 kB.
  private static let chunkRows = 4096

  /// What the pass reads and how it is laid out.
  struct Plan: Sendable {
    var columns: [UsageColumn]
    var cubes: [CallCube]
    var providers: Int
    var models: Int
    var comparison: PeriodComparison?
    var range: ClosedRange<Instant>?
    var hasOnlyTotal: Bool
    /// Whether a price book prices the calls.
    var hasPrices: Bool
    /// Whether tokens by class are kept per provider and model.
    var keepsClasses: Bool
    /// How many providers the series are split by; 1 when they are not.
    var seriesProviders: Int

    func with(cubes: [CallCube]) -> Plan {
      var plan = self
      plan.cubes = cubes
      return plan
    }
  }

  private struct ChunkBuffers: Sendable {
    var sums = ContiguousArray<CallSums>(repeating: CallSums(), count: chunkRows)
    var keys = ContiguousArray<Int>(repeating: 0, count: chunkRows)
    var windows = ContiguousArray<Int>(repeating: 0, count: chunkRows)
  }

  init(_ plan: Plan, prices: PriceIndex) {
    self.plan = plan
    self.prices = prices
    cubes = plan.cubes
    let moment = Instant(microseconds: 0)
    hourIndex = HourIndex(first: plan.range?.lowerBound ?? moment, last: plan.range?.upperBound ?? moment)
    hours = ContiguousArray(repeating: CallSums(), count: hourIndex.count * plan.seriesProviders)
    if plan.keepsClasses {
      let zero = SIMD8<Int64>(repeating: 0)
      classTokens = ContiguousArray(repeating: zero, count: plan.providers * plan.models * 2)
      classWeights = classTokens
    }
  }

  mutating func add(_ block: CallBlock) {
    let columns = PricedColumns(block)
    var start = 0
    while start < block.count {
      let end = min(start + Self.chunkRows, block.count)
      addWindows(block, start..<end)
      addSums(block, columns, start..<end)
      for index in cubes.indices { addCube(index, block, start..<end) }
      if plan.range != nil { addHours(block, start..<end) }
      start = end
    }
  }

  private mutating func addWindows(_ block: CallBlock, _ rows: Range<Int>) {
    guard let comparison = plan.comparison else { return }
    let times = block.integers(.timestamp)
    let (from, middle, end) = (
      comparison.previousStart.microseconds, comparison.recentStart.microseconds, comparison.recentEnd.microseconds
    )
    for row in rows {
      let time = times[row]
      chunk.windows[row - rows.lowerBound] = time < from || time >= end ? 0 : time < middle ? 1 : 2
    }
  }

  private mutating func addSums(_ block: CallBlock, _ columns: PricedColumns, _ rows: Range<Int>) {
    let unknown = IntegerColumn.unknown
    let costs = block.integers(.cost)
    let inputs = block.integers(.inputTokens)
    let outputs = block.integers(.outputTokens)
    let totals = plan.hasOnlyTotal ? block.integers(.totalTokens) : []
    let hasPrices = plan.hasPrices
    for row in rows {
      var sums = CallSums()
      let input = inputs[row]
      let output = outputs[row]
      let hasTokens = input != unknown && output != unknown
      sums.lanes[CallSums.Lane.calls] = 1
      sums.lanes[CallSums.Lane.inputTokens] = input == unknown ? 0 : input
      sums.lanes[CallSums.Lane.outputTokens] = output == unknown ? 0 : output
      if plan.hasOnlyTotal {
        if totals[row] != unknown { loneTotalTokens &+= totals[row] }
      } else if !hasTokens {
        tokenlessCalls &+= 1
      }
      let cost = costs[row]
      var isPriced = false
      if hasPrices, hasTokens { isPriced = split(cost, input, output, columns, row, rows.lowerBound, &sums) }
      if cost == unknown {
        costlessCalls &+= 1
        if !isPriced {
          unpricedCalls &+= 1
          unpricedTokens &+= sums.totalTokens
        }
      } else {
        sums.lanes[CallSums.Lane.cost] = cost
        if !isPriced { unsplitCalls &+= 1 }
      }
      total += sums
      chunk.sums[row - rows.lowerBound] = sums
    }
  }

  /// Splits a call's recorded cost between input and output. False when the book can't price the call.
  @inline(__always)
  private mutating func split(
    _ cost: Int64, _ input: Int64, _ output: Int64, _ columns: borrowing PricedColumns, _ row: Int, _ first: Int,
    _ sums: inout CallSums
  ) -> Bool {
    let provider = columns.providers[row]
    let modelCode = columns.models[row]
    guard let model = prices.model(provider: provider, model: modelCode) else { return false }
    let slot = prices.slot(model: model, tierCode: columns.tier(row), at: columns.time(row), input: input)
    guard slot >= 0 else { return false }
    let weights = prices.slots[slot].weights
    let tokens = columns.tokens(row, input: input, output: output)
    var (inputWeight, outputWeight) = tokens.weights(weights)
    let whole = inputWeight + outputWeight
    guard tokens.arePossible, whole.isFinite else { return false }
    guard cost != IntegerColumn.unknown else { return true }
    sums.lanes[CallSums.Lane.pricedInput] = input
    sums.lanes[CallSums.Lane.pricedOutput] = output
    guard cost > 0 else { return true }
    let rule = prices.rule(model: model, errorCode: columns.error(row))
    if rule == .input { outputWeight = 0 }
    var inputCost: Int64
    if whole > 0 {
      let share = inputWeight / (inputWeight + outputWeight)
      inputCost = share >= 1 ? cost : Int64((Double(cost) * (share.isFinite ? share : 1)).rounded(.toNearestOrEven))
    } else {
      // Free at the book's prices, yet billed: split by tokens.
      inputCost = Int64((Double(cost) * (Double(input) / max(1, Double(input) + Double(output)))).rounded(.down))
    }
    inputCost = min(max(inputCost, 0), cost)
    sums.lanes[CallSums.Lane.inputCost] = inputCost
    sums.lanes[CallSums.Lane.outputCost] = cost &- inputCost
    if plan.keepsClasses, chunk.windows[row - first] > 0 {
      let cell = (Int(provider) &* plan.models &+ Int(modelCode)) &* 2 &+ chunk.windows[row - first] &- 1
      classTokens[cell] &+= tokens.classes
      classWeights[cell] &+= Self.nanodollars(tokens.classes, weights)
    }
    return true
  }

  /// What each class costs at its price, in whole nanodollars (a weight half femtodollar is 5·10⁻⁷ of one).
  @inline(__always)
  private static func nanodollars(_ tokens: SIMD8<Int64>, _ prices: SIMD8<Double>) -> SIMD8<Int64> {
    var amounts = SIMD8<Int64>(repeating: 0)
    for index in 0..<PricedTokens.classCount where tokens[index] > 0 {
      // A thousand dollars is beyond any class of a real call, and keeps the conversion and the sums inside 64 bits.
      amounts[index] = Int64(min(Double(tokens[index]) * prices[index] * 5e-7, 1e12).rounded(.toNearestOrEven))
    }
    return amounts
  }

  private mutating func addCube(_ index: Int, _ block: CallBlock, _ rows: Range<Int>) {
    let count = rows.count
    for row in 0..<count { chunk.keys[row] = 0 }
    for axis in cubes[index].axes {
      if let column = axis.column {
        let codes = block.codes(column)
        for row in 0..<count {
          chunk.keys[row] = chunk.keys[row] &+ Int(codes[rows.lowerBound + row]) &* axis.stride
        }
      } else if axis.size > 1, plan.comparison != nil {
        for row in 0..<count { chunk.keys[row] = chunk.keys[row] &+ chunk.windows[row] &* axis.stride }
      }
    }
    for row in 0..<count { cubes[index].cells[chunk.keys[row]] += chunk.sums[row] }
  }

  private mutating func addHours(_ block: CallBlock, _ rows: Range<Int>) {
    let times = block.integers(.timestamp)
    let providers = plan.seriesProviders > 1 ? block.codes(.provider) : []
    for row in rows where times[row] != IntegerColumn.unknown {
      let cell =
        hourIndex.number(of: times[row]) &* plan.seriesProviders &+ (plan.seriesProviders > 1 ? Int(providers[row]) : 0)
      if cell >= hours.count {
        let wanted = (hourIndex.count * 2 + 64) * plan.seriesProviders
        hours.append(contentsOf: repeatElement(CallSums(), count: wanted - hours.count))
      }
      hours[cell] += chunk.sums[row - rows.lowerBound]
    }
  }

  mutating func merge(_ other: UnderstandingScan) {
    for index in cubes.indices { cubes[index].merge(other.cubes[index]) }
    for number in 0..<other.hourIndex.count {
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
    unpricedCalls += other.unpricedCalls
    unpricedTokens &+= other.unpricedTokens
    costlessCalls += other.costlessCalls
    unsplitCalls += other.unsplitCalls
    tokenlessCalls += other.tokenlessCalls
  }
}
