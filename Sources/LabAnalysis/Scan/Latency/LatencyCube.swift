import LabTable

/// Durations counted by bucket, and sums of calls, over the combinations of a few axes.
struct LatencyCube: Sendable {
  /// Which duration is counted.
  enum Value: Sendable { case latency, firstToken }

  struct Step: Sendable {
    var axis: LatencyAxis
    var size: Int
    var stride: Int
  }

  let axes: [Step]
  let cells: Int
  /// How many units of days the sums are kept apart by.
  let units: Int
  let keepsSums: Bool
  let value: Value
  /// Index cell · ``LatencyScale/width`` + bucket.
  var counts: ContiguousArray<UInt32> = []
  /// Index unit · cells + cell, in the lanes of ``Lane``.
  var sums: ContiguousArray<CallSums> = []

  /// What the lanes of ``sums`` hold here.
  enum Lane {
    static let calls = 0
    static let latency = 1
    static let cost = 2
    static let input = 3
    static let output = 4
    static let violations = 5
    static let failedCost = 6
    static let failed = 7
  }

  /// A cube without its counters, which ``filled()`` makes.
  init(_ axes: [LatencyAxis], sizes: [Int], units: Int, keepsSums: Bool, value: Value) {
    var stride = 1
    self.axes = axes.map { axis in
      defer { stride *= sizes[axis.rawValue] }
      return Step(axis: axis, size: sizes[axis.rawValue], stride: stride)
    }
    cells = stride
    self.units = units
    self.keepsSums = keepsSums
    self.value = value
  }

  func filled() -> LatencyCube {
    var cube = self
    cube.counts = ContiguousArray(repeating: 0, count: cells * LatencyScale.width)
    if keepsSums { cube.sums = ContiguousArray(repeating: CallSums(), count: cells * units) }
    return cube
  }

  /// The code that a cell has on an axis; 0 on one that the cube doesn't tell apart.
  func code(_ axis: LatencyAxis, of cell: Int) -> Int {
    guard let step = axes.first(where: { $0.axis == axis }) else { return 0 }
    return cell / step.stride % step.size
  }

  /// The sums of every cell over all units of days; empty when none are kept.
  var sumsOfCells: ContiguousArray<CallSums> {
    guard keepsSums else { return [] }
    var result = ContiguousArray(sums[..<cells])
    for unit in 1..<max(1, units) {
      for cell in 0..<cells { result[cell] += sums[unit * cells + cell] }
    }
    return result
  }

  func has(_ axis: LatencyAxis) -> Bool { axes.contains { $0.axis == axis } }

  /// Writes the cell of every row.
  func number(_ codes: borrowing LatencyRows, count: Int, into keys: inout ContiguousArray<UInt32>) {
    RowLoops.clear(&keys, count: count)
    for step in axes where step.size > 1 {
      RowLoops.addKeys(codes[step.axis], stride: step.stride, count: count, to: &keys)
    }
  }

  mutating func merge(_ other: LatencyCube) {
    for index in counts.indices { counts[index] &+= other.counts[index] }
    for index in sums.indices { sums[index] += other.sums[index] }
  }

  /// How many calls a cell has, those of unknown duration included.
  func calls(of cell: Int) -> Int {
    counts[(cell * LatencyScale.width)..<((cell + 1) * LatencyScale.width)].reduce(0) { $0 + Int($1) }
  }
}
