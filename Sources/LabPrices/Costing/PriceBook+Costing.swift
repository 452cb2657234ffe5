import LabCore

extension PriceBook {
  /// What a call costs after the provider's discount, rounded once, half to even, to the nanodollar.
  ///
  /// - Parameters:
  ///   - model: from ``index(provider:model:)``.
  ///   - instant: the call's timestamp, which decides on the row.
  ///   - outcome: a failed call is billed by the provider's ``ErrorBilling``.
  /// - Returns: nil when the call can't be priced: no row is in force, the counts can't be true, or the cost is beyond
  ///   what `Money` holds. Never zero in place of unknown.
  public func cost(
    of usage: TokenUsage, model: Int, at instant: Instant, tier: ServiceTier = .standard,
    outcome: CallOutcome = .success
  ) -> Money? {
    guard let rates = rates(of: model, at: instant, tier: tier, input: usage.input) else { return nil }
    return rates.cost(of: usage, rule: compiled.models[model].billErrors[outcome], paid: rates.paidPartsPerMillion)
  }

  /// What a call costs at list prices; otherwise as ``cost(of:model:at:tier:outcome:)``.
  public func listCost(
    of usage: TokenUsage, model: Int, at instant: Instant, tier: ServiceTier = .standard,
    outcome: CallOutcome = .success
  ) -> Money? {
    guard let rates = rates(of: model, at: instant, tier: tier, input: usage.input) else { return nil }
    return rates.cost(of: usage, rule: compiled.models[model].billErrors[outcome], paid: CallRates.wholePrice)
  }

  /// The prices that hold for a request, all fallbacks resolved; nil when the index is none of the book's or no row is in
  /// force.
  ///
  /// - Parameter input: all input tokens of the request, cached ones included, which decide on `above` and `tiered` rows.
  public func rates(of model: Int, at instant: Instant, tier: ServiceTier, input: Int64) -> CallRates? {
    guard compiled.models.indices.contains(model), let row = compiled.row(of: model, at: instant.microseconds) else {
      return nil
    }
    let first = rateOffset(row: row, tier: tier, input: input)
    return CallRates(
      input: compiled.rates[first], cachedInput: compiled.rates[first + 1], cacheWrite: compiled.rates[first + 2],
      cacheWrite1h: compiled.rates[first + 3], output: compiled.rates[first + 4], reasoning: compiled.rates[first + 5],
      paidPartsPerMillion: compiled.models[model].paidPartsPerMillion)
  }

  /// Whether the row in force states a price of its own for input or output in a tier. What falls back to standard or to
  /// half of it is not listed, and no saving can be built on it.
  public func lists(_ tier: ServiceTier, of model: Int, at instant: Instant, input: Int64 = 0) -> Bool {
    guard compiled.models.indices.contains(model), let row = compiled.row(of: model, at: instant.microseconds) else {
      return false
    }
    let first = rateOffset(row: row, tier: tier, input: input)
    return compiled.origins[first + Int(TokenClass.input.rawValue)] == .stated
      && compiled.origins[first + Int(TokenClass.output.rawValue)] == .stated
  }

  /// Whether the row in force states a price of its own for one class in a tier; see ``lists(_:of:at:input:)``.
  package func lists(
    _ tokenClass: TokenClass, at tier: ServiceTier, of model: Int, on instant: Instant, input: Int64
  ) -> Bool {
    guard compiled.models.indices.contains(model), let row = compiled.row(of: model, at: instant.microseconds) else {
      return false
    }
    return compiled.origins[rateOffset(row: row, tier: tier, input: input) + Int(tokenClass.rawValue)] == .stated
  }

  /// The latest instant at which a model has prices: now and for good for most, the last moment of an ended row; nil for a
  /// model without rows. For costs at the latest prices.
  public func latestPricedInstant(of model: Int) -> Instant? {
    guard models.indices.contains(model), models[model].rows.last != nil else { return nil }
    let entry = compiled.models[model]
    let end = compiled.rows[entry.firstRow + entry.rowCount - 1].end
    return end == .max ? .latest : Instant(microseconds: end - 1)
  }

  func rateOffset(row: Int, tier: ServiceTier, input: Int64) -> Int {
    compiled.level(of: row, input: input) * CompiledPrices.ratesPerLevel + Int(tier.rawValue)
      * CompiledPrices.classCount
  }
}
