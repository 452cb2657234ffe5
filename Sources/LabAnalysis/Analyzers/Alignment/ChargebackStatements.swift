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
  /// - Parameter unnamed: the organization code of the empty id, whose cost nobody bears.
  init(_ cells: [ChargeScan.Cell], _ calls: CallTable, unnamed: Int?) {
    let names = calls.dictionary(.organizationID).texts
    let organizations = names.count
    order = names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
    lines = Array(repeating: [], count: organizations)
    struct Key: Hashable, Comparable {
      var product: UInt32
      var feature: UInt32
      var provider: UInt32
      var model: UInt32

      static func < (left: Key, right: Key) -> Bool {
        (left.product, left.feature, left.provider, left.model)
          < (right.product, right.feature, right.provider, right.model)
      }
    }
    var sums: [[Key: SIMD4<Int64>]] = Array(repeating: [:], count: organizations)
    var totals = [Int64](repeating: 0, count: organizations)
    for cell in cells {
      let key = Key(product: cell.product, feature: cell.feature, provider: cell.provider, model: cell.model)
      sums[Int(cell.organization)][key, default: SIMD4(repeating: 0)] &+= cell.sums
      totals[Int(cell.organization)] &+= cell.cost
    }
    usageCents = Cents.rounded(Money(nanodollars: totals.reduce(0, &+)))
    let shares = Cents.allocated(usageCents, over: totals, order: order) ?? totals.map { _ in 0 }
    let columns: [UsageColumn] = [.productID, .featureID, .provider, .model]
    let texts = columns.map { calls.has($0) ? calls.dictionary($0) : nil }
    for organization in lines.indices {
      guard organization != unnamed else {
        unallocatedCents &+= shares[organization]
        continue
      }
      let named = sums[organization].map { key, sums in
        (names: zip(texts, [key.product, key.feature, key.provider, key.model]).map { $0?[$1] ?? "" }, sums: sums)
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
