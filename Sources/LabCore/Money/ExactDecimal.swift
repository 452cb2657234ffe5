/// A decimal number read from text without rounding: `significand × 10^exponent`.
///
/// Prices and amounts come in as decimal text (`2.50`, `1.25e-06`); going through `Double` would change them.
public struct ExactDecimal: Hashable, Sendable {
  /// At most 36 significant digits.
  public var significand: Int128
  public var exponent: Int

  public init(significand: Int128, exponent: Int) {
    self.significand = significand
    self.exponent = exponent
  }

  /// The number that `text` spells (`-?digits[.digits][e±digits]`, JSON's grammar but with leading zeros, a leading `+`,
  /// and digits on one side of the point only, `.5` or `5.`, allowed), or nil when it spells none, has more than 36 significant digits, or an exponent beyond ± 400.
  public init?(_ text: some Sequence<UInt8>) {
    var significand: Int128 = 0
    var exponent = 0
    var negative = false
    var digits = 0
    var significantDigits = 0
    var trailingZeros = 0
    var seenPoint = false
    var explicitExponent: Int?
    var exponentNegative = false
    var exponentDigits = 0
    var position = 0
    for byte in text {
      defer { position += 1 }
      if explicitExponent != nil {
        switch byte {
        case UInt8(ascii: "+") where exponentDigits == 0 && explicitExponent == 0 && !exponentNegative:
          explicitExponent = -1
        case UInt8(ascii: "-") where exponentDigits == 0 && explicitExponent == 0 && !exponentNegative:
          explicitExponent = -1
          exponentNegative = true
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
          let digit = Int(byte - UInt8(ascii: "0"))
          explicitExponent = min(max(explicitExponent ?? 0, 0) * 10 + digit, 100_000)
          exponentDigits += 1
        default: return nil
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "-") where position == 0: negative = true
      case UInt8(ascii: "+") where position == 0: break
      case UInt8(ascii: ".") where !seenPoint: seenPoint = true
      case UInt8(ascii: "e") where digits > 0, UInt8(ascii: "E") where digits > 0: explicitExponent = 0
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits += 1
        if seenPoint { exponent -= 1 }
        let digit = Int128(byte - UInt8(ascii: "0"))
        if digit == 0 {
          // Zeros are held back so that 1.000…0 with any number of zeros is read.
          if significand != 0 { trailingZeros += 1 }
        } else {
          significantDigits += trailingZeros + 1
          guard significantDigits <= 36 else { return nil }
          for _ in 0..<trailingZeros { significand *= 10 }
          trailingZeros = 0
          significand = significand * 10 + digit
        }
      default: return nil
      }
    }
    guard digits > 0 else { return nil }
    if let explicit = explicitExponent {
      guard exponentDigits > 0 else { return nil }
      exponent += exponentNegative ? -explicit : explicit
    }
    exponent += trailingZeros
    if significand == 0 { exponent = 0 }
    guard abs(exponent) <= 400 else { return nil }
    self.significand = negative ? -significand : significand
    self.exponent = exponent
  }

  public init?(_ text: String) { self.init(text.utf8) }

  /// The number times 10^`places`, rounded half to even to a whole number; nil beyond `Int128`.
  public func scaled(byPowerOfTen places: Int) -> Int128? { rounded(places, allowRemainder: true) }

  /// The number times 10^`places` when that is a whole number; nil otherwise or beyond `Int128`.
  public func scaledExactly(byPowerOfTen places: Int) -> Int128? { rounded(places, allowRemainder: false) }

  private func rounded(_ places: Int, allowRemainder: Bool) -> Int128? {
    let shift = exponent + places
    var value = significand
    if shift >= 0 {
      for _ in 0..<shift {
        if value == 0 { return 0 }
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        if overflow { return nil }
        value = product
      }
      return value
    }
    // Beyond 38 digits nothing of the significand is left, not even a half.
    if -shift > 38 { return significand == 0 || allowRemainder ? 0 : nil }
    var divisor: Int128 = 1
    for _ in 0..<(-shift) { divisor *= 10 }
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    if remainder == 0 { return quotient }
    guard allowRemainder else { return nil }
    return quotient + roundingStep(remainder: remainder, divisor: divisor, quotientIsOdd: quotient & 1 == 1)
  }

  /// The nearest double.
  public var double: Double { Double("\(significand)e\(exponent)") ?? .nan }
}

/// The step (-1, 0 or 1) that rounds a truncated quotient half to even.
private func roundingStep(remainder: Int128, divisor: Int128, quotientIsOdd: Bool) -> Int128 {
  let magnitude = remainder.magnitude
  let rest = divisor.magnitude - magnitude
  let away: Int128 = (remainder < 0) != (divisor < 0) ? -1 : 1
  if magnitude > rest { return away }
  if magnitude == rest { return quotientIsOdd ? away : 0 }
  return 0
}

extension Int128 {
  /// The quotient by a positive divisor, rounded half to even: how the lab rounds money, once per figure.
  @inlinable public func dividedRoundingHalfToEven(by divisor: Int128) -> Int128 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    if remainder == 0 { return quotient }
    let magnitude = remainder.magnitude
    let rest = divisor.magnitude - magnitude
    if magnitude > rest || (magnitude == rest && quotient & 1 != 0) {
      return remainder < 0 ? quotient - 1 : quotient + 1
    }
    return quotient
  }
}

extension Money {
  /// The amount that a decimal number of USD spells, rounded half to even beyond nine places; nil when out of range.
  public init?(dollars decimal: ExactDecimal) {
    guard let scaled = decimal.scaled(byPowerOfTen: 9) else { return nil }
    self.init(exactly: scaled)
  }
}
