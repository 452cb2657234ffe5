import LabCore

/// A change of cost, split exactly into volume, then mix, then price.
///
/// Over cells i (provider × model × token class) with quantities q and costs c in a period before (0) and after (1):
/// - volume: C₀·(Q₁ − Q₀)/Q₀, what the cost would have changed by had every cell moved with the total quantity Q
/// - price: Σ (c₁ − c₀·q₁/q₀) over the cells that both periods have
/// - mix: the rest, which is Σ p₀·(q₁ − q₀·Q₁/Q₀) over those cells, plus the cost of new cells, less what gone cells had cost
///
/// The three sum to C₁ − C₀ to the nanodollar. Source: the sales variance tree of managerial accounting (Horngren, Datar
/// and Rajan, "Cost Accounting", chapter 14), with quantities in tokens.
public struct ChangeDecomposition: Hashable, Sendable {
  /// The cost before and after, and what made the difference, in USD.
  public var before: Money
  public var after: Money
  public var volume: Money
  public var mix: Money
  public var price: Money

  public var change: Money { Money(nanodollars: after.nanodollars &- before.nanodollars) }

  /// A cell's quantity and cost in both periods.
  public struct Cell: Hashable, Sendable {
    public var quantityBefore: Int64
    public var costBefore: Money
    public var quantityAfter: Int64
    public var costAfter: Money

    public init(quantityBefore: Int64, costBefore: Money, quantityAfter: Int64, costAfter: Money) {
      self.quantityBefore = quantityBefore
      self.costBefore = costBefore
      self.quantityAfter = quantityAfter
      self.costAfter = costAfter
    }
  }

  /// - Parameter cells: quantities are not negative. A cell with cost and without quantity in a period is new or gone.
  /// - Returns: nil when a sum leaves the range of ``Money``.
  public init?(of cells: some Sequence<Cell>) {
    var before: Int128 = 0
    var after: Int128 = 0
    var quantityBefore: Int128 = 0
    var quantityAfter: Int128 = 0
    var price: Int128 = 0
    for cell in cells {
      before += Int128(cell.costBefore.nanodollars)
      after += Int128(cell.costAfter.nanodollars)
      quantityBefore += Int128(cell.quantityBefore)
      quantityAfter += Int128(cell.quantityAfter)
      guard cell.quantityBefore > 0, cell.quantityAfter > 0 else { continue }
      let atOldPrice = (Int128(cell.costBefore.nanodollars) * Int128(cell.quantityAfter))
        .dividedRoundingHalfToEven(by: Int128(cell.quantityBefore))
      price += Int128(cell.costAfter.nanodollars) - atOldPrice
    }
    var volume: Int128 = 0
    if quantityBefore > 0 {
      let (product, overflow) = before.multipliedReportingOverflow(by: quantityAfter - quantityBefore)
      if overflow { return nil }
      volume = product.dividedRoundingHalfToEven(by: quantityBefore)
    }
    guard let before = Money(exactly: before), let after = Money(exactly: after), let volume = Money(exactly: volume),
      let price = Money(exactly: price),
      let mix = Money(
        exactly: Int128(after.nanodollars) - Int128(before.nanodollars) - Int128(volume.nanodollars)
          - Int128(price.nanodollars))
    else { return nil }
    self.before = before
    self.after = after
    self.volume = volume
    self.mix = mix
    self.price = price
  }
}
