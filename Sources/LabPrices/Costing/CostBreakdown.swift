import LabCore

/// A call's cost by token class, and how the prices were found. The lines sum to the total exactly.
public struct CostBreakdown: Hashable, Sendable {
  /// What one class of tokens costs.
  public struct Line: Hashable, Sendable {
    /// The class that was billed.
    public var tokenClass: TokenClass
    /// How many tokens of it.
    public var tokens: Int64
    /// The list price per token.
    public var price: TokenPrice
    /// After discount.
    public var cost: Money
    /// At list prices.
    public var listCost: Money
    /// The batch tier has no price for the class; half of the standard one was taken.
    public var isHalfOfStandard: Bool
    /// The flex or priority tier has no price for the class; the standard one was taken.
    public var isStandardPrice: Bool
  }

  /// One line for each class that was billed, in the order of ``TokenClass``.
  public var lines: [Line]
  /// After discount.
  public var cost: Money
  /// At list prices.
  public var listCost: Money
  /// What the provider's terms take off the list prices.
  public var discountPercent: Double
  /// The number of the row in the model's ``PricedModel/rows``.
  public var row: Int
  /// The limit, in input tokens, beyond which the prices hold: that of an `above` row or the start of a range; nil for the
  /// row's own prices.
  public var aboveLimit: Int64?
  /// What the outcome leaves to be billed.
  public var billing: ErrorBilling.Rule

  /// Some class was priced at half of standard, for want of a batch price.
  public var usedBatchFallback: Bool { lines.contains { $0.isHalfOfStandard } }
  /// Some class was priced at standard, for want of a flex or priority price.
  public var usedStandardFallback: Bool { lines.contains { $0.isStandardPrice } }
}

extension PriceBook {
  /// A call's cost by token class; nil where ``cost(of:model:at:tier:outcome:)`` is nil, and equal to it in sum.
  public func breakdown(
    of usage: TokenUsage, model: Int, at instant: Instant, tier: ServiceTier = .standard,
    outcome: CallOutcome = .success
  ) -> CostBreakdown? {
    guard let rates = rates(of: model, at: instant, tier: tier, input: usage.input),
      let row = compiled.row(of: model, at: instant.microseconds)
    else { return nil }
    let entry = compiled.models[model]
    let rule = entry.billErrors[outcome]
    guard let total = rates.cost(of: usage, rule: rule, paid: rates.paidPartsPerMillion),
      let listTotal = rates.cost(of: usage, rule: rule, paid: CallRates.wholePrice)
    else { return nil }

    let offset = rateOffset(row: row, tier: tier, input: usage.input)
    var lines: [CostBreakdown.Line] = []
    var products: [Int128] = []
    for tokenClass in TokenClass.allCases where rule == .full || (rule == .input && tokenClass.isInput) {
      guard let tokens = usage.tokens(of: tokenClass), tokens > 0, let price = rates.price(of: tokenClass) else {
        continue
      }
      let origin = compiled.origins[offset + Int(tokenClass.rawValue)]
      lines.append(
        CostBreakdown.Line(
          tokenClass: tokenClass, tokens: tokens, price: price, cost: .zero, listCost: .zero,
          isHalfOfStandard: origin == .halfOfStandard, isStandardPrice: origin == .standard))
      products.append(Int128(tokens) * Int128(price.halfFemtodollars))
    }
    let costs = Self.split(total, over: products, paid: rates.paidPartsPerMillion)
    let listCosts = Self.split(listTotal, over: products, paid: CallRates.wholePrice)
    for index in lines.indices {
      lines[index].cost = costs[index]
      lines[index].listCost = listCosts[index]
    }
    let prices = models[model].rows[row - entry.firstRow]
    return CostBreakdown(
      lines: lines, cost: total, listCost: listTotal,
      discountPercent: Double(CallRates.wholePrice - rates.paidPartsPerMillion) / 10_000, row: row - entry.firstRow,
      aboveLimit: Self.limit(
        ofLevel: compiled.level(of: row, input: usage.input) - compiled.rows[row].firstLevel, in: prices),
      billing: rule)
  }

  private static func limit(ofLevel level: Int, in row: PriceRow) -> Int64? {
    if level == 0 { return nil }
    return row.tiered.isEmpty ? row.above[level - 1].limit : row.tiered[level].from
  }

  /// Whole nanodollars for exact parts: each is rounded down, and what is missing from the rounded total goes to the
  /// largest remainders, the earlier part first.
  private static func split(_ total: Money, over products: [Int128], paid: Int64) -> [Money] {
    let unit = Int128(TokenPrice.halfFemtodollarsPerNanodollar) * Int128(CallRates.wholePrice)
    var parts: [Int64] = []
    var remainders: [(remainder: Int128, index: Int)] = []
    var missing = total.nanodollars
    for (index, product) in products.enumerated() {
      // The total is known to fit in `Money`, so a part of it does, and the product with `paid` stays inside 128 bits.
      let (scaled, overflow) = product.multipliedReportingOverflow(by: Int128(paid))
      let (quotient, remainder) = overflow ? (0, 0) : scaled.quotientAndRemainder(dividingBy: unit)
      let part = Int64(truncatingIfNeeded: quotient)
      parts.append(part)
      missing -= part
      remainders.append((remainder, index))
    }
    remainders.sort { $0.remainder == $1.remainder ? $0.index < $1.index : $0.remainder > $1.remainder }
    for entry in remainders.prefix(max(0, Int(missing))) { parts[entry.index] += 1 }
    return parts.map { Money(nanodollars: $0) }
  }
}
