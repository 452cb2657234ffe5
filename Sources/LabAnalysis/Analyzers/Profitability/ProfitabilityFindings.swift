import LabCore
import LabJSON
import LabReport
import LabTable

/// What ``Profitability`` found. Amounts are USD of the window unless their name says a month.
public struct ProfitabilityFindings: Encodable, Sendable {
  /// How much of its revenue a customer leaves.
  public enum Category: String, Encodable, Sendable, CaseIterable {
    case high, medium, low, unprofitable

    /// The least share of revenue that a customer of the category leaves, in percent; nil for those below zero.
    public var leastPercent: Int? {
      switch self {
      case .high: 50
      case .medium: 20
      case .low: 0
      case .unprofitable: nil
      }
    }

    /// The category of an amount of revenue and what is left of it.
    static func of(margin: Money, revenue: Money) -> Category {
      if margin.nanodollars < 0 { return .unprofitable }
      let (hundredfold, whole) = (Int128(margin.nanodollars) * 100, Int128(revenue.nanodollars))
      return hundredfold >= whole * 50 && whole > 0 ? .high : hundredfold >= whole * 20 && whole > 0 ? .medium : .low
    }
  }

  /// What makes a customer cost more than its tier's median one.
  public enum Cause: String, Encodable, Sendable, CaseIterable {
    /// More calls.
    case volume
    /// More tokens a call.
    case length
    /// A dearer token: model and token class.
    case modelMix = "model_mix"
  }

  /// The monthly cost of a customer beyond that of its tier's median customer, split exactly.
  public struct Split: JSONMembers, Sendable {
    public var volumeUsd: Money
    public var lengthUsd: Money
    public var modelMixUsd: Money
    /// Nil when no part raises the cost.
    @Known public var cause: Cause?
    /// Whose medians are compared with: a tier, or nil for all customers.
    @Known public var comparedTier: String?

    public func writeMembers(into writer: inout JSONWriter) {
      writer.member("volume_usd", volumeUsd)
      writer.member("length_usd", lengthUsd)
      writer.member("model_mix_usd", modelMixUsd)
      writer.member("cause", cause?.rawValue)
      writer.member("compared_tier", comparedTier)
    }
  }

  /// One customer.
  public struct Customer: JSONMembers, Sendable {
    public var organizationId: String
    public var customerArchetype: String
    public var subscriptionTier: String
    public var subscribedDays: Double
    @Known public var revenueUsd: Money?
    @Known public var marginUsd: Money?
    @Known public var marginPct: Double?
    @Known public var category: Category?
    /// What it costs beyond its revenue per month; nil for those that don't.
    @Known public var monthlyLossUsd: Money?
    @Known public var split: Split?
    /// Whole weeks in which it subscribed or called, and those whose cost exceeded the revenue; of unprofitable customers.
    @Known public var wholeWeeks: Int?
    @Known public var negativeWeeks: Int?
    @Known public var negativeWeeksPct: Double?

    public func writeMembers(into writer: inout JSONWriter) {
      writer.member("organization_id", organizationId)
      writer.member("customer_archetype", customerArchetype)
      writer.member("subscription_tier", subscriptionTier)
      writer.member("subscribed_days", subscribedDays)
      writer.member("revenue_usd", revenueUsd)
      writer.member("margin_usd", marginUsd)
      writer.member("margin_pct", marginPct)
      writer.member("category", category?.rawValue)
      writer.member("monthly_loss_usd", monthlyLossUsd)
      writer.member("split", split)
      writer.member("whole_weeks", wholeWeeks)
      writer.member("negative_weeks", negativeWeeks)
      writer.member("negative_weeks_pct", negativeWeeksPct)
    }
  }
  public typealias CustomerRow = GroupRow<Customer>

  /// One tier, archetype or organization.
  public struct Figures: Encodable, Sendable {
    public var customers: Int
    @Known public var revenueUsd: Money?
    @Known public var marginUsd: Money?
    @Known public var marginPct: Double?
    @Known public var unprofitableCustomers: Int?
    @Known public var monthlyLossUsd: Money?
  }
  public typealias Row = GroupRow<Figures>

  public struct CategoryRow: Encodable, Sendable {
    public var category: Category
    public var customers: Int
    public var revenueUsd: Money
    public var costUsd: Money
    public var marginUsd: Money
    /// Of all customers.
    @Known public var customersPct: Double?
  }

  public struct Unprofitable: Encodable, Sendable {
    public var customers: Int
    @Known public var customersPct: Double?
    public var monthlyLossUsd: Money
    /// From resampled customers.
    @Known public var monthlyLossLowUsd: Money?
    @Known public var monthlyLossHighUsd: Money?
    public var causes: [CauseRow]
  }

  /// The unprofitable customers of one cause.
  public struct CauseRow: Encodable, Sendable {
    /// Nil: they can't be compared with a median customer, or nothing is above it.
    @Known public var cause: Cause?
    public var customers: Int
    public var monthlyLossUsd: Money
    @Known public var monthlyLossLowUsd: Money?
    @Known public var monthlyLossHighUsd: Money?
  }

  /// A point of the whale curve: the most profitable customers up to a share, and what they make together.
  public struct WhalePoint: Encodable, Sendable {
    public var customers: Int
    public var customersPct: Double
    public var marginUsd: Money
    /// Of the whole margin; nil when that isn't positive.
    @Known public var marginPct: Double?
  }

  public struct Whale: Encodable, Sendable {
    public var points: [WhalePoint]
    public var peak: WhalePoint
    /// How much the customers beyond the peak take away.
    public var lostUsd: Money
  }

  /// How unequal customers are, 0 to 1; the margin of unprofitable ones counts as zero.
  public struct Inequality: Encodable, Sendable {
    @Known public var revenue: Double?
    @Known public var cost: Double?
    @Known public var margin: Double?
  }

  /// The use at which a tier's price is used up.
  public struct BreakEven: Encodable, Sendable {
    public var subscriptionTier: String
    public var customers: Int
    /// Revenue per subscribed month.
    @Known public var monthlyPriceUsd: Money?
    @Known public var costPerCallUsd: Double?
    @Known public var callsPerMonth: Double?
    @Known public var medianCallsPerMonth: Double?
    @Known public var p90CallsPerMonth: Double?
    @Known public var customersBeyond: Int?
  }

  /// One of the dearest customers, week by week.
  public struct WorstCustomer: Encodable, Sendable {
    public var customerId: String
    public var monthlyLossUsd: Money
    /// Margins of the whole weeks, in order.
    public var weeklyMarginUsd: [Money]
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var days = 0.0
  public var totalCalls: Int64 = 0
  @Known public var totalCostUsd: Money? = .zero
  /// Where prices come from.
  public var revenueSource = CustomerLedger.Source.unknown.rawValue
  @Known public var revenueUsd: Money?
  @Known public var marginUsd: Money?
  @Known public var marginPct: Double?
  @Known public var marginPctLow: Double?
  @Known public var marginPctHigh: Double?
  @Known public var monthlyRevenueUsd: Money?
  @Known public var monthlyMarginUsd: Money?
  public var customers = 0
  /// That pay and never call.
  public var customersWithoutCalls = 0
  @Known public var revenueWithoutCallsUsd: Money?
  /// That call and have no subscription.
  public var customersWithoutSubscription = 0
  /// Subscription periods that begin before the one before ends.
  public var overlappingPeriods = 0
  public var categories: [CategoryRow]?
  @Known public var unprofitable: Unprofitable?
  @Known public var whaleCurve: Whale?
  @Known public var gini: Inequality?
  public var breakEven: [BreakEven]?
  public var worstCustomers: [WorstCustomer] = []
  public var byTier: [Row] = []
  public var byArchetype: [Row] = []
  public var byOrganization: [Row] = []
  public var byCustomer: [CustomerRow] = []
  var abstentions: [Abstention] = []

  enum CodingKeys: String, CodingKey {
    case start, end, days, totalCalls, totalCostUsd, revenueSource, revenueUsd, marginUsd, marginPct, marginPctLow
    case marginPctHigh, monthlyRevenueUsd, monthlyMarginUsd, customers, customersWithoutCalls, revenueWithoutCallsUsd
    case customersWithoutSubscription, overlappingPeriods, categories, unprofitable, whaleCurve, gini, breakEven
    case worstCustomers, byTier, byArchetype, byOrganization, byCustomer
  }
}
