import LabCore
import LabJSON
import LabReport
import LabTable

/// What ``Pricing`` found. Amounts are USD per month of the window's business unless a name says otherwise.
public struct PricingFindings: Encodable, Sendable {
  /// Nearest-rank quantiles over customers.
  public struct Spread: Encodable, Sendable {
    @Known public var p10: Double?
    @Known public var p50: Double?
    @Known public var p90: Double?

    init(_ values: [Double]) {
      let sorted = values.sorted()
      p10 = NearestRank.quantile(0.1, ofSorted: sorted)
      p50 = NearestRank.quantile(0.5, ofSorted: sorted)
      p90 = NearestRank.quantile(0.9, ofSorted: sorted)
    }
  }

  /// A customer's bill of a month of subscription under today's tiers and under a model.
  public struct Change: Encodable, Sendable {
    public var customerId: String
    public var subscriptionTier: String
    public var currentUsd: Money
    public var billUsd: Money
    public var changeUsd: Money
    @Known public var changePct: Double?
  }

  /// How customers' bills move against today's, in percent of today's; of customers that pay today.
  public struct BillChange: Encodable, Sendable {
    public var customers: Int
    public var changePct: Spread
    /// The share of them whose bill rises by more than 20 %.
    @Known public var above20Pct: Double?
    /// The customers whose bills rise most in USD, at most 20.
    public var largest: [Change]
  }

  /// A model with all its money constants scaled by one factor, so that it brings today's revenue.
  public struct Calibrated: Encodable, Sendable {
    public var factor: Double
    public var revenueUsd: Money
    @Known public var marginUsd: Money?
    public var marginPctSpread: Spread
    public var billChange: BillChange
  }

  /// A tenth of the customers by use.
  public struct Decile: Encodable, Sendable {
    /// 1 for those that call least.
    public var decile: Int
    public var customers: Int
    public var leastCallsPerMonth: Double
    public var mostCallsPerMonth: Double
    public var revenueUsd: Money
    @Known public var marginUsd: Money?
    @Known public var marginPct: Double?
  }

  /// What one model would bring at the present use.
  public struct Model: Encodable, Sendable {
    public var model: String
    public var description: String
    /// Whether the lab brought it, so that its prices are nobody's yet.
    public var isExample: Bool
    /// Nil for today's tiers when no price is known.
    @Known public var revenueUsd: Money?
    @Known public var revenueLowUsd: Money?
    @Known public var revenueHighUsd: Money?
    @Known public var costUsd: Money?
    @Known public var marginUsd: Money?
    @Known public var marginLowUsd: Money?
    @Known public var marginHighUsd: Money?
    @Known public var marginPct: Double?
    /// Against today's revenue, with the interval of the difference.
    @Known public var differenceUsd: Money?
    @Known public var differenceLowUsd: Money?
    @Known public var differenceHighUsd: Money?
    /// Over customers with a bill: what is left of it, in percent.
    @Known public var marginPctSpread: Spread?
    /// Over all customers: what is left of a month's bill, in USD.
    @Known public var marginUsdSpread: Spread?
    @Known public var billChange: BillChange?
    /// The standard deviation of the revenue of bootstrapped months in percent of its mean.
    @Known public var volatilityPct: Double?
    @Known public var breakEvenChurnPct: Double?
    @Known public var breakEvenElasticity: Double?
    @Known public var calibrated: Calibrated?
    public var deciles: [Decile]
  }

  /// One customer.
  public struct Customer: Encodable, Sendable {
    public var subscriptionTier: String
    public var subscribedDays: Double
    /// Successful calls per month of subscription.
    @Known public var billableCallsPerMonth: Double?
    /// By model, per month of subscription.
    public var billUsd: [String: Money]
  }
  public typealias CustomerRow = GroupRow<Customer>

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var days = 0.0
  public var totalCalls: Int64 = 0
  public var billableCalls: Int64 = 0
  @Known public var totalCostUsd: Money? = .zero
  public var revenueSource = CustomerLedger.Source.unknown.rawValue
  /// That are compared: with a subscription in the window.
  public var customers = 0
  /// That call without a subscription; they and their cost are left out.
  public var customersWithoutSubscription = 0
  @Known public var costLeftOutUsd: Money?
  /// Months drawn for each customer, and customers with too few whole days for it, who are billed at their mean month.
  public var bootstrappedMonths = 0
  public var customersAtMeanMonth = 0
  /// Today's tiers first.
  public var models: [Model] = []
  public var byCustomer: [CustomerRow] = []
  var abstentions: [Abstention] = []

  enum CodingKeys: String, CodingKey {
    case start, end, days, totalCalls, billableCalls, totalCostUsd, revenueSource, customers
    case customersWithoutSubscription, costLeftOutUsd, bootstrappedMonths, customersAtMeanMonth, models, byCustomer
  }
}
