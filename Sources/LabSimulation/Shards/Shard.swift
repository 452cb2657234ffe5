import LabCore
import LabTable

/// Rows as lines of text, in order of time.
struct EncodedRows: Sendable {
  let buffer: UsageBuffer
  /// Microseconds since 1970, rising.
  var times: ContiguousArray<Int64> = []
  /// Where each row ends in the buffer.
  var ends: ContiguousArray<Int> = []

  init(capacity: Int) { buffer = UsageBuffer(capacity: capacity) }

  var count: Int { times.count }

  /// Where a row starts in the buffer.
  func start(of row: Int) -> Int { row == 0 ? 0 : ends[row - 1] }
}

/// The rows whose clusters start in a shard's slots: those before its end, and those that sessions and retries carry
/// beyond it.
struct Shard: Sendable {
  var own: EncodedRows
  var carried: EncodedRows
  /// Where the shard ends, in microseconds since 1970.
  var end: Int64
  var cycle: Int
  var isLastOfCycle: Bool
  var skippedCalls: Int64

  /// Bytes of a usual row with all columns, to size buffers.
  private static let usualRowBytes = 420

  /// Days and retries make more rows than expected; twice as many are rare, and only grow the list.
  private static let roomForMore = 1.25

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
    own = EncodedRows(capacity: rows.count * Self.usualRowBytes)
    carried = EncodedRows(capacity: 4096)
    let fields = plan.customers.fields
    var sorter = TimeSorter()
    var encoder = UsageRowEncoder()
    own.times.reserveCapacity(rows.count)
    own.ends.reserveCapacity(rows.count)
    for index in sorter.sorted(count: rows.count, time: { rows[$0].timestamp.microseconds }) {
      let row = rows.span.extracting(Int(index)..<(Int(index) + 1))
      let time = row[0].timestamp.microseconds
      if time < end {
        encoder.append(row, pool: fields, to: own.buffer)
        own.times.append(time)
        own.ends.append(own.buffer.count)
      } else {
        encoder.append(row, pool: fields, to: carried.buffer)
        carried.times.append(time)
        carried.ends.append(carried.buffer.count)
      }
    }
  }
}
