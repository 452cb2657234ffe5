import LabCore
import LabTable

/// Subscription prices that change within a period: one customer and tier with several prices in one calendar month (UTC).
///
/// A change that the subscription file dates is no conflict. Neighbouring calls of a customer mostly agree, so the set of
/// different facts is small; the last fact of each customer is remembered.
struct TierPriceAudit: Sendable {
  struct Period: Hashable, Sendable {
    var customer: UInt32
    var tier: UInt32
    /// Months since 1970.
    var month: Int32
  }
  private struct Fact: Hashable, Sendable {
    var period: Period
    var price: Int64
  }

  private var facts: Set<Fact> = []
  /// The last fact of a customer, as short as every call can be compared with.
  private struct Latest: Sendable {
    var price = Int64.min
    var month = Int32.min
    var tier = UInt32.max
  }
  private var latest: ContiguousArray<Latest>
  private var monthStart = Int64.max
  private var monthEnd = Int64.min
  private var month: Int32 = 0

  init(customers: Int) {
    latest = ContiguousArray(repeating: Latest(), count: customers)
  }

  mutating func add(_ block: CallBlock) {
    let (times, customers) = (block.integers(.timestamp), block.codes(.customerID))
    let (tiers, prices) = (block.codes(.subscriptionTier), block.integers(.tierPrice))
    let rows = 0..<block.count
    let (time, customer) = (times.span.extracting(rows), customers.span.extracting(rows))
    let (tier, price) = (tiers.span.extracting(rows), prices.span.extracting(rows))
    var (start, end, month) = (monthStart, monthEnd, self.month)
    var found: [Fact] = []
    // Out of the value while the span is there (docs/decisions/0008).
    var own: ContiguousArray<Latest> = []
    swap(&own, &self.latest)
    var latest = own.mutableSpan
    for row in rows where price[row] != IntegerColumn.unknown && time[row] != IntegerColumn.unknown {
      if time[row] < start || time[row] >= end { (start, end, month) = Self.month(of: time[row]) }
      let number = Int(customer[row])
      let last = latest[number]
      if last.price != price[row] || last.month != month || last.tier != tier[row] {
        latest[number] = Latest(price: price[row], month: month, tier: tier[row])
        found.append(
          Fact(period: Period(customer: customer[row], tier: tier[row], month: month), price: price[row]))
      }
    }
    swap(&own, &self.latest)
    (monthStart, monthEnd, self.month) = (start, end, month)
    facts.formUnion(found)
  }

  private static func month(of microseconds: Int64) -> (start: Int64, end: Int64, month: Int32) {
    let date = Instant(microseconds: microseconds).date
    let next =
      date.month == 12
      ? CivilDate(year: date.year + 1, month: 1, day: 1) : CivilDate(year: date.year, month: date.month + 1, day: 1)
    return (
      Instant(date: CivilDate(year: date.year, month: date.month, day: 1)).microseconds,
      Instant(date: next).microseconds,
      Int32(truncatingIfNeeded: (date.year - 1970) * 12 + date.month - 1)
    )
  }

  mutating func merge(_ other: TierPriceAudit) { facts.formUnion(other.facts) }

  /// The periods with more than one price, by customer, tier and month.
  ///
  /// - Parameter subscriptions: two of a customer and tier at different prices that touch the month explain a change.
  func conflicts(_ calls: CallTable, subscriptions: [SubscriptionPeriod]?) -> [Conflict] {
    var prices: [Period: [Int64]] = [:]
    for fact in facts { prices[fact.period, default: []].append(fact.price) }
    let (customers, tiers) = (calls.dictionary(.customerID), calls.dictionary(.subscriptionTier))
    var conflicts: [Conflict] = []
    for (period, found) in prices where found.count > 1 {
      let year = 1970 + Int(floorDivide(Int64(period.month), 12))
      let first = CivilDate(year: year, month: Int(period.month) - (year - 1970) * 12 + 1, day: 1)
      let conflict = Conflict(
        customerId: customers[period.customer], subscriptionTier: tiers[period.tier],
        month: String("\(first)".prefix(7)),
        tierPricesUsd: found.sorted().map { Money(nanodollars: $0) })
      if !conflict.isExplained(by: subscriptions ?? [], monthStart: Instant(date: first)) { conflicts.append(conflict) }
    }
    return conflicts.sorted {
      ($0.month, $0.customerId, $0.subscriptionTier) < ($1.month, $1.customerId, $1.subscriptionTier)
    }
  }

  /// A customer's month with more than one price for the same tier.
  struct Conflict: Encodable, Sendable {
    var customerId: String
    var subscriptionTier: String
    /// `2026-01`.
    var month: String
    var tierPricesUsd: [Money]

    fileprivate func isExplained(by subscriptions: [SubscriptionPeriod], monthStart: Instant) -> Bool {
      let monthEnd = monthStart + .days(31)
      let dated = Set(
        subscriptions.filter {
          $0.customer == customerId && $0.tier == subscriptionTier && $0.validFrom < monthEnd && $0.validTo > monthStart
        }.map(\.monthlyPrice))
      return tierPricesUsd.allSatisfy { dated.contains($0) }
    }
  }
}
