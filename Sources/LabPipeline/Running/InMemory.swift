import LabAnalysis
import LabCore
import LabReport
import LabScenario
import LabSimulation
import LabTable

extension LabEnvironment {
  /// Simulates a scenario into a table without a file: what ``run(_:_:seeds:)`` would load, at a fraction of the time.
  ///
  /// - Parameters:
  ///   - people: the customers that it starts with, when they were drawn before.
  ///   - threads: no figure depends on it.
  func simulateInMemory(
    _ loaded: LoadedScenario, startingWith people: StartingPopulation? = nil, threads: Int,
    progress: (Double, Int64) -> Void = { _, _ in }
  ) throws(LabFailure) -> LoadedData {
    let scenario = loaded.scenario
    let simulation =
      if let people {
        try Simulation(
          scenario: scenario, prices: loaded.prices, startingWith: people, cancellation: cancellation)
      } else {
        try Simulation(scenario: scenario, prices: loaded.prices, cancellation: cancellation)
      }
    let (table, outcome) = try simulation.table(
      named: loaded.outputPath, threads: threads, cancellation: cancellation, progress: progress)
    let customers = try simulation.customersCSV(until: outcome.end, cancellation: cancellation)
    var data = LoadedData(
      table: table, selection: nil, filter: CallFilter(), from: nil, to: nil, scenario: loaded, prices: loaded.prices,
      subscriptions: try SubscriptionFile.read(customers, name: loaded.outputPath), basis: [])
    data.truth = try Truth.read(
      simulation.truthJSON(until: outcome.end, cancellation: cancellation), name: loaded.outputPath)
    return data
  }

  /// How many simulations of so many calls go on at once, and with how many threads each: several small ones, or one large
  /// one, so that memory holds.
  func split(callsEach calls: Double, count: Int) -> (outer: Int, inner: Int) {
    let fitting = Int(max(1, min(Double(threads), Self.callsInMemory / max(1, calls))))
    let outer = max(1, min(threads, count, fitting))
    return (outer, max(1, threads / outer))
  }

  /// Calls of tables that may be in memory at once: about 80 bytes each.
  private static let callsInMemory = 10e6
}

/// What the seeds of a scenario gave: every figure, and how often each threshold held.
struct SeedSpread: Sendable {
  var figures: SeedFigures
  var thresholds: [(id: String, passed: Int)]
}

extension LabEnvironment {
  /// Runs a scenario in memory for the seeds that follow its own.
  ///
  /// - Parameter first: what its own seed gave.
  func seedFigures(
    of loaded: LoadedScenario, first: (results: [AnalyzerResult], verdicts: [Verdict]), count: Int
  ) throws(LabFailure) -> SeedSpread {
    let seeds = (0..<UInt64(count)).map { loaded.scenario.seed &+ $0 }
    let calls = try Simulation(scenario: loaded.scenario, prices: loaded.prices, cancellation: cancellation)
      .expectedCalls
    let (outer, inner) = split(callsEach: calls, count: count - 1)
    let meter = SharedProgress(self, .simulating, total: count - 1)
    let rest = try Parallel.map(count: count - 1, width: outer) {
      (index: Int) throws(LabFailure) -> ([KeptRun.Figure], [Bool]) in
      var environment = self
      environment.threads = inner
      environment.progress = { _ in }
      var scenario = loaded
      scenario.scenario.seed = seeds[index + 1]
      let data = try environment.simulateInMemory(scenario, threads: inner)
      let results = try environment.analyse(data)
      let verdicts = try environment.judge(loaded.scenario.thresholds, data: data, results: results)
      meter.finished(rows: Int64(data.table.rowCount))
      return (KeptRun.Figure.all(of: results), verdicts.map(\.passed))
    }
    let all = [(KeptRun.Figure.all(of: first.results), first.verdicts.map(\.passed))] + rest
    var values: [String: [Double?]] = [:]
    for (figures, _) in all { for figure in figures { values[figure.name, default: []].append(figure.value?.double) } }
    let thresholds = first.verdicts.indices.map { index in
      (id: first.verdicts[index].threshold.id, passed: all.count { $0.1.indices.contains(index) && $0.1[index] })
    }
    return SeedSpread(figures: SeedFigures(seeds: seeds, values: values), thresholds: thresholds)
  }
}
