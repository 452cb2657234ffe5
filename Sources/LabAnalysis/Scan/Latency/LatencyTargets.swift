import LabTable

/// What durations are summed up by.
enum LatencyGrouping: Int, Sendable, CaseIterable {
  case overall, provider, pair, feature, region, regionProvider, pairStratum, series, firstToken

  var axes: Set<LatencyAxis> {
    switch self {
    case .overall: []
    case .provider: [.provider]
    case .pair, .firstToken: [.pair]
    case .feature: [.feature]
    case .region: [.region]
    case .regionProvider: [.region, .provider]
    case .pairStratum: [.pair, .stratum]
    case .series: [.series]
    }
  }

  /// The percentiles that are asked for, ascending.
  var shares: [Double] {
    switch self {
    case .series: [0.95]
    case .pairStratum, .firstToken: [0.5, 0.95]
    default: [0.5, 0.95, 0.99]
    }
  }
}

/// The groups of one grouping over the cells of the cube that tells them apart.
struct LatencyGroups: Sendable {
  let grouping: LatencyGrouping
  let cube: Int
  let count: Int
  /// The group of every cell.
  let groupOf: ContiguousArray<Int32>

  /// Nil when no cube tells the groups apart.
  init?(_ grouping: LatencyGrouping, _ plan: LatencyPlan) {
    self.grouping = grouping
    if grouping == .firstToken {
      guard let cube = plan.firstTokenCube else { return nil }
      self.cube = cube
    } else {
      // A pair knows its provider.
      let axes = grouping.axes
      let paired = Set(axes.map { $0 == .provider ? LatencyAxis.pair : $0 })
      let found = plan.cube(of: axes) ?? plan.cube(of: paired)
      guard let cube = grouping == .overall ? 0 : found else { return nil }
      self.cube = cube
    }
    let cube = plan.cubes[self.cube]
    let regions = plan.size(.region)
    func provider(_ cell: Int) -> Int {
      cube.has(.provider) ? cube.code(.provider, of: cell) : plan.pairs.codes[cube.code(.pair, of: cell)].provider
    }
    func group(_ cell: Int) -> Int {
      switch grouping {
      case .overall: 0
      case .provider: provider(cell)
      case .pair, .firstToken: cube.code(.pair, of: cell)
      case .feature: cube.code(.feature, of: cell)
      case .region: cube.code(.region, of: cell)
      case .regionProvider: provider(cell) * regions + cube.code(.region, of: cell)
      case .pairStratum: cube.code(.pair, of: cell) * LatencyStratum.count + cube.code(.stratum, of: cell)
      case .series: cube.code(.series, of: cell)
      }
    }
    switch grouping {
    case .overall: count = 1
    case .provider: count = plan.size(.provider)
    case .pair, .firstToken: count = plan.size(.pair)
    case .feature: count = plan.size(.feature)
    case .region: count = regions
    case .regionProvider: count = plan.size(.provider) * regions
    case .pairStratum: count = plan.size(.pair) * LatencyStratum.count
    case .series: count = plan.size(.series)
    }
    groupOf = ContiguousArray((0..<cube.cells).map { Int32(group($0)) })
  }
}

/// Where the percentiles of all groups lie: for each a bucket, and the rank of the wanted value among the bucket's values.
struct LatencyTargets: Sendable {
  struct Target: Sendable {
    var groups: Int
    var group: Int
    /// Which of the grouping's shares.
    var share: Int
    var bucket: Int
    var rank: Int
    /// The slots that hold the bucket's values, one for each cell of the group.
    var slots: [Int32] = []
  }

  /// The values of one bucket of one cell.
  struct Slot: Sendable {
    var cube: Int
    var bucket: Int
    var count: Int
    /// Where its counters by value begin, or -1 for a slot whose values are listed.
    var dense = -1
  }

  let groups: [LatencyGroups]
  private(set) var targets: [Target] = []
  private(set) var slots: [Slot] = []
  /// By cube, index cell · width + bucket: the slot, or -1. Empty for a cube without slots.
  private(set) var slotOf: [ContiguousArray<Int32>]
  /// By cube, a bit for each place in ``slotOf``: whether there is a slot. What most rows ask is answered by a table that stays in a
  /// core's cache.
  private(set) var marks: [ContiguousArray<UInt64>]
  /// The counters of all dense slots.
  private(set) var denseSize = 0
  /// By groups, then group: how many known durations there are.
  private(set) var known: [[Int]] = []

  /// A slot with so many values for each that a bucket can hold is counted rather than listed.
  private static let densityLimit: Int64 = 4

  init(_ scan: LatencyScan) {
    groups = LatencyGrouping.allCases.compactMap { LatencyGroups($0, scan.plan) }
    slotOf = scan.cubes.map { _ in [] }
    marks = scan.cubes.map { _ in [] }
    for index in groups.indices { add(index, scan) }
    for index in slots.indices {
      guard let size = LatencyScale.size(of: slots[index].bucket), Int64(slots[index].count) > size * Self.densityLimit
      else { continue }
      slots[index].dense = denseSize
      denseSize += Int(size)
    }
  }

  private mutating func add(_ index: Int, _ scan: LatencyScan) {
    let own = groups[index]
    let counts = scan.cubes[own.cube].counts
    let (width, buckets) = (LatencyScale.width, LatencyScale.bucketCount)
    var sums = ContiguousArray<Int>(repeating: 0, count: own.count * buckets)
    var members = [[Int]](repeating: [], count: own.count)
    for cell in own.groupOf.indices {
      let group = Int(own.groupOf[cell])
      var isEmpty = true
      for bucket in 0..<buckets where counts[cell * width + bucket] > 0 {
        sums[group * buckets + bucket] += Int(counts[cell * width + bucket])
        isEmpty = false
      }
      if !isEmpty { members[group].append(cell) }
    }
    if slotOf[own.cube].isEmpty {
      slotOf[own.cube] = ContiguousArray(repeating: -1, count: counts.count)
      marks[own.cube] = ContiguousArray(repeating: 0, count: (counts.count + 63) / 64)
    }
    var known: [Int] = []
    for group in 0..<own.count {
      let total = sums[(group * buckets)..<((group + 1) * buckets)].reduce(0, +)
      known.append(total)
      guard total > 0 else { continue }
      for (share, p) in own.grouping.shares.enumerated() {
        guard var rank = NearestRank.position(of: p, among: total) else { continue }
        var bucket = 0
        while rank >= sums[group * buckets + bucket] {
          rank -= sums[group * buckets + bucket]
          bucket += 1
        }
        var target = Target(groups: index, group: group, share: share, bucket: bucket, rank: rank)
        for cell in members[group] where counts[cell * width + bucket] > 0 {
          let place = cell * width + bucket
          if slotOf[own.cube][place] < 0 {
            slotOf[own.cube][place] = Int32(slots.count)
            marks[own.cube][place >> 6] |= 1 << UInt64(place & 63)
            slots.append(Slot(cube: own.cube, bucket: bucket, count: Int(counts[place])))
          }
          target.slots.append(slotOf[own.cube][place])
        }
        targets.append(target)
      }
    }
    self.known.append(known)
  }
}
