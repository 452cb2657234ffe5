import LabTable

/// Which customers have calls in each group of a column, or in each combination of the groups of several: a bit per cell
/// and customer. Small columns share a table, so that a call sets one bit for all of them; their groups are unions of cells.
struct CustomerPresence: Sendable {
  /// Bits of one grouping's table: two megabytes. Beyond, numbers of customers are left out.
  static let bitLimit = 1 << 24
  /// Bits of a table that columns share: 64 kB, so that several stay in a core's cache.
  static let sharedBitLimit = 1 << 19

  private let axes: [CallCube.Axis]
  private let width: Int
  /// The columns that it tells apart.
  var columns: [UsageColumn] { axes.compactMap(\.column) }
  private var words: ContiguousArray<UInt64>
  /// By customer the cell that it was in last; empty for a table that stays in a core's cache.
  private var latest: ContiguousArray<UInt32>

  /// The tables that tell the customers of all groupings. A grouping whose own table would be too large has none.
  static func tables(_ groupings: [[UsageColumn]], _ calls: CallTable) -> [CustomerPresence] {
    let customers = calls.dictionary(.customerID).count
    var packs: [[UsageColumn]] = []
    let size = { (columns: [UsageColumn]) in
      columns.reduce(1) { min($0, bitLimit) * max(1, calls.dictionary($1).count) }
    }
    // Those of several columns first, and no column twice.
    for columns in groupings.sorted(by: { ($1.count, size($0)) < ($0.count, size($1)) }) {
      if packs.contains(where: { pack in columns.allSatisfy { pack.contains($0) } }) { continue }
      if columns.count == 1,
        let index = packs.indices.first(where: {
          bits(size(packs[$0] + columns), customers) <= sharedBitLimit && Set(packs[$0]).isDisjoint(with: columns)
        })
      {
        packs[index] += columns
      } else if bits(size(columns), customers) <= bitLimit {
        packs.append(columns)
      }
    }
    return packs.map { CustomerPresence($0, calls, customers: customers) }
  }

  /// The bits of a table; more than allowed where they can't be counted.
  private static func bits(_ cells: Int, _ customers: Int) -> Int {
    cells > bitLimit ? .max : cells * max(1, (customers + 63) / 64) * 64
  }

  private init(_ columns: [UsageColumn], _ calls: CallTable, customers: Int) {
    var stride = 1
    var axes: [CallCube.Axis] = []
    for column in columns {
      let size = max(1, calls.dictionary(column).count)
      axes.append(CallCube.Axis(column: column, size: size, stride: stride))
      stride *= size
    }
    self.axes = axes
    width = (customers + 63) / 64
    words = ContiguousArray(repeating: 0, count: stride * width)
    let isLarge = words.count * 64 > Self.sharedBitLimit
    latest = ContiguousArray(repeating: .max, count: isLarge ? customers : 0)
  }

  /// - Parameter keys: room for a number a row.
  mutating func add(_ block: CallBlock, keys: inout ContiguousArray<UInt32>) {
    RowLoops.clear(&keys, count: block.count)
    for axis in axes {
      if let column = axis.column {
        RowLoops.addKeys(block.codes(column), stride: axis.stride, count: block.count, to: &keys)
      }
    }
    if !latest.isEmpty {
      // Neighbouring calls of a customer are mostly of one organization or place.
      return RowLoops.setNewBits(
        groups: keys, customers: block.codes(.customerID), count: block.count, width: width, latest: &latest, in: &words
      )
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
