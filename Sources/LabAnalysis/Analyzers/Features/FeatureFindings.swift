import LabCore
import LabJSON
import LabReport
import LabTable

/// What ``Features`` found. Amounts are USD of the window unless a name says otherwise.
public struct FeatureFindings: Encodable, Sendable {
  /// What the limits say about a feature; all hold under both keys of attribution.
  public enum Verdict: String, Encodable, Sendable, CaseIterable {
    case invest, maintain, optimise, sunset
  }

  /// How a feature is used: of the last seven whole days, or of the whole window where it has fewer.
  public struct Use: Encodable, Sendable {
    public var activeCustomers: Int
    /// Of the customers active with any feature.
    @Known public var adoptionPct: Double?
    /// Depth: calls of an active customer.
    @Known public var callsPerActiveCustomer: Double?
    @Known public var activeDaysPerActiveCustomer: Double?
    @Known public var costPerActiveCustomerUsd: Double?
  }

  /// The last k whole weeks against the k before.
  public struct Trend: Encodable, Sendable {
    public var weeks: Int
    @Known public var callsPct: Double?
    @Known public var costPct: Double?
    /// Change of the mean weekly adoption, in percentage points.
    @Known public var adoptionPoints: Double?
  }

  /// A feature's revenue under one key of attribution.
  public struct Attribution: Encodable, Sendable {
    public var revenueUsd: Money
    @Known public var returnUsd: Money?
    /// (revenue − cost) / cost.
    @Known public var roiPct: Double?
  }

  public struct ModelShare: Encodable, Sendable {
    public var provider: String
    public var model: String
    public var calls: Int64
    @Known public var costUsd: Money?
    @Known public var callsPct: Double?
    @Known public var costPct: Double?
  }

  /// A week of a feature, counted from its launch or a calendar week.
  public struct Week: Encodable, Sendable {
    /// Its first day.
    public var start: String
    public var calls: Int64
    public var activeCustomers: Int
    @Known public var adoptionPct: Double?
  }

  /// One feature.
  public struct Figures: Encodable, Sendable {
    @Known public var costShare: Double?
    /// With a call in the window.
    @Known public var customers: Int?
    /// Whether it has fewer than 100 calls, and is in no ranking, verdict or bundle.
    public var tooFewCalls: Bool
    @Known public var use: Use?
    @Known public var trend: Trend?
    @Known public var byCalls: Attribution?
    @Known public var byActiveDays: Attribution?
    /// The lower and the higher return of the two keys.
    @Known public var roiLowPct: Double?
    @Known public var roiHighPct: Double?
    @Known public var verdict: Verdict?
    /// The day of the first call, where that is a week or more after the window began.
    @Known public var launched: String?
    /// Whole weeks since the launch.
    public var launchCurve: [Week]
    /// Whole ISO weeks.
    public var weeks: [Week]
    public var models: [ModelShare]
  }
  public typealias Row = GroupRow<Figures>

  /// Two features that customers use together.
  public struct Bundle: Encodable, Sendable {
    public var first: String
    public var second: String
    public var customers: Int
    /// Of all active customers.
    @Known public var supportPct: Double?
    /// Of the users of the first, those of the second; and the other way.
    @Known public var confidencePct: Double?
    @Known public var reverseConfidencePct: Double?
    /// Common users over those expected under permutation within deciles of calls.
    @Known public var lift: Double?
    public var pValue: Double
    /// Beyond chance after Holm's correction, a lift of at least 1.1, support between 5 and 95 %.
    public var isBundle: Bool
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var days = 0.0
  public var totalCalls: Int64 = 0
  @Known public var totalCostUsd: Money? = .zero
  /// Different features with calls.
  public var features = 0
  public var customers = 0
  /// In the last seven whole days, or the window where it has fewer.
  @Known public var activeCustomers: Int?
  @Known public var costPerActiveCustomerUsd: Double?
  /// Features that an active customer uses, in the mean.
  @Known public var featuresPerActiveCustomer: Double?
  public var revenueSource = CustomerLedger.Source.unknown.rawValue
  @Known public var revenueUsd: Money?
  /// Of customers without a call: no feature earned it.
  @Known public var unattributedUsd: Money?
  @Known public var bestRoiPct: Double?
  @Known public var worstRoiPct: Double?
  /// Named and left out.
  public var tooFewCalls: [String] = []
  public var bundles: [Bundle] = []
  public var byFeature: [Row] = []
  var abstentions: [Abstention] = []
  /// By which verdicts were made.
  var limits = FeatureLimits()

  enum CodingKeys: String, CodingKey {
    case start, end, days, totalCalls, totalCostUsd, features, customers, activeCustomers, costPerActiveCustomerUsd
    case featuresPerActiveCustomer, revenueSource, revenueUsd, unattributedUsd, bestRoiPct, worstRoiPct, tooFewCalls
    case bundles, byFeature
  }
}
