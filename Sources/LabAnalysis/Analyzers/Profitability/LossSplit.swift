import LabCore

/// Explains a customer's monthly cost by calls, tokens per call and price per token, against medians of its tier.
struct LossSplit {
  /// Monthly cost = calls a month × tokens a call × USD a token.
  struct Factors {
    var calls: Double
    var tokensPerCall: Double
    var dollarsPerToken: Double

    /// Nil for a customer without tokens.
    init?(_ account: CustomerLedger.Account, span: Int64) {
      // Who has no subscription is compared over the whole window.
      let time = account.subscribed > 0 ? account.subscribed : span
      guard let calls = Months.monthly(account.calls, from: time),
        let tokens = Ratio.of(account.totalTokens, account.calls),
        let price = Ratio.of(account.cost.nanodollars, account.totalTokens)
      else { return nil }
      self.calls = calls
      tokensPerCall = tokens
      dollarsPerToken = price / 1e9
    }

    init(calls: Double, tokensPerCall: Double, dollarsPerToken: Double) {
      self.calls = calls
      self.tokensPerCall = tokensPerCall
      self.dollarsPerToken = dollarsPerToken
    }

    var cost: Double { calls * tokensPerCall * dollarsPerToken }
  }

  private var tiers: [String: Factors] = [:]
  private var all: Factors?
  private let span: Int64

  /// Takes the medians of customers with enough calls, per tier and over all.
  init(_ ledger: CustomerLedger) {
    span = ledger.span
    var byTier: [String: [Factors]] = [:]
    var everybody: [Factors] = []
    for account in ledger.accounts where account.calls >= Profitability.minimumCalls {
      guard let factors = Factors(account, span: ledger.span) else { continue }
      byTier[account.tier, default: []].append(factors)
      everybody.append(factors)
    }
    tiers = byTier.compactMapValues { Self.median(of: $0) }
    all = Self.median(of: everybody)
  }

  private static func median(of factors: [Factors]) -> Factors? {
    guard factors.count >= Profitability.minimumPeers,
      let calls = NearestRank.quantile(0.5, ofSorted: factors.map(\.calls).sorted()),
      let tokens = NearestRank.quantile(0.5, ofSorted: factors.map(\.tokensPerCall).sorted()),
      let price = NearestRank.quantile(0.5, ofSorted: factors.map(\.dollarsPerToken).sorted())
    else { return nil }
    return Factors(calls: calls, tokensPerCall: tokens, dollarsPerToken: price)
  }

  /// The parts of a customer's monthly cost beyond the median customer's; nil where there is nobody to compare with.
  func split(_ account: CustomerLedger.Account) -> ProfitabilityFindings.Split? {
    guard let own = Factors(account, span: span), let other = tiers[account.tier] ?? all else { return nil }
    let (volume, length, mix) = Self.shapley(from: other, to: own)
    let whole = Money(approximating: own.cost - other.cost)
    let volumePart = Money(approximating: volume)
    let lengthPart = Money(approximating: length)
    // What rounding leaves goes to the last part, so that the three sum to the difference.
    let mixPart = Money(nanodollars: whole.nanodollars &- volumePart.nanodollars &- lengthPart.nanodollars)
    let parts: [(ProfitabilityFindings.Cause, Double)] = [(.volume, volume), (.length, length), (.modelMix, mix)]
    let largest = parts.max { $0.1 < $1.1 }
    return .init(
      volumeUsd: volumePart, lengthUsd: lengthPart, modelMixUsd: mixPart,
      cause: largest.flatMap { $0.1 > 0 ? $0.0 : nil }, comparedTier: tiers[account.tier] == nil ? nil : account.tier)
  }

  /// The Shapley values of three factors of a product: each factor's change at the mean over all orders of changing them.
  static func shapley(from a: Factors, to b: Factors) -> (volume: Double, length: Double, mix: Double) {
    func part(_ change: Double, _ a1: Double, _ b1: Double, _ a2: Double, _ b2: Double) -> Double {
      change * ((a1 * a2 + b1 * b2) / 3 + (a1 * b2 + b1 * a2) / 6)
    }
    return (
      part(b.calls - a.calls, a.tokensPerCall, b.tokensPerCall, a.dollarsPerToken, b.dollarsPerToken),
      part(b.tokensPerCall - a.tokensPerCall, a.calls, b.calls, a.dollarsPerToken, b.dollarsPerToken),
      part(b.dollarsPerToken - a.dollarsPerToken, a.calls, b.calls, a.tokensPerCall, b.tokensPerCall)
    )
  }
}
