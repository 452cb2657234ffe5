import LabCore
import LabJSON
import LabReport
import LabTable

/// What ``Understanding`` found.
public struct UnderstandingFindings: Encodable, Sendable {
  /// One group: its share and prices, and how its cost moved between two spans of whole weeks.
  public struct Figures: JSONMembers, Sendable {
    /// Of the total cost, 0 to 1.
    @Known public var costShare: Double?
    @Known public var costPerCallUsd: Double?
    /// Recorded cost over all tokens.
    @Known public var costPerMillionTokensUsd: Double?
    /// Recorded cost of input over input tokens, both of calls that the price book prices.
    @Known public var inputCostPerMillionUsd: Double?
    @Known public var outputCostPerMillionUsd: Double?
    /// Cost in the weeks before and in the last weeks; nil under two whole weeks.
    @Known public var previousCostUsd: Money?
    @Known public var recentCostUsd: Money?
    @Known public var changePct: Double?

    public func writeMembers(into writer: inout JSONWriter) {
      writer.member("cost_share", costShare)
      writer.member("cost_per_call_usd", costPerCallUsd)
      writer.member("cost_per_million_tokens_usd", costPerMillionTokensUsd)
      writer.member("input_cost_per_million_usd", inputCostPerMillionUsd)
      writer.member("output_cost_per_million_usd", outputCostPerMillionUsd)
      writer.member("previous_cost_usd", previousCostUsd)
      writer.member("recent_cost_usd", recentCostUsd)
      writer.member("change_pct", changePct)
    }
  }
  public typealias Row = GroupRow<Figures>

  /// One day or hour.
  public struct Moment: Encodable, Sendable {
    /// A date, or the ISO text of the hour's start.
    public var key: String
    public var start: Instant
    /// Whether all of it lies inside the data.
    public var whole: Bool
    var sums: CallSums
    var hasCost: Bool
    var hasInput: Bool
    var hasOutput: Bool
    var keyName: String
    /// Cost by provider, in the order of ``UnderstandingFindings/seriesProviders``; empty for hours.
    var byProvider: [Money] = []

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: FindingKey.self)
      try container.encode(key, forKey: FindingKey(keyName))
      try container.encode(sums.calls, forKey: FindingKey("calls"))
      try container.encode(Known(wrappedValue: hasCost ? sums.cost : nil), forKey: FindingKey("cost_usd"))
      func put(_ name: String, _ tokens: Int64, isKnown: Bool) throws {
        try container.encode(Known(wrappedValue: isKnown ? tokens : nil), forKey: FindingKey(name))
      }
      try put("input_tokens", sums.inputTokens, isKnown: hasInput)
      try put("output_tokens", sums.outputTokens, isKnown: hasOutput)
      try put("total_tokens", sums.totalTokens, isKnown: hasInput && hasOutput)
      try container.encode(whole, forKey: FindingKey("whole"))
    }
  }

  /// A change of cost and what made it; the parts sum to it exactly.
  public struct Change: Encodable, Sendable {
    public var weeks: Int
    public var previousStart: Instant
    public var recentStart: Instant
    public var recentEnd: Instant
    public var previousCostUsd: Money
    public var recentCostUsd: Money
    public var volumeUsd: Money
    public var mixUsd: Money
    public var priceUsd: Money
    @Known public var changePct: Double?
    /// Whether a class is one of six, or input and output, or all tokens of a model.
    public var tokenClasses: String
  }

  /// The spread of cost over one kind of holder.
  public struct Spread: Encodable, Sendable {
    public var providers: Concentration?
    public var models: Concentration?
    public var customers: Concentration?
  }

  /// What the price book could and could not do.
  public struct Pricing: Encodable, Sendable {
    @Known public var priceBook: String?
    /// Calls without a recorded cost.
    public var callsWithoutCost: Int
    /// Of those, what the book can't price either.
    public var unpricedCalls: Int
    public var unpricedTokens: Int64
    /// Calls with a recorded cost that can't be split into input and output.
    public var unsplitCalls: Int
    public var callsWithoutTokens: Int
    @Known public var inputCostUsd: Money?
    @Known public var outputCostUsd: Money?
    @Known public var inputCostPerMillionUsd: Double?
    @Known public var outputCostPerMillionUsd: Double?
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  /// Days of 24 hours between the first and the last call.
  public var days: Double
  public var totalCalls: Int64
  @Known public var totalCostUsd: Money?
  @Known public var inputTokens: Int64?
  @Known public var outputTokens: Int64?
  @Known public var totalTokens: Int64?
  /// Total cost for a month of 30.4375 days; nil below seven days.
  @Known public var monthlyCostUsd: Money?
  public var pricing: Pricing
  public var concentration: Spread
  @Known public var change: Change?
  /// How many different values the data have, by column; nil where it lacks the column.
  var distinct: Distinct
  public var byProvider: [Row]?
  public var byModel: [Row]?
  public var byFeature: [Row]?
  public var byProduct: [Row]?
  public var byOrganization: [Row]?
  public var byCustomer: [Row]?
  public var byRegion: [Row]?
  public var byTier: [Row]?
  public var byEnvironment: [Row]?
  public var byTag: [Row]?
  public var byDay: [Moment]?
  public var byHour: [Moment]?
  /// The mean day's cost with its interval over days; nil under seven whole days.
  @Known public var dailyCostUsd: DailyCost?
  /// Nil where too few days tell; the abstention says why.
  @Known public var forecast: CostForecast?
  /// How the scenario's budgets stand; empty without any.
  public var budgets: [BudgetOutlook]
  var seriesProviders: [String]
  var abstentions: [Abstention]

  public struct DailyCost: Encodable, Sendable {
    public var mean: Double
    public var low: Double
    public var high: Double
    public var level: Double
    public var wholeDays: Int
  }

  struct Distinct: Encodable, Sendable {
    @Known var customers: Int?
    @Known var organizations: Int?
    @Known var models: Int?
    @Known var providers: Int?
  }

  private enum CodingKeys: String, CodingKey {
    case start, end, days, totalCalls, totalCostUsd, inputTokens, outputTokens, totalTokens, monthlyCostUsd, pricing
    case concentration, change, distinct, byProvider, byModel, byFeature, byProduct, byOrganization, byCustomer,
      byRegion
    case byTier, byEnvironment, byTag, byDay, byHour, dailyCostUsd, forecast, budgets
  }
}

extension UnderstandingFindings {
  /// The grouped findings by dimension, in the order of the report.
  var groups: [(dimension: UnderstandingDimension, rows: [Row])] {
    let all: [(UnderstandingDimension, [Row]?)] = [
      (.provider, byProvider), (.model, byModel), (.feature, byFeature), (.product, byProduct),
      (.organization, byOrganization), (.customer, byCustomer), (.region, byRegion), (.tier, byTier),
      (.environment, byEnvironment), (.tag, byTag),
    ]
    return all.compactMap { dimension, rows in rows.map { (dimension, $0) } }
  }
}

/// What cost is grouped by.
enum UnderstandingDimension: String, CaseIterable, Sendable {
  case provider, model, feature, product, organization, customer, region, tier, environment, tag

  /// The columns whose values name a group.
  var columns: [UsageColumn] {
    switch self {
    case .provider: [.provider]
    case .model: [.provider, .model]
    case .feature: [.featureID]
    case .product: [.productID]
    case .organization: [.organizationID]
    case .customer: [.customerID]
    case .region: [.region]
    case .tier: [.subscriptionTier]
    case .environment: [.environment]
    case .tag: [.metadata]
    }
  }

  /// The heads of the key columns.
  var titles: [String] { self == .tag ? ["Tag", "Value"] : columns.map(\.title) }

  var keyNames: [String] { self == .tag ? ["tag", "value"] : columns.map(\.name) }

  /// `by_provider`.
  var id: String { "by_\(rawValue)" }
}
