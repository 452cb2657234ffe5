import LabCore
import LabTable

/// The rows whose clusters start in a shard's slots: those before its end, and those that sessions and retries carry
/// beyond it.
struct Shard<Rows: ShardRows>: Sendable {
  var own: Rows
  var carried: Rows
  /// The plan that the shard belongs to.
  let plan: CyclePlan
  /// Where the shard ends, in microseconds since 1970.
  var end: Int64
  var cycle: Int
  var isLastOfCycle: Bool
  var skippedCalls: Int64

  /// Days and retries make more rows than expected; twice as many are rare, and only grow the list.
  private static var roomForMore: Double { 1.25 }
  /// Sessions and retries carry few rows beyond a shard.
  private static var usualCarriedRows: Int { 10 }

  /// Generates, sorts and encodes a shard.
  init(_ number: Int, of plan: CyclePlan, blueprint: Blueprint) {
    let slots = plan.shards[number]
    let expected = slots.reduce(0.0) { $0 + plan.slots[$1].expectedCalls }
    var generator = CallGenerator(blueprint, plan: plan, expectedRows: Int(expected * Self.roomForMore))
    for slot in slots { generator.generate(slot: slot) }
    let rows = generator.rows
    let isLast = number == plan.shards.count - 1
    end = isLast ? plan.end.microseconds : plan.slots[slots.upperBound - 1].end
    cycle = plan.index
    isLastOfCycle = isLast
    skippedCalls = generator.skippedCalls
    own = Rows(capacity: rows.count)
    carried = Rows(capacity: Self.usualCarriedRows)
    self.plan = plan
    let fields = plan.customers.fields
    var sorter = TimeSorter()
    var encoder = UsageRowEncoder()
    for index in sorter.sorted(count: rows.count, time: { rows[$0].timestamp.microseconds }) {
      let row = rows.span.extracting(Int(index)..<(Int(index) + 1))
      if row[0].timestamp.microseconds < end {
        own.append(row, pool: fields, encoder: &encoder)
      } else {
        carried.append(row, pool: fields, encoder: &encoder)
      }
    }
  }
}
