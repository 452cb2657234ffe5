import LabCore
import LabJSON
import LabReport

/// What ``ChurnGrowth`` found.
public struct ChurnFindings: Encodable, Sendable {
  /// One whole week.
  public struct Week: Encodable, Sendable {
    public var week: String
    public var start: Instant
    public var activeCustomers: Int
    public var calls: Int64
    @Known public var costUsd: Money?
    @Known public var activeChangePct: Double?
    @Known public var callsChangePct: Double?
    @Known public var costChangePct: Double?
  }

  /// Customers who came in one week, and how many called in each week after.
  public struct Cohort: Encodable, Sendable {
    /// A date, or `already there`.
    public var cohort: String
    public var customers: Int
    /// From the cohort's own week on; for those already there, from the first whole week.
    public var activeByWeek: [Int]
  }

  /// Who fell silent, over customer-months at risk.
  public struct Churn: Encodable, Sendable {
    public var silenceDays: Double
    public var followUpEnd: Instant
    /// Customers that were followed.
    public var followed: Int
    public var churned: Int
    public var customerMonths: Double
    /// Per 100 customer-months.
    @Known public var ratePct: Double?
    /// Whether ages count from the sign-up, or from the first call since sign-ups are not known.
    public var agesFrom: String
    /// Subscribers without a single call, who are outside.
    @Known public var neverCalled: Int?
    var survival: [KaplanMeier.Step]
  }

  /// A customer whose use changed.
  public struct Change: Encodable, Sendable {
    public var customerId: String
    @Known public var tier: String?
    @Known public var monthlyPriceUsd: Money?
    /// The recent whole weeks, and those that they are held against.
    public var weeks: Int
    public var previousWeeks: Int
    /// Of these, each week at most twice their median.
    public var previousCalls: Int64
    public var recentCalls: Int64
    /// Calls a week, recent over previous.
    @Known public var ratio: Double?
    public var pValue: Double
    /// Calls by whole week.
    public var weeklyCalls: [Double]
  }

  /// Recurring revenue at the window's start and end, per month.
  public struct Bridge: Encodable, Sendable {
    public var startUsd: Money
    public var newUsd: Money
    public var expandedUsd: Money
    public var contractedUsd: Money
    public var churnedUsd: Money
    public var endUsd: Money
    public var startCustomers: Int
    public var newCustomers: Int
    public var expandedCustomers: Int
    public var contractedCustomers: Int
    public var churnedCustomers: Int
    @Known public var nrrPct: Double?
    @Known public var grrPct: Double?
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var days: Double
  public var totalCalls: Int64
  @Known public var totalCostUsd: Money?
  @Known public var customers: Int?
  /// With a call in the last seven days.
  @Known public var activeCustomers: Int?
  public var byWeek: [Week]?
  public var cohorts: [Cohort]?
  @Known public var churn: Churn?
  /// Recent calls over those before, of all customers, at the window's end over two weeks.
  @Known public var portfolioRatio: Double?
  public var atRisk: [Change]?
  public var expanding: [Change]?
  @Known public var bridge: Bridge?
  var recommendations: [Recommendation]
  var detections: [Detection]
  var abstentions: [Abstention]

  private enum CodingKeys: String, CodingKey {
    case start, end, days, totalCalls, totalCostUsd, customers, activeCustomers, byWeek, cohorts, churn, portfolioRatio
    case atRisk, expanding, bridge
  }
}
