/// A kind of token with a price of its own.
public enum TokenClass: UInt8, CaseIterable, Sendable {
  /// Input that was neither read from a cache nor written to one.
  case input
  /// Input read from a prompt cache.
  case cachedInput
  /// Input written to a cache of short life (five minutes where the provider says so).
  case cacheWrite
  /// Input written to a cache that lives an hour.
  case cacheWrite1h
  /// Output without reasoning.
  case output
  /// Output spent on reasoning.
  case reasoning

  /// The name in price books, CSV columns and reports, such as `cached_input`.
  public var name: String {
    switch self {
    case .input: "input"
    case .cachedInput: "cached_input"
    case .cacheWrite: "cache_write"
    case .cacheWrite1h: "cache_write_1h"
    case .output: "output"
    case .reasoning: "reasoning"
    }
  }

  public init?(name: String) {
    guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  /// The class whose price stands in where a row has none for this one; nil where a price is indispensable.
  public var standIn: TokenClass? {
    switch self {
    case .input, .output: nil
    case .cachedInput, .cacheWrite: .input
    case .cacheWrite1h: .cacheWrite
    case .reasoning: .output
    }
  }

  /// Whether the tokens are part of the request rather than of the answer.
  public var isInput: Bool { self != .output && self != .reasoning }
}

/// The tokens of one call, as the usage record counts them.
public struct TokenUsage: Hashable, Sendable {
  /// All input, cache reads and writes included.
  public var input: Int64
  /// Input read from a cache.
  public var cachedInput: Int64
  /// Input written to the short-lived cache, without what ``cacheWrite1h`` counts.
  public var cacheWrite: Int64
  /// Input written to the one-hour cache.
  public var cacheWrite1h: Int64
  /// All output, reasoning included.
  public var output: Int64
  /// Output spent on reasoning; more than ``output`` counts as all of it.
  public var reasoning: Int64

  public init(
    input: Int64, cachedInput: Int64 = 0, cacheWrite: Int64 = 0, cacheWrite1h: Int64 = 0, output: Int64,
    reasoning: Int64 = 0
  ) {
    self.input = input
    self.cachedInput = cachedInput
    self.cacheWrite = cacheWrite
    self.cacheWrite1h = cacheWrite1h
    self.output = output
    self.reasoning = reasoning
  }

  /// Input neither read from a cache nor written to one, or nil when the counts can't be true: one is negative, or more
  /// was cached and written than came in.
  public var uncachedInput: Int64? {
    guard input >= 0, cachedInput >= 0, cacheWrite >= 0, cacheWrite1h >= 0, output >= 0, reasoning >= 0 else {
      return nil
    }
    // Each difference starts at zero or above and takes off a number that is not negative, so none can overflow.
    let uncached = input - cachedInput
    guard uncached >= 0, uncached - cacheWrite >= 0 else { return nil }
    let rest = uncached - cacheWrite - cacheWrite1h
    return rest >= 0 ? rest : nil
  }

  /// The tokens billed as a class; nil when the counts can't be true (see ``uncachedInput``).
  public func tokens(of tokenClass: TokenClass) -> Int64? {
    guard let uncached = uncachedInput else { return nil }
    return switch tokenClass {
    case .input: uncached
    case .cachedInput: cachedInput
    case .cacheWrite: cacheWrite
    case .cacheWrite1h: cacheWrite1h
    case .output: output - min(reasoning, output)
    case .reasoning: min(reasoning, output)
    }
  }
}

/// How soon a call is answered, which sets its price.
public enum ServiceTier: UInt8, CaseIterable, Sendable {
  case standard, batch, flex, priority

  /// The value of the CSV column `service_tier`.
  public var name: String {
    switch self {
    case .standard: "standard"
    case .batch: "batch"
    case .flex: "flex"
    case .priority: "priority"
    }
  }

  public init?(name: String) {
    guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = found
  }
}

/// How a call ended: the CSV columns `status` and `error_type` in one.
public enum CallOutcome: UInt8, CaseIterable, Sendable {
  case success, timeout, rateLimit, authError, serverError

  /// The value of the CSV column `error_type`; empty for a success.
  public var errorName: String {
    switch self {
    case .success: ""
    case .timeout: "timeout"
    case .rateLimit: "rate_limit"
    case .authError: "auth_error"
    case .serverError: "server_error"
    }
  }

  public init?(errorName: String) {
    guard let found = Self.allCases.first(where: { $0.errorName == errorName }) else { return nil }
    self = found
  }
}
