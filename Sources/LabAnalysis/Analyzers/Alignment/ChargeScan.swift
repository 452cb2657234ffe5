import LabCore
import LabTable

/// The pass over the calls that ``Alignment`` rests on: recorded cost, calls and tokens by organization, product, feature and
/// model, and by organization and day.
struct ChargeScan: Sendable {
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

    /// Sums by organization, day, product and feature (16 bytes each) that a thread may hold.
    static let dayCellLimit = 1 << 21
    var groups: Int { products * features }
  }

  let plan: Plan
  private var numbers = KeyNumbers()
  private var sums: ContiguousArray<SIMD4<Int64>> = []
  /// Calls and cost by (organization · days + day) · products · features + product · features + feature.
  private(set) var days: ContiguousArray<SIMD2<Int64>>
  /// Calls and cost by metadata code.
  private(set) var metadata: ContiguousArray<SIMD2<Int64>>
  private(set) var costlessCalls = 0

  init(_ plan: Plan) {
    self.plan = plan
    days = ContiguousArray(
      repeating: SIMD2(repeating: 0), count: plan.organizations * plan.days.count * plan.groups)
    metadata = ContiguousArray(repeating: SIMD2(repeating: 0), count: plan.isTagged.count)
  }

  private static let microsecondsPerDay: Int64 = 86_400_000_000

  mutating func add(_ block: CallBlock) {
    let (organizationCodes, productCodes) = (block.codes(.organizationID), block.codes(.productID))
    let (featureCodes, providerCodes) = (block.codes(.featureID), block.codes(.provider))
    let (modelCodes, metadataCodes) = (block.codes(.model), block.codes(.metadata))
    let (timeValues, costValues) = (block.integers(.timestamp), block.integers(.cost))
    let (inputValues, outputValues) = (block.integers(.inputTokens), block.integers(.outputTokens))
    let (organizations, products, features) = (organizationCodes.span, productCodes.span, featureCodes.span)
    let (providers, models, texts) = (providerCodes.span, modelCodes.span, metadataCodes.span)
    let (times, costs, inputs, outputs) = (timeValues.span, costValues.span, inputValues.span, outputValues.span)
    let plan = self.plan
    let hasTags = !plan.isTagged.isEmpty
    let (dayCount, groups, featureCount) = (plan.days.count, plan.groups, plan.features)
    let firstDay = Int64(plan.days.lowerBound)
    // Rows mostly ascend in time, so that the day and month of a row are mostly those of the row before.
    var (start, end, day, month) = (Int64.max, Int64.min, -1, 0)
    var (numbers, sums) = (KeyNumbers(), ContiguousArray<SIMD4<Int64>>())
    swap(&numbers, &self.numbers)
    swap(&sums, &self.sums)
    for row in 0..<block.count {
      let (time, cost) = (times[row], costs[row])
      if time < start || time >= end {
        let number = floorDivide(time, Self.microsecondsPerDay)
        (start, end) = (number &* Self.microsecondsPerDay, (number &+ 1) &* Self.microsecondsPerDay)
        let place = number &- firstDay
        day = place >= 0 && place < Int64(dayCount) ? Int(place) : -1
        month = (plan.months.firstIndex { $0.contains(time) } ?? -1) + 1
      }
      let known = max(cost, 0)
      if cost == IntegerColumn.unknown { costlessCalls &+= 1 }
      let tag = hasTags && plan.isTagged[Int(texts[row])]
      let (organization, product, feature) = (organizations[row], products[row], features[row])
      let number = numbers.number(
        of: KeyNumbers.Key(
          first: UInt64(organization) &<< 32 | UInt64(product), second: UInt64(feature) &<< 32 | UInt64(providers[row]),
          third: UInt64(models[row]) &<< 32 | UInt64(month) &<< 1 | (tag ? 1 : 0)))
      if number == sums.count { sums.append(SIMD4(repeating: 0)) }
      sums[number] &+= SIMD4(1, known, max(inputs[row], 0), max(outputs[row], 0))
      if hasTags { metadata[Int(texts[row])] &+= SIMD2(1, known) }
      if day >= 0 {
        let group = Int(product) &* featureCount &+ Int(feature)
        days[(Int(organization) &* dayCount &+ day) &* groups &+ group] &+= SIMD2(1, known)
      }
    }
    swap(&numbers, &self.numbers)
    swap(&sums, &self.sums)
  }

  mutating func merge(_ other: ChargeScan) {
    for (index, key) in other.numbers.keys.enumerated() {
      let number = numbers.number(of: key)
      if number == sums.count { sums.append(other.sums[index]) } else { sums[number] &+= other.sums[index] }
    }
    for index in days.indices { days[index] &+= other.days[index] }
    for index in metadata.indices { metadata[index] &+= other.metadata[index] }
    costlessCalls += other.costlessCalls
  }

  /// The sums by combination, in the order of the codes.
  var cells: [Cell] {
    numbers.keys.indices.sorted { numbers.keys[$0] < numbers.keys[$1] }.map { index in
      let key = numbers.keys[index]
      let month = Int(key.third & 0xffff_ffff) >> 1
      return Cell(
        organization: UInt32(key.first >> 32), product: UInt32(key.first & 0xffff_ffff),
        feature: UInt32(key.second >> 32), provider: UInt32(key.second & 0xffff_ffff), model: UInt32(key.third >> 32),
        month: month > 0 ? month - 1 : nil, isTagged: key.third & 1 == 1, sums: sums[index])
    }
  }
}
