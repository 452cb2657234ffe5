import LabCore
import LabJSON

/// How unevenly an amount is spread over its holders. Amounts below zero (credits) are left out of shares.
///
/// Sources: Hirschman, "The Paternity of an Index", American Economic Review 54 (1964), for the sum of squared shares;
/// Adelman, "Comment on the H Concentration Measure as a Numbers-Equivalent", Review of Economics and Statistics 51
/// (1969), for its inverse; Dorfman, "A Formula for the Gini Coefficient", ibid. 61 (1979).
public struct Concentration: Sendable, Encodable {
  /// The largest holders whose common share is given.
  public static let topCount = 10

  /// The sum of squared shares, 0 to 1: 1/n when n hold equal amounts, 1 when one holds all; nil when there is nothing.
  @Known public var hhi: Double?
  /// 1/HHI: so many equal holders would have the same index.
  @Known public var effectiveNumber: Double?
  /// The share of the ten largest, 0 to 1.
  @Known public var top10Share: Double?
  /// The share of the largest, 0 to 1.
  @Known public var largestShare: Double?
  /// How many hold a positive amount.
  public var holders: Int

  public init(of amounts: [Money]) {
    let positive = amounts.map(\.nanodollars).filter { $0 > 0 }.sorted(by: >)
    holders = positive.count
    let total = positive.reduce(Int128(0)) { $0 + Int128($1) }
    guard total > 0 else {
      hhi = nil
      effectiveNumber = nil
      top10Share = nil
      largestShare = nil
      return
    }
    let whole = Double(total)
    var sum = 0.0
    for amount in positive {
      let share = Double(amount) / whole
      sum += share * share
    }
    hhi = min(sum, 1)
    effectiveNumber = Ratio.of(1, min(sum, 1))
    top10Share = Double(positive.prefix(Self.topCount).reduce(Int128(0)) { $0 + Int128($1) }) / whole
    largestShare = Double(positive.first ?? 0) / whole
  }
}

/// The Gini coefficient of non-negative amounts: 0 when all are equal, (n − 1)/n when one has all.
///
/// With values sorted ascending, G = 2·Σ i·xᵢ / (n·Σ xᵢ) − (n + 1)/n. Nil below two holders or when the sum is zero.
public enum Gini {
  public static func coefficient(of amounts: [Money]) -> Double? {
    coefficient(ofWhole: amounts.map(\.nanodollars))
  }

  /// - Parameter amounts: whole numbers; those below zero count as zero.
  public static func coefficient(ofWhole amounts: [Int64]) -> Double? {
    let sorted = amounts.map { max($0, 0) }.sorted()
    guard sorted.count >= 2 else { return nil }
    var total: Int128 = 0
    var weighted: Int128 = 0
    for (index, amount) in sorted.enumerated() {
      total += Int128(amount)
      weighted += Int128(amount) * Int128(index + 1)
    }
    guard total > 0 else { return nil }
    let count = Double(sorted.count)
    let value = 2 * Double(weighted) / (count * Double(total)) - (count + 1) / count
    return min(max(value, 0), 1)
  }
}
