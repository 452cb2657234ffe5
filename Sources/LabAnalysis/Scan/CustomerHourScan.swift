import LabCore
import LabTable

/// The pass over the calls behind ``CustomerHours``.
struct CustomerHourScan: Sendable {
  typealias Cell = CustomerHours.Cell

  static let columns: [UsageColumn] = [
    .customerID, .timestamp, .status, .errorType, .region, .cost, .inputTokens, .outputTokens, .provider, .model,
  ]
  var store: HourCellStore<Cell>
  /// By code what of ``Flag`` a row gets from its status and its error type.
  let statusFlags: ContiguousArray<UInt32>
  let typeFlags: ContiguousArray<UInt32>
  let dear: DearModels
  /// By row of a block its flags and its place.
  var flags = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  var places = ContiguousArray<Place>(repeating: Place(), count: CallBlock.foldedRows)

  /// Where a row belongs.
  struct Place: BitwiseCopyable, Sendable {
    /// Its cell among those that haven't been put away; -1 when its time is unknown.
    var cell: Int32 = -1
    /// Milliseconds since its hour began.
    var milliseconds: UInt32 = 0
  }

  /// What a cell counts calls by.
  enum Flag {
    static let failed: UInt32 = 1
    static let limited: UInt32 = 2
    static let dear: UInt32 = 4
  }

  init(_ calls: CallTable, _ dear: DearModels) {
    self.dear = dear
    store = HourCellStore(customers: calls.dictionary(.customerID).count)
    let statuses = calls.has(.status) ? calls.dictionary(.status).texts : []
    statusFlags = ContiguousArray(statuses.isEmpty ? [0] : statuses.map { $0 == "error" ? Flag.failed : 0 })
    let types = calls.has(.errorType) ? calls.dictionary(.errorType).texts : []
    typeFlags = ContiguousArray(
      types.isEmpty
        ? [0] : types.map { $0.isEmpty ? 0 : $0 == "rate_limit" ? Flag.failed | Flag.limited : Flag.failed })
  }

  mutating func add(_ block: CallBlock) {
    store.reserve(block.count)
    take(block)
    store.putAway()
  }

  mutating func merge(_ later: CustomerHourScan) { store.merge(later.store) }
}
