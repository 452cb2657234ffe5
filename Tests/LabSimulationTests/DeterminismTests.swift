import LabCore
import LabScenario
import Testing

@testable import LabSimulation

struct DeterminismTests {
  private static let keys = """
    "seed": 7, "duration": "3d", "population": { "customers": 80, "signups_per_day": 5 },
    "traffic": { "calls_per_hour": 900, "arrival_cv": 3,
                 "patterns": [ { "pattern": "burst" }, { "pattern": "timezone" }, { "pattern": "multi_tenant" } ] }
    """

  @Test func `a run gives the same bytes at any width and at every run`() throws {
    let simulation = try Lab.simulation(Self.keys)
    let one = try Lab.file(simulation, threads: 1)
    for threads in [2, 8] {
      let other = try Lab.file(simulation, threads: threads, batchRows: 777)
      #expect(other.bytes == one.bytes)
      #expect(other.outcome.rows == one.outcome.rows)
    }
    #expect(try Lab.file(Lab.simulation(Self.keys), threads: 2).bytes == one.bytes)
    #expect(simulation.firstPlan.shards.count > 4, "the run must have several shards for this to mean something")
  }

  @Test func `another seed gives other calls`() throws {
    let one = try Lab.file(Lab.simulation("\"seed\": 1, \"duration\": \"6h\"")).bytes
    let two = try Lab.file(Lab.simulation("\"seed\": 2, \"duration\": \"6h\"")).bytes
    #expect(one != two)
  }

  @Test func `batches are whole rows of the asked number and add up to the file`() throws {
    let simulation = try Lab.simulation(Self.keys)
    var rows: [Int] = []
    var last: (rows: Int64, bytes: Int64, fraction: Double) = (0, 0, 0)
    let outcome = try simulation.run(threads: 2, cancellation: CancellationFlag(), batchRows: 1000) {
      (batch: borrowing SimulationBatch) throws(LabFailure) in
      rows.append(batch.rows)
      let span = batch.bytes
      #expect(span[span.count - 1] == UInt8(ascii: "\n"))
      #expect(batch.fraction >= last.fraction)
      last = (batch.totalRows, batch.totalBytes, batch.fraction)
      return true
    }
    #expect(rows.dropLast().allSatisfy { $0 == 1000 })
    #expect(rows.reduce(0, +) == Int(outcome.rows))
    #expect(last.rows == outcome.rows)
    #expect(last.bytes == outcome.bytes)
    #expect(last.fraction > 0.99 && last.fraction <= 1)
  }

  @Test func `a raised flag stops a run, and so does a sink that says no`() throws {
    let simulation = try Lab.simulation(Self.keys)
    let flag = CancellationFlag()
    flag.raise()
    #expect(throws: LabFailure.self) {
      try simulation.run(threads: 2, cancellation: flag) { (_: borrowing SimulationBatch) throws(LabFailure) in true }
    }
    let outcome = try simulation.run(threads: 2, cancellation: CancellationFlag(), batchRows: 10) {
      (_: borrowing SimulationBatch) throws(LabFailure) in false
    }
    #expect(outcome.rows == 10)
    #expect(outcome.end == outcome.last.map { $0 + TimeSpan(microseconds: 1) })
  }
}
