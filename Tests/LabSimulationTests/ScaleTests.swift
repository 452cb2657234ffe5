import LabCore
import LabScenario
import Testing

@testable import LabSimulation

struct ScaleTests {
  /// With a copy of all customers for each of them, as there once was, this would take hours.
  @Test func `two hundred thousand customers are drawn, each with a rate and a size of its own`() throws {
    let simulation = try Lab.simulation(
      """
      "duration": "1h", "population": { "customers": 200000, "signups_per_day": 0 },
      "traffic": { "calls_per_hour": 1000 }
      """)
    #expect(simulation.firstPlan.people.count == 200_000)
    #expect(simulation.firstPlan.customers.count == 200_000)
    #expect(Set(simulation.firstPlan.people.map(\.id)).count == 200_000)
  }

  @Test func `a raised flag stops the preparation and both companions`() throws {
    let loaded = try Lab.load("\"duration\": \"1d\", \"population\": { \"customers\": 100 }")
    let flag = CancellationFlag()
    let simulation = try Simulation(scenario: loaded.scenario, prices: loaded.prices, cancellation: flag)
    let end = simulation.firstPlan.end
    flag.raise()
    for work in [
      { _ = try Simulation(scenario: loaded.scenario, prices: loaded.prices, cancellation: flag) },
      { _ = try simulation.customersCSV(until: end, cancellation: flag) },
      { _ = try simulation.truthJSON(until: end, cancellation: flag) },
    ] {
      let failure = #expect(throws: LabFailure.self, performing: work)
      #expect(failure?.kind == .cancelled)
    }
  }

  @Test func `the last days of the calendar can be simulated, and what reaches beyond is refused`() throws {
    let keys =
      "\"start\": \"9999-12-30\", \"population\": { \"customers\": 50 }, \"traffic\": { \"calls_per_hour\": 20 }"
    let simulation = try Lab.simulation("\"duration\": \"1d\", " + keys)
    let (_, outcome) = try Lab.file(simulation)
    #expect(outcome.rows > 0)
    #expect(try !simulation.customersCSV(until: outcome.end).isEmpty)
    #expect(throws: LabFailure.self) { try Lab.simulation("\"duration\": \"7000d\", " + keys) }
  }

  @Test func `a monthly share of 1 takes customers up the ladder at once, and ends`() throws {
    var scenario = try Lab.load("\"duration\": \"1d\", \"population\": { \"customers\": 20 }").scenario
    scenario.population.monthlyUpgrades = 1
    let lives = Lives(scenario)
    var random = RandomStream(seed: 1, purpose: 1)
    var customer = try #require(Lab.simulation("\"duration\": \"1d\"").base.customers.first)
    lives.draw(of: &customer, end: scenario.start + scenario.duration, random: &random)
    let dearest = scenario.population.tiers.map(\.monthlyPrice).max()
    #expect(customer.tiers.last.map { scenario.population.tiers[$0.tier].monthlyPrice } == dearest)
  }
}
