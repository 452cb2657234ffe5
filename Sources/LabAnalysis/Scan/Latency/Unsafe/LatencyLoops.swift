import LabTable

/// The loops over the rows of a block in which durations are counted.
///
/// Invariant: what is read or written row by row is so unchecked, after one comparison of each length with the number of
/// rows; the counter that a row leads to is checked for every row.
enum LatencyLoops {
  /// The columns of a block from which strata and buckets follow.
  struct Columns {
    let errors: ContiguousArray<UInt32>
    let latencies: ContiguousArray<Int64>
    let outputs: ContiguousArray<Int64>
  }

  /// Writes the stratum and the bucket of every row.
  static func classify(
    _ columns: borrowing Columns, failures: borrowing ContiguousArray<Bool>, count: Int,
    strata: inout ContiguousArray<UInt32>, buckets: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= columns.errors.count && count <= columns.latencies.count)
    precondition(count <= columns.outputs.count && count <= strata.count && count <= buckets.count)
    let (errors, latencies, outputs) = (columns.errors.span, columns.latencies.span, columns.outputs.span)
    Self.buckets(columns.latencies, count: count, into: &buckets)
    let failures = failures.span
    var strata = strata.mutableSpan
    let (first, second) = (LatencyStratum.starts[0], LatencyStratum.starts[1])
    let (third, fourth) = (LatencyStratum.starts[2], LatencyStratum.starts[3])
    // Two loops: the first one's steps are vectors, those of the second lead through a table.
    for row in 0..<count {
      let latency = unsafe latencies[unchecked: row]
      let output = unsafe outputs[unchecked: row]
      let length = (output >= first ? 1 : 0) &+ (output >= second ? 1 : 0) as Int64
      let rest = (output >= third ? 1 : 0) &+ (output >= fourth ? 1 : 0) as Int64
      let stratum = latency | output < 0 ? Int64(LatencyStratum.unknown) : 1 &+ length &+ rest
      unsafe strata[unchecked: row] = UInt32(truncatingIfNeeded: stratum)
    }
    for row in 0..<count where failures[Int(unsafe errors[unchecked: row])] {
      unsafe strata[unchecked: row] = UInt32(LatencyStratum.failed)
    }
  }

  // A row's code holds its bucket in the lowest bits, its cell above it, and its stratum above that.
  private static let cellShift: UInt32 = 10
  private static let stratumShift: UInt32 = 24

  /// Writes the stratum, the cell of the first cube and the bucket of every row into one code.
  static func setCodes(
    strata: borrowing ContiguousArray<UInt32>, cells: borrowing ContiguousArray<UInt32>,
    buckets: borrowing ContiguousArray<UInt32>, count: Int, in codes: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= strata.count && count <= cells.count)
    precondition(count <= buckets.count && count <= codes.count)
    let (strata, cells, buckets) = (strata.span, cells.span, buckets.span)
    var codes = codes.mutableSpan
    for row in 0..<count {
      let place = unsafe cells[unchecked: row] &<< cellShift | buckets[unchecked: row]
      unsafe codes[unchecked: row] = strata[unchecked: row] &<< stratumShift | place
    }
  }

  /// Reads the cell and the bucket of every row from its code.
  static func read(
    _ codes: borrowing ContiguousArray<UInt32>, from start: Int, count: Int, cells: inout ContiguousArray<UInt32>,
    buckets: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= cells.count && count <= buckets.count)
    let codes = codes.span.extracting(start..<start + count)
    var cells = cells.mutableSpan
    var buckets = buckets.mutableSpan
    for row in 0..<count {
      let code = unsafe codes[unchecked: row]
      unsafe cells[unchecked: row] = code &>> cellShift & (1 &<< (stratumShift &- cellShift) &- 1)
      unsafe buckets[unchecked: row] = code & (1 &<< cellShift &- 1)
    }
  }

  /// Reads the stratum of every row from its code.
  static func readStrata(
    _ codes: borrowing ContiguousArray<UInt32>, from start: Int, count: Int, into strata: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= strata.count)
    let codes = codes.span.extracting(start..<start + count)
    var strata = strata.mutableSpan
    for row in 0..<count { unsafe strata[unchecked: row] = codes[unchecked: row] &>> stratumShift }
  }

  /// Counts the bucket of every row in its cell.
  static func count(
    _ keys: borrowing ContiguousArray<UInt32>, _ buckets: borrowing ContiguousArray<UInt32>, count: Int,
    in counts: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= keys.count && count <= buckets.count)
    let (keys, buckets) = (keys.span, buckets.span)
    var counts = counts.mutableSpan
    for row in 0..<count {
      let key = unsafe keys[unchecked: row]
      if key != RowLoops.noKey {
        let index = unsafe Int(key) &* LatencyScale.width &+ Int(buckets[unchecked: row])
        counts[index] &+= 1
      }
    }
  }

  /// Writes the buckets of durations alone.
  static func buckets(
    _ values: borrowing ContiguousArray<Int64>, count: Int, into buckets: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= values.count && count <= buckets.count)
    let values = values.span
    var buckets = buckets.mutableSpan
    for row in 0..<count {
      unsafe buckets[unchecked: row] = UInt32(truncatingIfNeeded: LatencyScale.bucket(of: values[unchecked: row]))
    }
  }

  /// The columns of a block that are summed by the lanes of ``LatencyCube/Lane``.
  struct Summed {
    let columns: Columns
    let inputs: ContiguousArray<Int64>
    let costs: ContiguousArray<Int64>
    let strata: ContiguousArray<UInt32>
    let sla: Int64

    fileprivate func has(_ count: Int) -> Bool {
      count >= 0 && count <= columns.latencies.count && count <= columns.outputs.count && count <= inputs.count
        && count <= costs.count && count <= strata.count
    }
  }

  /// Adds every row to its cell.
  static func add(
    _ summed: borrowing Summed, by keys: borrowing ContiguousArray<UInt32>, count: Int,
    to cells: inout ContiguousArray<CallSums>
  ) {
    precondition(summed.has(count) && count <= keys.count)
    let (latencies, outputs) = (summed.columns.latencies.span, summed.columns.outputs.span)
    let (inputs, costs, strata) = (summed.inputs.span, summed.costs.span, summed.strata.span)
    let (keys, sla) = (keys.span, summed.sla)
    var cells = cells.mutableSpan
    for row in 0..<count {
      unsafe cells[Int(keys[unchecked: row])] += sums(
        latency: latencies[unchecked: row], cost: costs[unchecked: row], input: inputs[unchecked: row],
        output: outputs[unchecked: row], stratum: strata[unchecked: row], sla)
    }
  }

  /// Adds every row to its cells in two tables.
  static func add(
    _ summed: borrowing Summed, by keys: borrowing ContiguousArray<UInt32>,
    and otherKeys: borrowing ContiguousArray<UInt32>, count: Int, to cells: inout ContiguousArray<CallSums>,
    and others: inout ContiguousArray<CallSums>
  ) {
    precondition(summed.has(count) && count <= keys.count && count <= otherKeys.count)
    let (latencies, outputs) = (summed.columns.latencies.span, summed.columns.outputs.span)
    let (inputs, costs, strata) = (summed.inputs.span, summed.costs.span, summed.strata.span)
    let (keys, otherKeys, sla) = (keys.span, otherKeys.span, summed.sla)
    var cells = cells.mutableSpan
    var others = others.mutableSpan
    for row in 0..<count {
      let own = unsafe sums(
        latency: latencies[unchecked: row], cost: costs[unchecked: row], input: inputs[unchecked: row],
        output: outputs[unchecked: row], stratum: strata[unchecked: row], sla)
      unsafe cells[Int(keys[unchecked: row])] += own
      unsafe others[Int(otherKeys[unchecked: row])] += own
    }
  }

  @inline(__always)
  private static func sums(
    latency: Int64, cost: Int64, input: Int64, output: Int64, stratum: UInt32, _ sla: Int64
  ) -> CallSums {
    let failed: Int64 = stratum == 0 ? 1 : 0
    // Unknown is the least number of all, so that the larger of it and zero is zero.
    let known = max(0, cost)
    return CallSums(
      lanes: SIMD8(
        1, max(0, latency), known, max(0, input), max(0, output), failed | (latency > sla ? 1 : 0), failed &* known,
        failed))
  }
}
