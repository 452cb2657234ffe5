/// A column of the usage record: the 19 of the contract first, then the optional ones, in the order that files are written in.
///
/// No column is required: a file with only some of them loads, and what needs a missing one abstains.
public enum UsageColumn: UInt8, CaseIterable, Hashable, Sendable {
  case timestamp, organizationID, productID, featureID, customerID, customerArchetype, subscriptionTier, tierPrice
  case provider, model, region, inputTokens, outputTokens, totalTokens, latency, cost, status, errorType, metadata
  case callID, cachedInputTokens, cacheWriteTokens, cacheWrite1hTokens, reasoningTokens, serviceTier, environment
  case timeToFirstToken, retryOf, finishReason, cacheableInputTokens

  /// How the values of a column are read and kept.
  public enum Kind: Sendable {
    /// An instant in whole microseconds.
    case time
    /// Text, kept as a code of a dictionary.
    case text
    /// A whole number of tokens.
    case tokens
    /// Milliseconds with fractions in the file, whole microseconds in the table.
    case duration
    /// USD in the file, whole nanodollars in the table.
    case money
    /// Text that hardly repeats, kept as a 64-bit hash; 0 stands for empty.
    case identifier
    /// A JSON object of tags, kept as a code of a dictionary while there are few different ones.
    case metadata
  }

  /// The columns that every complete file begins with.
  public static let contract = Array(allCases.prefix(19))
  /// The columns that may follow.
  public static let optional = Array(allCases.dropFirst(19))

  /// The name in the header.
  public var name: String {
    switch self {
    case .timestamp: "timestamp"
    case .organizationID: "organization_id"
    case .productID: "product_id"
    case .featureID: "feature_id"
    case .customerID: "customer_id"
    case .customerArchetype: "customer_archetype"
    case .subscriptionTier: "subscription_tier"
    case .tierPrice: "tier_price_usd"
    case .provider: "provider"
    case .model: "model"
    case .region: "region"
    case .inputTokens: "input_tokens"
    case .outputTokens: "output_tokens"
    case .totalTokens: "total_tokens"
    case .latency: "latency_ms"
    case .cost: "cost_usd"
    case .status: "status"
    case .errorType: "error_type"
    case .metadata: "metadata"
    case .callID: "call_id"
    case .cachedInputTokens: "cached_input_tokens"
    case .cacheWriteTokens: "cache_write_tokens"
    case .cacheWrite1hTokens: "cache_write_1h_tokens"
    case .reasoningTokens: "reasoning_tokens"
    case .serviceTier: "service_tier"
    case .environment: "environment"
    case .timeToFirstToken: "ttft_ms"
    case .retryOf: "retry_of"
    case .finishReason: "finish_reason"
    case .cacheableInputTokens: "cacheable_input_tokens"
    }
  }

  public var kind: Kind {
    switch self {
    case .timestamp: .time
    case .organizationID, .productID, .featureID, .customerID, .customerArchetype, .subscriptionTier, .provider, .model,
      .region, .status, .errorType, .serviceTier, .environment, .finishReason:
      .text
    case .inputTokens, .outputTokens, .totalTokens, .cachedInputTokens, .cacheWriteTokens, .cacheWrite1hTokens,
      .reasoningTokens, .cacheableInputTokens:
      .tokens
    case .latency, .timeToFirstToken: .duration
    case .tierPrice, .cost: .money
    case .callID, .retryOf: .identifier
    case .metadata: .metadata
    }
  }

  /// Whether the column has a dictionary, so that calls can be grouped and filtered by it.
  public var isCoded: Bool { kind == .text || kind == .metadata }

  /// Whether the column holds numbers that can be summed.
  public var isNumeric: Bool { kind == .tokens || kind == .duration || kind == .money }

  /// The column of a header name.
  public init?(name: some StringProtocol) {
    guard let column = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = column
  }
}
