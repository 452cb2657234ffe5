import LabCore
import LabJSON
import LabReport

/// What ``AbuseDetection`` found.
public struct AbuseFindings: Encodable, Sendable {
  /// How much a case matters, by the money at stake and by the load on providers.
  public enum Severity: String, Encodable, Sendable {
    case critical, warning, info
  }

  /// One signal of a case: the bin in which it is strongest.
  public struct Evidence: Encodable, Sendable {
    var signal: AbuseSignal
    public var start: Instant
    public var hours: Int
    public var observed: Double
    public var expected: Double
    /// Of the bin alone, uncorrected.
    public var pValue: Double
    public var logLikelihoodRatio: Double
    /// Whether it is below the level of a case; the others only explain.
    public var decides: Bool
  }

  /// One customer's flagged bins, merged over gaps under 24 hours.
  public struct Case: Encodable, Sendable {
    public var customerId: String
    var kind: AbuseKind
    public var severity: Severity
    public var start: Instant
    public var end: Instant
    /// The end of the first flagged bin.
    public var detectedAt: Instant
    public var hours: Int
    /// The customer's p-value, corrected for its tests.
    public var pValue: Double
    public var calls: Int64
    /// At the rate of the 28 days before.
    public var expectedCalls: Double
    public var rateLimitErrors: Int64
    public var costUsd: Money
    /// Beyond what the 28 days before make likely.
    public var costAtStakeUsd: Money
    public var expectedCostUsd: Money
    public var regions: [String]
    public var newRegions: [String]
    /// Calls a day of the customer over the tier's median; nil when the data have no tiers.
    @Known public var timesTierMedian: Double?
    @Known public var subscriptionTier: String?
    /// Strongest first.
    public var evidence: [Evidence]
    var bin: TimeSpan
    /// Calls by hour from two days before the case to two days after it.
    var series: [(hour: Int, calls: Int64)] = []

    private enum CodingKeys: String, CodingKey {
      case customerId, kind, severity, start, end, detectedAt, hours, pValue, calls, expectedCalls, rateLimitErrors
      case costUsd, expectedCostUsd, costAtStakeUsd, regions, newRegions, timesTierMedian, subscriptionTier, evidence
    }
  }

  /// An hour of a customer with many rate-limit errors: shown, no case by itself.
  public struct LimitedHour: Encodable, Sendable {
    public var customerId: String
    public var hour: Instant
    public var rateLimitErrors: Int64
    public var calls: Int64
    public var critical: Bool
  }

  /// What a customer's tests came to.
  public struct Tested: Encodable, Sendable {
    public var testedDays: Int
    public var tests: Int
    /// Times the number of tests, at most 1; nil under two weeks of past.
    @Known public var pValue: Double?
    public var cases: Int
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var totalCalls: Int64
  @Known public var totalCostUsd: Money?
  public var customers: Int
  /// Customers with at least two weeks of past.
  public var testedCustomers: Int
  /// The chance of any case where nothing happens, and the share of false cases among several.
  public var level: Double
  public var falseDiscoveryRate: Double
  /// Largest money at stake first.
  public var cases: [Case]
  @Known public var costAtStakeUsd: Money?
  public var limitedHours: [LimitedHour]
  /// Customers with a p-value below 1, and those with cases; smallest first.
  public var byCustomer: [GroupRow<Tested>]
  var abstentions: [Abstention]

  private enum CodingKeys: String, CodingKey {
    case start, end, totalCalls, totalCostUsd, customers, testedCustomers, level, falseDiscoveryRate, cases
    case costAtStakeUsd, limitedHours, byCustomer
  }
}
