import LabCore
import LabJSON
import LabReport

/// What ``Realtime`` found.
public struct RealtimeFindings: Encodable, Sendable {
  /// Consecutive hours whose cost is no chance, or one customer's with gaps under a day.
  public struct CostEvent: Encodable, Sendable {
    /// The customer whose cost it is; nil for that of all calls, customers' own events taken out.
    @Known public var customerId: String?
    public var start: Instant
    public var end: Instant
    public var detectedAt: Instant
    /// The flagged ones, which the figures are about.
    public var hours: Int
    /// At the prices of the window's end.
    public var costUsd: Money
    public var expectedUsd: Money
    public var excessUsd: Money
    /// Of the hour that stands out most, uncorrected.
    public var pValue: Double
    /// By dimension the value with the largest part of the excess; empty for events beyond the 16 largest.
    public var parts: [Part]

    /// The values that explain the event, as column and value.
    var keys: [(column: String, value: String)] { parts.filter(\.explains).map { ($0.column, $0.value) } }
  }

  /// A value's part of an event's excess.
  public struct Part: Encodable, Sendable {
    public var column: String
    public var value: String
    public var excessUsd: Money
    public var share: Double
    /// Of the cost in the hours that the event is held against.
    public var usualShare: Double
    public var explains: Bool
  }

  /// A level that rose for good.
  public struct Drift: Encodable, Sendable {
    /// Nil for the cost of all calls.
    @Known public var featureId: String?
    public var start: Instant
    public var detectedAt: Instant
    public var end: Instant
    /// How many times the first two weeks.
    public var factor: Double
    public var sum: Double
    public var limit: Double
    @Known public var excessUsd: Money?
  }

  /// The cumulative sum of one level.
  public struct DriftSeries: Encodable, Sendable {
    @Known public var featureId: String?
    public var limit: Double
    public var highest: Double
  }

  /// A change of a model's list price within the window.
  public struct ChangedPrice: Encodable, Sendable {
    public var provider: String
    public var model: String
    public var at: Instant
    @Known public var inputBeforePerMillionUsd: Double?
    @Known public var inputAfterPerMillionUsd: Double?
    @Known public var outputBeforePerMillionUsd: Double?
    @Known public var outputAfterPerMillionUsd: Double?
    /// What the tokens since then cost more than they would have; negative for less.
    @Known public var effectUsd: Money?
  }

  public enum Level: String, Encodable, Sendable {
    case critical, warning, info
  }

  public enum Rule: String, Encodable, Sendable, CaseIterable {
    case costEvent = "cost_event"
    case drift
    case highDailyCost = "high_daily_cost"
    case errorRate = "error_rate"
    case budget
    case customerOverPrice = "customer_over_price"

    var title: String {
      switch self {
      case .costEvent: "Cost event"
      case .drift: "Drift"
      case .highDailyCost: "High daily cost"
      case .errorRate: "Error rate"
      case .budget: "Budget"
      case .customerOverPrice: "Customer over price"
      }
    }
  }

  /// Something that wants a decision, by a rule.
  public struct Alert: Encodable, Sendable {
    public var rule: Rule
    public var level: Level
    public var at: Instant
    /// What it is about: a day, a customer, a budget.
    public var subject: String
    /// What was seen and the limit that it passed, in the rule's unit.
    public var value: Double
    public var limit: Double
    public var text: String
  }

  /// A customer whose cost nears or passes what it pays.
  public struct CostlyCustomer: Encodable, Sendable {
    public var customerId: String
    public var costUsd: Money
    /// Monthly price · days subscribed within the window / 30.4375.
    public var proratedPriceUsd: Money
    /// Cost over prorated price.
    public var pct: Double
    /// 50, 80 or 100: the mark that it has passed.
    public var passed: Int
  }

  /// How much hangs on one provider.
  public struct ProviderRisk: Encodable, Sendable {
    public var maxProviderShare: Double
    public var provider: String
    /// One less the Herfindahl-Hirschman index of cost.
    public var diversity: Double
    /// `high` above 0.60, `medium` above 0.40, else `low`.
    public var risk: String
  }

  /// One hour: what it cost, what was expected and how far it may stray.
  public struct Hour: Encodable, Sendable {
    public var hour: Instant
    public var calls: Int64
    public var costUsd: Money
    @Known public var expectedUsd: Double?
    @Known public var deviationUsd: Double?
    @Known public var pValue: Double?
    public var flagged: Bool
  }

  /// Own figures of a provider.
  public struct ProviderFigures: Encodable, Sendable {
    @Known public var costShare: Double?
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var totalCalls: Int64
  @Known public var totalCostUsd: Money?
  /// Hours that were tested for cost events, and the level of all tests together.
  public var testedHours: Int
  public var level: Double
  public var anomalySigma: Double
  /// Largest excess first.
  public var costEvents: [CostEvent]
  public var drift: [Drift]
  public var driftSeries: [DriftSeries]
  public var priceChanges: [ChangedPrice]
  /// Critical ones first, then by time.
  public var alerts: [Alert]
  /// Furthest over its price first.
  public var costlyCustomers: [CostlyCustomer]
  @Known public var customersOverPrice: Int?
  /// What prorated prices rest on: `subscriptions` or `tier_price_usd`.
  @Known public var priceSource: String?
  @Known public var providerRisk: ProviderRisk?
  public var byProvider: [GroupRow<ProviderFigures>]?
  public var byHour: [Hour]?
  var abstentions: [Abstention]

  private enum CodingKeys: String, CodingKey {
    case start, end, totalCalls, totalCostUsd, testedHours, level, anomalySigma, costEvents, drift, driftSeries
    case priceChanges, alerts, costlyCustomers, customersOverPrice, priceSource, providerRisk, byProvider, byHour
  }
}
