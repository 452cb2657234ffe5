import LabTable

/// The loops in which failures and first tokens are counted, and values collected.
///
/// Invariant: that of ``LatencyLoops``.
extension LatencyLoops {
  /// Counts the kind of error of every failed row: by pair · types + type.
  static func countErrors(
    _ errors: borrowing ContiguousArray<UInt32>, types: Int, pairs: borrowing ContiguousArray<UInt32>,
    strata: borrowing ContiguousArray<UInt32>, count: Int, in counts: inout ContiguousArray<Int64>
  ) {
    precondition(count >= 0 && count <= errors.count && count <= pairs.count && count <= strata.count)
    let (errors, pairs, strata) = (errors.span, pairs.span, strata.span)
    var counts = counts.mutableSpan
    for row in 0..<count where unsafe strata[unchecked: row] == UInt32(LatencyStratum.failed) {
      let type = min(Int(errors[row]), types &- 1)
      counts[Int(pairs[row]) &* types &+ type] &+= 1
    }
  }

  /// Counts every row, and those that failed, in its cell of the grid of incidents.
  ///
  /// - Parameter faults: by error type whether it is the service's.
  static func countFailures(
    _ errors: borrowing ContiguousArray<UInt32>, faults: borrowing ContiguousArray<Bool>,
    strata: borrowing ContiguousArray<UInt32>, by keys: borrowing ContiguousArray<UInt32>, count: Int,
    in grid: inout ContiguousArray<LatencyScan.GridCell>
  ) {
    precondition(count >= 0 && count <= errors.count && count <= strata.count && count <= keys.count)
    let (errors, faults, strata, keys) = (errors.span, faults.span, strata.span, keys.span)
    var grid = grid.mutableSpan
    for row in 0..<count {
      let key = unsafe keys[unchecked: row]
      guard key != RowLoops.noKey else { continue }
      grid[Int(key)].calls &+= 1
      guard unsafe strata[unchecked: row] == UInt32(LatencyStratum.failed) else { continue }
      grid[Int(key)].failed &+= 1
      grid[Int(key)].faults &+= faults[Int(errors[row])] ? 1 : 0
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
  static func collect(
    _ values: borrowing ContiguousArray<Int64>, _ keys: borrowing ContiguousArray<UInt32>,
    _ buckets: borrowing ContiguousArray<UInt32>, count: Int, marks: borrowing ContiguousArray<UInt64>,
    slotOf: borrowing ContiguousArray<Int32>, _ entries: borrowing ContiguousArray<LatencyCollector.Entry>,
    counts: inout ContiguousArray<UInt32>, list: inout ContiguousArray<LatencyCollector.Listed>
  ) {
    precondition(count >= 0 && count <= keys.count && count <= buckets.count && count <= values.count)
    let (keys, buckets, marks, slotOf) = (keys.span, buckets.span, marks.span, slotOf.span)
    let (values, entries) = (values.span, entries.span)
    var counts = counts.mutableSpan
    for row in 0..<count {
      let key = unsafe keys[unchecked: row]
      if key == RowLoops.noKey { continue }
      let place = unsafe Int(key) &* LatencyScale.width &+ Int(buckets[unchecked: row])
      guard marks[place &>> 6] &>> UInt64(place & 63) & 1 != 0 else { continue }
      let (slot, value) = unsafe (slotOf[place], values[unchecked: row])
      let entry = entries[Int(slot)]
      if entry.dense >= 0 {
        counts[entry.dense &+ Int(value &- entry.lowerBound)] &+= 1
      } else {
        list.append(LatencyCollector.Listed(slot: slot, value: value))
      }
    }
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
