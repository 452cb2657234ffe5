import LabCore
import LabScenario

/// Draws a call's tokens: a feature's distribution, of whose spread a part belongs to the customer.
///
/// A call's standard score is r·c + √(1 − r²)·z, with the customer's own c and the call's z. Since c has mean 0 and
/// variance 1 over the calls, they keep the distribution that the feature states, mean and spread included; r is the
/// customers' sigma over the feature's, at most 0.9.
struct SizeSampler: Sendable {
  private enum Kind: Sendable {
    case lognormal(median: Double, sigma: Double, min: Double, max: Double)
    case normal(mean: Double, sd: Double, min: Double, max: Double)
    case uniform(low: Double, high: Double)
    case constant(Double)
    /// The number of its list of quantiles.
    case empirical(Int)
  }

  /// The lists of quantiles of a scenario's empirical distributions: kept apart, so that a sampler is plain numbers.
  typealias Tables = ContiguousArray<[Double]>

  /// At least this part of the variance is left to single calls: 1 − 0.9² is a fifth.
  private static let largestCustomerPart = 0.9
  /// No call has more tokens than this; their products with prices and times stay exact.
  private static let mostTokens = 1e9

  private let kind: Kind
  private let customerPart: Double
  private let callPart: Double
  /// Calls of this size or more were cut off by the feature's limit.
  let cutOff: Int64

  init(_ distribution: Distribution, customerSigma: Double, tables: inout Tables) {
    switch distribution {
    case .lognormal(let median, let sigma, let min, let max):
      kind = .lognormal(median: median, sigma: sigma, min: min, max: max)
      cutOff = Self.tokens(max.rounded(.up))
    case .normal(let mean, let sd, let min, let max):
      kind = .normal(mean: mean, sd: sd, min: min, max: max)
      cutOff = Self.tokens(max.rounded(.up))
    case .constant(let value):
      kind = .constant(value)
      cutOff = .max
    case .uniform(let low, let high):
      kind = .uniform(low: low, high: high)
      cutOff = .max
    case .empirical(let quantiles):
      kind = .empirical(tables.count)
      tables.append(quantiles)
      cutOff = .max
    }
    let spread = distribution.logSpread
    let part = spread > 0 ? min(Self.largestCustomerPart, max(0, customerSigma) / spread) : 0
    customerPart = part
    callPart = (1 - part * part).squareRoot()
  }

  /// The tokens of a call of a customer whose sizes stand at the score `customer`.
  @inline(__always)
  func tokens(customer: Double, tables: Tables, _ random: inout RandomStream) -> Int64 {
    if case .constant(let value) = kind { return Self.tokens(value) }
    return tokens(atNormal: customerPart * customer + callPart * random.normal(), tables: tables)
  }

  /// The standard score of a call, from the customer's and the call's own.
  func score(customer: Double, call: Double) -> Double { customerPart * customer + callPart * call }

  /// Tokens times a factor, at most what any call may have.
  @inline(__always)
  static func scaled(_ tokens: Int64, by factor: Double) -> Int64 {
    factor == 1 ? tokens : Self.tokens(Double(tokens) * factor)
  }

  /// The tokens of a call with a standard score.
  @inline(__always)
  func tokens(atNormal score: Double, tables: Tables) -> Int64 {
    switch kind {
    case .lognormal(let median, let sigma, let min, let max):
      return Self.tokens(Swift.min(max, Swift.max(min, median * DeterministicMath.exp(sigma * score))))
    case .normal(let mean, let sd, let min, let max):
      return Self.tokens(Swift.min(max, Swift.max(min, mean + sd * score)))
    case .uniform(let low, let high):
      return Self.tokens(low + (high - low) * NormalDistribution.probability(below: score))
    case .constant(let value):
      return Self.tokens(value)
    case .empirical(let table):
      return Self.tokens(
        Distribution.interpolate(tables[table], at: NormalDistribution.probability(below: score)))
    }
  }

  @inline(__always)
  private static func tokens(_ value: Double) -> Int64 {
    value > 0 ? Int64(Swift.min(value, mostTokens).rounded(.toNearestOrEven)) : 0
  }
}
