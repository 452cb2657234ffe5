import LabCore

/// A validated business: everything that a run depends on, defaults filled in, shares normalised to sum to 1.
///
/// Nothing of it refers to a name that does not exist; who made it has checked that.
public struct Scenario: Sendable {
  public var name: String
  public var description: String
  public var seed: UInt64
  public var start: Instant
  /// One phase named `main` when the file has `duration` and `traffic.patterns`.
  public var phases: [Phase]
  /// Cycles through the phases until the data is large enough; nil for one pass.
  public var repeatUntil: RepeatTarget?
  /// The path of the price book as written, and resolved against the file that named it; nil means the shipped book.
  public var pricesPath: String?
  public var population: Population
  public var products: [Share]
  public var features: [Feature]
  public var providers: [Provider]
  public var traffic: Traffic
  public var incidents: [Setting]
  public var analysis: AnalysisSettings
  public var budgets: [Budget]
  public var thresholds: [Threshold]
  public var output: Output

  /// The sum of the phases' lengths: one cycle.
  public var duration: TimeSpan { TimeSpan(microseconds: phases.reduce(0) { $0 + $1.duration.microseconds }) }
}

/// A stretch of the timeline with its own traffic patterns.
public struct Phase: Sendable {
  public var name: String
  public var duration: TimeSpan
  public var patterns: [Setting]
}

/// When a cycling run has enough: at the first row at or past the size.
public enum RepeatTarget: Hashable, Sendable {
  /// 10⁶ bytes each.
  case megabytes(Double)
  case rows(Int64)
}

/// A named thing with parameters that its descriptor declares: a traffic pattern or an incident.
public struct Setting: Sendable {
  /// The pattern or incident kind, such as `feature_launch`.
  public var id: String
  /// Every parameter that the descriptor declares and that was given or has a fixed default.
  public var parameters: [String: ParameterValue]

  public init(id: String, parameters: [String: ParameterValue] = [:]) {
    self.id = id
    self.parameters = parameters
  }
}

/// A checked parameter value in its canonical unit.
public indirect enum ParameterValue: Sendable {
  case number(Double)
  case text(String)
  case span(TimeSpan)
  case instant(Instant)
  case boolean(Bool)
  case list([ParameterValue])
  case object([String: ParameterValue])
}

/// An id with its share of something; shares of a list sum to 1.
public struct Share: Sendable {
  public var id: String
  public var share: Double
}

public struct Population: Sendable {
  /// Customers at the start.
  public var customers: Int
  public var organizations: Int
  /// Ids that the scenario names itself, taken by the first organizations and customers.
  public var organizationIDs: [String]
  public var customerIDs: [String]
  /// The spread of customers' rates.
  public var activity: Distribution
  public var archetypes: [Archetype]
  public var tiers: [Tier]
  public var regions: [Region]
  public var signupsPerDay: Double
  /// The share of customers that leaves per month of 30.4375 days.
  public var monthlyChurn: Double
  /// The share of customers that changes to the next higher or lower tier per month.
  public var monthlyUpgrades: Double
  public var monthlyDowngrades: Double
  /// Standard deviation of the log of a customer's mean tokens per call.
  public var tokenSigma: Double
  /// The share of customers that calls from a second region at times.
  public var roamingShare: Double
}

public struct Archetype: Sendable {
  public var id: String
  public var share: Double
  public var rate: Double
}

public struct Tier: Sendable {
  public var id: String
  public var share: Double
  public var monthlyPrice: Money
}

public struct Region: Sendable {
  public var id: String
  public var share: Double
  /// Ahead of UTC.
  public var utcOffset: TimeSpan
  public var latencyFactor: Double
}

/// A distribution of positive numbers, as scenario files write it.
public enum Distribution: Sendable {
  case lognormal(median: Double, sigma: Double, min: Double, max: Double)
  case normal(mean: Double, sd: Double, min: Double, max: Double)
  case uniform(low: Double, high: Double)
  case constant(Double)
  /// Values at equally spaced quantiles from 0 to 1, at least two, interpolated linearly.
  case empirical([Double])
}

public struct Feature: Sendable {
  public var id: String
  public var share: Double
  public var inputTokens: Distribution
  public var outputTokens: Distribution
  /// The mean share of input tokens that a cache serves, that is written to it (5-minute and 1-hour), and the share of
  /// output that is reasoning.
  public var cachedShare: Double
  public var cacheWriteShare: Double
  public var cacheWrite1hShare: Double
  public var reasoningShare: Double
  /// The share of input that an unlimited prefix cache would have held; at least `cachedShare`.
  public var cacheableShare: Double
  /// The shares of calls at the batch, flex and priority tiers.
  public var batchShare: Double
  public var flexShare: Double
  public var priorityShare: Double
  /// Whether the work may wait for a batch.
  public var canWait: Bool
  /// Where its calls go; empty: by the providers' shares and models' weights.
  public var routes: [Route]
  /// Tags written to `metadata`.
  public var tags: [Tag]
}

public struct Tag: Sendable {
  public var key: String
  public var value: String
}

public struct Route: Sendable {
  public var provider: String
  public var model: String
  public var weight: Double
}

public struct Provider: Sendable {
  public var id: String
  public var share: Double
  public var models: [Model]
  /// The share of calls that fails.
  public var errorRate: Double
  /// The mix of error types; shares sum to 1. Keys: timeout, rate_limit, auth_error, server_error.
  public var errors: [Share]
  /// Mean length of a failure cluster and how many times the base error rate it has; 1 means independent failures.
  public var clusterLength: TimeSpan
  public var clusterFactor: Double
  /// Calls per hour above which queueing and rate limits grow; nil: no limit.
  public var capacityPerHour: Double?
}

public struct Model: Sendable {
  public var id: String
  public var weight: Double
  /// Median time to first token in ms.
  public var timeToFirstTokenMilliseconds: Double
  public var tokensPerSecond: Double
}

public struct Traffic: Sendable {
  public var callsPerHour: Double
  /// Coefficient of variation of a customer's gaps.
  public var arrivalCV: Double
  /// Coefficient of variation of a customer's days.
  public var dayCV: Double
  public var callsPerSession: Double
  /// Mean gap between the calls of a session.
  public var sessionGap: TimeSpan
  /// How often a failed call is tried again at the most.
  public var retries: Int
  public var latency: LatencyModel
  public var environment: String
}

public enum LatencyModel: Sendable {
  /// Time to first token plus output over speed, with lognormal noise of the given sigma and queueing under load.
  case tokens(noiseSigma: Double)
  /// (total tokens / 10 + U(50, 200)) × region factor × U(0.8, 1.2), in ms.
  case classic
}

public struct AnalysisSettings: Sendable {
  public var slaMilliseconds: Double
  public var anomalySigma: Double
  public var highDailyCost: Money
  public var requiredTags: [String]
  public var speed: SpeedLimits
  public var sharedCosts: [SharedCostSetting]
  public var commitmentsHeld: [CommitmentSetting]
  public var invoices: [InvoiceSetting]
  /// Beside the ones that are always compared.
  public var pricingModels: [PriceModel]
  public var featureLimits: FeatureLimits
}

/// What `analysis` sets for speed beside the promise on the whole call, in ms and percent.
public struct SpeedLimits: Sendable {
  public var slaTargetPercent: Double
  public var p95Limit: Double
  public var p99Limit: Double
  public var firstTokenGoal: Double
  public var tokenGoal: Double
}

public struct Budget: Sendable {
  public var id: String
  public var monthly: Money
  public var filter: CallFilter
}

public struct Threshold: Sendable {
  public var id: String
  /// Such as `understanding.total_cost_usd`.
  public var metric: String
  public var must: Requirement
  public var filter: CallFilter
  public var severity: Severity
  /// Whether no data passes.
  public var passesWithoutData: Bool
  public enum Severity: String, Sendable { case fail, warn }

  public init(
    id: String, metric: String, must: Requirement, filter: CallFilter = CallFilter(), severity: Severity = .fail,
    passesWithoutData: Bool = false
  ) {
    self.id = id
    self.metric = metric
    self.must = must
    self.filter = filter
    self.severity = severity
    self.passesWithoutData = passesWithoutData
  }
}

/// What a metric must be: `<= 12000`, `!= 0`, `100..200`.
public enum Requirement: Hashable, Sendable {
  case less(Double)
  case lessOrEqual(Double)
  case greater(Double)
  case greaterOrEqual(Double)
  case equal(Double)
  case notEqual(Double)
  /// Both ends included.
  case within(Double, Double)
}

public struct Output: Sendable {
  /// The CSV, relative to the working directory.
  public var data: String?
  public var report: String?
}
