import LabCore
import LabPrices
import LabTable

/// The one pass over the calls that all figures of ``DatasetOverview`` rest on: each part looks at a block after the other.
struct DatasetScan: Sendable {
  /// What the pass reads and which parts have their columns.
  struct Plan: Sendable {
    var columns: [UsageColumn]
    var cubes: [CallCube]
    var presence: [CustomerPresence]
    var range: ClosedRange<Instant>?
    var priceAudit: PriceAudit?
    var tokenAudit: TokenAudit
    var tierPrices: TierPriceAudit?
    var gaps: CustomerGaps?
    var errorCode: UInt32?
  }

  private(set) var cubes: [CallCube]
  private(set) var presence: [CustomerPresence]
  private(set) var hourIndex: HourIndex
  /// Calls by hour number.
  private(set) var hours: ContiguousArray<Int64>
  private(set) var total = CallSums()
  private(set) var cachedTokens: Int64 = 0
  private(set) var inputCounts = ValueCounts()
  private(set) var outputCounts = ValueCounts()
  private(set) var priceAudit: PriceAudit?
  private(set) var tokenAudit: TokenAudit
  private(set) var tierPrices: TierPriceAudit?
  private(set) var gaps: CustomerGaps?
  let plan: Plan
  private var sums = ContiguousArray<CallSums>(repeating: CallSums(), count: CallBlock.foldedRows)
  private var keys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)

  /// The lane of ``CallSums`` that counts failed calls here.
  static let failedLane = CallSums.Lane.inputCost

  init(_ plan: Plan) {
    self.plan = plan
    cubes = plan.cubes
    presence = plan.presence
    priceAudit = plan.priceAudit
    tokenAudit = plan.tokenAudit
    tierPrices = plan.tierPrices
    gaps = plan.gaps
    let moment = Instant(microseconds: 0)
    hourIndex = HourIndex(first: plan.range?.lowerBound ?? moment, last: plan.range?.upperBound ?? moment)
    hours = ContiguousArray(repeating: 0, count: hourIndex.count)
  }

  mutating func add(_ block: CallBlock) {
    let columns = PricedColumns(block)
    let added = Self.addSums(block, columns, errorCode: plan.errorCode, to: &sums)
    total += added.total
    cachedTokens &+= added.cachedTokens
    for index in cubes.indices { cubes[index].add(sums, of: block, windows: nil, keys: &keys) }
    for index in presence.indices { presence[index].add(block, keys: &keys) }
    inputCounts.add(columns.inputs, count: block.count, unknown: IntegerColumn.unknown)
    outputCounts.add(columns.outputs, count: block.count, unknown: IntegerColumn.unknown)
    if plan.range != nil { addHours(columns) }
    priceAudit?.add(columns)
    tokenAudit.add(block, columns)
    tierPrices?.add(block)
    gaps?.add(block)
  }

  /// Writes the sums of each row of a block; returns those of all its rows.
  ///
  /// The span is one of an array that stands alone, since ``cubes`` and ``presence`` are shared with the plan at first
  /// (docs/decisions/0008).
  private static func addSums(
    _ block: CallBlock, _ columns: PricedColumns, errorCode: UInt32?, to sums: inout ContiguousArray<CallSums>
  ) -> (total: CallSums, cachedTokens: Int64) {
    let (costs, inputs, outputs) = (columns.costs.span, columns.inputs.span, columns.outputs.span)
    let (cached, states) = (columns.cached.span, block.codes(.status))
    let status = states.span
    let unknown = IntegerColumn.unknown
    // A code that no row has, where the file knows no error.
    let errorCode = errorCode ?? .max
    var all = CallSums()
    var cachedSum: Int64 = 0
    var target = sums.mutableSpan
    for row in 0..<columns.count {
      var own = CallSums()
      own.lanes[CallSums.Lane.calls] = 1
      own.lanes[CallSums.Lane.cost] = costs[row] == unknown ? 0 : costs[row]
      own.lanes[CallSums.Lane.inputTokens] = inputs[row] == unknown ? 0 : inputs[row]
      own.lanes[CallSums.Lane.outputTokens] = outputs[row] == unknown ? 0 : outputs[row]
      own.lanes[failedLane] = status[row] == errorCode ? 1 : 0
      cachedSum &+= max(cached[row], 0)
      all += own
      target[row] = own
    }
    return (all, cachedSum)
  }

  private mutating func addHours(_ columns: PricedColumns) {
    hourIndex.number(columns.times, count: columns.count, into: &keys)
    if hourIndex.count > hours.count {
      hours.append(contentsOf: repeatElement(0, count: hourIndex.count * 2 - hours.count))
    }
    RowLoops.count(keys, count: columns.count, in: &hours)
  }

  mutating func merge(_ other: DatasetScan) {
    for index in cubes.indices { cubes[index].merge(other.cubes[index]) }
    for index in presence.indices { presence[index].merge(other.presence[index]) }
    for number in 0..<other.hourIndex.count where number < other.hours.count && other.hours[number] > 0 {
      let own = hourIndex.number(of: other.hourIndex.hour(number) &* 3_600_000_000)
      if own >= hours.count {
        hours.append(contentsOf: repeatElement(0, count: hourIndex.count * 2 - hours.count))
      }
      hours[own] &+= other.hours[number]
    }
    total += other.total
    cachedTokens &+= other.cachedTokens
    inputCounts.add(other.inputCounts)
    outputCounts.add(other.outputCounts)
    if let audit = other.priceAudit { priceAudit?.merge(audit) }
    tokenAudit.merge(other.tokenAudit)
    if let audit = other.tierPrices { tierPrices?.merge(audit) }
    if let later = other.gaps { gaps?.merge(later) }
  }
}
