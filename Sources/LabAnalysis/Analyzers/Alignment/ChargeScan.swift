import LabCore
import LabTable

/// The pass over the calls that ``Alignment`` rests on: recorded cost, calls and tokens by organization, product, feature and
/// model, and by organization and day.
struct ChargeScan: CallScan {
  /// What is summed.
  enum Lane {
    static let calls = 0
    static let cost = 1
    static let input = 2
    static let output = 3
  }

  /// The calls of one combination.
  struct Cell: Sendable {
    var organization: UInt32
    var product: UInt32
    var feature: UInt32
    var provider: UInt32
    var model: UInt32
    /// Of the months that invoices are for, or nil.
    var month: Int?
    /// Whether the calls carry every required tag.
    var isTagged: Bool
    var sums: SIMD4<Int64>

    var calls: Int64 { sums[Lane.calls] }
    var cost: Int64 { sums[Lane.cost] }
    var tokens: Int64 { sums[Lane.input] &+ sums[Lane.output] }
  }

  /// What the pass needs to know.
  struct Plan: Sendable {
    var organizations: Int
    var products: Int
    var features: Int
    /// The whole days for resampling; empty when sums by day would not fit.
    var days: Range<Int>
    /// The months of invoices, as [start, end) in microseconds.
    var months: [Range<Int64>]
    /// By metadata code whether all required tags are there; empty without metadata in a dictionary.
    var isTagged: ContiguousArray<Bool>
    var columns: [UsageColumn]
    /// Provider and model together.
    var pairs: ModelPairs

    /// Sums by organization, day, product and feature (16 bytes each) that a thread may hold.
    static let dayCellLimit = 1 << 21
    /// Sums of possible combinations (32 bytes each) that a thread may hold; beyond, only those that occur are kept.
    static let cellLimit = 1 << 18
    var groups: Int { products * features }
    /// Each month of an invoice and the rest of time, with and without the required tags.
    var parts: Int { (months.count + 1) * 2 }

    /// Whether every possible combination has a place of its own.
    var isDense: Bool {
      !pairs.isEmpty && organizations <= Self.cellLimit && products <= Self.cellLimit && features <= Self.cellLimit
        && Double(organizations) * Double(products) * Double(features) * Double(pairs.count) * Double(parts)
          <= Double(Self.cellLimit)
    }
    /// Combinations without month and tags.
    var combinations: Int { organizations * groups * pairs.count }
  }

  let plan: Plan
  private let isDense: Bool
  /// Of the sums where combinations have no place of their own.
  private var numbers = KeyNumbers()
  /// By number; or by part · combinations + ((organization · products + product) · features + feature) · pairs + pair, a part
  /// being twice the month, one more with all tags.
  private var sums: ContiguousArray<SIMD4<Int64>> = []
  /// Calls and cost by (day · organizations + organization) · products · features + product · features + feature.
  private var days: ContiguousArray<SIMD2<Int64>>
  /// Calls and cost by metadata code.
  private(set) var metadata: ContiguousArray<SIMD2<Int64>>
  private(set) var costlessCalls = 0

  /// By row of a block: its combination, the place of its day, and what it adds.
  private var keys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  private var pairs = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  private var parts = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  private var dayKeys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)

  /// - Parameter isDense: whether combinations have places of their own; by default where there are few enough.
  init(_ plan: Plan, isDense: Bool? = nil) {
    self.plan = plan
    self.isDense = isDense ?? plan.isDense
    if self.isDense { sums = ContiguousArray(repeating: SIMD4(repeating: 0), count: plan.combinations * plan.parts) }
    days = ContiguousArray(
      repeating: SIMD2(repeating: 0), count: plan.organizations * plan.days.count * plan.groups)
    metadata = ContiguousArray(repeating: SIMD2(repeating: 0), count: plan.isTagged.count)
  }

  private static let microsecondsPerDay: Int64 = 86_400_000_000

  mutating func add(_ block: CallBlock) {
    let count = block.count
    let (times, costs) = (block.integers(.timestamp), block.integers(.cost))
    placeInTime(times, count: count)
    if !plan.isTagged.isEmpty {
      let texts = block.codes(.metadata)
      ChargeLoops.addTags(texts, plan.isTagged, count: count, to: &parts)
      ChargeLoops.add(costs, by: texts, count: count, to: &metadata)
    }
    // (Organization · products + product) · features + feature.
    RowLoops.setKeys(block.codes(.organizationID), stride: plan.groups, count: count, to: &keys)
    RowLoops.addKeys(block.codes(.productID), stride: plan.features, count: count, to: &keys)
    RowLoops.addKeys(block.codes(.featureID), stride: 1, count: count, to: &keys)
    if !plan.days.isEmpty {
      RowLoops.addKnownKeys(keys, count: count, to: &dayKeys)
      ChargeLoops.add(costs, by: dayKeys, count: count, to: &days)
    }
    costlessCalls += RowLoops.unknowns(costs, count: count)
    let (inputs, outputs) = (block.integers(.inputTokens), block.integers(.outputTokens))
    guard isDense else { return addByKey(block, costs, inputs, outputs) }
    RowLoops.numberPairs(block.codes(.provider), block.codes(.model), plan.pairs, count: count, into: &pairs)
    RowLoops.addDigit(pairs, base: plan.pairs.count, count: count, to: &keys)
    RowLoops.addKeys(parts, stride: plan.combinations, count: count, to: &keys)
    RowLoops.add(costs, inputs, outputs, by: keys, count: count, to: &sums)
  }

  /// Writes the month of every row, as a part, and where the sums of its day begin, or ``RowLoops/noKey``.
  private mutating func placeInTime(_ times: borrowing ContiguousArray<Int64>, count: Int) {
    let (dayCount, firstDay) = (Int64(plan.days.count), Int64(plan.days.lowerBound))
    let width = plan.organizations * plan.groups
    RowLoops.forEachRun(of: times, count: count, width: Self.microsecondsPerDay) { rows, number in
      let place = number.map { $0 &- firstDay } ?? -1
      let isIn = place >= 0 && place < dayCount
      RowLoops.fill(&dayKeys, rows, isIn ? UInt32(truncatingIfNeeded: Int(place) &* width) : RowLoops.noKey)
      let time = times[rows.lowerBound]
      let month = (plan.months.firstIndex { $0.contains(time) } ?? -1) + 1
      RowLoops.fill(&parts, rows, UInt32(truncatingIfNeeded: month * 2))
    }
  }

  /// Adds a block's rows to the combinations that occur.
  private mutating func addByKey(
    _ block: CallBlock, _ costs: borrowing ContiguousArray<Int64>, _ inputs: borrowing ContiguousArray<Int64>,
    _ outputs: borrowing ContiguousArray<Int64>
  ) {
    let (organizations, products, features) = (
      block.codes(.organizationID), block.codes(.productID), block.codes(.featureID)
    )
    let (providers, models) = (block.codes(.provider), block.codes(.model))
    for row in 0..<block.count {
      let number = numbers.number(
        of: KeyNumbers.Key(
          first: UInt64(organizations[row]) &<< 32 | UInt64(products[row]),
          second: UInt64(features[row]) &<< 32 | UInt64(providers[row]),
          third: UInt64(models[row]) &<< 32 | UInt64(parts[row])))
      if number == sums.count { sums.append(SIMD4(repeating: 0)) }
      sums[number] &+= SIMD4(1, max(costs[row], 0), max(inputs[row], 0), max(outputs[row], 0))
    }
  }

  mutating func merge(_ other: ChargeScan) {
    if isDense { for index in sums.indices { sums[index] &+= other.sums[index] } }
    for (index, key) in other.numbers.keys.enumerated() {
      let number = numbers.number(of: key)
      if number == sums.count { sums.append(other.sums[index]) } else { sums[number] &+= other.sums[index] }
    }
    for index in days.indices { days[index] &+= other.days[index] }
    for index in metadata.indices { metadata[index] &+= other.metadata[index] }
    costlessCalls += other.costlessCalls
  }

  /// The sums by combination, in the order of the codes.
  var cells: [Cell] { isDense ? denseCells : sparseCells }

  private var denseCells: [Cell] {
    var cells: [Cell] = []
    var first = 0
    for organization in 0..<plan.organizations {
      for product in 0..<plan.products {
        for feature in 0..<plan.features {
          for (pair, codes) in plan.pairs.codes.enumerated() {
            for part in 0..<plan.parts {
              let sum = sums[part * plan.combinations + first + pair]
              guard sum[Lane.calls] > 0 else { continue }
              cells.append(
                Cell(
                  organization: UInt32(organization), product: UInt32(product), feature: UInt32(feature),
                  provider: UInt32(codes.provider), model: UInt32(codes.model), month: part > 1 ? part / 2 - 1 : nil,
                  isTagged: part % 2 == 1, sums: sum))
            }
          }
          first += plan.pairs.count
        }
      }
    }
    return cells
  }

  private var sparseCells: [Cell] {
    numbers.keys.indices.sorted { numbers.keys[$0] < numbers.keys[$1] }.map { index in
      let key = numbers.keys[index]
      let part = Int(key.third & 0xffff_ffff)
      return Cell(
        organization: UInt32(key.first >> 32), product: UInt32(key.first & 0xffff_ffff),
        feature: UInt32(key.second >> 32), provider: UInt32(key.second & 0xffff_ffff), model: UInt32(key.third >> 32),
        month: part > 1 ? part / 2 - 1 : nil, isTagged: part % 2 == 1, sums: sums[index])
    }
  }

  /// Calls and cost of an organization's calls of a product and feature (product · features + feature) on one of the days.
  func sums(organization: Int, group: Int, day: Int) -> SIMD2<Int64> {
    days[(day * plan.organizations + organization) * plan.groups + group]
  }
}
