import LabCore
import LabJSON
import LabScenario
import Testing

@testable import LabSimulation

/// When incidents happen, to whom, and that nothing of it depends on anything but the scenario.
struct IncidentPlanTests {
  private static let everyKind = IncidentRegistry.descriptors.map { "{ \"kind\": \"\($0.id)\" }" }

  private static func business(seed: Int = 9, days: Int, _ incidents: [String], more: String = "") -> String {
    """
    "seed": \(seed), "duration": "\(days)d", \(more)
    "population": { "customers": 200, "signups_per_day": 1, "monthly_churn": 0.05 },
    "traffic": { "calls_per_hour": 20, "patterns": [ { "pattern": "timezone" } ] },
    "incidents": [ \(incidents.joined(separator: ", ")) ]
    """
  }

  @Test func `the kinds of the design are there, sorted by id, each with a summary and checked parameters`() {
    let ids = IncidentRegistry.descriptors.map(\.id)
    #expect(
      ids == [
        "decline", "latency_incident", "outage", "prompt_flood", "rate_jump", "retry_storm", "scraper", "seat_sharing",
        "stolen_key",
      ], "IncidentRegistry.all names every kind of Sources/LabSimulation/Incidents, sorted by id")
    for kind in IncidentRegistry.all {
      let descriptor = kind.descriptor
      #expect(!descriptor.summary.isEmpty && !descriptor.summary.hasSuffix("."))
      #expect(descriptor.parameters.map(\.key).prefix(2) == ["at", "for"])
      #expect(!kind.scoredBy.isEmpty)
      #expect(kind.subject.isCustomer == descriptor.parameters.contains { $0.key == "customer" })
    }
  }

  @Test func `customers are drawn between the 75th and the 95th percentile of rate, none twice, not before day 14`()
    throws
  {
    for seed in 1...5 {
      let simulation = try Lab.simulation(Self.business(seed: seed, days: 56, Self.everyKind))
      let incidents = simulation.incidents.incidents
      #expect(incidents.count == 9)
      let rates = simulation.base.customers.map(\.rate).sorted()
      let customers = incidents.compactMap(\.customer)
      #expect(Set(customers).count == 6)
      for index in customers {
        let rate = simulation.base.customers[index].rate
        // Of the cheapest tier there may be none in these ranks; with 200 customers there is.
        #expect(rate >= rates[150] && rate < rates[190])
      }
      for planned in incidents {
        #expect(planned.start >= (monday + .days(14)).microseconds)
        #expect(planned.end <= simulation.firstPlan.end.microseconds)
        #expect(planned.start % TimeSpan.hours(1).microseconds == 0)
        guard let customer = planned.customer else { continue }
        let person = simulation.firstPlan.people[customer]
        #expect(person.left.map { $0.microseconds >= planned.end } ?? true)
      }
      let seat = try #require(incidents.first { $0.kind == "seat_sharing" }?.customer)
      #expect(simulation.base.customers[seat].tiers.map(\.tier) == [0])
    }
  }

  @Test func `the reference names the keys that the truth has`() throws {
    let page = IncidentReference.markdown()
    for planned in try Lab.simulation(Self.business(days: 56, Self.everyKind)).incidents.incidents {
      let columns = planned.entity.map { "`\($0.column)`" }
      let listed =
        columns.count < 3
        ? columns.joined(separator: " and ")
        : columns.dropLast().joined(separator: ", ") + " and " + columns[columns.count - 1]
      let section = try #require(page.split(separator: "\n## `").first { $0.hasPrefix(planned.kind + "`") })
      #expect(section.contains("Its item in the truth names \(listed).\n"), "\(planned.kind)")
    }
  }

  @Test func `one more incident at the end of the list changes none before it`() throws {
    let few = try Lab.simulation(Self.business(days: 56, Array(Self.everyKind.prefix(5)))).incidents.incidents
    let all = try Lab.simulation(Self.business(days: 56, Self.everyKind)).incidents.incidents
    for (one, other) in zip(few, all) {
      #expect(one.start == other.start && one.end == other.end && one.entity == other.entity)
    }
  }

  @Test func `with all incidents in, a run gives the same bytes at any width`() throws {
    let simulation = try Lab.simulation(Self.business(days: 30, Self.everyKind))
    let one = try Lab.file(simulation, threads: 1)
    for threads in [2, 8] {
      let other = try Lab.file(simulation, threads: threads, batchRows: 777)
      #expect(other.bytes == one.bytes)
    }
    #expect(simulation.firstPlan.shards.count > 4)
    let again = try Lab.simulation(Self.business(days: 30, Self.everyKind))
    #expect(try again.truthJSON(until: one.outcome.end) == simulation.truthJSON(until: one.outcome.end))
    let ids = try Call.read(one.bytes).map { $0["call_id"] }
    #expect(Set(ids).count == ids.count)
  }

  @Test func `in a run that repeats its phases an incident happens once, at its time from the scenario's start`() throws
  {
    let incident = #"{ "kind": "scraper", "at": "60h", "for": "12h" }"#
    let keys = """
      "duration": "2d", "repeat_until": { "rows": 8000 }, \(IncidentFixture.population),
      "traffic": { "calls_per_hour": 40 }, "incidents": [ \(incident) ]
      """
    let simulation = try Lab.simulation(keys)
    let (bytes, outcome) = try Lab.file(simulation)
    let name = try #require(simulation.incidents.incidents.first?.entity.first?.value)
    let calls = try Call.read(bytes).filter { $0["customer_id"] == name }
    let hourly = Check.hourly(calls, from: monday, hours: Int((outcome.end - monday).hours.rounded(.up)))
    for (hour, count) in hourly.enumerated().dropLast() {
      #expect((60..<72).contains(hour) ? count > 290 : count < 30, "hour \(hour)")
    }
    let root = try JSONReader.read(try simulation.truthJSON(until: outcome.end), name: "truth").root
    let items = root["items"]?.array?.filter { $0["kind"]?.string == "scraper" } ?? []
    #expect(items.count == 1)
    #expect(items.first?["start"]?.string == (monday + .hours(60)).description)
    let excess = try #require(items.first?["expected_excess_calls"]?.number?.double)
    #expect(abs(excess - 3600 * 1.0204) < 1)
  }

  @Test func `an incident that reaches into the next phase goes on there`() throws {
    let keys = """
      \(IncidentFixture.population),
      "traffic": { "calls_per_hour": 40, "phases": [ { "name": "a", "duration": "1d" }, { "name": "b", "duration": "1d" } ] },
      "incidents": [ { "kind": "scraper", "at": "20h", "for": "8h", "customer": "acme" } ]
      """
    let calls = try Lab.calls(keys).filter { $0["customer_id"] == "acme" }
    let hourly = Check.hourly(calls, from: monday, hours: 48)
    for (hour, count) in hourly.enumerated() { #expect((20..<28).contains(hour) ? count > 290 : count < 30) }
  }

  @Test(arguments: [
    (#"{ "kind": "stolen_kee" }"#, "there is no incident kind 'stolen_kee'"),
    (#"{ "kind": "outage", "provider": "opnai" }"#, "there is no provider 'opnai' in this scenario"),
    (#"{ "kind": "rate_jump", "feature": "chess" }"#, "there is no feature 'chess' in this scenario"),
    (#"{ "kind": "latency_incident", "region": "mars" }"#, "there is no region 'mars' in this scenario"),
    (#"{ "kind": "scraper", "customer": "acne" }"#, "there is no customer 'acne' in this scenario"),
    (#"{ "kind": "outage", "at": "4d" }"#, "the incident begins after 4d, but the timeline is 4d long"),
    (#"{ "kind": "stolen_key", "multiplier": -3 }"#, "'multiplier' must be at least 1, found -3"),
    (#"{ "kind": "outage", "failing_share": 1.5 }"#, "'failing_share' must be greater than 0 and at most 1, found 1.5"),
    (#"{ "kind": "latency_incident", "multiplier": 0 }"#, "'multiplier' must be greater than 0, found 0"),
    (#"{ "kind": "scraper", "for": "0s" }"#, "'for' must be longer than 0, found '0s'"),
    (#"{ "kind": "decline", "too": 0.1 }"#, "unknown key 'too'"),
  ]) func `a wrong incident is refused where it stands`(_ incident: String, _ sentence: String) throws {
    let failure = #expect(throws: LabFailure.self) { try Lab.load(IncidentFixture.keys(incident)) }
    #expect(failure?.kind == .invalidInput)
    #expect(failure?.diagnostics.map(\.sentence) == [sentence])
    #expect(failure?.diagnostics.first?.path?.hasPrefix("incidents[0]") == true)
    #expect(failure?.diagnostics.first?.location?.line != nil)
  }

  @Test func `what only the drawn customers can tell is refused before the run`() throws {
    func sentence(_ keys: String) -> String? {
      do {
        _ = try Lab.simulation(keys)
        return nil
      } catch { return (error as? LabFailure)?.diagnostics.first?.sentence }
    }
    #expect(
      sentence(IncidentFixture.keys(#"{ "kind": "scraper", "customer": "cust-none" }"#))
        == "incidents[0] names the customer 'cust-none', which is none of those that the scenario starts with")
    let crowd = Array(repeating: #"{ "kind": "scraper", "at": "1d" }"#, count: 41).joined(separator: ",")
    #expect(
      sentence(IncidentFixture.keys(crowd))
        == "incidents[40] finds no customer that is there all the time and that no other incident has")
  }
}
