import LabCore
import LabPrices
import LabScenario

/// What a call is expected to cost and how often it is tried, from the distributions that the generator draws from.
///
/// Tokens are integrated over their standard score, costs taken at the price row, service tier and length of prompt that
/// each would have; cached, written and reasoning parts at their means, on which costs depend linearly. Failures are at
/// their long-run share; limits by a provider's load are left out.
struct CallExpectation {
  /// Of one call with its retries.
  struct Value {
    var rows = 0.0
    var dollars = 0.0

    static func + (left: Value, right: Value) -> Value {
      Value(rows: left.rows + right.rows, dollars: left.dollars + right.dollars)
    }
    static func - (left: Value, right: Value) -> Value {
      Value(rows: left.rows - right.rows, dollars: left.dollars - right.dollars)
    }
    static func * (left: Value, factor: Double) -> Value {
      Value(rows: left.rows * factor, dollars: left.dollars * factor)
    }
  }

  /// A customer's standard scores of input and output; nil for calls of all customers.
  typealias Sizes = (input: Double, output: Double)

  let blueprint: Blueprint
  /// The moment whose prices hold.
  let at: Instant

  /// The nodes of the trapezoidal rule over the standard score: within ±5 it is exact to ten digits for densities that are
  /// smooth, and what lies beyond weighs less than 10⁻⁶.
  static let nodes: [(score: Double, weight: Double)] = {
    let raw = (-40...40).map { step in
      let score = Double(step) / 8
      return (score, DeterministicMath.exp(-score * score / 2))
    }
    let total = raw.reduce(0) { $0 + $1.1 }
    return raw.map { ($0.0, $0.1 / total) }
  }()

  /// The mean over a feature's calls, its models weighted.
  func mean(
    feature: Int, weights: [Double], of sizes: Sizes?, change: CallChange = .none, isChain: Bool = false,
    where included: (Int) -> Bool = { _ in true }
  ) -> Value {
    let total = weights.reduce(0, +)
    guard total > 0 else { return Value() }
    var sum = Value()
    for (model, weight) in weights.enumerated() where weight > 0 && included(model) {
      sum = sum + value(feature: feature, model: model, of: sizes, change: change, isChain: isChain) * (weight / total)
    }
    return sum
  }

  /// One call of a feature with a model.
  func value(feature: Int, model: Int, of sizes: Sizes?, change: CallChange, isChain: Bool) -> Value {
    let profile = blueprint.features[feature]
    let speed = blueprint.models[model]
    guard speed.priceIndex >= 0 else { return Value() }
    let outcomes = outcomes(provider: speed.provider, change: change)
    let retries = isChain ? CallGenerator.longestChain : max(0, blueprint.scenario.traffic.retries)
    let failing = 1 - outcomes.success
    var tries = 0.0
    var reached = 1.0
    for _ in 0...retries {
      tries += reached
      reached *= failing
    }
    let output = meanOutput(profile, speed, score: sizes?.output, change: change)
    var dollars = 0.0
    for node in Self.nodes {
      let usage = usage(profile, speed, score: sizes?.input, node: node.score, change: change)
      dollars += node.weight * cost(usage, output: output, profile, speed, outcomes)
    }
    return Value(rows: tries, dollars: tries * dollars)
  }

  /// The shares of an attempt's outcomes; they sum to 1.
  private func outcomes(
    provider: Int, change: CallChange
  ) -> (success: Double, timeout: Double, rateLimit: Double, authError: Double, serverError: Double) {
    let mix = blueprint.providers[provider]
    let rest = 1 - change.failing
    let failing = rest * min(1, max(0, blueprint.scenario.providers[provider].errorRate))
    return (
      rest - failing, failing * mix.timeoutBelow,
      failing * (mix.rateLimitBelow - mix.timeoutBelow) + (change.failsWithRateLimit ? change.failing : 0),
      failing * (mix.authErrorBelow - mix.rateLimitBelow),
      failing * (1 - mix.authErrorBelow) + (change.failsWithRateLimit ? 0 : change.failing)
    )
  }

  private func meanOutput(_ feature: FeatureProfile, _ model: ModelProfile, score: Double?, change: CallChange)
    -> Double
  {
    Self.nodes.reduce(0) { sum, node in
      let score = score.map { feature.output.score(customer: $0, call: node.score) } ?? node.score
      let tokens = feature.output.tokens(atNormal: score, tables: blueprint.sizeTables)
      return sum + node.weight * Double(min(model.outputLimit, SizeSampler.scaled(tokens, by: change.output)))
    }
  }

  /// The input of a call, its parts at their means, without output.
  private func usage(
    _ feature: FeatureProfile, _ model: ModelProfile, score: Double?, node: Double, change: CallChange
  ) -> TokenUsage {
    let score = score.map { feature.input.score(customer: $0, call: node) } ?? node
    let asked = SizeSampler.scaled(
      feature.input.tokens(atNormal: score, tables: blueprint.sizeTables), by: change.input)
    let input = min(model.inputLimit, asked)
    guard !change.isUncached else { return TokenUsage(input: input, output: 0) }
    func part(_ tokens: Int64, _ share: Double) -> Int64 {
      min(tokens, max(0, Int64((Double(tokens) * share).rounded(.toNearestOrEven))))
    }
    let cached = part(input, feature.cachedShare)
    let written = part(input - cached, feature.writtenOfRest)
    let written1h = min(input - cached - written, part(input - cached, feature.written1hOfRest))
    return TokenUsage(input: input, cachedInput: cached, cacheWrite: written, cacheWrite1h: written1h, output: 0)
  }

  /// USD of an attempt with some input, over the service tiers and outcomes.
  private func cost(
    _ usage: TokenUsage, output: Double, _ feature: FeatureProfile, _ model: ModelProfile,
    _ outcomes: (success: Double, timeout: Double, rateLimit: Double, authError: Double, serverError: Double)
  ) -> Double {
    let prices = blueprint.prices
    let tiers: [(tier: ServiceTier, share: Double)] = [
      (.standard, 1 - feature.priorityBelow), (.batch, feature.batchBelow),
      (.flex, feature.flexBelow - feature.batchBelow), (.priority, feature.priorityBelow - feature.flexBelow),
    ]
    var dollars = 0.0
    for (tier, share) in tiers where share > 0 {
      func billed(_ outcome: CallOutcome, output: Double) -> Double {
        // The output is a mean and no whole number, so it is priced apart.
        guard let input = prices.cost(of: usage, model: model.priceIndex, at: at, tier: tier, outcome: outcome) else {
          return 0
        }
        guard output > 0, let rates = prices.rates(of: model.priceIndex, at: at, tier: tier, input: usage.input) else {
          return input.dollars
        }
        let reasoning = output * feature.reasoningShare
        let plain = rates.contractedDollarsPerMillion(of: .output) ?? 0
        let thought = rates.contractedDollarsPerMillion(of: .reasoning) ?? plain
        return input.dollars + ((output - reasoning) * plain + reasoning * thought) / 1e6
      }
      // Output is billed when the call got through, and after a timeout where the provider bills it at all.
      var timeout = 0.0
      if outcomes.timeout > 0 {
        timeout =
          billsOutput(of: .timeout, model.priceIndex, tier)
          ? billed(.timeout, output: output / 2) : billed(.timeout, output: 0)
      }
      let success = billed(.success, output: output)
      let refused =
        (outcomes.rateLimit > 0 ? outcomes.rateLimit * billed(.rateLimit, output: 0) : 0)
        + (outcomes.authError > 0 ? outcomes.authError * billed(.authError, output: 0) : 0)
        + (outcomes.serverError > 0 ? outcomes.serverError * billed(.serverError, output: 0) : 0)
      dollars += share * (outcomes.success * success + outcomes.timeout * timeout + refused)
    }
    return dollars
  }

  /// Whether a failed call's output costs anything: a million tokens tell.
  private func billsOutput(of outcome: CallOutcome, _ model: Int, _ tier: ServiceTier) -> Bool {
    let probe = TokenUsage(input: 0, output: 1_000_000)
    return (blueprint.prices.cost(of: probe, model: model, at: at, tier: tier, outcome: outcome)?.nanodollars ?? 0) > 0
  }
}
