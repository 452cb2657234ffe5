import LabCore
import LabJSON
import LabScenario
import Testing

@testable import LabSimulation

struct RepeatTests {
  private static func keys(_ target: String, calls: Double = 60) -> String {
    """
    "seed": 4, "population": { "customers": 40, "signups_per_day": 10 },
    "traffic": { "calls_per_hour": \(calls), "repeat_until": \(target),
                 "phases": [ { "name": "a", "duration": "5h" }, { "name": "b", "duration": "7h",
                               "patterns": [ { "pattern": "steady_growth" } ] } ] }
    """
  }

  @Test func `a number of rows is met exactly, over as many cycles as it takes`() throws {
    let simulation = try Lab.simulation(Self.keys("{ \"rows\": 5000 }"))
    let (bytes, outcome) = try Lab.file(simulation)
    let calls = try Call.read(bytes)
    #expect(outcome.rows == 5000)
    #expect(calls.count == 5000)
    #expect(outcome.end == outcome.last.map { $0 + TimeSpan(microseconds: 1) }, "ends are exclusive")
    #expect(outcome.last.map { $0 > simulation.firstPlan.end + TimeSpan.hours(12) } == true)
    #expect(zip(calls, calls.dropFirst()).allSatisfy { $0.time <= $1.time })
    #expect(Set(calls.map { $0["call_id"] }).count == 5000)
    #expect(try Lab.file(simulation, threads: 1, batchRows: 64).bytes == bytes)
  }

  @Test func `a size ends the run at the first row at or past it, header included`() throws {
    let simulation = try Lab.simulation(Self.keys("{ \"megabytes\": 0.5 }"))
    let (bytes, outcome) = try Lab.file(simulation)
    #expect(bytes.count == Int(outcome.bytes))
    #expect(bytes.count >= 500_000)
    let lastRow = bytes.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { bytes.count - $0 - 1 } ?? 0
    #expect(bytes.count - lastRow < 500_000)
    // One row fewer is the beginning of the same file.
    let shorter = try Lab.file(Lab.simulation(Self.keys("{ \"rows\": \(outcome.rows - 1) }"))).bytes
    #expect(bytes.starts(with: shorter))
    #expect(bytes.count - shorter.count == lastRow)
  }

  @Test func `each cycle starts again from the base population with calls of its own`() throws {
    let simulation = try Lab.simulation(Self.keys("{ \"rows\": 4000 }"))
    let calls = try Call.read(Lab.file(simulation).bytes)
    let cycle = TimeSpan.hours(12).microseconds
    let first = calls.filter { $0.time < monday.microseconds + cycle }
    let second = calls.filter { $0.time >= monday.microseconds + cycle && $0.time < monday.microseconds + 2 * cycle }
    let base = Set(simulation.firstPlan.people.prefix(40).map(\.id))
    let firstIDs = Set(first.map { String($0["customer_id"]) })
    let secondIDs = Set(second.map { String($0["customer_id"]) })
    #expect(firstIDs.intersection(secondIDs).isSubset(of: base))
    #expect(!firstIDs.subtracting(base).isEmpty, "newcomers call in the first cycle")
    #expect(!secondIDs.subtracting(base).isEmpty, "and others in the second")
    #expect(first.map { $0.time - monday.microseconds } != second.map { $0.time - monday.microseconds - cycle })
  }

  @Test func `a cycle without a row is an error`() throws {
    let simulation = try Lab.simulation(Self.keys("{ \"rows\": 10 }", calls: 1e-9))
    let failure = #expect(throws: LabFailure.self) { try Lab.file(simulation) }
    #expect(failure?.kind == .invalidInput)
    #expect(failure?.diagnostics.first?.code == "cycle_without_row")
  }

  @Test func `two thousand short cycles have their companions, and returning customers one period each`() throws {
    let simulation = try Lab.simulation(
      """
      "seed": 4, "population": { "customers": 40, "signups_per_day": 0, "monthly_churn": 0, "monthly_upgrades": 0,
                                 "monthly_downgrades": 0 },
      "traffic": { "calls_per_hour": 600, "repeat_until": { "rows": 20000 },
                   "phases": [ { "name": "a", "duration": "1m" } ] }
      """)
    let (bytes, outcome) = try Lab.file(simulation)
    let cycles = (outcome.end - simulation.blueprint.scenario.start).microseconds / 60_000_000
    #expect(cycles > 1500)
    #expect(outcome.rows == 20_000)
    #expect(Set(try Call.read(bytes).map { $0["call_id"] }).count == 20_000)
    let customers = String(decoding: try simulation.customersCSV(until: outcome.end), as: UTF8.self)
    #expect(customers.split(separator: "\n").count == 41)
    let truth = try JSONReader.read(try simulation.truthJSON(until: outcome.end), name: "truth").root
    guard case .array(let items)? = truth["items"]?.value else {
      Issue.record("no items")
      return
    }
    let restarts = items.count { $0["kind"]?.string == "cycle_restart" }
    #expect(Int64(restarts) == cycles)
  }
}
