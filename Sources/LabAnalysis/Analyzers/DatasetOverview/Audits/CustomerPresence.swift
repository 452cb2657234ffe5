import LabTable

/// Which customers have calls in each group of a column: a bit per group and customer.
struct CustomerPresence: Sendable {
  /// Bits of one column's table: two megabytes. Beyond, numbers of customers are left out.
  static let bitLimit = 1 << 24

  /// One column, or two for provider and model.
  let columns: [UsageColumn]
  private let width: Int
  private let inner: Int
  private var words: ContiguousArray<UInt64>

  /// Nil when the table would be too large.
  init?(_ columns: [UsageColumn], _ calls: CallTable) {
    let customers = calls.dictionary(.customerID).count
    let groups = columns.reduce(1) { min($0, Self.bitLimit) * max(1, calls.dictionary($1).count) }
    width = (customers + 63) / 64
    guard groups <= Self.bitLimit, groups * max(1, width) * 64 <= Self.bitLimit else { return nil }
    self.columns = columns
    inner = columns.count > 1 ? max(1, calls.dictionary(columns[1]).count) : 1
    words = ContiguousArray(repeating: 0, count: groups * width)
  }

  /// - Parameter keys: room for a number a row.
  mutating func add(_ block: CallBlock, keys: inout ContiguousArray<UInt32>) {
    let customers = block.codes(.customerID)
    guard columns.count > 1 else {
      RowLoops.setBits(
        groups: block.codes(columns[0]), customers: customers, count: block.count, width: width, in: &words)
      return
    }
    for row in 0..<block.count { keys[row] = 0 }
    RowLoops.addKeys(block.codes(columns[0]), stride: inner, count: block.count, to: &keys)
    RowLoops.addKeys(block.codes(columns[1]), stride: 1, count: block.count, to: &keys)
    RowLoops.setBits(groups: keys, customers: customers, count: block.count, width: width, in: &words)
  }

  mutating func merge(_ other: CustomerPresence) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  /// How many customers have calls in a group: a column's code, or the first one's · size of the second + the second's.
  func count(_ group: Int) -> Int {
    words[(group * width)..<((group + 1) * width)].reduce(0) { $0 + $1.nonzeroBitCount }
  }
}
