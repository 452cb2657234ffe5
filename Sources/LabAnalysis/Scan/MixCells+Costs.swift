import LabCore
import LabPrices

extension MixCells {
  /// Half femtodollars · 10⁻⁶ in a nanodollar: the unit of sums of tokens · rate · paid parts per million.
  static let costUnit = Int128(TokenPrice.halfFemtodollarsPerNanodollar) * 1_000_000

  /// What is billed of a cell's calls by the terms of the model that a slot prices.
  func rule(_ cell: Cell, slot: Int) -> ErrorBilling.Rule {
    prices.rule(model: prices.slots[slot].model, outcome: cell.outcome)
  }

  /// What a cell's calls cost at the latest prices after discount, the sum of their costs rounded call by call; nil where
  /// the book has no price.
  func latestCost(_ cell: Cell) -> Int64? {
    guard cell.latest >= 0 else { return nil }
    let rates = prices.slots[cell.latest].rates
    if !rates.isWholeNanodollars { return cell.sums[Lane.latestCost] }
    return rates.contractedCost(of: cell.tokens.billed(rule(cell, slot: cell.latest)))
  }

  /// The recorded cost of a cell split over its token classes by what they cost at the prices in force, by largest
  /// remainder; nil where the book can't tell.
  func split(_ cell: Cell) -> [Money]? {
    guard cell.slot >= 0 else { return nil }
    let rates = prices.slots[cell.slot].rates
    let rule = rule(cell, slot: cell.slot)
    // A call that should be free and was billed all the same was billed for what it used.
    let billed = cell.tokens.billed(rule == .free ? .full : rule)
    var weights = TokenClass.allCases.map { Int128(billed[$0]) * Int128(rates.price(of: $0)?.halfFemtodollars ?? 0) }
    if weights.allSatisfy({ $0 == 0 }) { weights = TokenClass.allCases.map { Int128(billed[$0]) } }
    guard let largest = weights.max(), largest > 0 else { return cell.cost == 0 ? weights.map { _ in .zero } : nil }
    // Six weights below 2⁶⁰ keep their sum and products inside what the allocation takes.
    let excess = max(0, 128 - largest.leadingZeroBitCount - 60)
    return Money(nanodollars: cell.cost).allocated(over: weights.map { UInt64(truncatingIfNeeded: $0 >> excess) })
  }
}

extension CallRates {
  /// Whether every contracted price is a whole number of nanodollars per token, so that no call's cost is rounded.
  var isWholeNanodollars: Bool {
    TokenClass.allCases.allSatisfy { tokenClass in
      guard let price = price(of: tokenClass) else { return true }
      return (Int128(price.halfFemtodollars) * Int128(paidPartsPerMillion)) % MixCells.costUnit == 0
    }
  }

  /// What tokens cost after discount, rounded once; classes without a price add nothing. In nanodollars.
  func contractedCost(of tokens: TokenSums) -> Int64 { cost(of: tokens, paid: paidPartsPerMillion) }

  /// The same at list prices.
  func listCost(of tokens: TokenSums) -> Int64 { cost(of: tokens, paid: 1_000_000) }

  /// The contracted price of one class in half femtodollars · 10⁻⁶ per token, nil without one.
  func contractedRate(of tokenClass: TokenClass) -> Int128? {
    price(of: tokenClass).map { Int128($0.halfFemtodollars) * Int128(paidPartsPerMillion) }
  }

  private func cost(of tokens: TokenSums, paid: Int64) -> Int64 {
    var sum: Int128 = 0
    for tokenClass in TokenClass.allCases where tokens[tokenClass] > 0 {
      sum += Int128(tokens[tokenClass]) * Int128(price(of: tokenClass)?.halfFemtodollars ?? 0)
    }
    return Int64(clamping: MixCells.nanodollars(sum * Int128(paid)))
  }
}

extension MixCells {
  /// A sum of tokens · contracted rate in nanodollars, rounded half to even.
  static func nanodollars(_ sum: Int128) -> Int128 { sum.dividedRoundingHalfToEven(by: costUnit) }
}
