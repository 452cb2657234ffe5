import LabCore

/// A line of a price list: a model's prices in one tier and for one size of request.
public struct PriceListing: Hashable, Sendable {
  /// The model's index in the book.
  public var index: Int
  /// As the book names them.
  public var provider: String
  public var model: String
  public var modelClass: String?
  /// The largest request, when the book says.
  public var contextTokens: Int64?
  /// The tier that the prices are for.
  public var tier: ServiceTier
  /// The prices hold for requests of at least this many input tokens; 0 for the smallest.
  public var leastInput: Int64
  /// All fallbacks resolved.
  public var rates: CallRates
}

extension PriceBook {
  /// The prices in force at an instant, by provider and model, then size, then tier.
  ///
  /// - Parameters:
  ///   - tiers: standard prices are always there; another tier only where the book lists it for the model.
  ///   - largeRequests: whether `above` and `tiered` rows get lines of their own.
  /// - Returns: nothing for a model without a row in force.
  public func listings(
    at instant: Instant, tiers: [ServiceTier] = [.standard], largeRequests: Bool = false
  ) -> [PriceListing] {
    var listings: [PriceListing] = []
    let order = models.indices.sorted {
      (models[$0].provider, models[$0].model, $0) < (models[$1].provider, models[$1].model, $1)
    }
    for index in order {
      guard let row = compiled.row(of: index, at: instant.microseconds) else { continue }
      let first = compiled.rows[row].firstLevel
      for level in first..<(first + (largeRequests ? compiled.rows[row].levelCount : 1)) {
        let leastInput = compiled.leastInputs[level]
        for tier in ServiceTier.allCases where tiers.contains(tier) {
          guard tier == .standard || lists(tier, of: index, at: instant, input: leastInput),
            let rates = rates(of: index, at: instant, tier: tier, input: leastInput)
          else { continue }
          listings.append(
            PriceListing(
              index: index, provider: models[index].provider, model: models[index].model,
              modelClass: models[index].modelClass, contextTokens: models[index].contextTokens, tier: tier,
              leastInput: leastInput, rates: rates))
        }
      }
    }
    return listings
  }
}
