import LabCore
import LabPrices

/// A group of calls that would go to another model of the same class.
struct ModelSwitch: Sendable {
  var feature: UInt32
  /// Numbers of the book's models.
  var from: Int
  var to: Int
  var tier: ServiceTier
  var calls: Int64
  /// Nanodollars of the window before and after, and after with shorter and longer output.
  var before: Int64
  var after: Int64
  var low: Int64
  var high: Int64
}

/// Finds the cheapest model of the same class that calls fit on, priced without what is cached now.
struct ModelRouter {
  let book: PriceBook
  /// Models whose prices ended before the window did are not offered any more.
  let end: Instant?

  /// The output of another model for the same work: a tenth shorter or longer (docs: output-length factor 0.9 to 1.1).
  static let outputFactors = (low: 0.9, high: 1.1)
  /// A switch that saves less than this share of the group's cost isn't worth its risk.
  static let leastShare = 0.01

  struct Choice {
    var model: Int
    var rates: CallRates
    var cost: Int64
    /// With shorter and with longer output.
    var low: Int64
    var high: Int64
  }

  /// The cheapest other model; nil unless it saves even with longer output.
  func best(for works: [SavingsWaterfall.Work], of model: Int, tier: ServiceTier) -> Choice? {
    guard let name = book.models[model].modelClass else { return nil }
    let before = works.reduce(Int64(0)) { $0 &+ $1.cost }
    let largest = works.reduce(SIMD2<Int64>(repeating: 0)) { pointwiseMax($0, $1.cell.largest) }
    var found: Choice?
    for other in book.models(inClass: name) where other != model {
      guard let rates = rates(of: other, tier: tier, largest: largest) else { continue }
      func cost(_ factor: Double) -> Int64 {
        works.reduce(0) { $0 &+ self.cost(of: $1, at: rates, outputFactor: factor) }
      }
      let likely = cost(1)
      guard likely < found?.cost ?? before else { continue }
      let high = cost(Self.outputFactors.high)
      guard high < before, Double(before &- likely) >= Self.leastShare * Double(before) else { continue }
      found = Choice(model: other, rates: rates, cost: likely, low: cost(Self.outputFactors.low), high: high)
    }
    return found
  }

  /// The latest prices of a model for requests as large as the largest; nil when they don't fit or the tier isn't listed.
  private func rates(of model: Int, tier: ServiceTier, largest: SIMD2<Int64>) -> CallRates? {
    let entry = book.models[model]
    let longer = Int64((Double(largest[1]) * (Self.outputFactors.high - 1)).rounded(.up))
    guard let context = entry.contextTokens, largest[0] &+ longer <= context,
      largest[1] &+ longer <= entry.maxOutputTokens ?? .max, let instant = book.latestPricedInstant(of: model),
      end.map({ instant >= $0 }) ?? true
    else { return nil }
    // The largest request decides on prices by size for all: the dearest case.
    let input = largest[0]
    if tier != .standard, !book.lists(tier, of: model, at: instant, input: input) { return nil }
    return book.rates(of: model, at: instant, tier: tier, input: input)
  }

  /// What calls cost on another model: nothing of theirs is in its cache.
  func cost(of work: SavingsWaterfall.Work, at rates: CallRates, outputFactor: Double) -> Int64 {
    var tokens = TokenSums()
    tokens[.input] = work.tokens.input
    tokens[.output] = Int64((Double(work.tokens[.output]) * outputFactor).rounded())
    tokens[.reasoning] = Int64((Double(work.tokens[.reasoning]) * outputFactor).rounded())
    return rates.contractedCost(of: tokens)
  }
}
