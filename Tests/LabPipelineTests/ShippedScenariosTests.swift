import LabCore
import LabFiles
import LabJSON
import LabPipeline
import LabPrices
import LabScenario
import LabSimulation
import LabTable
import LabTestSupport
import Testing

/// The scenarios of the folder `scenarios/`, read from the disk with the vocabulary of the registries.
@Suite struct ShippedScenariosTests {
  static let names =
    (try? FileSystem.names(in: PackageRoot.file("scenarios")))?
    .filter { $0.hasSuffix(".json") && $0 != "scenario.schema.json" }.sorted() ?? []

  private static let loader = ScenarioLoader(
    files: ScenarioFiles(
      read: { path throws(LabFailure) in try bytes(of: path) },
      prices: { path throws(LabFailure) in
        let path = path ?? PackageRoot.file("scenarios/prices/2026-11.json")
        return try PriceBook.read(bytes: try bytes(of: path), name: path)
      }), vocabulary: LabVocabulary.current)

  private static func bytes(of path: String) throws(LabFailure) -> [UInt8] {
    do throws(FileError) { return try FileSystem.read(path) } catch { throw error.failure }
  }

  private func load(_ name: String) throws -> LoadedScenario {
    try Self.loader.load(PackageRoot.file("scenarios/" + name))
  }

  @Test func `the scenarios of the design are there`() {
    let expected = [
      "agents", "base", "burst", "calm", "classic", "cost_optimization", "feature_launch", "gradual_decline",
      "incidents", "model_migration", "multi_tenant", "ordinary", "overrun", "peak", "seasonal", "showcase", "steady",
      "steady_growth", "stress", "timezone",
      "viral_spike",
      "weekend",
    ]
    #expect(Set(expected).subtracting(Self.names.map { String($0.dropLast(5)) }) == [])
  }

  @Test(arguments: names) func `a shipped scenario loads, says what it is for, and has thresholds`(_ name: String)
    throws
  {
    let loaded = try load(name)
    #expect(loaded.warnings.isEmpty)
    #expect(loaded.scenario.name == name.dropLast(5))
    #expect(!loaded.scenario.description.isEmpty && !loaded.scenario.description.contains("\n"))
    #expect(!loaded.scenario.thresholds.isEmpty)
  }

  @Test(arguments: names) func `a shipped scenario leaves its name and its output to the file's name`(_ name: String)
    throws
  {
    let root = try JSONReader.read(PackageRoot.bytes(of: "scenarios/" + name), name: name).root
    #expect(root["name"] == nil && root["output"] == nil)
    #expect(try load(name).outputPath == "data/\(name.dropLast(5)).csv")
  }

  /// Every scenario over its whole timeline at a rate of 1,500 rows in all, which its patterns multiply, a viral spike by 40.
  @Test(arguments: names) func `a shipped scenario simulates rows in the order of time and skips none`(_ name: String)
    throws
  {
    let whole = try load(name).scenario
    let hours = Double(whole.duration.microseconds) / 3.6e9
    let rate = Edit(path: "traffic.calls_per_hour", value: "\(Self.smallRunRows / hours)", place: .flag)
    let endless = Edit(path: "repeat_until", value: nil, place: .flag)
    let loaded = try Self.loader.load(PackageRoot.file("scenarios/" + name), edits: [rate, endless])
    let simulation = try Simulation(scenario: loaded.scenario, prices: loaded.prices)
    var bytes = simulation.header
    let outcome = try simulation.run(threads: 2, cancellation: CancellationFlag(), batchRows: 5000) {
      (batch: borrowing SimulationBatch) throws(LabFailure) in
      let span = batch.bytes
      for index in span.indices { bytes.append(span[index]) }
      return true
    }
    #expect(outcome.skippedCalls == 0)
    #expect((500...100_000).contains(outcome.rows), "\(outcome.rows) rows")
    #expect(Int(outcome.bytes) == bytes.count)
    // The time is the first field, of fixed width, so that its text sorts as it does.
    let times = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().map {
      $0.prefix { $0 != "," }
    }
    #expect(times.count == Int(outcome.rows))
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
  }

  private static let smallRunRows = 1500.0

  @Test func `every pattern has a scenario, and the showcase has them all`() throws {
    let ids = LabVocabulary.current.patterns.map(\.id)
    #expect(ids.count == 12)
    for id in ids {
      let name = id == "base" ? "steady.json" : id + ".json"
      #expect(try load(name).scenario.phases.flatMap(\.patterns).contains { $0.id == id }, "\(name)")
    }
    let showcase = try load("showcase.json").scenario
    #expect(Set(showcase.phases.flatMap(\.patterns).map(\.id)) == Set(ids))
    #expect(showcase.repeatUntil == .megabytes(50))
  }

  @Test func `the scenario of incidents has every kind, and is the ordinary one but for them`() throws {
    let incidents = try load("incidents.json").scenario
    #expect(incidents.incidents.map(\.id).sorted() == LabVocabulary.current.incidents.map(\.id))
    let ordinary = try load("ordinary.json").scenario
    #expect(ordinary.incidents.isEmpty && ordinary.duration == .days(56) && incidents.duration == .days(56))
    #expect(ordinary.providers.allSatisfy { $0.clusterFactor > 1 })
    #expect(ordinary.phases.flatMap(\.patterns).map(\.id) == ["timezone", "weekend"])
    #expect(incidents.traffic.callsPerHour == ordinary.traffic.callsPerHour)
    #expect(incidents.population.customers == ordinary.population.customers)
  }

  @Test func `the calm scenario has nothing that varies but chance`() throws {
    let scenario = try load("calm.json").scenario
    #expect(scenario.duration == .days(56))
    #expect(scenario.population.signupsPerDay == 0 && scenario.population.monthlyChurn == 0)
    #expect(scenario.population.tokenSigma == 0 && scenario.population.roamingShare == 0)
    #expect(scenario.traffic.arrivalCV == 1 && scenario.traffic.dayCV == 0)
    #expect(scenario.providers.allSatisfy { $0.clusterFactor == 1 })
    #expect(
      Set(
        scenario.providers.flatMap(\.models).map { "\($0.id) \($0.timeToFirstTokenMilliseconds) \($0.tokensPerSecond)" }
      ).count == 1)
    #expect(Set(scenario.population.regions.map { "\($0.utcOffset) \($0.latencyFactor) \($0.share)" }).count == 1)
  }

  @Test func `the first run of a reader has one threshold that only warns`() throws {
    let thresholds = try load("peak.json").scenario.thresholds
    #expect(thresholds.map(\.severity).filter { $0 == .warn }.count == 1)
    #expect(thresholds.first?.id == "budget")
  }

  @Test(.enabled(if: JSONSchemaValidator.isPresent, JSONSchemaValidator.absence))
  func `the committed schema accepts every shipped scenario, as it is written and as it is printed`() throws {
    let schema = String(decoding: try PackageRoot.bytes(of: "scenarios/scenario.schema.json"), as: UTF8.self)
    let written = try Self.names.map { String(decoding: try PackageRoot.bytes(of: "scenarios/" + $0), as: UTF8.self) }
    let printed = try Self.names.map { try load($0).text(forFolder: "scenarios") }
    let errors = try JSONSchemaValidator.errors(schema: schema, instances: written + printed)
    for (name, error) in zip(Self.names + Self.names, errors) { #expect(error == nil, "\(name)") }
  }
}
