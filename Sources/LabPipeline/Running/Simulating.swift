import LabCore
import LabFiles
import LabJSON
import LabPrices
import LabReport
import LabScenario
import LabSimulation

/// What to simulate and where to.
public struct SimulationRequest: Sendable {
  /// The CSV; nil: where the scenario says, else `data/NAME.csv`.
  public var output: String?
  public var resume = false
  public var synchronises = false
  public var sha256 = false

  public init(output: String? = nil, resume: Bool = false, synchronises: Bool = false, sha256: Bool = false) {
    self.output = output
    self.resume = resume
    self.synchronises = synchronises
    self.sha256 = sha256
  }
}

/// A usage file that a simulation wrote.
public struct SimulatedFile: Sendable {
  public var paths: UsageFilePaths
  public var rows: Int64
  public var bytes: Int64
  public var fingerprint: Fingerprint
  /// Bytes that an earlier, interrupted run had written.
  public var resumedBytes: Int64
  /// Whether it went to a pipe or device, without companions.
  public var isDirect: Bool
  /// Calls that could not be generated.
  public var skippedCalls: Int64
  public var wallSeconds: Double
}

extension LabEnvironment {
  /// What a simulation takes in bytes, by what was measured (docs/performance.md): the program, the batches that each thread
  /// makes, and every customer.
  private static func memory(of scenario: Scenario, threads: Int) -> Int64 {
    48_000_000 + Int64(threads) * 24_000_000 + Int64(scenario.population.customers) * 1_300
  }

  /// Simulates a scenario into a usage file with its companions.
  ///
  /// - Throws: ``LabFailure``: `cancelled` with a word on how far it got; `locked`, `cannotCreate`, `inputOutput`; or
  ///   `invalidInput` when the scenario can't be simulated. What was written stays valid.
  public func simulate(_ loaded: LoadedScenario, _ request: SimulationRequest) throws(LabFailure) -> SimulatedFile {
    let started = now()
    let scenario = loaded.scenario
    try refuse(
      memory: Self.memory(of: scenario, threads: threads), for: "simulating \(scenario.population.customers) customers",
      help: "simulate fewer customers or with --threads 1, or raise the limit")
    let simulation = try Simulation(scenario: scenario, prices: loaded.prices, cancellation: cancellation)
    let book = try loaded.effectivePrices()
    let identity = RunIdentity(
      scenario: loaded.dataHash, prices: book.hash, binary: binary(), target: scenario.targetText,
      goal: RunGoal(scenario))
    let writer = try UsageFileWriter(
      paths: UsageFilePaths(data: request.output ?? loaded.outputPath), identity: identity, resume: request.resume,
      synchronises: request.synchronises, sha256: request.sha256)
    let outcome: SimulationOutcome
    var companions: [(path: String, bytes: [UInt8])] = []
    do throws(LabFailure) {
      try writer.write(simulation.header.span)
      outcome = try simulation.run(threads: threads, cancellation: cancellation) { batch throws(LabFailure) in
        try writer.write(batch.bytes)
        progress(Progress(.simulating, fraction: batch.fraction, rows: batch.totalRows))
        return true
      }
      if !writer.isDirect {
        companions = [
          (writer.paths.customers, try simulation.customersCSV(until: outcome.end, cancellation: cancellation)),
          (writer.paths.truth, try simulation.truthJSON(until: outcome.end, cancellation: cancellation)),
        ]
      }
    } catch {
      throw Self.told(error, writer: writer, loaded: loaded)
    }
    let hashes = writer.hashes
    let wall = now() - started
    let record = RunRecord(
      version: version, scenarioName: scenario.name, changes: loaded.changes, seed: scenario.seed,
      scenarioHash: identity.scenario,
      pricesHash: identity.prices, binaryHash: identity.binary, target: identity.target, rows: outcome.rows,
      bytes: writer.bytes, fingerprint: hashes.fingerprint, sha256: hashes.sha256, firstRow: outcome.first,
      lastRow: outcome.last, skippedCalls: outcome.skippedCalls, scenario: loaded.tree, prices: book.tree,
      threads: threads, wallSeconds: wall.seconds, generatedAt: started)
    try writer.finish(companions: companions, run: record.json)
    return SimulatedFile(
      paths: writer.paths, rows: outcome.rows, bytes: writer.bytes, fingerprint: hashes.fingerprint,
      resumedBytes: writer.resumedBytes, isDirect: writer.isDirect, skippedCalls: outcome.skippedCalls,
      wallSeconds: wall.seconds)
  }

  /// Adds to an interruption or a failed write where it stopped and how to go on.
  private static func told(_ error: LabFailure, writer: UsageFileWriter, loaded: LoadedScenario) -> LabFailure {
    guard !writer.isDirect, error.kind == .cancelled || error.kind == .inputOutput else { return error }
    var error = error
    error.diagnostics.append(
      Diagnostic(
        .note, code: "partial_output",
        sentence: "\(NumberFormat.bytes(writer.bytes)) of rows are in '\(writer.paths.part)'",
        help: "run the same command with --resume to go on from there"))
    return error
  }
}

extension Scenario {
  /// The size at which a run ends, or its simulated length, in words.
  var targetText: String {
    switch repeatUntil {
    case .rows(let rows): "\(rows) rows"
    case .megabytes(let megabytes): "\(megabytes) MB"
    case nil: duration.description
    }
  }
}
