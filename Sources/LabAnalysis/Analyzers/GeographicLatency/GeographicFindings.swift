import LabCore
import LabJSON
import LabReport

/// What ``GeographicLatency`` found.
public struct GeographicFindings: Encodable, Sendable {
  /// One region, or one provider in a region.
  public struct Figures: Encodable, Sendable {
    public var timedCalls: Int64
    /// Nil under 30 timed calls; the p99 under 200.
    @Known public var meanLatencyMs: Double?
    @Known public var p50LatencyMs: Double?
    @Known public var p95LatencyMs: Double?
    @Known public var p99LatencyMs: Double?
    @Known public var slaViolations: Int64?
    @Known public var slaCompliancePct: Double?
    @Known public var errors: Int64?
    @Known public var errorRatePct: Double?
    /// Time over that of all calls for answers of the same lengths; 0.8 is a fifth faster.
    @Known public var timeAtEqualLength: Double?
    @Known public var timeInterval: Interval?
  }
  public typealias Row = GroupRow<Figures>

  /// A model and another provider's model of the same class in one region, at equal length of answer.
  public struct Comparison: Encodable, Sendable {
    public var region: String
    public var modelClass: String
    public var provider: String
    public var model: String
    public var calls: Int64
    public var otherProvider: String
    public var otherModel: String
    /// The mean of the calls in the lengths that both answer.
    public var meanLatencyMs: Double
    public var otherMeanLatencyMs: Double
    /// The other's time over this one's, with its interval over days.
    public var ratio: Double
    public var interval: Interval
    public var pValue: Double
    /// Per call; negative is faster.
    public var changeMs: Double
    /// What the same tokens cost at the other's prices, less what they cost at this one's, a month; nil without prices.
    @Known public var monthlyCostChangeUsd: Money?
    /// Whether it is worth a change: beyond the interval, and by a tenth or while the promise is broken.
    public var reroute: Bool
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var days: Double
  public var totalCalls: Int64
  @Known public var totalCostUsd: Money?
  @Known public var regions: Int?
  @Known public var slaViolations: Int64?
  public var slaMs: Double
  public var byRegion: [Row]?
  public var byRegionAndProvider: [Row]?
  /// Comparisons made: those with 200 calls on both sides in a length.
  public var comparisonsMade: Int
  /// The comparisons in which the other is faster beyond chance.
  public var comparisons: [Comparison]?
  /// The best of them for each region and model.
  public var reroutes: [Comparison]?
  var recommendations: [Recommendation]
  var abstentions: [Abstention]

  private enum CodingKeys: String, CodingKey {
    case start, end, days, totalCalls, totalCostUsd, regions, slaViolations, slaMs, byRegion, byRegionAndProvider
    case comparisonsMade, comparisons, reroutes
  }
}
