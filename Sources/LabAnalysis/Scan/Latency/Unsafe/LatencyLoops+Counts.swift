import LabTable

/// The loops in which failures and first tokens are counted, and values collected.
///
/// Invariant: that of ``LatencyLoops``.
extension LatencyLoops {
  /// Writes the rows of failed calls to the front of `rows` and returns how many they are.
  static func failed(
    _ strata: borrowing ContiguousArray<UInt32>, count: Int, into rows: inout ContiguousArray<UInt32>
  ) -> Int {
    precondition(count >= 0 && count <= strata.count && count <= rows.count)
    let strata = strata.span
    var rows = rows.mutableSpan
    var found = 0
    // Every row is written, and stays where it counts: no branch that a processor would have to guess.
    for row in 0..<count {
      unsafe rows[unchecked: found] = UInt32(truncatingIfNeeded: row)
      found &+= unsafe strata[unchecked: row] == UInt32(LatencyStratum.failed) ? 1 : 0
    }
    return found
  }

  /// The same for rows with a number that is known and not zero.
  static func known(
    _ values: borrowing ContiguousArray<Int64>, count: Int, into rows: inout ContiguousArray<UInt32>
  ) -> Int {
    precondition(count >= 0 && count <= values.count && count <= rows.count)
    let values = values.span
    var rows = rows.mutableSpan
    var found = 0
    for row in 0..<count {
      unsafe rows[unchecked: found] = UInt32(truncatingIfNeeded: row)
      // Unknown is the least number of all: without its sign it is zero too.
      found &+= unsafe values[unchecked: row] & .max != 0 ? 1 : 0
    }
    return found
  }

  /// Counts every row in its cell of the grid of incidents.
  static func countCalls(
    _ keys: borrowing ContiguousArray<UInt32>, count: Int, in grid: inout ContiguousArray<LatencyScan.GridCell>
  ) {
    precondition(count >= 0 && count <= keys.count)
    let keys = keys.span
    var grid = grid.mutableSpan
    for row in 0..<count {
      let key = unsafe keys[unchecked: row]
      if key != RowLoops.noKey { grid[Int(key)].calls &+= 1 }
    }
  }

  /// Adds every row's time to the first token, and whether it kept the goals, to the sums of its pair.
  static func addFirstTokens(
    _ times: borrowing ContiguousArray<Int64>, _ columns: borrowing Columns,
    pairs: borrowing ContiguousArray<UInt32>, strata: borrowing ContiguousArray<UInt32>, _ goals: FirstTokenGoals,
    count: Int, to sums: inout ContiguousArray<LatencyScan.FirstTokens>
  ) {
    precondition(count >= 0 && count <= times.count && count <= pairs.count && count <= strata.count)
    precondition(count <= columns.latencies.count && count <= columns.outputs.count)
    let (firsts, pairs, strata) = (times.span, pairs.span, strata.span)
    let (latencies, outputs) = (columns.latencies.span, columns.outputs.span)
    var sums = sums.mutableSpan
    for row in 0..<count {
      let first = unsafe firsts[unchecked: row]
      // A row of unknown time adds nothing.
      guard first >= 0 else { continue }
      let (latency, output) = unsafe (latencies[unchecked: row], outputs[unchecked: row])
      let hasSucceeded = unsafe strata[unchecked: row] != UInt32(LatencyStratum.failed)
      let kept = hasSucceeded && first <= goals.firstToken
      // Unknown is the least number of all: differences of it would wrap to what looks like a long answer.
      let isTimed = hasSucceeded && output > 1 && latency >= first
      let (goal, isEndless) = goals.perToken.multipliedReportingOverflow(by: isTimed ? output &- 1 : 0)
      let keepsPace = isTimed && (isEndless || latency &- first <= goal)
      let own = SIMD8<Int64>(1, first, kept ? 1 : 0, isTimed ? 1 : 0, keepsPace ? 1 : 0, 0, 0, 0)
      unsafe sums[Int(pairs[unchecked: row])].lanes &+= own
    }
  }

  /// Collects the values of the rows whose cell and bucket have a slot: counts those of dense slots, lists the others.
  ///
  /// - Parameters:
  ///   - marks, slotOf: of one cube, see ``LatencyTargets``.
  ///   - entries: by slot.
  ///   - list: its front gets the listed values.
  /// - Returns: how many those are, and the rows whose bucket has no end.
  static func collect(
    _ values: borrowing ContiguousArray<Int64>, _ keys: borrowing ContiguousArray<UInt32>,
    _ buckets: borrowing ContiguousArray<UInt32>, count: Int, marks: borrowing ContiguousArray<UInt64>,
    slotOf: borrowing ContiguousArray<Int32>, _ entries: borrowing ContiguousArray<LatencyCollector.Entry>,
    counts: inout ContiguousArray<UInt32>, list: inout ContiguousArray<ListedValues.Entry>
  ) -> (listed: Int, endless: [Int]) {
    precondition(count >= 0 && count <= keys.count && count <= buckets.count && count <= values.count)
    precondition(count <= list.count)
    let (keys, buckets, marks, slotOf) = (keys.span, buckets.span, marks.span, slotOf.span)
    let (values, entries) = (values.span, entries.span)
    var counts = counts.mutableSpan
    var list = list.mutableSpan
    var listed = 0
    var endless: [Int] = []
    for row in 0..<count {
      let key = unsafe keys[unchecked: row]
      if key == RowLoops.noKey { continue }
      let place = unsafe Int(key) &* LatencyScale.width &+ Int(buckets[unchecked: row])
      guard marks[place &>> 6] &>> UInt64(place & 63) & 1 != 0 else { continue }
      let slot = slotOf[place]
      let entry = entries[Int(slot)]
      let offset = unsafe values[unchecked: row] &- entry.lowerBound
      if entry.place >= 0 {
        counts[entry.place &+ Int(offset)] &+= 1
      } else if entry.place == LatencyCollector.Entry.listed {
        // One a row at most.
        unsafe list[unchecked: listed] = ListedValues.Entry(slot: slot, offset: UInt32(truncatingIfNeeded: offset))
        listed &+= 1
      } else {
        endless.append(row)
      }
    }
    return (listed, endless)
  }

  /// Counts, in its cell of the grid of incidents, every row that has a reference and how it compares.
  ///
  /// - Parameter entries: the reference of each cell of the first cube.
  static func compare(
    _ buckets: borrowing ContiguousArray<UInt32>, at cells: borrowing ContiguousArray<UInt32>,
    with entries: borrowing ContiguousArray<LatencyReferences.Entry>, by keys: borrowing ContiguousArray<UInt32>,
    count: Int, in grid: inout ContiguousArray<LatencyScan.GridCell>
  ) {
    precondition(count >= 0 && count <= buckets.count && count <= cells.count && count <= keys.count)
    let (buckets, cells, entries, keys) = (buckets.span, cells.span, entries.span, keys.span)
    var grid = grid.mutableSpan
    for row in 0..<count {
      let reference = unsafe entries[Int(cells[unchecked: row])]
      let key = unsafe keys[unchecked: row]
      guard reference.share > 0, key != RowLoops.noKey else { continue }
      grid[Int(key)].compared &+= 1
      grid[Int(key)].expected &+= UInt64(reference.share)
      grid[Int(key)].slow &+= unsafe buckets[unchecked: row] > reference.slow ? 1 : 0
    }
  }
}
