import LabCore
import Testing

@Suite struct ExactDecimalTests {
  @Test(arguments: [
    ("2.50", 25, -1), ("0.00000125", 125, -8), ("1.25e-06", 125, -8), ("1.25E-6", 125, -8), ("-0", 0, 0),
    ("1200", 12, 2),
    ("1.200", 12, -1), ("007", 7, 0), ("+3", 3, 0), ("0.000", 0, 0), ("5e0", 5, 0), ("1e+2", 1, 2),
    ("12e-400", 12, -400),
    ("1.000000000000000000000000000000000000000000000000000000000", 1, 0),
  ])
  func `a decimal is read without rounding`(text: String, significand: Int, exponent: Int) {
    #expect(ExactDecimal(text) == ExactDecimal(significand: Int128(significand), exponent: exponent))
  }

  @Test(arguments: [
    "", "-", "+", ".", "e5", "1e", "1e+", "1e+-2", "1e++2", "--1", "1-", "1.2.3", "1 ", " 1", "0x10", "nan", "inf",
    "1,000", "1_000", "١",
    "1e401", "1e-999999999999999999", "1234567890123456789012345678901234567", "1.5e5.5",
  ])
  func `what is no decimal is refused`(text: String) { #expect(ExactDecimal(text) == nil) }

  @Test func `thirty-six digits are read and a thirty-seventh is not`() {
    let digits = "123456789012345678901234567890123456"
    #expect(ExactDecimal(digits)?.scaledExactly(byPowerOfTen: 0) == Int128(digits))
    #expect(ExactDecimal(digits + "7") == nil)
    #expect(ExactDecimal(digits + "000") == ExactDecimal(significand: Int128(digits) ?? 0, exponent: 3))
  }

  @Test func `scaling rounds half to even and knows its limits`() throws {
    func scaled(_ text: String, _ places: Int) throws -> Int128? {
      try #require(ExactDecimal(text)).scaled(byPowerOfTen: places)
    }
    #expect(try scaled("0.5", 0) == 0)
    #expect(try scaled("1.5", 0) == 2)
    #expect(try scaled("-1.5", 0) == -2)
    #expect(try scaled("-2.5", 0) == -2)
    #expect(try scaled("2.5000000001", 0) == 3)
    #expect(try scaled("1e-400", 9) == 0)
    #expect(try scaled("1e38", 0) == Int128("100000000000000000000000000000000000000"))
    #expect(try scaled("1e39", 0) == nil)
    #expect(try scaled("0e400", 400) == 0)
    #expect(try #require(ExactDecimal("2.5")).scaledExactly(byPowerOfTen: 0) == nil)
    #expect(try #require(ExactDecimal("2.5")).scaledExactly(byPowerOfTen: 1) == 25)
    #expect(try #require(ExactDecimal("1e-50")).scaledExactly(byPowerOfTen: 0) == nil)
  }

  /// value × 10^a rounded equals the integer arithmetic that a person would do: an independent path over strings.
  @Test func `random decimals scale as integer arithmetic says`() throws {
    var random = RandomStream(seed: 3, purpose: 2)
    for _ in 0..<3000 {
      let whole = Int128(random.next() >> UInt64(random.below(64)))
      let places = random.below(18)
      var digits = String(whole)
      digits = String(repeating: "0", count: max(0, places + 1 - digits.utf8.count)) + digits
      let text = "\(digits.dropLast(places)).\(digits.suffix(places))0"
      let decimal = try #require(ExactDecimal(text), "\(text)")
      #expect(decimal.scaledExactly(byPowerOfTen: places) == whole, "\(text)")
      let kept = random.below(places + 1)
      var divisor: Int128 = 1
      for _ in 0..<(places - kept) { divisor *= 10 }
      let (quotient, remainder) = whole.quotientAndRemainder(dividingBy: divisor)
      let twice = remainder * 2
      let expected = twice > divisor || (twice == divisor && quotient % 2 == 1) ? quotient + 1 : quotient
      #expect(decimal.scaled(byPowerOfTen: kept) == expected, "\(text) to \(kept)")
    }
  }

  @Test func `the nearest double is the one that the language reads`() {
    for text in ["0.1", "1.25e-06", "123456.789", "1e22", "4.35", "-2.5e-300"] {
      #expect(ExactDecimal(text)?.double == Double(text))
    }
  }
}
