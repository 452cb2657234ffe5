import LabCore
import LabScenario

/// When customers leave and change tier, at the scenario's monthly shares.
struct Lives: Sendable {
  private let churn: Double
  private let upgrades: Double
  private let downgrades: Double
  /// Tiers by price: an upgrade goes to the next dearer one, a downgrade to the next cheaper one.
  private let ladder: [Int]

  init(_ scenario: Scenario) {
    let population = scenario.population
    churn = population.monthlyChurn
    upgrades = population.monthlyUpgrades
    downgrades = population.monthlyDowngrades
    ladder = population.tiers.indices.sorted {
      (population.tiers[$0].monthlyPrice, $0) < (population.tiers[$1].monthlyPrice, $1)
    }
  }

  /// Draws what happens to a customer from its joining to the end of the cycle.
  func draw(of customer: inout Customer, end: Instant, random: inout RandomStream) {
    let lifetime = Self.waitingMonths(monthlyShare: churn, random: &random)
    if let left = customer.joined.advanced(months: lifetime), left < end { customer.left = left }
    var moment = customer.joined
    while let step = ladder.firstIndex(of: customer.tiers[customer.tiers.count - 1].tier) {
      let up = Self.waitingMonths(monthlyShare: upgrades, random: &random)
      let down = Self.waitingMonths(monthlyShare: downgrades, random: &random)
      guard let change = moment.advanced(months: min(up, down)), change < min(customer.left ?? end, end) else { return }
      let next = up <= down ? step + 1 : step - 1
      if ladder.indices.contains(next) {
        customer.tiers.append(Customer.TierPeriod(from: change, tier: ladder[next]))
      } else if change == moment {
        // A share of 1 takes no time: at the end of the ladder nothing would ever change again.
        return
      }
      moment = change
    }
  }

  /// Exponential waiting time of something that happens to a share of the customers per month; infinite for a share of 0.
  private static func waitingMonths(monthlyShare: Double, random: inout RandomStream) -> Double {
    let draw = random.exponential()
    guard monthlyShare > 0 else { return .infinity }
    guard monthlyShare < 1 else { return 0 }
    return draw / -DeterministicMath.log(1 - monthlyShare)
  }
}
