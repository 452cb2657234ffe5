import LabCore
import LabTable

/// The pass over the calls that finds each customer's organization, archetype, tier and tier price, where no file of
/// subscriptions tells them: one record for each stretch of calls of the same combination, with its first and last call. Who
/// goes to another tier and comes back has three.
struct TierPriceScan: Sendable {
  static let columns: [UsageColumn] = [
    .customerID, .timestamp, .organizationID, .customerArchetype, .subscriptionTier, .tierPrice,
  ]

  struct Record: Sendable {
    var customer: UInt32
    var organization: UInt32
    var archetype: UInt32
    var tier: UInt32
    /// Nanodollars a month, or ``IntegerColumn/unknown``.
    var price: Int64
    /// Microseconds since 1970.
    var first: Int64
    var last: Int64
    /// The next record of the customer, or -1.
    var next: Int32 = -1

    @inline(__always)
    func isSame(_ other: Record) -> Bool {
      organization == other.organization && archetype == other.archetype && tier == other.tier && price == other.price
    }
  }

  /// Beyond so many stretches of one customer a call goes to one of its combination, or to the last: its prices mean nothing
  /// then.
  private static let recordsPerCustomer = 64

  private(set) var records: ContiguousArray<Record> = []
  /// By customer its first record and the one that its last call belonged to, or -1.
  private var heads: ContiguousArray<Int32>
  private var latest: ContiguousArray<Int32>
  /// By customer whether a call stood in the file behind a later one.
  private var isDisordered: ContiguousArray<Bool>

  init(customers: Int) {
    heads = ContiguousArray(repeating: -1, count: customers)
    latest = heads
    isDisordered = ContiguousArray(repeating: false, count: customers)
  }

  /// The records of a context's calls: stretches of time, in whatever order the file has them.
  ///
  /// The calls of customers with several combinations, some of whose calls stand behind later ones, are read once more and
  /// sorted.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> TierPriceScan {
    let customers = calls.dictionary(.customerID).count
    var scan = try context.scanning { () throws(LabFailure) in
      try calls.fold(
        reading: columns, where: context.selection, context.scan, from: { TierPriceScan(customers: customers) },
        { $0.add($1) }, merge: { $0.merge($1) })
    }
    let mixed = scan.mixedCustomers
    guard mixed.contains(true) else { return scan }
    let rows = try context.scanning { () throws(LabFailure) in
      try calls.fold(
        reading: columns, where: context.selection, context.scan, from: { [Record]() },
        { rows, block in forEachRow(of: block) { if mixed[Int($0.customer)] { rows.append($0) } } },
        merge: { $0 += $1 })
    }
    scan.replace(mixed, by: rows)
    return scan
  }

  mutating func add(_ block: CallBlock) {
    Self.forEachRow(of: block) { add($0) }
  }

  /// Takes in calls that stand behind all others.
  @inline(__always)
  private mutating func add(_ record: Record) {
    let place = Int(latest[Int(record.customer)])
    if place >= 0, records[place].isSame(record) { extend(place, by: record) } else { take(record) }
  }

  /// Calls `body` with each row whose time is known, as a record of its own.
  @inline(__always)
  private static func forEachRow(of block: CallBlock, _ body: (Record) -> Void) {
    let (customerCodes, timeValues) = (block.codes(.customerID), block.integers(.timestamp))
    let (organizationCodes, archetypeCodes) = (block.codes(.organizationID), block.codes(.customerArchetype))
    let (tierCodes, priceValues) = (block.codes(.subscriptionTier), block.integers(.tierPrice))
    let (customers, times, tiers) = (customerCodes.span, timeValues.span, tierCodes.span)
    let (organizations, archetypes, prices) = (organizationCodes.span, archetypeCodes.span, priceValues.span)
    for row in 0..<block.count where times[row] != IntegerColumn.unknown {
      body(
        Record(
          customer: customers[row], organization: organizations[row], archetype: archetypes[row], tier: tiers[row],
          price: prices[row], first: times[row], last: times[row]))
    }
  }

  /// By customer whether its calls are out of order and of several combinations.
  private var mixedCustomers: ContiguousArray<Bool> {
    ContiguousArray(
      isDisordered.indices.map { isDisordered[$0] && heads[$0] >= 0 && records[Int(heads[$0])].next >= 0 })
  }

  /// Makes the records of some customers anew from all of their calls.
  private mutating func replace(_ customers: ContiguousArray<Bool>, by rows: [Record]) {
    for customer in customers.indices where customers[customer] { (heads[customer], latest[customer]) = (-1, -1) }
    // Calls of one time keep the order of the file.
    let order = rows.indices.sorted {
      (rows[$0].customer, rows[$0].first, $0) < (rows[$1].customer, rows[$1].first, $1)
    }
    for index in order { add(rows[index]) }
  }

  /// Takes in a record of another combination than the customer's last call had.
  private mutating func take(_ record: Record) {
    let customer = Int(record.customer)
    if latest[customer] >= 0, record.first < records[Int(latest[customer])].last { isDisordered[customer] = true }
    var (place, end, length, same) = (Int(heads[customer]), -1, 0, -1)
    while place >= 0 {
      if same < 0, records[place].isSame(record) { same = place }
      end = place
      length += 1
      place = Int(records[place].next)
    }
    if length == Self.recordsPerCustomer { return extend(same < 0 ? end : same, by: record) }
    let new = Int32(truncatingIfNeeded: records.count)
    var record = record
    record.next = -1
    records.append(record)
    if end < 0 { heads[customer] = new } else { records[end].next = new }
    latest[customer] = new
  }

  private mutating func extend(_ place: Int, by record: Record) {
    if record.first < records[place].last { isDisordered[Int(record.customer)] = true }
    records[place].first = min(records[place].first, record.first)
    records[place].last = max(records[place].last, record.last)
    latest[Int(record.customer)] = Int32(truncatingIfNeeded: place)
  }

  /// Takes in what a scan of later rows has found; a stretch goes on across the border.
  mutating func merge(_ other: TierPriceScan) {
    for customer in isDisordered.indices where other.isDisordered[customer] { isDisordered[customer] = true }
    for record in other.records { add(record) }
  }

  /// The records of a customer.
  func records(of customer: Int) -> [Record] {
    var (list, place): ([Record], Int) = ([], Int(heads[customer]))
    while place >= 0 {
      list.append(records[place])
      place = Int(records[place].next)
    }
    return list
  }
}
