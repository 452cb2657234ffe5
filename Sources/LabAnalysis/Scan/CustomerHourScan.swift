import LabCore
import LabTable

/// The pass over the calls behind ``CustomerHours``: the cells of the hour that the rows are in grow side by side, so that
/// they stay in a core's cache; those of the hours before wait in chunks.
struct CustomerHourScan: Sendable {
  typealias Cell = CustomerHours.Cell

  static let columns: [UsageColumn] = [
    .customerID, .timestamp, .status, .errorType, .region, .cost, .inputTokens, .outputTokens, .provider, .model,
  ]
  /// Cells that are put away together: 300 kB.
  private static let chunkSize = 4096

  private var chunks: [ContiguousArray<Cell>] = []
  /// The cells that aren't put away yet; behind the first `used` there is only room.
  var recent: ContiguousArray<Cell> = []
  var used = 0
  /// How many cells have been put away, and the number of the first cell of the hour that the rows are in, among all.
  var away = 0
  var hourStart = 0
  /// The hour that the rows are in, and where it begins: rows mostly ascend in time.
  var hour = Int32.min
  var start = Int64.max
  /// The number, among all, of the cell that each customer was in last, or -1.
  var latest: ContiguousArray<Int32>
  /// By code whether a call failed, and whether it was limited.
  let isError: ContiguousArray<Bool>
  let failure: ContiguousArray<UInt32>
  let dear: DearModels

  init(_ calls: CallTable, _ dear: DearModels) {
    self.dear = dear
    latest = ContiguousArray(repeating: -1, count: calls.dictionary(.customerID).count)
    let statuses = calls.has(.status) ? calls.dictionary(.status).texts : []
    isError = ContiguousArray(statuses.isEmpty ? [false] : statuses.map { $0 == "error" })
    let types = calls.has(.errorType) ? calls.dictionary(.errorType).texts : []
    // 0 none, 1 an error, 2 a rate limit.
    failure = ContiguousArray(types.isEmpty ? [0] : types.map { $0.isEmpty ? 0 : $0 == "rate_limit" ? 2 : 1 })
  }

  mutating func add(_ block: CallBlock) {
    let room = used + block.count - recent.count
    if room > 0 { recent.append(contentsOf: repeatElement(Cell(customer: 0, hour: 0), count: room)) }
    take(block)
    // What lies before the hour that the rows are in is done.
    let done = hourStart - away
    guard done >= Self.chunkSize else { return }
    chunks.append(ContiguousArray(recent[..<done]))
    for index in done..<used { recent[index - done] = recent[index] }
    used -= done
    away += done
  }

  /// All cells in the order of the file.
  consuming func finished() -> [ContiguousArray<Cell>] { chunks + [ContiguousArray(recent[..<used])] }

  mutating func merge(_ later: CustomerHourScan) {
    chunks += [ContiguousArray(recent[..<used])] + later.chunks
    (recent, used) = (later.recent, later.used)
  }
}
