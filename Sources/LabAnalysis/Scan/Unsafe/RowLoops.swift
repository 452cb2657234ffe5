import LabCore
import LabTable

/// The loops over the rows of a block that every scan has: numbers of cells from codes, and sums by number.
///
/// Invariant: what is read row by row is read unchecked, after one comparison of each length with the number of rows; the
/// cell that a row leads to is checked for every row.
enum RowLoops {
  /// The key of a row that is in no cell.
  static let noKey = UInt32.max

  /// Makes the key of every row 0.
  static func clear(_ keys: inout ContiguousArray<UInt32>, count: Int) { fill(&keys, 0..<count, 0) }

  /// Makes the keys of neighbouring rows the same.
  static func fill(_ keys: inout ContiguousArray<UInt32>, _ rows: Range<Int>, _ key: UInt32) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= keys.count)
    var keys = keys.mutableSpan
    for row in rows { unsafe keys[unchecked: row] = key }
  }

  private static let runStep = 32

  /// Calls `body` with each run of neighbouring rows whose times lie in one interval: rows mostly ascend in time, so that there
  /// are few.
  ///
  /// - Parameters:
  ///   - width: of the intervals in microseconds; they begin at 1970 and its multiples.
  ///   - body: gets the rows, and the number of their interval; nil for rows of unknown time.
  @inline(__always)
  static func forEachRun(
    of times: borrowing ContiguousArray<Int64>, count: Int, width: Int64,
    _ body: (_ rows: Range<Int>, _ interval: Int64?) -> Void
  ) {
    precondition(count >= 0 && count <= times.count)
    let times = times.span
    var first = 0
    while first < count {
      let time = times[first]
      let interval = floorDivide(time, width)
      // Intervals at the ends of what 64 bits hold are cut off there.
      let (start, isLow) = interval.multipliedReportingOverflow(by: width)
      let (end, isHigh) = start.addingReportingOverflow(width)
      let isUnknown = time == IntegerColumn.unknown
      let least = isUnknown || isLow ? time : start
      let greatest = isUnknown || isLow || isHigh ? time : end &- 1
      var row = first &+ 1
      // Many rows at once, by steps of vectors, then one by one.
      while row &+ runStep <= count {
        var outside: Int64 = 0
        for later in row..<row &+ runStep {
          let time = unsafe times[unchecked: later]
          outside |= (time < least ? 1 : 0) | (time > greatest ? 1 : 0)
        }
        if outside != 0 { break }
        row &+= runStep
      }
      while row < count, unsafe times[unchecked: row] >= least, unsafe times[unchecked: row] <= greatest { row &+= 1 }
      body(first..<row, isUnknown ? nil : interval)
      first = row
    }
  }

  /// Makes `codes · stride` the key of every row.
  static func setKeys(
    _ codes: borrowing ContiguousArray<UInt32>, stride: Int, count: Int, to keys: inout ContiguousArray<UInt32>
  ) {
    let stride = UInt32(truncatingIfNeeded: stride)
    change(&keys, by: codes, count: count) { _, code in code &* stride }
  }

  /// Multiplies the key of every row and adds its code: one more step of a number of several digits.
  static func addDigit(
    _ codes: borrowing ContiguousArray<UInt32>, base: Int, count: Int, to keys: inout ContiguousArray<UInt32>
  ) {
    let base = UInt32(truncatingIfNeeded: base)
    change(&keys, by: codes, count: count) { key, code in key &* base &+ code }
  }

  /// Makes the key of every row its place behind `code · width`; that of a row without a code none.
  static func placeInTurn(
    _ codes: borrowing ContiguousArray<UInt32>, width: Int, count: Int, in keys: inout ContiguousArray<UInt32>
  ) {
    let width = UInt32(truncatingIfNeeded: width)
    change(&keys, by: codes, count: count) { key, code in code &* width &+ key | ifNone(code) }
  }

  /// The same step as ``addDigit(_:base:count:to:)`` for rows that have a key.
  static func addKnownDigit(
    _ codes: borrowing ContiguousArray<UInt32>, base: Int, count: Int, to keys: inout ContiguousArray<UInt32>
  ) {
    let base = UInt32(truncatingIfNeeded: base)
    change(&keys, by: codes, count: count) { key, code in key &* base &+ code | ifNone(key) }
  }

  /// Calls `body` with each run of neighbouring rows that have the same key.
  @inline(__always)
  static func forEachRun(
    of keys: borrowing ContiguousArray<UInt32>, count: Int, _ body: (_ rows: Range<Int>, _ key: UInt32) -> Void
  ) {
    precondition(count >= 0 && count <= keys.count)
    let keys = keys.span
    var first = 0
    while first < count {
      let key = keys[first]
      var row = first &+ 1
      while row < count, unsafe keys[unchecked: row] == key { row &+= 1 }
      body(first..<row, key)
      first = row
    }
  }

  /// Adds `codes · stride` to the key of every row.
  static func addKeys(
    _ codes: borrowing ContiguousArray<UInt32>, stride: Int, count: Int, to keys: inout ContiguousArray<UInt32>
  ) {
    let stride = UInt32(truncatingIfNeeded: stride)
    change(&keys, by: codes, count: count) { key, code in key &+ code &* stride }
  }

  /// ``noKey``, which is all bits, where a key is none, else no bit: a step that vectors have, other than a branch.
  @inline(__always)
  private static func ifNone(_ key: UInt32) -> UInt32 { key == noKey ? noKey : 0 }

  /// Makes each row's key another one by its code. Always inlined, so that each step is a loop of its own over vectors.
  @inline(__always)
  private static func change(
    _ keys: inout ContiguousArray<UInt32>, by codes: borrowing ContiguousArray<UInt32>, count: Int,
    _ step: (_ key: UInt32, _ code: UInt32) -> UInt32
  ) {
    precondition(count >= 0 && count <= codes.count && count <= keys.count)
    unsafe codes.withUnsafeBufferPointer { codes in
      unsafe keys.withUnsafeMutableBufferPointer { keys in
        guard let codes = codes.baseAddress, let keys = keys.baseAddress else { return }
        for row in 0..<count { unsafe keys[row] = step(keys[row], codes[row]) }
      }
    }
  }

  /// Adds the sums of every row of a stretch, the first of which are its first row's, to its cell.
  static func add(
    _ sums: borrowing ContiguousArray<CallSums>, by keys: borrowing ContiguousArray<UInt32>, _ stretch: Range<Int>,
    to cells: inout ContiguousArray<CallSums>
  ) {
    precondition(stretch.lowerBound >= 0 && stretch.count <= sums.count && stretch.upperBound <= keys.count)
    let (sums, keys) = (sums.span, keys.span)
    var cells = cells.mutableSpan
    for row in stretch {
      let key = unsafe keys[unchecked: row]
      if key != noKey { unsafe cells[Int(key)] += sums[unchecked: row &- stretch.lowerBound] }
    }
  }

  /// The same for two groupings of the rows. Where neighbours share a cell, the second must wait for the sums of the first: the
  /// other grouping's addition fills that time.
  static func add(
    _ sums: borrowing ContiguousArray<CallSums>, by first: borrowing ContiguousArray<UInt32>,
    and second: borrowing ContiguousArray<UInt32>, _ stretch: Range<Int>,
    to firstCells: inout ContiguousArray<CallSums>,
    and secondCells: inout ContiguousArray<CallSums>
  ) {
    precondition(stretch.lowerBound >= 0 && stretch.count <= sums.count)
    precondition(stretch.upperBound <= first.count && stretch.upperBound <= second.count)
    let (sums, first, second) = (sums.span, first.span, second.span)
    var firstCells = firstCells.mutableSpan
    var secondCells = secondCells.mutableSpan
    let last = min(first.count, second.count) &- 1
    for row in stretch {
      let own = unsafe sums[unchecked: row &- stretch.lowerBound]
      let (one, other) = unsafe (first[unchecked: row], second[unchecked: row])
      let later = min(row &+ Prefetch.rowsAhead, last)
      unsafe Prefetch.element(Int(first[unchecked: later]), of: firstCells)
      unsafe Prefetch.element(Int(second[unchecked: later]), of: secondCells)
      if one != noKey { firstCells[Int(one)] += own }
      if other != noKey { secondCells[Int(other)] += own }
    }
  }

  /// Marks in the sums of every row of a stretch whether its call failed; returns what that adds to the sums of all rows.
  static func markFailures(
    _ statuses: borrowing ContiguousArray<UInt32>, _ stretch: Range<Int>, errorCode: UInt32,
    in sums: inout ContiguousArray<CallSums>
  ) -> Int64 {
    precondition(stretch.lowerBound >= 0 && stretch.upperBound <= statuses.count && stretch.count <= sums.count)
    let statuses = statuses.span
    var sums = sums.mutableSpan
    var all: Int64 = 0
    for row in stretch where unsafe statuses[unchecked: row] == errorCode {
      unsafe sums[unchecked: row &- stretch.lowerBound].lanes[CallSums.Lane.calls] |= CallSums.failedCall
      all &+= CallSums.failedCall
    }
    return all
  }

  /// Adds every call, its cost and its tokens to the sums of its key.
  static func add(
    _ costs: borrowing ContiguousArray<Int64>, _ inputs: borrowing ContiguousArray<Int64>,
    _ outputs: borrowing ContiguousArray<Int64>, by keys: borrowing ContiguousArray<UInt32>, count: Int,
    to sums: inout ContiguousArray<SIMD4<Int64>>
  ) {
    add(costs, inputs, outputs, by: keys, count: count, to: &sums, areMany: true) { key, _ in key }
  }

  /// The same with two sums of every key, side by side, whose total is the key's: where rows are of few keys, one sum would
  /// mostly have to wait for the row before.
  static func addInTurn(
    _ costs: borrowing ContiguousArray<Int64>, _ inputs: borrowing ContiguousArray<Int64>,
    _ outputs: borrowing ContiguousArray<Int64>, by keys: borrowing ContiguousArray<UInt32>, count: Int,
    to sums: inout ContiguousArray<SIMD4<Int64>>
  ) {
    add(costs, inputs, outputs, by: keys, count: count, to: &sums, areMany: false) { key, row in key &* 2 &+ row & 1 }
  }

  /// Always inlined, so that each way to a place is a loop of its own.
  ///
  /// - Parameter areMany: whether the sums don't stay in a core's first-level cache.
  @inline(__always)
  private static func add(
    _ costs: borrowing ContiguousArray<Int64>, _ inputs: borrowing ContiguousArray<Int64>,
    _ outputs: borrowing ContiguousArray<Int64>, by keys: borrowing ContiguousArray<UInt32>, count: Int,
    to sums: inout ContiguousArray<SIMD4<Int64>>, areMany: Bool, _ place: (_ key: Int, _ row: Int) -> Int
  ) {
    precondition(count >= 0 && count <= costs.count && count <= inputs.count)
    precondition(count <= outputs.count && count <= keys.count)
    let (costs, inputs, outputs, keys) = (costs.span, inputs.span, outputs.span, keys.span)
    var sums = sums.mutableSpan
    for row in 0..<count {
      if areMany {
        let later = min(row &+ Prefetch.rowsAhead, count &- 1)
        Prefetch.element(place(Int(unsafe keys[unchecked: later]), later), of: sums)
      }
      // Unknown is the least number of all, so that the larger of it and zero is zero.
      let own = unsafe SIMD4(
        1, max(costs[unchecked: row], 0), max(inputs[unchecked: row], 0), max(outputs[unchecked: row], 0))
      sums[place(Int(unsafe keys[unchecked: row]), row)] &+= own
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

  /// The same where the customer's last row was of another group.
  static func setNewBits(
    groups: borrowing ContiguousArray<UInt32>, customers: borrowing ContiguousArray<UInt32>, count: Int, width: Int,
    latest: inout ContiguousArray<UInt32>, in words: inout ContiguousArray<UInt64>
  ) {
    precondition(count >= 0 && count <= groups.count && count <= customers.count)
    let (groups, customers) = (groups.span, customers.span)
    var latest = latest.mutableSpan
    var words = words.mutableSpan
    for row in 0..<count {
      let (group, customer) = unsafe (groups[unchecked: row], customers[unchecked: row])
      if latest[Int(customer)] == group { continue }
      latest[Int(customer)] = group
      words[Int(group) &* width &+ Int(customer >> 6)] |= 1 &<< UInt64(customer & 63)
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

  /// Marks the pairs of provider and model that occur.
  static func markPairs(
    _ providers: borrowing ContiguousArray<UInt32>, _ models: borrowing ContiguousArray<UInt32>, models width: Int,
    count: Int, in seen: inout ContiguousArray<Bool>
  ) {
    precondition(count >= 0 && count <= providers.count && count <= models.count)
    let (providers, models) = (providers.span, models.span)
    var seen = seen.mutableSpan
    for row in 0..<count {
      let index = unsafe Int(providers[unchecked: row]) &* width &+ Int(models[unchecked: row])
      if !seen[index] { seen[index] = true }
    }
  }

  /// Writes the number of the pair of every row.
  static func numberPairs(
    _ providers: borrowing ContiguousArray<UInt32>, _ models: borrowing ContiguousArray<UInt32>, _ known: ModelPairs,
    count: Int, into pairs: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= providers.count && count <= models.count && count <= pairs.count)
    let (numbers, width) = (known.numbers, known.models)
    let (providers, models, pairOf) = (providers.span, models.span, numbers.span)
    var pairs = pairs.mutableSpan
    for row in 0..<count {
      let index = unsafe Int(providers[unchecked: row]) &* width &+ Int(models[unchecked: row])
      unsafe pairs[unchecked: row] = pairOf[index]
    }
  }

  /// Makes the table's value for the code of every row the row's value.
  static func setValues(
    of table: borrowing ContiguousArray<UInt32>, at codes: borrowing ContiguousArray<UInt32>, count: Int,
    to values: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= codes.count && count <= values.count)
    let (table, codes) = (table.span, codes.span)
    var values = values.mutableSpan
    for row in 0..<count { unsafe values[unchecked: row] = table[Int(codes[unchecked: row])] }
  }

  /// Adds the bits of the table's value for the code of every row to the row's value.
  static func uniteValues(
    of table: borrowing ContiguousArray<UInt32>, at codes: borrowing ContiguousArray<UInt32>, count: Int,
    with values: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= codes.count && count <= values.count)
    let (table, codes) = (table.span, codes.span)
    var values = values.mutableSpan
    for row in 0..<count { unsafe values[unchecked: row] |= table[Int(codes[unchecked: row])] }
  }

  /// Adds a bit to the value of every row whose pair of provider and model is marked in a table of all pairs.
  static func unite(
    _ bit: UInt32, where marks: borrowing ContiguousArray<Bool>, _ providers: borrowing ContiguousArray<UInt32>,
    _ models: borrowing ContiguousArray<UInt32>, models width: Int, count: Int,
    with values: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= providers.count && count <= models.count && count <= values.count)
    let (marks, providers, models) = (marks.span, providers.span, models.span)
    var values = values.mutableSpan
    for row in 0..<count {
      let pair = unsafe Int(providers[unchecked: row]) &* width &+ Int(models[unchecked: row])
      unsafe values[unchecked: row] |= marks[pair] ? bit : 0
    }
  }

  /// How many of the numbers are unknown.
  static func unknowns(_ values: borrowing ContiguousArray<Int64>, count: Int) -> Int {
    precondition(count >= 0 && count <= values.count)
    let values = values.span
    var unknowns = 0
    for row in 0..<count { unknowns &+= unsafe values[unchecked: row] == IntegerColumn.unknown ? 1 : 0 }
    return unknowns
  }

  /// Makes the number of every row, where it is known, that of its code: the last one stays.
  static func keepLast(
    _ values: borrowing ContiguousArray<Int64>, by codes: borrowing ContiguousArray<UInt32>, count: Int,
    in kept: inout ContiguousArray<Int64>
  ) {
    precondition(count >= 0 && count <= values.count && count <= codes.count)
    let (values, codes) = (values.span, codes.span)
    var kept = kept.mutableSpan
    for row in 0..<count {
      let value = unsafe values[unchecked: row]
      if value != IntegerColumn.unknown { kept[Int(unsafe codes[unchecked: row])] = value }
    }
  }

  /// Adds its code to the key of every row that has one.
  static func addKnownKeys(
    _ codes: borrowing ContiguousArray<UInt32>, count: Int, to keys: inout ContiguousArray<UInt32>
  ) {
    change(&keys, by: codes, count: count) { key, code in key &+ code | ifNone(key) }
  }
}
