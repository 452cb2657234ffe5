import LabCore
import LabPrices
import LabScenario
import LabTable

/// How long a call takes, in whole microseconds.
struct LatencySampler: Sendable {
  struct Times {
    /// Start to last token.
    var total: Int64
    /// Start to first token; ``UsageRow/unknown`` when none came.
    var firstToken: Int64

    /// Multiplies both; a time that isn't known stays so.
    mutating func stretch(by factor: Double) {
      guard factor != 1 else { return }
      total = LatencySampler.whole(Double(total) * factor)
      if firstToken != UsageRow.unknown { firstToken = LatencySampler.whole(Double(firstToken) * factor) }
    }
  }

  private let model: LatencyModel

  init(_ model: LatencyModel) { self.model = model }

  /// The stated time to the first token holds for a prompt of this size; longer ones take longer, shorter ones hardly less.
  private static let usualPromptTokens = 1000.0
  /// The part of the time to the first token that grows with the prompt: reading 10,000 tokens triples it.
  private static let promptPart = 0.2
  /// Tokens read from a cache take a tenth of the time.
  private static let cachedTokenPart = 0.1
  /// A client gives up after a minute.
  private static let timeoutMicroseconds = 60e6
  /// A refusal comes back after 20 to 120 ms.
  private static let refusalMicroseconds = (low: 20e3, high: 120e3)
  /// No call takes longer than ten hours.
  private static let longest = 3.6e10

  @inline(__always)
  func sample(
    _ usage: TokenUsage, outcome: CallOutcome, _ speed: ModelProfile, queueFactor: Double, regionFactor: Double,
    _ random: inout RandomStream
  ) -> Times {
    switch model {
    case .classic: return classic(usage, outcome: outcome, regionFactor: regionFactor, &random)
    case .tokens(let sigma):
      switch outcome {
      case .success:
        let first = firstToken(usage, speed, queueFactor * regionFactor, sigma, &random)
        let rest = Double(max(0, usage.output - 1)) * speed.tokenMicroseconds * noise(sigma, &random)
        return Times(total: Self.whole(first + rest), firstToken: Self.whole(first))
      case .timeout:
        let total = Self.timeoutMicroseconds + random.uniform(0, Self.refusalMicroseconds.low)
        guard usage.output > 0 else { return Times(total: Self.whole(total), firstToken: UsageRow.unknown) }
        let first = firstToken(usage, speed, queueFactor * regionFactor, sigma, &random)
        return Times(total: Self.whole(total), firstToken: Self.whole(min(first, total)))
      case .serverError:
        let first = firstToken(usage, speed, queueFactor * regionFactor, sigma, &random)
        return Times(total: Self.whole(first), firstToken: UsageRow.unknown)
      case .rateLimit, .authError:
        let total = random.uniform(Self.refusalMicroseconds.low, Self.refusalMicroseconds.high) * regionFactor
        return Times(total: Self.whole(total), firstToken: UsageRow.unknown)
      }
    }
  }

  /// The model's time × region × queue × (0.8 + 0.2 · prompt / 1000) × noise.
  @inline(__always)
  private func firstToken(
    _ usage: TokenUsage, _ speed: ModelProfile, _ factor: Double, _ sigma: Double, _ random: inout RandomStream
  ) -> Double {
    let prompt = Double(usage.input - usage.cachedInput) + Self.cachedTokenPart * Double(usage.cachedInput)
    let length = 1 - Self.promptPart + Self.promptPart * prompt / Self.usualPromptTokens
    return speed.firstTokenMicroseconds * factor * length * noise(sigma, &random)
  }

  /// (total tokens / 10 + U(50, 200)) × region factor × U(0.8, 1.2), in ms; the first token comes after the part that does
  /// not depend on the tokens.
  private func classic(
    _ usage: TokenUsage, outcome: CallOutcome, regionFactor: Double, _ random: inout RandomStream
  ) -> Times {
    let base = random.uniform(50, 200)
    let factor = regionFactor * random.uniform(0.8, 1.2) * 1000
    let total = (Double(usage.input + usage.output) / 10 + base) * factor
    return Times(total: Self.whole(total), firstToken: usage.output > 0 ? Self.whole(base * factor) : UsageRow.unknown)
  }

  @inline(__always)
  private func noise(_ sigma: Double, _ random: inout RandomStream) -> Double {
    sigma > 0 ? DeterministicMath.exp(sigma * random.normal()) : 1
  }

  @inline(__always)
  private static func whole(_ microseconds: Double) -> Int64 {
    Int64(min(max(1, microseconds), longest).rounded(.toNearestOrEven))
  }
}
