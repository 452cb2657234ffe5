import LabCore
import LabJSON
import LabReport

/// What ``Performance`` found.
public struct PerformanceFindings: Encodable, Sendable {
  /// One group of calls: how fast, how reliable.
  public struct Figures: Encodable, Sendable {
    /// Calls whose duration is known.
    public var timedCalls: Int64
    /// Nil under 30 timed calls.
    @Known public var meanLatencyMs: Double?
    @Known public var p50LatencyMs: Double?
    @Known public var p95LatencyMs: Double?
    /// Nil under 200 timed calls.
    @Known public var p99LatencyMs: Double?
    /// Output over time of successful calls.
    @Known public var outputTokensPerSecond: Double?
    @Known public var errors: Int64?
    @Known public var errorRatePct: Double?
    /// Calls that were too slow or failed.
    @Known public var slaViolations: Int64?
    @Known public var slaCompliancePct: Double?
    /// Billed cost of failed attempts.
    @Known public var retryCostUsd: Money?
  }

  /// What is known of a model beyond its group.
  public struct ModelFigures: Encodable, Sendable {
    public var group: Figures
    @Known public var meanFirstTokenMs: Double?
    @Known public var p50FirstTokenMs: Double?
    @Known public var p95FirstTokenMs: Double?
    @Known public var firstTokenGoalPct: Double?
    @Known public var tokenGoalPct: Double?
    /// Attempts that retried an earlier one.
    @Known public var retries: Int64?
    /// How many failed calls had which error type.
    public var errorsByType: [String: Int64]
    @Known public var costPerMillionTokensUsd: Double?
    /// Time over that of all models for answers of the same lengths; 0.8 is a fifth faster.
    @Known public var timeAtEqualLength: Double?
    @Known public var timeInterval: Interval?
    @Known public var priceInterval: Interval?
    /// 1 on the frontier of p95 and price, less behind it.
    @Known public var efficiency: Double?
    /// high, medium or low.
    @Known public var efficiencyBand: String?

    public func encode(to encoder: any Encoder) throws {
      try group.encode(to: encoder)
      var container = encoder.container(keyedBy: FindingKey.self)
      func put(_ name: String, _ value: Double?) throws {
        try container.encode(Known(wrappedValue: value), forKey: FindingKey(name))
      }
      try put("mean_first_token_ms", meanFirstTokenMs)
      try put("p50_first_token_ms", p50FirstTokenMs)
      try put("p95_first_token_ms", p95FirstTokenMs)
      try put("first_token_goal_pct", firstTokenGoalPct)
      try put("token_goal_pct", tokenGoalPct)
      try container.encode(Known(wrappedValue: retries), forKey: FindingKey("retries"))
      try container.encode(errorsByType, forKey: FindingKey("errors_by_type"))
      try put("cost_per_million_tokens_usd", costPerMillionTokensUsd)
      try put("time_at_equal_length", timeAtEqualLength)
      try container.encode(Known(wrappedValue: timeInterval), forKey: FindingKey("time_interval"))
      try container.encode(Known(wrappedValue: priceInterval), forKey: FindingKey("price_interval"))
      try put("efficiency", efficiency)
      try container.encode(Known(wrappedValue: efficiencyBand), forKey: FindingKey("efficiency_band"))
    }
  }

  public typealias Row = GroupRow<Figures>
  public typealias ModelRow = GroupRow<ModelFigures>

  /// The promise on the whole call.
  public struct Promise: Encodable, Sendable {
    public var limitMs: Double
    public var targetPct: Double
    @Known public var violations: Int64?
    @Known public var compliancePct: Double?
    /// Calls that may break the promise at the target, and how much of that is used, in percent.
    public var budgetCalls: Double
    @Known public var budgetUsedPct: Double?
    /// Violations over those that the target allows: 1 uses the budget up exactly.
    @Known public var burnRate: Double?
    /// The same for the last unit of days.
    @Known public var recentBurnRate: Double?
    public var recentDays: Int
  }

  /// A limit on a percentile, or a goal for part of a call.
  public struct Limit: Encodable, Sendable {
    public var name: String
    public var limitMs: Double
    @Known public var valueMs: Double?
    /// The share of calls that keep it, for a goal.
    @Known public var keptPct: Double?
    @Known public var kept: Bool?
  }

  /// How many calls took between two durations.
  public struct HistogramBin: Encodable, Sendable {
    public var fromMs: Double
    /// Nil for the last.
    @Known public var toMs: Double?
    public var calls: Int64
  }

  /// An hour, or in long data a day.
  public struct Step: Encodable, Sendable {
    public var start: Instant
    public var calls: Int64
    @Known public var p95LatencyMs: Double?
    @Known public var errorRatePct: Double?
  }

  /// A model at one length of answer.
  public struct LengthRow: Encodable, Sendable {
    public var provider: String
    public var model: String
    public var outputTokens: String
    var stratum: Int
    public var calls: Int64
    @Known public var meanLatencyMs: Double?
    @Known public var p50LatencyMs: Double?
    @Known public var p95LatencyMs: Double?
  }

  /// Which model is best at something, or why none is.
  public struct Best: Encodable, Sendable {
    /// fast, cheap or balanced.
    public var kind: String
    @Known public var provider: String?
    @Known public var model: String?
    @Known public var value: Double?
    @Known public var interval: Interval?
    @Known public var runnerUp: String?
    @Known public var noneBecause: String?
  }

  /// Hours in which a service was slow or failed.
  public struct Incident: Encodable, Sendable {
    public var kind: String
    @Known public var provider: String?
    @Known public var region: String?
    @Known public var customerId: String?
    public var start: Instant
    public var end: Instant
    public var detectedAt: Instant
    /// Slow, failed or limited calls.
    public var calls: Int64
    public var markedCalls: Int64
    @Known public var sharePct: Double?
    @Known public var usualSharePct: Double?
    public var pValue: Double
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var days: Double
  public var totalCalls: Int64
  @Known public var totalCostUsd: Money?
  public var overall: Figures
  public var sla: Promise
  public var limits: [Limit]
  public var goals: [Limit]
  public var byProvider: [Row]?
  public var byModel: [ModelRow]?
  public var byFeature: [Row]?
  public var byLength: [LengthRow]?
  public var histogram: [HistogramBin]
  public var byHour: [Step]?
  /// In place of the hours where they are more than 4,096.
  public var byDay: [Step]?
  public var best: [Best]
  public var incidents: [Incident]?
  /// Billed cost of failed attempts for a month, with its interval over days; nil under seven days.
  @Known public var monthlyRetryCost: MonthlyCost?
  var recommendations: [Recommendation]
  var detections: [Detection]
  var abstentions: [Abstention]

  /// The series, by hour or by day.
  var steps: [Step]? { byHour ?? byDay }

  public struct MonthlyCost: Encodable, Sendable {
    public var usd: Money
    @Known public var lowUsd: Money?
    @Known public var highUsd: Money?
  }

  private enum CodingKeys: String, CodingKey {
    case start, end, days, totalCalls, totalCostUsd, overall, sla, limits, goals, byProvider, byModel, byFeature
    case byLength, histogram, byHour, byDay, best, incidents, monthlyRetryCost
  }
}
