import LabCore
import LabJSON
import LabReport

/// What ``TokenEconomics`` found.
public struct TokenFindings: Encodable, Sendable {
  /// A line of the ledger.
  public struct Line: Encodable, Sendable {
    /// Empty in the ledger over all tiers.
    public var serviceTier: String?
    /// A class of tokens, or `unsplit` for the cost of calls that the price book can't split.
    public var tokenClass: String
    public var tokens: Int64
    @Known public var costUsd: Money?
    @Known public var costPerMillionTokensUsd: Double?
    /// Of the total cost, 0 to 1.
    @Known public var costShare: Double?
  }

  /// Tokens by class; nil where the file has no such column.
  public struct Tokens: Encodable, Sendable {
    @Known public var uncachedInput: Int64?
    @Known public var cachedInput: Int64?
    @Known public var cacheWrite: Int64?
    /// Reasoning included.
    @Known public var output: Int64?
    @Known public var reasoning: Int64?
    /// Of output tokens, 0 to 1.
    @Known public var reasoningShare: Double?
  }

  /// What caches do, at the prices in force.
  public struct Cache: Encodable, Sendable {
    @Known public var hitPct: Double?
    @Known public var savedByReadsUsd: Money?
    @Known public var paidForWritesUsd: Money?
    @Known public var netUsd: Money?
  }

  /// What a model's tokens cost and what they should by its list.
  public struct ModelFigures: Encodable, Sendable {
    @Known public var tokensPerUsd: Double?
    /// Recorded cost over all tokens.
    @Known public var effectivePerMillionUsd: Double?
    /// List cost of the same tokens at the prices in force, over the calls that the book prices.
    @Known public var listPerMillionUsd: Double?
    /// Recorded over list cost of those calls, in percent.
    @Known public var effectiveOfListPct: Double?
    @Known public var modelClass: String?
    public var cache: Cache
  }

  /// The spread of a feature's sizes.
  public struct Quartiles: Encodable, Sendable {
    public var calls: Int
    public var low: Double
    public var p25: Double
    public var p50: Double
    public var p75: Double
    public var high: Double
  }

  public struct FeatureFigures: Encodable, Sendable {
    @Known public var input: Quartiles?
    @Known public var output: Quartiles?
    /// Input over output tokens.
    @Known public var ratio: Quartiles?
    @Known public var p99InputTokens: Int64?
    @Known public var longPrompts: LongPrompt?
    /// The class of the price book on which the feature's median call runs.
    @Known public var medianClass: String?
  }

  /// Calls with more input than their feature's p99.
  public struct LongPrompt: Encodable, Sendable {
    public var calls: Int
    public var tokensBeyond: Int64
    /// At the calls' uncached prices; calls without a price are left out.
    @Known public var costBeyondUsd: Money?
    public var unpricedCalls: Int
  }

  /// Small calls on the dearest class in a feature whose median call runs on a cheaper one.
  public struct SimpleWork: Encodable, Sendable {
    public var featureId: String
    public var provider: String
    public var model: String
    public var dearestClass: String
    public var medianClass: String
    public var calls: Int64
    public var costUsd: Money
    /// The model of the median class that the feature calls most, and what the same tokens would cost there; output 10 %
    /// longer and shorter give the ends of the range.
    @Known public var insteadProvider: String?
    @Known public var insteadModel: String?
    @Known public var insteadUsd: Money?
    @Known public var insteadLowUsd: Money?
    @Known public var insteadHighUsd: Money?
  }

  public struct Waste: Encodable, Sendable {
    @Known public var totalUsd: Money?
    @Known public var failedOutputUsd: Money?
    @Known public var truncatedOutputUsd: Money?
    @Known public var failedCallsBilled: Int64?
    @Known public var truncatedCalls: Int64?
    /// Failed or cut-off calls whose cost the price book can't split, and that cost.
    public var unsplitCalls: Int64
    public var unsplitUsd: Money
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var days: Double
  public var totalCalls: Int64
  @Known public var totalCostUsd: Money?
  public var tokens: Tokens
  public var ledger: [Line]
  public var ledgerByTier: [Line]
  public var cache: Cache
  public var byModel: [GroupRow<ModelFigures>]?
  public var byFeature: [GroupRow<FeatureFigures>]?
  public var simpleWork: [SimpleWork]
  public var waste: Waste
  public var callsWithoutCost: Int64
  public var callsWithoutTokens: Int64
  var abstentions: [Abstention]

  /// What turns an amount of the window into one a month; nil under seven days.
  var monthsPerWindow: Double? { days >= 7 ? Understanding.daysPerMonth / days : nil }

  private enum CodingKeys: String, CodingKey {
    case start, end, days, totalCalls, totalCostUsd, tokens, ledger, ledgerByTier, cache, byModel, byFeature, simpleWork
    case waste, callsWithoutCost, callsWithoutTokens
  }
}
