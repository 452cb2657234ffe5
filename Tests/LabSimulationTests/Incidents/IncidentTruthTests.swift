import LabCore
import LabJSON
import LabScenario
import Testing

@testable import LabSimulation

/// The truth says what was put in: its windows and its expected excess are those of the data.
struct IncidentTruthTests {
  /// Over several seeds, the sum of what an incident added (with it less without it) against the sum of what the truth
  /// expects, in standard errors of that difference.
  private func expectExcess(
    _ incident: String, seeds: ClosedRange<Int> = 1...4, days: Int = 4, counts: (Call, PlannedIncident) -> Bool
  ) throws {
    var calls = 0.0
    var dollars = 0.0
    var expectedCalls = 0.0
    var expectedDollars = 0.0
    var callVariance = 1.0
    var dollarVariance = 0.0
    for seed in seeds {
      let lab = try IncidentFixture(incident, seed: seed, days: days, patterns: #"{ "pattern": "timezone" }"#)
      let planned = try lab.planned
      let item = try #require(try IncidentFixture.items(lab.simulation).first)
      expectedCalls += try #require(item["expected_excess_calls"]?.number?.double)
      expectedDollars += try #require(item["expected_excess_usd"]?.number?.double)
      for (rows, sign) in [(lab.with, 1.0), (lab.without, -1.0)] {
        var chain: [Substring: Double] = [:]
        for call in rows where counts(call, planned) {
          calls += sign
          dollars += sign * call.decimal("cost_usd")
          dollarVariance += call.decimal("cost_usd") * call.decimal("cost_usd")
          // Attempts of one call come together or not at all: a chain of n adds n² to the variance.
          let before = call["retry_of"].isEmpty ? 0 : chain[call["retry_of"]] ?? 0
          chain[call["call_id"]] = before + 1
          callVariance += 2 * before + 1
        }
      }
    }
    #expect(
      abs(calls - expectedCalls) < 4 * callVariance.squareRoot(), "\(calls) calls, expected \(expectedCalls)")
    #expect(
      abs(dollars - expectedDollars) < 4 * dollarVariance.squareRoot() + 1e-6,
      "\(dollars) USD, expected \(expectedDollars)")
  }

  private static func holds(_ call: Call, _ planned: PlannedIncident) -> Bool {
    call.time >= planned.start && call.time < planned.end
  }
  private static func isOf(_ column: String, _ call: Call, _ planned: PlannedIncident) -> Bool {
    planned.entity.contains { $0.column == column && $0.value == call[column] } && holds(call, planned)
  }

  @Test(arguments: [
    #"{ "kind": "stolen_key", "at": "1d", "multiplier": 200 }"#,
    #"{ "kind": "retry_storm", "at": "1d", "for": "12h" }"#,
    #"{ "kind": "prompt_flood", "at": "1d", "for": "2d" }"#,
    #"{ "kind": "scraper", "at": "1d", "for": "1d", "calls_per_hour": 60 }"#,
    #"{ "kind": "seat_sharing", "at": "1d", "for": "2d" }"#,
    #"{ "kind": "decline", "at": "1d", "for": "2d" }"#,
  ]) func `a customer's excess is what the truth expects`(_ incident: String) throws {
    try expectExcess(incident) { Self.isOf("customer_id", $0, $1) }
  }

  @Test func `a feature's, a provider's and a slow provider's excess is what the truth expects`() throws {
    try expectExcess(#"{ "kind": "rate_jump", "at": "1d", "feature": "summarization", "multiplier": 3 }"#) {
      Self.isOf("feature_id", $0, $1)
    }
    try expectExcess(#"{ "kind": "outage", "at": "1d", "for": "1d", "failing_share": 0.6 }"#) {
      Self.isOf("provider", $0, $1)
    }
    try expectExcess(#"{ "kind": "latency_incident", "at": "1d", "for": "1d" }"#) { Self.holds($0, $1) }
  }

  @Test func `an item names its entity, its time and its detectors, and what is too small for cost events`() throws {
    let simulation = try Lab.simulation(
      IncidentFixture.keys(
        #"""
        { "kind": "stolen_key", "at": "1d", "customer": "acme" },
        { "kind": "prompt_flood", "at": "2d", "for": "6h", "customer": "globex", "multiplier": 1.01 },
        { "kind": "latency_incident", "at": "3d", "for": "2h", "provider": "openai", "region": "eu-west" }
        """#))
    let items = try IncidentFixture.items(simulation)
    func texts(_ node: JSONNode, _ key: String) -> [String] { node[key]?.array?.compactMap(\.string) ?? [] }
    #expect(items.compactMap { $0["kind"]?.string } == ["stolen_key", "prompt_flood", "latency_incident"])
    #expect(items[0]["entity"]?["customer_id"]?.string == "acme")
    #expect(texts(items[0], "scored_by") == ["abuse", "cost_events"] && texts(items[0], "below_floor").isEmpty)
    #expect(try #require(items[0]["greatest_hour_deviations"]?.number?.double) > 6)
    // A hundredth more input for six hours is nothing against the spread of forty customers' calls.
    #expect(texts(items[1], "below_floor") == ["cost_events"])
    #expect(items[1]["eligible"]?.boolean == true, "abuse must still see it")
    #expect(items[2]["entity"]?["provider"]?.string == "openai" && items[2]["entity"]?["region"]?.string == "eu-west")
    #expect(items[2]["start"]?.string == (monday + .days(3)).description)
    #expect(items[2]["end"]?.string == (monday + .days(3) + .hours(2)).description)
    #expect(texts(items[2], "scored_by") == ["performance"])
  }

  @Test func `the spread of an hour's cost is that of simulated hours`() throws {
    let keys = """
      "seed": 3, "duration": "40d", "population": { "customers": 30, "signups_per_day": 0, "monthly_churn": 0, "roaming_share": 0,
        "monthly_upgrades": 0, "monthly_downgrades": 0 },
      "features": [ { "id": "chat", "input_tokens": { "distribution": "lognormal", "median": 1000, "sigma": 0.8, "max": 8000 },
        "output_tokens": { "distribution": "lognormal", "median": 100, "sigma": 0.8, "max": 4000 } } ],
      "providers": [ { "id": "openai", "error_rate": 0, "models": [ { "id": "gpt-4o" } ] } ],
      "traffic": { "calls_per_hour": 60, "arrival_cv": 1, "day_cv": 0.5 }
      """
    let simulation = try Lab.simulation(keys)
    let plan = simulation.firstPlan
    let spread = HourlyCostSpread(plan.people, blueprint: simulation.blueprint, at: plan.start)
    let factors = plan.phases[0].factors(of: plan.slots[0], in: simulation.blueprint)
    let hours = 40 * 24
    var costs = [Double](repeating: 0, count: hours)
    for call in try Call.read(Lab.file(simulation).bytes) {
      costs[min(hours - 1, Int(call.hours(since: monday)))] += call.decimal("cost_usd")
    }
    let mean = costs.reduce(0, +) / Double(hours)
    let deviation = (costs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(hours)).squareRoot()
    // Hours of a day share its factors, so 40 days tell the spread to about a fifth.
    #expect(abs(spread.deviation(factors) / deviation - 1) < 0.25, "\(spread.deviation(factors)) \(deviation)")
  }
}
