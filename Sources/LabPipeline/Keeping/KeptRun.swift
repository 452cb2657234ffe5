import LabAnalysis
import LabCore
import LabPrices
import LabReport
import LabTable

/// What is kept of a run: enough to show and compare it when its data file is overwritten.
public struct KeptRun: Sendable {
  /// Its number in the project; nil for one that is only in memory.
  public var number: Int?
  public var scenarioName: String
  /// What of the scenario's files was changed for it, as `PATH=VALUE`.
  public var changes: [String] = []
  public var seed: UInt64
  public var startedAt: Instant
  public var rows: Int64
  /// Of the data.
  public var fingerprint: String
  /// Whether the run was stopped before its end, so that its figures are those of a part.
  public var isPartial: Bool
  /// Thresholds: how many there were, and how many failed.
  public var thresholds: (count: Int, failed: Int)
  public var figures: [Figure]
  public var cube: RunCube?
  public var prices: PriceBook?
  /// The figures of every seed, when there are several.
  public var seeds: SeedFigures?

  /// A summary metric of an analyzer.
  public struct Figure: Sendable {
    /// Such as `understanding.total_cost_usd`.
    public var name: String
    public var label: String
    public var unit: Unit
    public var value: MetricValue?
  }

  /// What a person calls it: `run 12 (peak)`, `run 13 (peak with seed=5)`.
  public var title: String {
    let with = changes.isEmpty ? "" : " with " + changes.joined(separator: ", ")
    return (number.map { "run \($0)" } ?? "the last run") + " (\(scenarioName)\(with))"
  }
}

extension KeptRun.Figure {
  /// Every summary metric of some results.
  static func all(of results: [AnalyzerResult]) -> [KeptRun.Figure] {
    results.flatMap { result in
      result.summary.map {
        KeptRun.Figure(name: "\(result.id).\($0.id)", label: $0.label, unit: $0.unit, value: $0.value)
      }
    }
  }
}

/// What the seeds of a run gave: the same figures, once per seed.
public struct SeedFigures: Sendable {
  public var seeds: [UInt64]
  /// Per metric a value per seed; nil where a seed gave none.
  public var values: [String: [Double?]]

  public init(seeds: [UInt64], values: [String: [Double?]]) {
    self.seeds = seeds
    self.values = values
  }

  /// How much of the seeds a band holds, and the share below and above it.
  public static let bandLevel = 0.8

  /// The median and the band of a metric over the seeds that have it; nil below three of them.
  public func spread(of metric: String) -> (median: Double, band: Interval)? {
    let known = (values[metric] ?? []).compactMap { $0 }.sorted()
    return Self.spread(ofSorted: known)
  }

  /// The nearest-rank median of sorted values, and the band between their 10th and 90th percentiles.
  static func spread(ofSorted values: [Double]) -> (median: Double, band: Interval)? {
    let tail = (1 - bandLevel) / 2
    guard values.count >= 3, let median = NearestRank.quantile(0.5, ofSorted: values),
      let low = NearestRank.quantile(tail, ofSorted: values),
      let high = NearestRank.quantile(1 - tail, ofSorted: values)
    else { return nil }
    return (median, Interval(low: low, high: high, level: bandLevel))
  }
}
