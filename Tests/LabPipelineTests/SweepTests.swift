import LabAnalysis
import LabCore
import LabReport
import LabScenario
import LabTable
import LabTestSupport
import Testing

@testable import LabPipeline

@Suite struct SweepTests {
  private let folder: TemporaryFolder
  private var environment: LabEnvironment

  init() throws {
    folder = try TemporaryFolder("sweep")
    environment = LabEnvironment(
      threads: 2, project: Project(workingDirectory: folder.path), now: { Instant(microseconds: 0) }, version: "test",
      binary: { Fingerprint.of("test") })
    environment.runs = nil
    try folder.write(
      """
      { "format": "finops-lab/scenario/1", "description": "Tiny", "duration": "1d",
        "population": { "customers": 20, "organizations": 3 }, "traffic": { "calls_per_hour": 20 },
        "output": { "data": "\(folder.file("tiny.csv"))" } }
      """, to: "tiny.json")
  }

  @Test(
    arguments: [
      ("a=1..2/0.5", ["1", "1.5", "2"]), ("a=0.1..0.3/0.1", ["0.1", "0.2", "0.3"]), ("a=-1..1/1", ["-1", "0", "1"]),
      ("a=5..5/1", ["5"]), ("a=1..2/0.4", ["1", "1.4", "1.8"]), ("a=x,y", ["x", "y"]), ("a=7", ["7"]),
      ("a={\"rows\":1},[1,2]", ["{\"rows\":1}", "[1,2]"]), ("a=1e2..3e2/1e2", ["100", "200", "300"]),
    ] as [(String, [String])])
  func `varied values are exact`(text: String, values: [String]) throws {
    #expect(try VariedKey(text).values == values)
  }

  @Test(arguments: [
    "a", "a=", "=1", "a=1..2/0", "a=2..1/1", "a=1..2/-1", "a=1,,2", "a=1,1", "a=1..1000000/0.1", "a=x..y/1",
  ])
  func `values that can't be varied are refused`(text: String) {
    #expect(throws: LabFailure.self) { try VariedKey(text) }
  }

  /// The figures of a run of its own, through a file.
  private func runAlone(_ edits: [Edit]) throws -> [AnalyzerResult] {
    let loaded = try environment.loadScenario(folder.file("tiny.json"), edits: edits)
    return try environment.run(loaded, SimulationRequest()).results
  }

  @Test func `every cell has the figures of a run of its own`() throws {
    let metrics = ["understanding.total_cost_usd", "understanding.total_calls", "dataset_overview.gini_customers"]
    let outcome = try environment.sweep(
      SweepRequest(
        scenario: folder.file("tiny.json"),
        keys: [try VariedKey("traffic.calls_per_hour=10..30/20"), try VariedKey("population.customers=5,20")],
        metrics: metrics))
    #expect(outcome.cells.map(\.values) == [["10", "5"], ["10", "20"], ["30", "5"], ["30", "20"]])
    for cell in outcome.cells {
      let results = try runAlone([
        Edit(path: "traffic.calls_per_hour", value: cell.values[0], place: .flag),
        Edit(path: "population.customers", value: cell.values[1], place: .flag),
      ])
      let expected = metrics.map { name in
        let parts = name.split(separator: ".").map(String.init)
        return results.first { $0.id == parts[0] }?.value(of: parts[1])
      }
      #expect(cell.figures == expected, "\(cell.values)")
    }
  }

  @Test func `a simulation in memory is the table that its file gives, to the last figure of every analyzer`() throws {
    for edits in [
      [], [Edit(path: "traffic.repeat_until", value: "{\"rows\": 777}", place: .flag)],
      [Edit(path: "traffic.repeat_until", value: "{\"megabytes\": 0.4}", place: .flag)],
    ] {
      let loaded = try environment.loadScenario(folder.file("tiny.json"), edits: edits)
      let run = try environment.run(loaded, SimulationRequest())
      let data = try environment.simulateInMemory(loaded, threads: 2)
      #expect(data.table.rowCount == run.data.table.rowCount)
      #expect(data.subscriptions?.count == run.data.subscriptions?.count)
      let results = try environment.analyse(data)
      for (left, right) in zip(results, run.results) {
        #expect(left.summary == right.summary, "\(left.id)")
        // What stands in the file's own facts (size, fingerprint) can't be equal.
        if left.id != "dataset_overview" { #expect(left.report == right.report, "\(left.id)") }
      }
    }
  }

  @Test func `seeds give a median and a band, and the first is the scenario's own`() throws {
    let request = SweepRequest(
      scenario: folder.file("tiny.json"), keys: [try VariedKey("traffic.calls_per_hour=20")],
      metrics: ["understanding.total_calls"], seeds: 5)
    let outcome = try environment.sweep(request)
    let cell = try #require(outcome.cells.first)
    var values: [Double] = []
    for seed in 42..<47 {
      let results = try runAlone([Edit(path: "seed", value: "\(seed)", place: .flag)])
      values.append(results.first { $0.id == "understanding" }?.value(of: "total_calls")?.double ?? -1)
    }
    #expect(cell.figures[0]?.double == values[0])
    values.sort()
    #expect(cell.spreads[0]?.median == values[2])
    #expect(cell.spreads[0]?.band.low == values[0] && cell.spreads[0]?.band.high == values[4])
  }

  @Test func `cells that are no valid scenario are told together, before any is run`() throws {
    do throws(LabFailure) {
      _ = try environment.sweep(
        SweepRequest(
          scenario: folder.file("tiny.json"), keys: [try VariedKey("traffic.calls_per_hour=-2,-1,5")]))
      Issue.record("negative calls were run")
    } catch {
      #expect(error.kind == .invalidInput && error.diagnostics.count == 2, "\(error)")
    }
    #expect(throws: LabFailure.self) {
      try environment.sweep(
        SweepRequest(
          scenario: folder.file("tiny.json"), keys: [try VariedKey("seed=1")], metrics: ["understanding.total"]))
    }
  }
}
