import LabCore
import LabScenario

/// The companion `X.customers.csv`: one row per subscription period.
///
/// Periods of a customer follow one another without gap or overlap while it pays; a new one begins with each change of
/// tier. A customer that left is there to the end of the month that it has paid for, and no later: when it left stands in
/// the truth. Customers who never call are here too.
struct CustomersFile {
  static let columns = [
    "customer_id", "organization_id", "customer_archetype", "subscription_tier", "tier_price_usd", "region",
    "utc_offset", "valid_from", "valid_to", "signed_up",
  ]

  private struct Period {
    var customer: Customer
    var tier: Int
    var from: Instant
    var to: Instant
  }

  private let blueprint: Blueprint
  private let until: Instant
  private let cancellation: CancellationFlag
  /// Starting customers come back in every cycle; the others belong to one.
  private var returning: [[Period]]
  private var others: [Period] = []

  init(_ blueprint: Blueprint, until: Instant, cancellation: CancellationFlag) {
    self.blueprint = blueprint
    self.until = until
    self.cancellation = cancellation
    returning = Array(repeating: [], count: blueprint.scenario.population.customers)
  }

  /// Work between two looks at the cancellation flag, in customers: some milliseconds.
  private static let checkedCustomers = 4096

  /// Adds the next cycle.
  mutating func add(_ cycle: Cycle) throws(LabFailure) {
    for (index, customer) in cycle.people.enumerated() {
      if index % Self.checkedCustomers == 0 { try cancellation.check() }
      for period in Self.periods(of: customer, in: cycle, until: until) {
        guard index < returning.count else {
          others.append(period)
          continue
        }
        if let last = returning[index].last, last.to == period.from, last.tier == period.tier {
          returning[index][returning[index].count - 1].to = period.to
        } else {
          returning[index].append(period)
        }
      }
    }
  }

  func bytes() throws(LabFailure) -> [UInt8] {
    let population = blueprint.scenario.population
    let tiers = population.tiers.map {
      Self.quoted($0.id) + "," + Self.quoted($0.monthlyPrice.decimalString(minimumPlaces: 0))
    }
    let regions = population.regions.map { Self.quoted($0.id) + "," + Self.clock($0.utcOffset) }
    let organizations = blueprint.organizationIDs.map(Self.quoted)
    let archetypes = population.archetypes.map { Self.quoted($0.id) }
    var text = Array((Self.columns.joined(separator: ",") + "\n").utf8)
    // Most periods end together.
    var lastEnd = (moment: until, text: until.description)
    var number = 0
    for periods in [returning.joined().makeIterator(), [others].joined().makeIterator()] {
      for period in IteratorSequence(periods) {
        if number % Self.checkedCustomers == 0 { try cancellation.check() }
        number += 1
        if period.to != lastEnd.moment { lastEnd = (period.to, period.to.description) }
        let from = period.from.description
        let signedUp = period.from == period.customer.signedUp ? from : period.customer.signedUp.description
        for field in [
          Self.quoted(period.customer.id), organizations[period.customer.organization],
          archetypes[period.customer.archetype], tiers[period.tier], regions[period.customer.region], from,
          lastEnd.text,
        ] {
          text.append(contentsOf: field.utf8)
          text.append(UInt8(ascii: ","))
        }
        text.append(contentsOf: signedUp.utf8)
        text.append(UInt8(ascii: "\n"))
      }
    }
    return text
  }

  private static func periods(of customer: Customer, in cycle: Cycle, until: Instant) -> [Period] {
    let limit = min(cycle.end, until)
    let end = min(customer.paidUntil ?? limit, limit)
    var periods: [Period] = []
    for (index, tier) in customer.tiers.enumerated() {
      let next = index + 1 < customer.tiers.count ? customer.tiers[index + 1].from : end
      let from = cycle.index > 0 ? max(tier.from, cycle.start) : tier.from
      let to = min(next, end)
      if from < to { periods.append(Period(customer: customer, tier: tier.tier, from: from, to: to)) }
    }
    return periods
  }

  /// `-05:00`.
  private static func clock(_ offset: TimeSpan) -> String {
    let minutes = offset.microseconds.magnitude / 60_000_000
    func two(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return (offset < .zero ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60)
  }

  /// RFC 4180: in quotes when it holds a comma, a quote or a line break.
  private static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { $0 == 0x2c || $0 == 0x22 || $0 == 0x0a || $0 == 0x0d }) else { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
