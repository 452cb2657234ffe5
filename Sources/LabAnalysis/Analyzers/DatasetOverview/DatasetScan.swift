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
    var hasCallIDs: Bool
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
  private(set) var duplicates = DuplicateCallIDs()
  let plan: Plan
  private var chunk = ContiguousArray<CallSums>(repeating: CallSums(), count: chunkRows)
  private var keys = ContiguousArray<Int>(repeating: 0, count: chunkRows)

  /// The lane of ``CallSums`` that counts failed calls here.
  static let failedLane = CallSums.Lane.inputCost
  /// Rows of a chunk: their sums (64 bytes each) take 256 kB.
  private static let chunkRows = 4096

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
    var start = 0
    while start < block.count {
      let end = min(start + Self.chunkRows, block.count)
      addSums(block, start..<end)
      for index in cubes.indices { addCube(index, block, start..<end) }
      start = end
    }
    for index in presence.indices { presence[index].add(block) }
    if plan.range != nil { addHours(block) }
    priceAudit?.add(block)
    tokenAudit.add(block)
    tierPrices?.add(block)
    gaps?.add(block)
    if plan.hasCallIDs { duplicates.add(block) }
  }

  private mutating func addSums(_ block: CallBlock, _ rows: Range<Int>) {
    let costs = block.integers(.cost)
    let inputs = block.integers(.inputTokens)
    let outputs = block.integers(.outputTokens)
    let cached = block.integers(.cachedInputTokens)
    let status = block.codes(.status)
    let unknown = IntegerColumn.unknown
    for row in rows {
      var sums = CallSums()
      sums.lanes[CallSums.Lane.calls] = 1
      if row < costs.count, costs[row] != unknown { sums.lanes[CallSums.Lane.cost] = costs[row] }
      if row < inputs.count, inputs[row] != unknown {
        sums.lanes[CallSums.Lane.inputTokens] = inputs[row]
        inputCounts.add(inputs[row])
      }
      if row < outputs.count, outputs[row] != unknown {
        sums.lanes[CallSums.Lane.outputTokens] = outputs[row]
        outputCounts.add(outputs[row])
      }
      if row < cached.count { cachedTokens &+= max(cached[row], 0) }
      if let errorCode = plan.errorCode, status[row] == errorCode { sums.lanes[Self.failedLane] = 1 }
      total += sums
      chunk[row - rows.lowerBound] = sums
    }
  }

  private mutating func addCube(_ index: Int, _ block: CallBlock, _ rows: Range<Int>) {
    let count = rows.count
    for row in 0..<count { keys[row] = 0 }
    for axis in cubes[index].axes {
      guard let column = axis.column else { continue }
      let codes = block.codes(column)
      for row in 0..<count { keys[row] = keys[row] &+ Int(codes[rows.lowerBound + row]) &* axis.stride }
    }
    for row in 0..<count { cubes[index].cells[keys[row]] += chunk[row] }
  }

  private mutating func addHours(_ block: CallBlock) {
    let times = block.integers(.timestamp)
    for row in 0..<block.count where times[row] != IntegerColumn.unknown {
      let number = hourIndex.number(of: times[row])
      if number >= hours.count {
        hours.append(contentsOf: repeatElement(0, count: hourIndex.count * 2 - hours.count))
      }
      hours[number] &+= 1
    }
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
    duplicates.merge(other.duplicates)
  }
}
