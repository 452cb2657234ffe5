import LabTable

/// The loops over the rows of a block that every scan has: numbers of cells from codes, and sums by number.
///
/// Invariant: what is read row by row is read unchecked, after one comparison of each length with the number of rows; the
/// cell that a row leads to is checked for every row.
enum RowLoops {
  /// The key of a row that is in no cell.
  static let noKey = UInt32.max

  /// Adds `codes · stride` to the key of every row.
  static func addKeys(
    _ codes: borrowing ContiguousArray<UInt32>, stride: Int, count: Int, to keys: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= codes.count && count <= keys.count)
    let stride = UInt32(truncatingIfNeeded: stride)
    unsafe codes.withUnsafeBufferPointer { codes in
      unsafe keys.withUnsafeMutableBufferPointer { keys in
        guard let codes = codes.baseAddress, let keys = keys.baseAddress else { return }
        for row in 0..<count { unsafe keys[row] &+= codes[row] &* stride }
      }
    }
  }

  /// Adds the sums of every row to its cell.
  static func add(
    _ sums: borrowing ContiguousArray<CallSums>, by keys: borrowing ContiguousArray<UInt32>, count: Int,
    to cells: inout ContiguousArray<CallSums>
  ) {
    precondition(count >= 0 && count <= sums.count && count <= keys.count)
    let (sums, keys) = (sums.span, keys.span)
    var cells = cells.mutableSpan
    for row in 0..<count {
      let key = unsafe keys[unchecked: row]
      if key != noKey { unsafe cells[Int(key)] += sums[unchecked: row] }
    }
  }

  /// Counts every row in its cell.
  static func count(_ keys: borrowing ContiguousArray<UInt32>, count: Int, in cells: inout ContiguousArray<Int64>) {
    precondition(count >= 0 && count <= keys.count)
    let keys = keys.span
    var cells = cells.mutableSpan
    for row in 0..<count {
      let key = unsafe keys[unchecked: row]
      if key != noKey { cells[Int(key)] &+= 1 }
    }
  }

  /// Sets for every row the bit of its customer in the words of its group.
  static func setBits(
    groups: borrowing ContiguousArray<UInt32>, customers: borrowing ContiguousArray<UInt32>, count: Int, width: Int,
    in words: inout ContiguousArray<UInt64>
  ) {
    precondition(count >= 0 && count <= groups.count && count <= customers.count)
    let (groups, customers) = (groups.span, customers.span)
    var words = words.mutableSpan
    for row in 0..<count {
      let customer = unsafe customers[unchecked: row]
      let word = unsafe Int(groups[unchecked: row]) &* width &+ Int(customer >> 6)
      words[word] |= 1 &<< UInt64(customer & 63)
    }
  }

  /// The comparison window of every row: 1 in [from, middle), 2 in [middle, end), else 0.
  static func setWindows(
    _ times: borrowing ContiguousArray<Int64>, _ from: Int64, _ middle: Int64, _ end: Int64, count: Int,
    in windows: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= times.count && count <= windows.count)
    let times = times.span
    var windows = windows.mutableSpan
    for row in 0..<count {
      let time = unsafe times[unchecked: row]
      let window: UInt32 = (time >= from ? 1 : 0) &+ (time >= middle ? 1 : 0)
      unsafe windows[unchecked: row] = time >= end ? 0 : window
    }
  }
}
