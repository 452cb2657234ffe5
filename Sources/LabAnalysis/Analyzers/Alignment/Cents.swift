import LabCore

/// Amounts in whole cents that sum to what they share: what a statement shows.
enum Cents {
  static let nanodollars: Int64 = 10_000_000

  /// The nearest whole cent, half to even.
  static func rounded(_ amount: Money) -> Int64 {
    Int64(truncatingIfNeeded: Int128(amount.nanodollars).dividedRoundingHalfToEven(by: Int128(nanodollars)))
  }

  static func money(_ cents: Int64) -> Money { Money(nanodollars: cents &* nanodollars) }

  /// Whole cents shared over weights by largest remainder; nil when no weight is above zero.
  ///
  /// - Parameter order: the places of the weights in the order in which equal remainders get their cent; nil for their own.
  static func allocated(_ cents: Int64, over weights: [Int64], order: [Int]? = nil) -> [Int64]? {
    guard weights.contains(where: { $0 > 0 }) else { return nil }
    let order = order ?? Array(weights.indices)
    let parts = Money(nanodollars: cents).allocated(over: order.map { UInt64(max(weights[$0], 0)) })
    var shares = [Int64](repeating: 0, count: weights.count)
    for (place, part) in zip(order, parts) { shares[place] = part.nanodollars }
    return shares
  }
}
