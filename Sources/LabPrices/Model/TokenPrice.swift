import LabCore

/// A price of one token, exact.
///
/// Stated prices are whole femtodollars (10⁻¹⁵ USD). The value counts halves of them, so that half of any stated price,
/// which is what batch falls back to, is exact as well.
public struct TokenPrice: Hashable, Comparable, Sendable {
  /// The price in 5·10⁻¹⁶ USD.
  public let halfFemtodollars: Int64

  /// The highest price that the lab takes: 1,000 USD per token, a hundred thousand times the dearest in the common price
  /// map. It keeps six products with any `Int64` count of tokens inside 128 bits.
  public static let highest = TokenPrice(halfFemtodollars: 2_000_000_000_000_000_000)
  public static let zero = TokenPrice(halfFemtodollars: 0)

  package static let halfFemtodollarsPerNanodollar: Int64 = 2_000_000

  package init(halfFemtodollars: Int64) { self.halfFemtodollars = halfFemtodollars }

  /// - Parameter femtodollars: 0 to 10¹⁸ per token; nil outside.
  public init?(femtodollars: Int64) {
    guard femtodollars >= 0, femtodollars <= Self.highest.halfFemtodollars / 2 else { return nil }
    halfFemtodollars = femtodollars * 2
  }

  public static func < (left: TokenPrice, right: TokenPrice) -> Bool { left.halfFemtodollars < right.halfFemtodollars }

  /// The price when a number of tokens costs `dollars`, and whether that is a whole number of femtodollars per token; what
  /// is not is rounded half to even.
  ///
  /// - Parameter tokens: 1 to 10⁹.
  /// - Returns: nil when the price is negative or above ``highest``.
  public static func exact(dollars: ExactDecimal, per tokens: Int64) -> (price: TokenPrice, isExact: Bool)? {
    guard dollars.significand >= 0, tokens >= 1, tokens <= 1_000_000_000 else { return nil }
    // Nine digits beyond the femtodollar are what a division by up to 10⁹ tokens can use; text finer than that is cut to
    // them first, and is not exact anyway.
    let guardDigits = 9
    let scaled = dollars.scaledExactly(byPowerOfTen: 15 + guardDigits)
    guard let numerator = scaled ?? dollars.scaled(byPowerOfTen: 15 + guardDigits) else { return nil }
    let divisor = Int128(tokens) * 1_000_000_000
    let femtodollars = numerator.dividedRoundingHalfToEven(by: divisor)
    guard let narrow = Int64(exactly: femtodollars), let price = TokenPrice(femtodollars: narrow) else { return nil }
    return (price, scaled != nil && numerator % divisor == 0)
  }

  /// Half of the price, exact for every stated one.
  package var half: TokenPrice { TokenPrice(halfFemtodollars: halfFemtodollars / 2) }

  /// USD per token to the nearest double, for ratios and drawing.
  public var dollarsPerToken: Double { Double(halfFemtodollars) / 2e15 }
  /// USD per million tokens to the nearest double, for tables.
  public var dollarsPerMillion: Double { Double(halfFemtodollars) / 2e9 }

  /// The exact USD for 1,000,000 tokens as a decimal number without needless zeros, such as `2.5` or `0.075`.
  public var perMillionText: String { text(per: 1_000_000) }

  /// The exact USD for a number of tokens (at most 10⁹) as a decimal number without needless zeros.
  package func text(per tokens: Int64) -> String {
    // Half a femtodollar is 5 in the sixteenth decimal place.
    let places = 16
    let units = UInt128(halfFemtodollars.magnitude) * UInt128(tokens.magnitude) * 5
    let scale: UInt128 = 10_000_000_000_000_000
    var fraction = String(units % scale)
    fraction = String(repeating: "0", count: places - fraction.utf8.count) + fraction
    while fraction.utf8.last == UInt8(ascii: "0") { fraction.removeLast() }
    return String(units / scale) + (fraction.isEmpty ? "" : "." + fraction)
  }
}

extension TokenPrice: CustomStringConvertible {
  /// `2.5 USD per 1M tokens`.
  public var description: String { "\(perMillionText) USD per 1M tokens" }
}
