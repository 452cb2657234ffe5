import LabCore
import LabJSON
import LabScenario
import Testing

@testable import LabSimulation

/// Four flat days of forty customers with one call an hour each, and what an incident makes of them.
struct IncidentFixture {
  static let population = """
    "population": { "customers": 40, "organizations": 4, "customer_ids": [ "acme", "globex" ],
                    "activity": { "distribution": "constant" },
                    "archetypes": [ { "id": "power", "rate": 1 } ],
                    "signups_per_day": 0, "monthly_churn": 0, "monthly_upgrades": 0, "monthly_downgrades": 0,
                    "roaming_share": 0, "token_sigma": 0.4 },
    "providers": [ { "id": "openai", "share": 0.6, "error_rate": 0.02, "cluster_factor": 1,
                     "models": [ { "id": "gpt-4o", "weight": 0.4 }, { "id": "gpt-4o-mini", "weight": 0.6 } ] },
                   { "id": "anthropic", "share": 0.4, "error_rate": 0.02, "cluster_factor": 1,
                     "models": [ { "id": "claude-opus-4-5", "weight": 0.2 }, { "id": "claude-haiku-4-5", "weight": 0.8 } ] } ]
    """

  static func keys(_ incidents: String, seed: Int = 5, days: Int = 4, patterns: String = "") -> String {
    """
    "seed": \(seed), "duration": "\(days)d", \(population),
    "traffic": { "calls_per_hour": 40, "arrival_cv": 1, "day_cv": 0, "patterns": [ \(patterns) ] },
    "incidents": [ \(incidents) ]
    """
  }

  let simulation: Simulation
  let with: [Call]
  let without: [Call]

  /// - Parameter incident: an object of the list `incidents`.
  init(_ incident: String, seed: Int = 5, days: Int = 4, patterns: String = "") throws {
    simulation = try Lab.simulation(Self.keys(incident, seed: seed, days: days, patterns: patterns))
    with = try Call.read(Lab.file(simulation).bytes)
    without = try Lab.calls(Self.keys("", seed: seed, days: days, patterns: patterns))
  }

  var planned: PlannedIncident { get throws { try #require(simulation.incidents.incidents.first) } }

  /// The calls that begin while the incident holds and that are about what it happens to.
  func touched(_ calls: [Call]) throws -> [Call] {
    let planned = try planned
    return calls.filter { call in
      call.time >= planned.start && call.time < planned.end
        && planned.entity.allSatisfy { call[$0.column] == $0.value }
    }
  }

  /// The rows of calls that both runs have, by `call_id`.
  func pairs() -> [(with: Call, without: Call)] {
    let known = Dictionary(without.map { ($0["call_id"], $0) }) { first, _ in first }
    return with.compactMap { call in known[call["call_id"]].map { (call, $0) } }
  }

  /// The truth's items that are no neutral ones.
  static func items(_ simulation: Simulation) throws -> [JSONNode] {
    let bytes = try simulation.truthJSON(until: simulation.firstPlan.end)
    let items = try #require(try JSONReader.read(bytes, name: "truth").root["items"]?.array)
    return items.filter { $0["neutral"]?.boolean == false }
  }
}

extension Check {
  /// Whether a count is what a Poisson mean allows, within four standard deviations (more for counts that come in groups).
  static func agrees(_ count: Int, with mean: Double, groupSize: Double = 1) -> Bool {
    abs(Double(count) - mean) <= 4 * (max(1, mean) * groupSize).squareRoot()
  }
}
