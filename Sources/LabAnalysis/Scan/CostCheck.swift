import LabPrices

/// The prices of a slot as factors, to tell without a division whether a recorded cost is the price to the nanodollar.
///
/// A price is `Σ tokens · rate · paid` in units of half a femtodollar over 10⁶, rounded to the nanodollar. A recorded cost
/// is that price if it lies nearer than half a nanodollar to the exact sum, which two products tell.
struct CostCheck: Sendable {
  /// Half femtodollars per token, in the order of ``TokenClass``.
  private var rates = SIMD8<Int64>(repeating: 0)
  private var paid: Int64
  /// Beyond so many tokens, or below zero, nothing is said: the sum might leave 64 bits, or a class has no price.
  private var mostTokens: Int64

  /// Half femtodollars · 10⁻⁶ in a nanodollar.
  private static let unit = TokenPrice.halfFemtodollarsPerNanodollar * 1_000_000

  init(_ rates: CallRates) {
    paid = rates.paidPartsPerMillion
    var highest: Int64 = 1
    var isComplete = true
    for tokenClass in TokenClass.allCases {
      guard let price = rates.price(of: tokenClass) else {
        isComplete = false
        continue
      }
      self.rates[Int(tokenClass.rawValue)] = price.halfFemtodollars
      highest = max(highest, price.halfFemtodollars)
    }
    // Input and output, each of at most so many tokens, cost below 2⁶².
    mostTokens = isComplete ? (1 << 61) / highest : -1
  }

  /// Whether a call that is billed whole costs exactly this many nanodollars. False also where it would take more to tell.
  @inline(__always)
  func confirms(
    _ nanodollars: Int64, input: Int64, cached: Int64, written: Int64, written1h: Int64, output: Int64, reasoning: Int64
  ) -> Bool {
    let uncached = input &- cached &- written &- written1h
    guard input >= 0, output >= 0, input <= mostTokens, output <= mostTokens, cached <= input, written <= input,
      written1h <= input, uncached >= 0
    else { return false }
    let thinking = min(reasoning, output)
    let first = uncached &* rates[0] &+ cached &* rates[1] &+ written &* rates[2]
    let second = written1h &* rates[3] &+ (output &- thinking) &* rates[4] &+ thinking &* rates[5]
    let distance = Int128(first &+ second) &* Int128(paid) &- Int128(nanodollars) &* Int128(Self.unit)
    return distance < Int128(Self.unit / 2) && distance > -Int128(Self.unit / 2)
  }
}
