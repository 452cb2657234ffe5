import LabCore
import LabScenario

/// The companion `X.customers.csv`: one row per subscription period.
///
/// Periods of a customer follow one another without gap or overlap while it pays; a new one begins with each change of
/// tier. A customer that left is there to the end of the month that it has paid for, and no later: when it left stands in
/// the truth. Customers who never call are here too.
enum CustomersFile {
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

  /// - Parameter cycles: those that begin before `until`, in order.
  static func bytes(_ cycles: [Cycle], blueprint: Blueprint, until: Instant) -> [UInt8] {
    let starting = blueprint.scenario.population.customers
    // Starting customers come back in every cycle; the others belong to one.
    var returning: [[Period]] = Array(repeating: [], count: starting)
    var others: [Period] = []
    for cycle in cycles {
      for (index, customer) in cycle.people.enumerated() {
        for period in periods(of: customer, in: cycle, until: until) {
          guard index < starting else {
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
    var text = columns.joined(separator: ",") + "\n"
    for period in Array(returning.joined()) + others { text += line(period, blueprint) }
    return Array(text.utf8)
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

  private static func line(_ period: Period, _ blueprint: Blueprint) -> String {
    let population = blueprint.scenario.population
    let tier = population.tiers[period.tier]
    let region = population.regions[period.customer.region]
    let fields = [
      period.customer.id, blueprint.organizationIDs[period.customer.organization],
      population.archetypes[period.customer.archetype].id, tier.id, tier.monthlyPrice.decimalString(minimumPlaces: 0),
      region.id, clock(region.utcOffset), period.from.description, period.to.description,
      period.customer.signedUp.description,
    ]
    return fields.map(quoted).joined(separator: ",") + "\n"
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
