import LabAnalysis
import LabCore
import LabReport
import LabScenario
import LabSimulation
import LabTable

/// What the detectors found in many runs of a scenario, each with a seed of its own, held against the truth.
///
/// For the project itself: it is what detectors are tuned and measured with.
public struct DetectionMeasurement: Sendable {
  /// One seed.
  public struct Run: Sendable {
    public var seed: UInt64
    public var calls: Int
    public var days: Double
    public var truth: Truth
    public var scorings: [DetectionScoring]
    /// The figures that are watched, by `analyzer.metric`; unknown ones are left out.
    public var metrics: [(name: String, value: Double)]
    /// Analyzers that failed, with the reason.
    public var failures: [String]
  }

  public var runs: [Run]

  /// The metrics that count alarms without being detections, where this version has them.
  static let watched = [
    "abuse_detection.cases", "realtime.anomaly_events", "churn_growth.at_risk_customers",
    "churn_growth.expansion_candidates", "geographic_latency.reroutes",
  ]

  /// The analyzers that detect, where this version has them.
  public static var detectorAnalyzers: [String] {
    var ids = Set(Detection.Detector.allCases.map(\.analyzer))
    for name in watched { ids.insert(String(name.prefix { $0 != "." })) }
    return ids.intersection(AnalyzerRegistry.ids).sorted()
  }

  /// The counts of all runs together.
  public var pooled: [DetectionScore] {
    Detection.Detector.allCases.compactMap { detector in
      let scores = runs.flatMap(\.scorings).filter { $0.detector == detector }.map(\.score)
      return scores.isEmpty ? nil : scores.reduce(DetectionScore(detector), +)
    }
  }

  /// Per detector and kind of incident: how many are eligible, and how many of them were found.
  public var byKind: [(detector: Detection.Detector, kind: String, eligible: Int, found: Int)] {
    var counts: [String: (detector: Detection.Detector, kind: String, eligible: Int, found: Int)] = [:]
    for run in runs {
      for scoring in run.scorings {
        for (index, item) in run.truth.items.enumerated() where item.isEligible(for: scoring.detector) {
          let key = scoring.detector.rawValue + " " + item.kind
          var count = counts[key] ?? (scoring.detector, item.kind, 0, 0)
          count.eligible += 1
          if !scoring.missed.contains(index) { count.found += 1 }
          counts[key] = count
        }
      }
    }
    return counts.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Runs in which something raised an alarm that nothing accounts for, or a watched figure is above 0.
  public var runsWithAlarm: Int {
    runs.count { run in
      run.scorings.contains { $0.score.falseAlarms > 0 } || run.metrics.contains { $0.value > 0 }
    }
  }
}

extension LabEnvironment {
  /// Simulates a scenario in memory for seeds one after another, runs the analyzers that detect, and scores them.
  ///
  /// - Parameters:
  ///   - analyzers: ids; nil for all that detect.
  ///   - finished: called as each seed ends, in any order.
  public func measureDetection(
    _ loaded: LoadedScenario, seeds: Range<UInt64>, analyzers: [String]? = nil,
    finished: @Sendable (DetectionMeasurement.Run) -> Void = { _ in }
  ) throws(LabFailure) -> DetectionMeasurement {
    let ids = analyzers ?? DetectionMeasurement.detectorAnalyzers
    let calls = try Simulation(scenario: loaded.scenario, prices: loaded.prices, cancellation: cancellation)
      .expectedCalls
    let (outer, inner) = split(callsEach: calls, count: seeds.count)
    let runs = try Parallel.map(count: seeds.count, width: outer) {
      (index: Int) throws(LabFailure) -> DetectionMeasurement.Run in
      var environment = self
      environment.threads = inner
      environment.progress = { _ in }
      var scenario = loaded
      scenario.scenario.seed = seeds[seeds.startIndex + UInt64(index)]
      let data = try environment.simulateInMemory(scenario, threads: inner)
      let truth = data.truth ?? Truth(items: [])
      let results = try environment.analyse(data, analyzers: ids)
      let run = DetectionMeasurement.Run(
        seed: scenario.scenario.seed, calls: data.table.rowCount, days: loaded.scenario.duration.days, truth: truth,
        scorings: Detection.Detector.allCases.compactMap { detector in
          guard let result = results.first(where: { $0.id == detector.analyzer }) else { return nil }
          return DetectionScoring(detector, result.detections, truth: truth)
        },
        metrics: DetectionMeasurement.watched.compactMap { name in
          let parts = name.split(separator: ".").map(String.init)
          guard let result = results.first(where: { $0.id == parts[0] }), let value = result.value(of: parts[1]) else {
            return nil
          }
          return (name, value.double)
        },
        failures: results.compactMap { result in result.error.map { "\(result.id): \($0.sentence)" } })
      finished(run)
      return run
    }
    return DetectionMeasurement(runs: runs)
  }
}
