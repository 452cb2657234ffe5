import LabCore
import LabPrices
import LabScenario
import LabTable

/// A model as the loop over calls needs it.
struct ModelProfile: Sendable {
  let providerField: FieldID
  let field: FieldID
  let provider: Int
  /// In the price book; −1 when it lacks the model.
  let priceIndex: Int
  /// Median time to the first token, and time per token after it, in microseconds.
  let firstTokenMicroseconds: Double
  let tokenMicroseconds: Double
  /// The most that a call can ask for and be given, by the price book; without a limit there, the greatest number.
  let inputLimit: Int64
  let outputLimit: Int64

  init(_ entry: ModelCatalog.Entry, prices: PriceBook, fields: inout UsageFieldPool) {
    providerField = fields.intern(entry.provider)
    field = fields.intern(entry.model)
    provider = entry.providerIndex
    let index = prices.index(provider: entry.provider, model: entry.model)
    priceIndex = index ?? -1
    inputLimit = index.flatMap { prices.models[$0].contextTokens } ?? .max
    outputLimit = index.flatMap { prices.models[$0].maxOutputTokens } ?? .max
    firstTokenMicroseconds = max(0, entry.timeToFirstTokenMilliseconds) * 1000
    tokenMicroseconds = entry.tokensPerSecond > 0 ? 1e6 / entry.tokensPerSecond : 0
  }
}

/// A provider's mix of failures and how it behaves under load.
struct ProviderProfile: Sendable {
  /// Cumulative shares of timeouts, rate limits and authentication errors; the rest are server errors.
  let timeoutBelow: Double
  let rateLimitBelow: Double
  let authErrorBelow: Double
  let capacityPerHour: Double?

  /// Queueing begins to show at about half of the capacity and is worst just above it.
  private static let fullestUtilisation = 0.9
  private static let longestQueueFactor = 10.0
  /// Rate limits at full capacity before anything has to be turned away, and the most that is turned away.
  private static let rateLimitAtCapacity = 0.02
  private static let mostRateLimited = 0.6

  init(_ provider: Provider) {
    func share(_ id: String) -> Double { provider.errors.first { $0.id == id }?.share ?? 0 }
    timeoutBelow = share("timeout")
    rateLimitBelow = timeoutBelow + share("rate_limit")
    authErrorBelow = rateLimitBelow + share("auth_error")
    capacityPerHour = provider.capacityPerHour
  }

  /// The part of the capacity that a load uses; 0 without a limit.
  func utilisation(callsPerHour: Double) -> Double {
    guard let capacityPerHour, capacityPerHour > 0 else { return 0 }
    return callsPerHour / capacityPerHour
  }

  /// The factor of queueing on the time to the first token: 1 + u⁴/(1 − u), levelling off beyond 90 % of the capacity.
  static func queueFactor(utilisation u: Double) -> Double {
    let square = u * u
    return min(longestQueueFactor, 1 + square * square / (1 - min(u, fullestUtilisation)))
  }

  /// The share of calls turned away with a rate limit because of the load: 2 % · u⁴, and what exceeds the capacity.
  static func rateLimitedShare(utilisation u: Double) -> Double {
    let square = u * u
    return min(mostRateLimited, rateLimitAtCapacity * min(1, square * square) + (u > 1 ? 1 - 1 / u : 0))
  }
}
