import LabCore
import LabTable

/// Puts shards together: takes them in order, weaves the rows that earlier ones carried over into each, and gives the
/// result out in runs of rows that lie one after another in one buffer.
///
/// What remains to be carried is a list of finished buffers, each with the number of its next row, so nothing is copied
/// before its turn; memory holds what sessions and retries reach over, not the run.
struct OrderedMerge<Rows: ShardRows> {
  private struct Carried {
    var rows: Rows
    /// The plan whose fields the rows name.
    var plan: CyclePlan
    var next: Int
  }
  private var carried: [Carried] = []

  /// Gives the rows before the shard's end to `emit`, in order of time, as ranges of rows of a buffer. Of rows of one
  /// microsecond those of earlier shards come first.
  ///
  /// - Parameter emit: gets rows with the plan that they come from; gives false to stop.
  /// - Returns: whether to go on.
  mutating func add(
    _ shard: Shard<Rows>, emit: (Rows, Range<Int>, CyclePlan) throws(LabFailure) -> Bool
  ) throws(LabFailure) -> Bool {
    var due: [(time: Int64, source: Int, row: Int)] = []
    for source in carried.indices {
      let rows = carried[source].rows
      while carried[source].next < rows.count, rows.times[carried[source].next] < shard.end {
        due.append((rows.times[carried[source].next], source, carried[source].next))
        carried[source].next += 1
      }
    }
    due.sort { ($0.time, $0.source, $0.row) < ($1.time, $1.source, $1.row) }
    var next = 0
    for entry in due {
      let place = Self.firstRow(of: shard.own, notBefore: entry.time, from: next)
      if place > next {
        guard try emit(shard.own, next..<place, shard.plan) else { return false }
        next = place
      }
      let source = carried[entry.source]
      guard try emit(source.rows, entry.row..<(entry.row + 1), source.plan) else { return false }
    }
    if next < shard.own.count {
      guard try emit(shard.own, next..<shard.own.count, shard.plan) else { return false }
    }
    carried.removeAll { $0.next == $0.rows.count }
    if shard.carried.count > 0 { carried.append(Carried(rows: shard.carried, plan: shard.plan, next: 0)) }
    return true
  }

  private static func firstRow(of rows: Rows, notBefore time: Int64, from first: Int) -> Int {
    var low = first
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows.times[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
