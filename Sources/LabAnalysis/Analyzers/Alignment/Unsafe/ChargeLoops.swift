import LabCore
import LabTable

/// The loops over the rows of a block that ``ChargeScan`` adds with.
///
/// Invariant: what is read row by row is read unchecked, after one comparison of each length with the number of rows; the
/// sums that a row leads to are checked for every row.
enum ChargeLoops {
  /// Adds one to the part of every row whose metadata carry all tags.
  static func addTags(
    _ texts: borrowing ContiguousArray<UInt32>, _ isTagged: borrowing ContiguousArray<Bool>, count: Int,
    to parts: inout ContiguousArray<UInt32>
  ) {
    precondition(count >= 0 && count <= texts.count && count <= parts.count)
    let (texts, isTagged) = (texts.span, isTagged.span)
    var parts = parts.mutableSpan
    for row in 0..<count where isTagged[Int(unsafe texts[unchecked: row])] { unsafe parts[unchecked: row] &+= 1 }
  }

  /// Adds every call and its cost to the sums of its key.
  static func add(
    _ costs: borrowing ContiguousArray<Int64>, by keys: borrowing ContiguousArray<UInt32>, count: Int,
    to sums: inout ContiguousArray<SIMD2<Int64>>
  ) {
    precondition(count >= 0 && count <= costs.count && count <= keys.count)
    let (costs, keys) = (costs.span, keys.span)
    var sums = sums.mutableSpan
    for row in 0..<count {
      Prefetch.element(Int(unsafe keys[unchecked: min(row &+ Prefetch.rowsAhead, count &- 1)]), of: sums)
      let key = unsafe keys[unchecked: row]
      // Unknown is the least number of all, so that the larger of it and zero is zero.
      if key != RowLoops.noKey { sums[Int(key)] &+= SIMD2(1, max(unsafe costs[unchecked: row], 0)) }
    }
  }
}
