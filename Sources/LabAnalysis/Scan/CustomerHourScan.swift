import LabCore
import LabTable

/// The pass over the calls behind ``CustomerHours``.
struct CustomerHourScan: Sendable {
  typealias Cell = CustomerHours.Cell

  static let columns: [UsageColumn] = [
    .customerID, .timestamp, .status, .errorType, .region, .cost, .inputTokens, .outputTokens, .provider, .model,
  ]
  var store: HourCellStore<Cell>
  /// By code whether a call failed, and whether it was limited.
  let isError: ContiguousArray<Bool>
  let failure: ContiguousArray<UInt32>
  let dear: DearModels

  init(_ calls: CallTable, _ dear: DearModels) {
    self.dear = dear
    store = HourCellStore(customers: calls.dictionary(.customerID).count)
    let statuses = calls.has(.status) ? calls.dictionary(.status).texts : []
    isError = ContiguousArray(statuses.isEmpty ? [false] : statuses.map { $0 == "error" })
    let types = calls.has(.errorType) ? calls.dictionary(.errorType).texts : []
    // 0 none, 1 an error, 2 a rate limit.
    failure = ContiguousArray(types.isEmpty ? [0] : types.map { $0.isEmpty ? 0 : $0 == "rate_limit" ? 2 : 1 })
  }

  mutating func add(_ block: CallBlock) {
    store.reserve(block.count)
    take(block)
    store.putAway()
  }

  mutating func merge(_ later: CustomerHourScan) { store.merge(later.store) }
}
