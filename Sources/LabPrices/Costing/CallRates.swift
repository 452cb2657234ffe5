import LabCore

/// The prices of one model, tier and size at one time, all fallbacks resolved: what a call costs is six products away.
///
/// A plain value without references, for use in loops over calls.
public struct CallRates: Hashable, Sendable, BitwiseCopyable {
  /// Half femtodollars per token; negative for a class without a price.
  let input: Int64
  let cachedInput: Int64
  let cacheWrite: Int64
  let cacheWrite1h: Int64
  let output: Int64
  let reasoning: Int64
  /// What is paid of the list price, in 10⁻⁶.
  package let paidPartsPerMillion: Int64

  /// The list price of a class, or nil when nothing prices it.
  public func price(of tokenClass: TokenClass) -> TokenPrice? {
    let rate =
      switch tokenClass {
      case .input: input
      case .cachedInput: cachedInput
      case .cacheWrite: cacheWrite
      case .cacheWrite1h: cacheWrite1h
      case .output: output
      case .reasoning: reasoning
      }
    return rate < 0 ? nil : TokenPrice(halfFemtodollars: rate)
  }

  /// The contracted price of a class in USD per million tokens to the nearest double, or nil when nothing prices it.
  public func contractedDollarsPerMillion(of tokenClass: TokenClass) -> Double? {
    price(of: tokenClass).map { $0.dollarsPerMillion * Double(paidPartsPerMillion) / 1e6 }
  }

  /// What the tokens cost after discount, rounded once, half to even, to the nanodollar.
  ///
  /// - Returns: nil when the counts can't be true, a class with tokens has no price, or the cost is beyond `Money`.
  public func cost(of usage: TokenUsage) -> Money? { cost(of: usage, rule: .full, paid: paidPartsPerMillion) }

  /// What the tokens cost at list prices; otherwise as ``cost(of:)``.
  public func listCost(of usage: TokenUsage) -> Money? { cost(of: usage, rule: .full, paid: Self.wholePrice) }

  static let wholePrice: Int64 = 1_000_000

  @inline(__always)
  func cost(of usage: TokenUsage, rule: ErrorBilling.Rule, paid: Int64) -> Money? {
    if rule == .free { return .zero }
    guard let uncached = usage.uncachedInput else { return nil }
    let reasoningTokens = rule == .full ? min(usage.reasoning, usage.output) : 0
    let outputTokens = rule == .full ? usage.output - reasoningTokens : 0
    // A call below 4,600 USD, which is every real one, fits in 64 bits.
    let (a, a1) = uncached.multipliedReportingOverflow(by: input)
    let (b, b1) = usage.cachedInput.multipliedReportingOverflow(by: cachedInput)
    let (c, c1) = usage.cacheWrite.multipliedReportingOverflow(by: cacheWrite)
    let (d, d1) = usage.cacheWrite1h.multipliedReportingOverflow(by: cacheWrite1h)
    let (e, e1) = outputTokens.multipliedReportingOverflow(by: output)
    let (f, f1) = reasoningTokens.multipliedReportingOverflow(by: reasoning)
    let (ab, o1) = a.addingReportingOverflow(b)
    let (cd, o2) = c.addingReportingOverflow(d)
    let (ef, o3) = e.addingReportingOverflow(f)
    let (abcd, o4) = ab.addingReportingOverflow(cd)
    let (sum, o5) = abcd.addingReportingOverflow(ef)
    let isMissing = (input | cachedInput | cacheWrite | cacheWrite1h | output | reasoning) < 0
    if isMissing || a1 || b1 || c1 || d1 || e1 || f1 || o1 || o2 || o3 || o4 || o5 {
      return wideCost(
        [uncached, usage.cachedInput, usage.cacheWrite, usage.cacheWrite1h, outputTokens, reasoningTokens], paid: paid)
    }
    if paid == Self.wholePrice {
      let unit = TokenPrice.halfFemtodollarsPerNanodollar
      let nanodollars = sum / unit
      return Self.rounded(nanodollars, remainder: sum - nanodollars * unit, of: unit)
    }
    // The sum is below 2⁶³ and at most all of it is paid, so that the quotient is below 2⁴².
    let unit = UInt64(TokenPrice.halfFemtodollarsPerNanodollar) * UInt64(Self.wholePrice)
    let (quotient, remainder) = unit.dividingFullWidth(sum.magnitude.multipliedFullWidth(by: paid.magnitude))
    return Self.rounded(Int64(quotient), remainder: Int64(remainder), of: Int64(unit))
  }

  /// A quotient rounded half to even by its remainder.
  @inline(__always)
  private static func rounded(_ quotient: Int64, remainder: Int64, of unit: Int64) -> Money {
    let isUp = remainder > unit / 2 || (remainder == unit / 2 && quotient & 1 == 1)
    return Money(nanodollars: isUp ? quotient + 1 : quotient)
  }

  /// The same in 128 bits.
  @inline(never)
  private func wideCost(_ tokens: InlineArray<6, Int64>, paid: Int64) -> Money? {
    let rates: InlineArray<6, Int64> = [input, cachedInput, cacheWrite, cacheWrite1h, output, reasoning]
    var sum: Int128 = 0
    for index in tokens.indices where tokens[index] > 0 {
      guard rates[index] >= 0 else { return nil }
      // At most 2⁶³ · 2⁶¹ six times: inside 127 bits.
      sum += Int128(tokens[index]) * Int128(rates[index])
    }
    return Self.money(ofHalfFemtodollars: sum, paid: paid)
  }

  /// An exact sum times what is paid of it, rounded to the nanodollar; nil beyond `Money`.
  static func money(ofHalfFemtodollars sum: Int128, paid: Int64) -> Money? {
    if paid == 0 { return .zero }
    // Beyond this even a millionth of the sum is more than `Money` holds.
    guard sum < Int128(Int64.max) << 41 else { return nil }
    let unit = Int128(TokenPrice.halfFemtodollarsPerNanodollar) * Int128(wholePrice)
    return Money(exactly: (sum * Int128(paid)).dividedRoundingHalfToEven(by: unit))
  }
}
