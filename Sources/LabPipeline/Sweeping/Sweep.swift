import LabAnalysis
import LabCore
import LabFiles
import LabJSON
import LabPrices
import LabReport
import LabScenario
import LabSimulation
import LabTable
import Synchronization

/// What a sweep is asked for.
public struct SweepRequest: Sendable {
  /// A path, or the name of a scenario.
  public var scenario: String
  /// Changes that hold in every cell.
  public var edits: [Edit]
  /// One or two.
  public var keys: [VariedKey]
  /// Such as `understanding.total_cost_usd`; empty: those of the scenario's thresholds, else the cost.
  public var metrics: [String]
  /// How many seeds every cell is run with, from the scenario's on.
  public var seeds: Int

  public init(scenario: String, edits: [Edit] = [], keys: [VariedKey], metrics: [String] = [], seeds: Int = 1) {
    self.scenario = scenario
    self.edits = edits
    self.keys = keys
    self.metrics = metrics
    self.seeds = seeds
  }
}

/// The grid of a sweep with what was measured in each cell.
public struct SweepOutcome: Sendable {
  public struct Cell: Sendable {
    /// A value per varied key.
    public var values: [String]
    /// Calls, of the first seed.
    public var rows: Int64
    /// Per metric the figure of the first seed.
    public var figures: [MetricValue?]
    /// Per metric the median and the 80 % band over the seeds; nil with fewer than three.
    public var spreads: [(median: Double, band: Interval)?]
  }

  /// What is measured.
  public struct Measured: Sendable {
    public var name: String
    public var label: String
    public var unit: Unit
  }

  public var scenarioName: String
  public var keys: [VariedKey]
  public var metrics: [Measured]
  public var seeds: Int
  /// The last key varies fastest.
  public var cells: [Cell]
}

extension LabEnvironment {
  /// The most simulations of one sweep.
  static let sweepLimit = 100_000

  /// Runs a scenario for every combination of the varied values, in memory and in parallel.
  ///
  /// Every figure is the one that a run of its own would give. Files and price books are read once, customers are drawn once
  /// where no varied value touches them, and only the analyzers that the metrics come from run.
  ///
  /// - Throws: ``LabFailure``: `usage` for a grid that is none, `notFound` for an unknown metric, `invalidInput` with the
  ///   problems of the cells that are no valid scenario, before the first starts; `cancelled`.
  public func sweep(_ request: SweepRequest) throws(LabFailure) -> SweepOutcome {
    guard (1...2).contains(request.keys.count) else {
      throw LabFailure(.usage, code: "bad_vary", "a sweep varies one or two values, found \(request.keys.count)")
    }
    if request.keys.count == 2, request.keys[0].path == request.keys[1].path {
      throw LabFailure(.usage, code: "bad_vary", "'\(request.keys[0].path)' is varied twice")
    }
    let grid = Self.grid(request.keys)
    guard grid.count * request.seeds <= Self.sweepLimit else {
      throw LabFailure(
        .usage, code: "sweep_too_large",
        "the sweep has \(NumberFormat.counted(grid.count * request.seeds, "simulation")), more than "
          + NumberFormat.grouped(Self.sweepLimit))
    }
    let scenarios = try loadCells(request, grid)
    let metrics = try measured(request.metrics, in: scenarios[0].scenario)
    let runs = try simulate(scenarios, seeds: request.seeds, metrics: metrics)
    let cells = grid.indices.map { cell in
      let own = runs[(cell * request.seeds)..<((cell + 1) * request.seeds)]
      return SweepOutcome.Cell(
        values: grid[cell], rows: own.first?.rows ?? 0, figures: own.first?.figures ?? [],
        spreads: metrics.indices.map { metric in
          SeedFigures.spread(ofSorted: own.compactMap { $0.figures[metric]?.double }.sorted())
        })
    }
    return SweepOutcome(
      scenarioName: scenarios[0].scenario.name, keys: request.keys, metrics: metrics, seeds: request.seeds,
      cells: cells)
  }

  private static func grid(_ keys: [VariedKey]) -> [[String]] {
    keys.reduce([[]]) { grid, key in grid.flatMap { cell in key.values.map { cell + [$0] } } }
  }

  /// Every cell's scenario; the problems of all that are invalid come out together.
  private func loadCells(_ request: SweepRequest, _ grid: [[String]]) throws(LabFailure) -> [LoadedScenario] {
    let path = try project.scenarioPath(request.scenario)
    let loader = ScenarioLoader(files: CachedScenarioFiles().files, vocabulary: LabVocabulary.current)
    let results = try Parallel.map(count: grid.count, width: threads) {
      (cell: Int) throws(LabFailure) -> Result<LoadedScenario, LabFailure> in
      try cancellation.check()
      let changes = zip(request.keys, grid[cell]).map { Edit(path: $0.path, value: $1, place: .sweep) }
      do throws(LabFailure) { return .success(try loader.load(path, edits: request.edits + changes)) } catch {
        return .failure(error)
      }
    }
    var scenarios: [LoadedScenario] = []
    var kind: LabFailure.Kind?
    var problems: [Diagnostic] = []
    var told: Set<String> = []
    for result in results {
      switch result {
      case .success(let loaded): scenarios.append(loaded)
      case .failure(let failure):
        kind = kind ?? failure.kind
        // What is wrong with a path is wrong in every cell; it is told with the first.
        for diagnostic in failure.diagnostics
        where told.insert("\(diagnostic.path ?? "")\n\(diagnostic.sentence)").inserted {
          problems.append(diagnostic)
        }
      }
    }
    if let kind { throw LabFailure(kind, problems) }
    for warning in scenarios.first?.warnings ?? [] { note(warning) }
    return scenarios
  }

  private func measured(_ names: [String], in scenario: Scenario) throws(LabFailure) -> [SweepOutcome.Measured] {
    var wanted = names
    if wanted.isEmpty {
      for threshold in scenario.thresholds where !wanted.contains(threshold.metric) {
        if (try? Self.measured(threshold.metric)) != nil { wanted.append(threshold.metric) }
      }
    }
    if wanted.isEmpty { wanted = [RunSummary.firstFigure] }
    var measured: [SweepOutcome.Measured] = []
    for name in wanted { measured.append(try Self.measured(name)) }
    return measured
  }

  /// The metric of a name.
  ///
  /// - Throws: ``LabFailure`` of kind `notFound` with the nearest names.
  public static func measured(_ name: String) throws(LabFailure) -> SweepOutcome.Measured {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    if parts.count == 2,
      let metric = AnalyzerRegistry.descriptor(parts[0])?.metrics.first(where: { $0.id == parts[1] })
    {
      return SweepOutcome.Measured(name: name, label: metric.label, unit: metric.unit)
    }
    throw LabFailure(
      .notFound, code: "unknown_metric", "there is no metric '\(name)'",
      help: Suggestion.help(for: name, among: AnalyzerRegistry.metricNames)
        ?? "'finops-lab describe ANALYZER' lists its metrics")
  }

  /// Simulates every cell with every seed: cell after cell, its seeds one after another.
  private func simulate(
    _ scenarios: [LoadedScenario], seeds: Int, metrics: [SweepOutcome.Measured]
  ) throws(LabFailure) -> [(rows: Int64, figures: [MetricValue?])] {
    let analyzers = metrics.reduce(into: [String]()) { ids, metric in
      let id = String(metric.name.prefix { $0 != "." })
      if !ids.contains(id) { ids.append(id) }
    }
    let tasks = scenarios.flatMap { loaded in
      (0..<UInt64(seeds)).map { offset in
        var loaded = loaded
        loaded.scenario.seed &+= offset
        return loaded
      }
    }
    let people = try SharedPopulations(of: tasks, width: threads, cancellation: cancellation)
    let calls = try Simulation(
      scenario: tasks[tasks.count - 1].scenario, prices: tasks[tasks.count - 1].prices, cancellation: cancellation
    ).expectedCalls
    let (outer, inner) = split(callsEach: calls, count: tasks.count)
    let meter = SharedProgress(self, .sweeping, total: tasks.count)
    return try Parallel.map(count: tasks.count, width: outer) {
      (index: Int) throws(LabFailure) -> (rows: Int64, figures: [MetricValue?]) in
      var environment = self
      environment.threads = inner
      let data = try environment.simulateInMemory(tasks[index], startingWith: people[index], threads: inner)
      let results = try environment.analyse(data, analyzers: analyzers)
      if let error = results.compactMap(\.error).first { throw error.failure }
      let figures = metrics.map { metric in
        results.lazy.compactMap { result -> MetricValue? in
          guard metric.name.hasPrefix(result.id + ".") else { return nil }
          return result.value(of: String(metric.name.dropFirst(result.id.count + 1)))
        }.first
      }
      meter.finished(rows: Int64(data.table.rowCount))
      return (Int64(data.table.rowCount), figures)
    }
  }
}

/// Reads every scenario file and price book once, however many scenarios are made of them.
private final class CachedScenarioFiles: Sendable {
  private let texts = Mutex<[String: Result<[UInt8], LabFailure>]>([:])
  private let books = Mutex<[String: Result<PriceBook, LabFailure>]>([:])

  var files: ScenarioFiles {
    ScenarioFiles(
      read: { path throws(LabFailure) in
        try self.texts.withLock { texts in
          Self.cached(path, in: &texts) { path throws(LabFailure) in try Project.read(path) }
        }.get()
      },
      prices: { path throws(LabFailure) in
        try self.books.withLock { books in
          Self.cached(path ?? LabEnvironment.shippedPriceBook, in: &books) { path throws(LabFailure) in
            try LabEnvironment.readPriceBook(path)
          }
        }.get()
      })
  }

  private static func cached<Content>(
    _ path: String, in cache: inout [String: Result<Content, LabFailure>],
    read: (String) throws(LabFailure) -> Content
  ) -> Result<Content, LabFailure> {
    if let known = cache[path] { return known }
    let result: Result<Content, LabFailure>
    do throws(LabFailure) { result = .success(try read(path)) } catch { result = .failure(error) }
    cache[path] = result
    return result
  }
}

/// The starting customers of simulations, drawn once for all that start with the same ones.
private struct SharedPopulations: Sendable {
  private let keys: [Fingerprint]
  private var populations: [Fingerprint: StartingPopulation] = [:]

  init(of tasks: [LoadedScenario], width: Int, cancellation: CancellationFlag) throws(LabFailure) {
    keys = tasks.map { Self.key(of: $0) }
    var uses: [Fingerprint: Int] = [:]
    for key in keys { uses[key, default: 0] += 1 }
    // What only one simulation needs is drawn there.
    let shared = keys.indices.filter { index in
      (uses[keys[index]] ?? 0) > 1 && keys.firstIndex(of: keys[index]) == index
    }
    let drawn = try Parallel.map(count: shared.count, width: width) {
      (index: Int) throws(LabFailure) -> StartingPopulation in
      try StartingPopulation(of: tasks[shared[index]].scenario, cancellation: cancellation)
    }
    for (index, people) in zip(shared, drawn) { populations[keys[index]] = people }
  }

  subscript(index: Int) -> StartingPopulation? { populations[keys[index]] }

  /// A hash of all that the starting customers depend on.
  private static func key(of loaded: LoadedScenario) -> Fingerprint {
    var writer = JSONWriter(compact: true)
    writer.beginArray()
    writer.value(loaded.scenario.seed)
    writer.value(loaded.scenario.start)
    writer.value(loaded.scenario.traffic.callsPerHour)
    if let population = loaded.tree["population"] { writer.value(population) }
    writer.endArray()
    return Fingerprint.of(writer.bytes)
  }
}
