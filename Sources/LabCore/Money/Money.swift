/// An amount of US dollars as a whole number of nanodollars (10⁻⁹ USD).
///
/// Sums of money are exact in any order. The range is about ± 9.2 billion USD; what can leave it is computed in
/// `Int128` and brought back with ``init(exactly:)``.
public struct Money: Hashable, Comparable, Sendable {
  /// The amount in 10⁻⁹ USD.
  public var nanodollars: Int64

  public static let nanodollarsPerDollar: Int64 = 1_000_000_000
  public static let zero = Money(nanodollars: 0)

  public init(nanodollars: Int64) { self.nanodollars = nanodollars }

  /// The amount of a 128-bit sum of nanodollars, or nil when it lies beyond what `Money` holds.
  public init?(exactly nanodollars: Int128) {
    guard let narrow = Int64(exactly: nanodollars) else { return nil }
    self.nanodollars = narrow
  }

  /// The amount nearest to `dollars`; for projections, never for sums. Values out of range are clamped, NaN is zero.
  public init(approximating dollars: Double) {
    let scaled = (dollars * 1e9).rounded(.toNearestOrEven)
    if scaled.isNaN {
      nanodollars = 0
    } else if scaled >= 9.2233720368547e18 {
      nanodollars = .max
    } else if scaled <= -9.2233720368547e18 {
      nanodollars = .min
    } else {
      nanodollars = Int64(scaled)
    }
  }

  /// The nearest double in USD, for statistics and drawing.
  public var dollars: Double { Double(nanodollars) / 1e9 }

  public static func < (left: Money, right: Money) -> Bool { left.nanodollars < right.nanodollars }

  /// The sum, or nil beyond the range.
  public func adding(_ other: Money) -> Money? {
    let (sum, overflow) = nanodollars.addingReportingOverflow(other.nanodollars)
    return overflow ? nil : Money(nanodollars: sum)
  }

  /// The difference, or nil beyond the range.
  public func subtracting(_ other: Money) -> Money? {
    let (difference, overflow) = nanodollars.subtractingReportingOverflow(other.nanodollars)
    return overflow ? nil : Money(nanodollars: difference)
  }
}

extension Money: CustomStringConvertible {
  /// The exact decimal number of USD with nine places, such as `-0.000000001`.
  public var description: String { decimalString(minimumPlaces: 9) }

  /// The exact decimal number of USD with at least `minimumPlaces` (0 to 9) decimal places and no more than needed.
  public func decimalString(minimumPlaces: Int) -> String {
    let magnitude = nanodollars.magnitude
    var fraction = String(magnitude % 1_000_000_000)
    fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
    while fraction.utf8.count > minimumPlaces, fraction.utf8.last == UInt8(ascii: "0") { fraction.removeLast() }
    let whole = String(magnitude / 1_000_000_000)
    return (nanodollars < 0 ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
  }
}

extension Money {
  /// Splits the amount over weights so that the parts sum to it exactly (largest remainder; ties go to the earlier part).
  ///
  /// - Parameter weights: non-negative; when all are zero the amount is split evenly. An empty list gives no parts.
  public func allocated(over weights: [UInt64]) -> [Money] {
    guard !weights.isEmpty else { return [] }
    var used = weights
    var total = used.reduce(UInt128(0)) { $0 + UInt128($1) }
    if total == 0 {
      used = Array(repeating: 1, count: weights.count)
      total = UInt128(weights.count)
    }
    let magnitude = UInt128(nanodollars.magnitude)
    var parts: [UInt64] = []
    var remainders: [(remainder: UInt128, index: Int)] = []
    var given: UInt128 = 0
    for (index, weight) in used.enumerated() {
      let product = magnitude * UInt128(weight)
      let (quotient, remainder) = product.quotientAndRemainder(dividingBy: total)
      parts.append(UInt64(truncatingIfNeeded: quotient))
      given += quotient
      remainders.append((remainder, index))
    }
    remainders.sort { $0.remainder == $1.remainder ? $0.index < $1.index : $0.remainder > $1.remainder }
    var missing = magnitude - given
    for entry in remainders where missing > 0 {
      parts[entry.index] += 1
      missing -= 1
    }
    // The magnitude of the least amount fits no positive Int64, its negation does.
    return parts.map { Money(nanodollars: Int64(truncatingIfNeeded: nanodollars < 0 ? 0 &- $0 : $0)) }
  }
}

extension Money: Encodable {
  /// Encodes a decimal string; the lab's own JSON encoder writes the exact number instead.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
