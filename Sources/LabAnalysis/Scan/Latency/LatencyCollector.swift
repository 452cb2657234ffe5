import LabTable

/// The second pass: the values of the wanted buckets, and how many calls of an hour are slow for their length.
struct LatencyCollector: Sendable {
  let plan: LatencyPlan
  let targets: LatencyTargets
  let references: LatencyReferences?
  private let codes: RowCodes
  private let keysOf: [CubeKeys]
  /// By cell of the first cube its place in an hour of the grid.
  private let gridPlaces: ContiguousArray<UInt32>
  private let axes: Set<LatencyAxis>
  private(set) var listed = ListedValues()
  /// Room for what a block adds to them.
  private var fresh = ContiguousArray(repeating: ListedValues.Entry(slot: 0, offset: 0), count: CallBlock.foldedRows)
  private let entries: ContiguousArray<Entry>
  /// The counters of dense slots, by value above the bucket's least.
  private(set) var dense: ContiguousArray<UInt32>
  private(set) var grid: ContiguousArray<LatencyScan.GridCell>
  private var rows = LatencyRows()
  private var cells = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  private var keys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  private var gridKeys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)

  /// What a row asks of a slot.
  struct Entry: BitwiseCopyable, Sendable {
    /// Where its counters begin, ``listed`` or ``endless``.
    var place: Int
    /// The least value of its bucket.
    var lowerBound: Int64

    /// The place of a slot whose values are listed, as they are where their bucket has no end.
    static let listed = -1
    static let endless = -2

    init(_ slot: LatencyTargets.Slot) {
      lowerBound = LatencyScale.lowerBound(of: slot.bucket)
      let isEndless = LatencyScale.size(of: slot.bucket) == nil
      place = isEndless ? Self.endless : slot.dense >= 0 ? slot.dense : Self.listed
    }
  }

  /// How a cube's cell follows from that of the first cube.
  private struct CubeKeys: Sendable {
    /// By cell of the first cube what the axes that both have give of the number.
    var known: ContiguousArray<UInt32>
    /// Axes that the first cube doesn't tell apart.
    var rest: [LatencyCube.Step]

    init(_ cube: LatencyCube, from first: LatencyCube) {
      let shared = cube.axes.filter { first.has($0.axis) }
      known = ContiguousArray(
        (0..<first.cells).map { cell in
          UInt32(shared.reduce(0) { $0 + first.code($1.axis, of: cell) * $1.stride })
        })
      rest = cube.axes.filter { !first.has($0.axis) && $0.size > 1 }
    }
  }

  /// - Parameter codes: stratum, cell of the first cube and bucket of the rows.
  init(_ plan: LatencyPlan, _ targets: LatencyTargets, _ references: LatencyReferences?, _ codes: RowCodes) {
    self.plan = plan
    self.codes = codes
    self.targets = targets
    self.references = references
    entries = ContiguousArray(targets.slots.map { Entry($0) })
    dense = ContiguousArray(repeating: 0, count: targets.denseSize)
    let hours = references == nil ? 0 : plan.time?.hours ?? 0
    grid = ContiguousArray(repeating: LatencyScan.GridCell(), count: plan.gridCells * hours)
    let first = plan.cubes[0]
    keysOf = plan.cubes.map { CubeKeys($0, from: first) }
    let wanted = plan.cubes.indices.filter { !targets.slotOf[$0].isEmpty }
    axes = Set(wanted.flatMap { [keysOf] in keysOf[$0].rest.map(\.axis) })
    let regions = plan.size(.region)
    gridPlaces =
      references == nil
      ? []
      : ContiguousArray(
        (0..<first.cells).map { cell in
          // Only a cube of pairs and regions has references.
          UInt32(plan.pairs.codes[first.code(.pair, of: cell)].provider * regions + first.code(.region, of: cell))
        })
  }

  /// What it reads.
  var columns: [UsageColumn] {
    var columns: [UsageColumn] = [.latency]
    if references != nil || axes.contains(.series) || axes.contains(.era) { columns.append(.timestamp) }
    if axes.contains(.provider) || axes.contains(.pair) { columns.append(.provider) }
    if axes.contains(.pair) { columns.append(.model) }
    if axes.contains(.region) { columns.append(.region) }
    if axes.contains(.feature) { columns.append(.featureID) }
    if plan.firstTokenCube != nil { columns.append(.timeToFirstToken) }
    return columns
  }

  mutating func add(_ block: CallBlock) {
    let count = block.count
    let latencies = block.integers(.latency)
    let own = codes.codes(around: block)
    LatencyLoops.read(own, from: block.start, count: count, cells: &cells, buckets: &rows.buckets)
    if axes.contains(.stratum) {
      LatencyLoops.readStrata(own, from: block.start, count: count, into: &rows[.stratum])
    }
    rows.fill(block, axes, hours: references != nil, plan)
    if references != nil { compare(count) }
    for cube in plan.cubes.indices where plan.cubes[cube].value == .latency && !targets.slotOf[cube].isEmpty {
      number(cube, count)
      collect(cube, latencies, count: count)
    }
    guard let cube = plan.firstTokenCube, !targets.slotOf[cube].isEmpty else { return }
    let firsts = block.integers(.timeToFirstToken)
    LatencyLoops.buckets(firsts, count: count, into: &rows.buckets)
    number(cube, count)
    collect(cube, firsts, count: count)
  }

  /// Writes the cell that every row has in a cube.
  private mutating func number(_ cube: Int, _ count: Int) {
    RowLoops.setValues(of: keysOf[cube].known, at: cells, count: count, to: &keys)
    for step in keysOf[cube].rest {
      RowLoops.addKeys(rows[step.axis], stride: step.stride, count: count, to: &keys)
    }
  }

  private mutating func collect(_ cube: Int, _ durations: ContiguousArray<Int64>, count: Int) {
    let added = LatencyLoops.collect(
      durations, keys, rows.buckets, count: count, marks: targets.marks[cube], slotOf: targets.slotOf[cube], entries,
      counts: &dense, list: &fresh)
    listed.append(fresh, count: added.listed)
    for row in added.endless {
      let place = Int(keys[row]) * LatencyScale.width + Int(rows.buckets[row])
      listed.append(.init(slot: targets.slotOf[cube][place], value: durations[row]))
    }
  }

  private mutating func compare(_ count: Int) {
    guard let references else { return }
    rows.numberGrid(plan, places: gridPlaces, at: cells, count: count, into: &gridKeys)
    LatencyLoops.compare(
      rows.buckets, at: cells, with: references.entries, by: gridKeys, count: count, in: &grid)
  }

  mutating func merge(_ other: LatencyCollector) {
    listed.merge(other.listed)
    for index in dense.indices { dense[index] &+= other.dense[index] }
    for index in grid.indices { grid[index] += other.grid[index] }
  }
}

/// What is slow for a model, region and length of answer: 1.5 times the 95th percentile of the first two weeks, so that no
/// verdict rests on what came after it.
struct LatencyReferences: Sendable {
  struct Entry: Sendable {
    /// Calls in higher buckets are slow.
    var slow: UInt32 = 0
    /// The share of slow calls in the first two weeks, in 65,536ths; 0 without a reference.
    var share: UInt32 = 0
  }

  /// By cell of the first cube.
  let entries: ContiguousArray<Entry>

  /// Calls in the first two weeks below which a cell has no 95th percentile to speak of: five of them lie above it.
  static let minimumCalls = 100
  /// How much slower the 95th percentile of an hour must be to matter: below, hardly anyone who waits would notice.
  static let leastFactor = 1.5

  /// Nil when calls aren't told apart by model, region, length and era.
  init?(_ scan: LatencyScan) {
    let cube = scan.cubes[0]
    guard cube.has(.era), scan.plan.gridCells > 0, (scan.plan.time?.hours ?? 0) > LatencyTime.eraHours else {
      return nil
    }
    var entries = ContiguousArray(repeating: Entry(), count: cube.cells)
    let half = cube.cells / 2
    for cell in 0..<half where LatencyStratum.lengths.contains(cube.code(.stratum, of: cell)) {
      let first = cell * LatencyScale.width
      let own = cube.counts[first..<(first + LatencyScale.bucketCount)]
      let total = own.reduce(0) { $0 + Int($1) }
      guard total >= Self.minimumCalls, var rank = NearestRank.position(of: 0.95, among: total) else { continue }
      var bucket = 0
      for count in own {
        if rank < Int(count) { break }
        rank -= Int(count)
        bucket += 1
      }
      let end = Double(LatencyScale.lowerBound(of: bucket + 1))
      let slow = LatencyScale.bucket(of: Int64(end * Self.leastFactor))
      let above = own[(first + slow + 1)...].reduce(0) { $0 + Int($1) }
      // At least half a call: none among so many is not never.
      let share = max(Double(above), 0.5) / Double(total)
      entries[cell] = Entry(slow: UInt32(slow), share: max(1, UInt32(share * 65_536)))
      entries[cell + half] = entries[cell]
    }
    self.entries = entries
  }
}
