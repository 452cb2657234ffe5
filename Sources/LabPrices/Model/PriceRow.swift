import LabCore

/// The prices that a row, a tier or a range states itself, by token class; what it leaves out is nil.
public struct ClassPrices: Hashable, Sendable {
  public var input: TokenPrice?
  public var cachedInput: TokenPrice?
  public var cacheWrite: TokenPrice?
  public var cacheWrite1h: TokenPrice?
  public var output: TokenPrice?
  public var reasoning: TokenPrice?

  public init() {}

  public subscript(tokenClass: TokenClass) -> TokenPrice? {
    get {
      switch tokenClass {
      case .input: input
      case .cachedInput: cachedInput
      case .cacheWrite: cacheWrite
      case .cacheWrite1h: cacheWrite1h
      case .output: output
      case .reasoning: reasoning
      }
    }
    set {
      switch tokenClass {
      case .input: input = newValue
      case .cachedInput: cachedInput = newValue
      case .cacheWrite: cacheWrite = newValue
      case .cacheWrite1h: cacheWrite1h = newValue
      case .output: output = newValue
      case .reasoning: reasoning = newValue
      }
    }
  }

  /// Whether it states no price at all.
  public var isEmpty: Bool { self == ClassPrices() }
}

/// What a row, an `above` row or a range states: the standard prices and those of the other service tiers.
public struct LevelPrices: Hashable, Sendable {
  public var standard = ClassPrices()
  public var batch = ClassPrices()
  public var flex = ClassPrices()
  public var priority = ClassPrices()

  public init() {}

  public subscript(tier: ServiceTier) -> ClassPrices {
    get {
      switch tier {
      case .standard: standard
      case .batch: batch
      case .flex: flex
      case .priority: priority
      }
    }
    set {
      switch tier {
      case .standard: standard = newValue
      case .batch: batch = newValue
      case .flex: flex = newValue
      case .priority: priority = newValue
      }
    }
  }

  /// Whether it states no price in any tier.
  public var isEmpty: Bool { self == LevelPrices() }
}

/// Prices of a request whose input is greater than a limit.
public struct AboveRow: Hashable, Sendable {
  /// In input tokens, cached ones included.
  public var limit: Int64
  /// Whether a request of exactly the limit moves to this row too.
  public var isInclusive: Bool
  public var prices: LevelPrices

  public init(limit: Int64, isInclusive: Bool = false, prices: LevelPrices) {
    self.limit = limit
    self.isInclusive = isInclusive
    self.prices = prices
  }

  /// The fewest input tokens that the row holds for.
  public var leastInput: Int64 { isInclusive || limit == .max ? limit : limit + 1 }
}

/// Prices of a request whose input lies in a range, for models that are priced by size.
public struct SizeRange: Hashable, Sendable {
  /// The range begins behind this number of input tokens.
  public var from: Int64
  /// The last number of input tokens in the range; nil for no end. Requests beyond the last range pay its prices.
  public var to: Int64?
  public var prices: LevelPrices

  public init(from: Int64, to: Int64?, prices: LevelPrices) {
    self.from = from
    self.to = to
    self.prices = prices
  }
}

/// The prices of a model in a stretch of time.
public struct PriceRow: Hashable, Sendable {
  /// The first instant at which the row is in force; nil for since ever.
  public var from: Instant?
  /// The first instant at which it no longer is; nil for until the next row, or for good.
  public var to: Instant?
  /// The tokens that the stated prices are for, as written; the values here are per token.
  public var per: Int64
  public var prices: LevelPrices
  /// By rising limit.
  public var above: [AboveRow]
  /// By rising start, without gaps; a row has these or ``above``, not both.
  public var tiered: [SizeRange]

  public init(
    from: Instant? = nil, to: Instant? = nil, per: Int64 = 1_000_000, prices: LevelPrices, above: [AboveRow] = [],
    tiered: [SizeRange] = []
  ) {
    self.from = from
    self.to = to
    self.per = per
    self.prices = prices
    self.above = above
    self.tiered = tiered
  }
}

/// A model of a provider with all its prices.
public struct PricedModel: Hashable, Sendable {
  public var provider: String
  public var model: String
  /// Other names within the provider.
  public var aliases: [String]
  /// What the model is used for, such as `frontier`: models of one class may stand in for each other. Nil when not stated.
  public var modelClass: String?
  /// The largest request, input and output together unless the provider counts otherwise.
  public var contextTokens: Int64?
  public var maxOutputTokens: Int64?
  /// By time, each ended by the next at the latest.
  public var rows: [PriceRow]

  public init(
    provider: String, model: String, aliases: [String] = [], modelClass: String? = nil, contextTokens: Int64? = nil,
    maxOutputTokens: Int64? = nil, rows: [PriceRow]
  ) {
    self.provider = provider
    self.model = model
    self.aliases = aliases
    self.modelClass = modelClass
    self.contextTokens = contextTokens
    self.maxOutputTokens = maxOutputTokens
    self.rows = rows
  }
}
