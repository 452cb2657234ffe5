import LabCore
import LabJSON
import LabScenario
import Testing

@testable import LabSimulation

struct CompanionTests {
  private static let keys = """
    "seed": 21, "duration": "90d",
    "population": { "customers": 200, "customer_ids": [ "acme" ], "organization_ids": [ "org-acme" ],
                    "signups_per_day": 1, "monthly_churn": 0.3, "monthly_upgrades": 0.2, "monthly_downgrades": 0.1 },
    "traffic": { "calls_per_hour": 10, "patterns": [ { "pattern": "burst" } ] }
    """

  private struct Period {
    var fields: [String]
    var from: Instant
    var to: Instant
  }

  private static func periods(_ simulation: Simulation, until: Instant) throws -> [Period] {
    let lines = String(decoding: try simulation.customersCSV(until: until), as: UTF8.self).split(separator: "\n")
    #expect(lines.first.map(String.init) == CustomersFile.columns.joined(separator: ","))
    return try lines.dropFirst().map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return Period(
        fields: fields, from: try #require(Instant(fields[7])), to: try #require(Instant(fields[8])))
    }
  }

  @Test func `a customer's periods follow one another, agree with its calls, and end with what was paid for`() throws {
    let simulation = try Lab.simulation(Self.keys)
    let (bytes, outcome) = try Lab.file(simulation)
    let calls = try Call.read(bytes)
    let byCustomer = Dictionary(grouping: try Self.periods(simulation, until: outcome.end)) { $0.fields[0] }
    #expect(byCustomer.count == simulation.firstPlan.people.count)
    #expect(byCustomer["acme"]?.first?.fields[1] == "org-acme")
    var changes = 0
    for periods in byCustomer.values {
      for (period, next) in zip(periods, periods.dropFirst()) {
        try #require(period.to == next.from)
        try #require(period.fields[3] != next.fields[3])
        changes += 1
      }
      try #require(periods.allSatisfy { $0.from < $0.to && $0.to <= outcome.end })
    }
    #expect(changes > 20)
    for call in calls {
      let periods = try #require(byCustomer[String(call["customer_id"])])
      let now = Instant(microseconds: call.time)
      let period = try #require(periods.first { $0.from <= now && now < $0.to })
      try #require(period.fields[3] == call["subscription_tier"] && period.fields[4] == call["tier_price_usd"])
      try #require(period.fields[1] == call["organization_id"] && period.fields[2] == call["customer_archetype"])
    }
    var left = 0
    for customer in simulation.firstPlan.people {
      guard let moment = customer.left, let paid = customer.paidUntil else { continue }
      left += 1
      try #require(paid >= moment && paid - moment <= TimeSpan(microseconds: Population.monthMicroseconds))
      try #require(byCustomer[customer.id]?.last?.to == min(paid, outcome.end))
    }
    #expect(left > 60)
  }

  @Test func `the truth has the bursts and the dates on which customers left, and nothing else has those`() throws {
    let simulation = try Lab.simulation(Self.keys)
    let end = simulation.firstPlan.end
    let document = try JSONReader.read(try simulation.truthJSON(until: end), name: "truth").root
    #expect(document["format"]?.string == "finops-lab/truth/1")
    guard case .array(let items)? = document["items"]?.value else {
      Issue.record("no items")
      return
    }
    let churned = items.filter { $0["kind"]?.string == "churn" }
    let gone = simulation.firstPlan.people.filter { $0.left != nil }
    #expect(churned.count == gone.count)
    #expect(Set(churned.compactMap { $0["start"]?.string }) == Set(gone.compactMap { $0.left?.description }))
    let bursts = items.filter { $0["kind"]?.string == "burst" }
    #expect(bursts.count > 20)
    let neutral = items.count { if case .boolean(true)? = $0["neutral"]?.value { true } else { false } }
    #expect(neutral == items.count)
    let customers = String(decoding: try simulation.customersCSV(until: end), as: UTF8.self)
    #expect(gone.allSatisfy { customer in customer.left.map { !customers.contains($0.description) } ?? false })
  }

  @Test func `no customer calls before it signed up or after it left`() throws {
    let simulation = try Lab.simulation(Self.keys)
    let calls = try Call.read(Lab.file(simulation).bytes)
    let people = Dictionary(uniqueKeysWithValues: simulation.firstPlan.people.map { ($0.id, $0) })
    for call in calls {
      let customer = try #require(people[String(call["customer_id"])])
      try #require(call.time >= customer.joined.microseconds)
      try #require(customer.left.map { call.time < $0.microseconds } ?? true)
    }
  }
}
