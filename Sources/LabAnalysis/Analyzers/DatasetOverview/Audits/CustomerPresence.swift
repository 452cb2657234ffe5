import LabTable

/// Which customers have calls in each cell of a cube or, where that would take too much room, in each group of a column: a
/// bit per cell and customer. Groups of columns are unions of cells.
struct CustomerPresence: Sendable {
  /// Bits of one grouping's table: two megabytes. Beyond, numbers of customers are left out.
  static let bitLimit = 1 << 24
  /// Bits of a cube's table: a megabyte, about what a core's second-level cache holds.
  static let cubeBitLimit = 1 << 23

  /// Whether the keys of a cube's rows are those of this table.
  let sharesCube: Bool
  private let axes: [CallCube.Axis]
  private let width: Int
  private var words: ContiguousArray<UInt64>

  /// The tables that tell the customers of all groupings, by cube: one for the whole cube, or one for each grouping. A
  /// grouping whose own table would be too large has none.
  static func tables(for cube: CallCube, groupings: [[UsageColumn]], customers: Int) -> [CustomerPresence] {
    let axes = cube.axes.filter { $0.column != nil && $0.column != .customerID }
    let wanted = groupings.filter { columns in columns.allSatisfy { column in axes.contains { $0.column == column } } }
    if wanted.isEmpty { return [] }
    if axes.count == cube.axes.count(where: { $0.column != nil }),
      let whole = CustomerPresence(axes: axes, sharesCube: true, customers: customers, bitLimit: cubeBitLimit)
    {
      return [whole]
    }
    return wanted.compactMap { columns in
      var stride = 1
      var own: [CallCube.Axis] = []
      for column in columns.reversed() {
        guard let axis = axes.first(where: { $0.column == column }) else { return nil }
        own.append(CallCube.Axis(column: column, size: axis.size, stride: stride))
        stride = min(stride, bitLimit) * axis.size
      }
      return CustomerPresence(axes: own, sharesCube: false, customers: customers, bitLimit: bitLimit)
    }
  }

  /// Nil when the table would be too large.
  private init?(axes: [CallCube.Axis], sharesCube: Bool, customers: Int, bitLimit: Int) {
    let cells = axes.reduce(1) { min($0, bitLimit) * max(1, $1.size) }
    width = (customers + 63) / 64
    guard cells <= bitLimit, cells * max(1, width) * 64 <= bitLimit else { return nil }
    self.axes = axes
    self.sharesCube = sharesCube
    words = ContiguousArray(repeating: 0, count: cells * width)
  }

  /// - Parameter keys: the numbers of the cube's cells for a table that shares them; else room for a number a row.
  mutating func add(_ block: CallBlock, keys: inout ContiguousArray<UInt32>) {
    if !sharesCube {
      for row in 0..<block.count { keys[row] = 0 }
      for axis in axes {
        if let column = axis.column {
          RowLoops.addKeys(block.codes(column), stride: axis.stride, count: block.count, to: &keys)
        }
      }
    }
    RowLoops.setBits(
      groups: keys, customers: block.codes(.customerID), count: block.count, width: width, in: &words)
  }

  mutating func merge(_ other: CustomerPresence) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  /// How many customers have calls in each group of one or two columns (the first one's code · size of the second + the
  /// second's); nil when the table doesn't know the columns.
  func counts(_ columns: [UsageColumn]) -> [Int]? {
    let own = columns.compactMap { column in axes.first { $0.column == column } }
    guard own.count == columns.count else { return nil }
    let groups = own.reduce(1) { $0 * $1.size }
    var united = ContiguousArray<UInt64>(repeating: 0, count: groups * width)
    for cell in 0..<(width > 0 ? words.count / width : 0) {
      let group = own.reduce(0) { $0 * $1.size + cell / $1.stride % $1.size }
      for word in 0..<width { united[group * width + word] |= words[cell * width + word] }
    }
    return (0..<groups).map { group in
      united[(group * width)..<((group + 1) * width)].reduce(0) { $0 + $1.nonzeroBitCount }
    }
  }
}
