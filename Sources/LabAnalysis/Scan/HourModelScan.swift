import LabCore
import LabPrices
import LabTable

/// The pass over the calls behind ``HourModelCells``.
struct HourModelScan: PricedScan {
  /// By cell: its hour since 1970, its key and its sums.
  var hours: ContiguousArray<Int64> = []
  var keys: ContiguousArray<Int32> = []
  var sums: ContiguousArray<SIMD8<Int64>> = []
  var cursor = HourCursor()
  /// The cell that each key was in last, or -1; one before the cursor's first is of another hour.
  var latest: ContiguousArray<Int32>
  var prices: PriceIndex
  let instant: Int64
  /// By slot that of the same calls at the window's end.
  let ends: ContiguousArray<Int32>
  /// By slot + 1 the key of a call that it prices at its own time, where the window's end is settled and every class has a
  /// price; else -1, also for calls without a slot.
  let plainKeys: ContiguousArray<Int32>
  let models: Int
  let separatesPairs: Bool
  /// By code whether a call failed.
  let errorStatuses: ContiguousArray<Bool>
  let errorTypes: ContiguousArray<Bool>
  var slots = ContiguousArray<Int32>(repeating: -1, count: CallBlock.foldedRows)
  /// By row of a block its key, or -1 where that takes a closer look.
  var rowSeries = ContiguousArray<Int32>(repeating: -1, count: CallBlock.foldedRows)

  init(_ calls: CallTable, _ prices: PriceIndex, at instant: Int64, models: Int, pairs: Int) {
    let statuses = calls.has(.status) ? calls.dictionary(.status).texts : []
    errorStatuses = ContiguousArray(statuses.isEmpty ? [false] : statuses.map { $0 == "error" })
    let types = calls.has(.errorType) ? calls.dictionary(.errorType).texts : []
    errorTypes = ContiguousArray(types.isEmpty ? [false] : types.map { !$0.isEmpty })
    self.prices = prices
    self.instant = instant
    let ends = prices.slots(at: instant)
    self.ends = ends
    plainKeys = [-1] + ContiguousArray(ends.map { $0 >= 0 && prices.slots[Int($0)].pricesAll ? $0 * 2 : -1 })
    self.models = models
    separatesPairs = pairs > 1
    latest = ContiguousArray(repeating: -1, count: (prices.slots.count + pairs) * 2)
  }

  mutating func findSlots(_ columns: borrowing PricedColumns) { prices.findSlots(columns, into: &slots) }

  mutating func merge(_ later: HourModelScan) {
    hours.append(contentsOf: later.hours)
    keys.append(contentsOf: later.keys)
    sums.append(contentsOf: later.sums)
  }
}
