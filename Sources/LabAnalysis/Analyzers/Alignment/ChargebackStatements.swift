import LabCore
import LabTable

/// Shares a bill out to organizations: their calls, and pools beside them, in whole cents that sum to the bill.
struct ChargebackStatements {
  typealias Line = AlignmentFindings.Line

  /// An amount beside the calls, and what each organization weighs in it.
  struct Pool {
    var kind: String
    var item: String
    var key: String
    /// Cents; below zero where a provider billed less than was recorded.
    var cents: Int64
    /// By organization code.
    var weights: [Int64]
  }

  /// Organization codes by name, so that equal remainders fall the same way whatever the order of the file's rows.
  let order: [Int]
  /// By organization code.
  private(set) var lines: [[Line]]
  private(set) var pools: [AlignmentFindings.Pool] = []
  private(set) var usageCents: Int64 = 0
  /// Cents of every kind that no organization bears.
  private(set) var unallocatedCents: Int64 = 0

  /// The lines of usage: the bill in cents over organizations by largest remainder, then each organization's over its lines.
  ///
  /// - Parameters:
  ///   - cells: in the order of their codes.
  ///   - unnamed: the organization code of the empty id, whose cost nobody bears.
  init(_ cells: [ChargeScan.Cell], _ calls: CallTable, unnamed: Int?) {
    let names = calls.dictionary(.organizationID).texts
    let organizations = names.count
    order = NameOrder.places(of: names)
    lines = Array(repeating: [], count: organizations)
    // By organization the product, feature, provider and model of a line, and its sums. Cells come in the order of their
    // codes, so that those of a line are neighbours.
    var sums: [[(codes: SIMD4<UInt32>, sums: SIMD4<Int64>)]] = Array(repeating: [], count: organizations)
    var totals = [Int64](repeating: 0, count: organizations)
    for cell in cells {
      let organization = Int(cell.organization)
      let codes = SIMD4(cell.product, cell.feature, cell.provider, cell.model)
      if let last = sums[organization].indices.last, sums[organization][last].codes == codes {
        sums[organization][last].sums &+= cell.sums
      } else {
        sums[organization].append((codes, cell.sums))
      }
      totals[organization] &+= cell.cost
    }
    usageCents = Cents.rounded(Money(nanodollars: totals.reduce(0, &+)))
    let shares = Cents.allocated(usageCents, over: totals, order: order) ?? totals.map { _ in 0 }
    let columns: [UsageColumn] = [.productID, .featureID, .provider, .model]
    let texts = columns.map { calls.has($0) ? calls.dictionary($0).texts : nil }
    for organization in lines.indices {
      guard organization != unnamed else {
        unallocatedCents &+= shares[organization]
        continue
      }
      let named = sums[organization].map { codes, sums in
        (names: texts.indices.map { texts[$0]?[Int(codes[$0])] ?? "" }, sums: sums)
      }.sorted { left, right in
        left.sums[ChargeScan.Lane.cost] == right.sums[ChargeScan.Lane.cost]
          ? left.names.lexicographicallyPrecedes(right.names)
          : left.sums[ChargeScan.Lane.cost] > right.sums[ChargeScan.Lane.cost]
      }
      let cents = Cents.allocated(shares[organization], over: named.map { $0.sums[ChargeScan.Lane.cost] })
      for (index, entry) in named.enumerated() {
        func name(_ place: Int) -> String? { texts[place] == nil ? nil : entry.names[place] }
        lines[organization].append(
          Line(
            kind: "usage", item: nil, productId: name(0), featureId: name(1), provider: name(2), model: name(3),
            calls: entry.sums[ChargeScan.Lane.calls],
            tokens: entry.sums[ChargeScan.Lane.input] &+ entry.sums[ChargeScan.Lane.output],
            amountUsd: Cents.money(cents?[index] ?? 0)))
      }
    }
  }

  /// Shares a pool out; what no organization weighs anything in stays unallocated.
  mutating func add(_ pool: Pool, unnamed: Int?) {
    var weights = pool.weights
    if let unnamed { weights[unnamed] = 0 }
    let shares = Cents.allocated(pool.cents, over: weights, order: order)
    for (organization, cents) in (shares ?? []).enumerated() where weights[organization] > 0 {
      lines[organization].append(
        Line(
          kind: pool.kind, item: pool.item, productId: nil, featureId: nil, provider: nil, model: nil, calls: nil,
          tokens: nil, amountUsd: Cents.money(cents)))
    }
    let allocated = shares == nil ? 0 : pool.cents
    unallocatedCents &+= pool.cents &- allocated
    pools.append(
      .init(
        kind: pool.kind, item: pool.item, key: pool.key, amountUsd: Cents.money(pool.cents),
        allocatedUsd: Cents.money(allocated), unallocatedUsd: Cents.money(pool.cents &- allocated)))
  }

  /// The sum of an organization's lines, of one kind or of all.
  func sum(_ organization: Int, kind: String? = nil) -> Money {
    Money(
      nanodollars: lines[organization].reduce(0) { sum, line in
        kind == nil || line.kind == kind ? sum &+ line.amountUsd.nanodollars : sum
      })
  }

  /// The sum of a kind of pool.
  func pooled(_ kind: String) -> Money {
    Money(nanodollars: pools.reduce(0) { $1.kind == kind ? $0 &+ $1.amountUsd.nanodollars : $0 })
  }
}
