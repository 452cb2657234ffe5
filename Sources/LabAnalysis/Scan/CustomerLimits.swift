import LabCore
import LabTable

/// How many calls every customer made in every hour, and how many of them ran into a rate limit: all that the search for
/// rate limits needs of ``CustomerHours``, at a quarter of its size.
struct CustomerLimits: Sendable {
  struct Cell: HourCell {
    var customer: UInt32
    var hour: Int32
    var calls: UInt32 = 0
    var rateLimits: UInt32 = 0

    init(customer: UInt32, hour: Int32) { (self.customer, self.hour) = (customer, hour) }

    mutating func add(_ later: Cell) {
      calls &+= later.calls
      rateLimits &+= later.rateLimits
    }
  }

  /// By customer, then by hour; hours without a call have none.
  let cells: CellPages<Cell>
  /// By customer code where its cells begin and end; other places hold cells without calls.
  let starts: ContiguousArray<Int>
  let ends: ContiguousArray<Int>

  /// How many customer codes the table has.
  var customerCount: Int { starts.count }

  /// The places of a customer's cells in ``cells``.
  func range(of customer: Int) -> Range<Int> { starts[customer]..<ends[customer] }

  /// What a context's calls have of it, made at most once: out of ``CustomerHours`` where those are there already. Nil when the
  /// table lacks a column of ``CustomerHours/needed``.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> CustomerLimits? {
    guard calls.missing(CustomerHours.needed).isEmpty else { return nil }
    return try context.shared.value("customer_limits") { () throws(AnalysisError) in
      if context.shared.offers(CustomerHours.key), let hours = try CustomerHours.of(calls, in: context) {
        return CustomerLimits(hours)
      }
      var scan = try context.scanning { () throws(LabFailure) in
        try calls.fold(
          reading: CustomerLimitScan.columns, where: context.selection, context.scan,
          from: { CustomerLimitScan(calls) }, { $0.add($1) }, merge: { $0.merge($1) })
      }
      return CustomerLimits(SortedHourCells(scan.store.handOver(), width: context.threads))
    }
  }

  private init(_ sorted: SortedHourCells<Cell>) {
    (cells, starts, ends) = (sorted.cells, sorted.starts, sorted.ends)
  }

  private init(_ hours: CustomerHours) {
    cells = hours.cells.map { cell in
      var own = Cell(customer: cell.customer, hour: cell.hour)
      (own.calls, own.rateLimits) = (cell.calls, cell.rateLimits)
      return own
    }
    (starts, ends) = (hours.starts, hours.ends)
  }
}

/// The pass over the calls behind ``CustomerLimits``.
struct CustomerLimitScan: Sendable {
  static let columns: [UsageColumn] = [.customerID, .timestamp, .errorType]

  var store: HourCellStore<CustomerLimits.Cell>
  /// By code of the error type 1 for a rate limit.
  let limited: ContiguousArray<UInt32>

  init(_ calls: CallTable) {
    store = HourCellStore(customers: calls.dictionary(.customerID).count)
    let types = calls.has(.errorType) ? calls.dictionary(.errorType).texts : []
    limited = ContiguousArray(types.isEmpty ? [0] : types.map { $0 == "rate_limit" ? 1 : 0 })
  }

  mutating func add(_ block: CallBlock) {
    store.reserve(block.count)
    take(block)
    store.putAway()
  }

  mutating func merge(_ later: CustomerLimitScan) { store.merge(later.store) }
}
