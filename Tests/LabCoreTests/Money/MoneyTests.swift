import LabCore
import Testing

@Suite struct MoneyTests {
  @Test(arguments: [
    (0, "0.000000000"), (1, "0.000000001"), (-1, "-0.000000001"), (1_500_000_000, "1.500000000"),
    (Int64.max, "9223372036.854775807"), (Int64.min, "-9223372036.854775808"),
  ])
  func `money prints its exact decimal`(nanodollars: Int64, text: String) {
    #expect(Money(nanodollars: nanodollars).description == text)
  }

  @Test(arguments: [
    (1_500_000_000, 0, "1.5"), (1_500_000_000, 2, "1.50"), (2_000_000_000, 0, "2"), (10, 6, "0.00000001"),
    (0, 6, "0.000000"),
  ])
  func `a decimal string has at least the places that were asked for`(nanodollars: Int64, places: Int, text: String) {
    #expect(Money(nanodollars: nanodollars).decimalString(minimumPlaces: places) == text)
  }

  @Test(arguments: [
    ("0.0000000005", 0), ("0.0000000015", 2), ("0.0000000025", 2), ("0.00000000250000001", 3), ("-0.0000000005", 0),
    ("-0.0000000015", -2), ("1e-9", 1), ("12.345678901", 12_345_678_901),
  ])
  func `money beyond nine places rounds half to even`(text: String, nanodollars: Int64) throws {
    let decimal = try #require(ExactDecimal(text))
    #expect(Money(dollars: decimal)?.nanodollars == nanodollars)
  }

  @Test func `money out of range is nil, not a wrong number`() throws {
    #expect(Money(dollars: try #require(ExactDecimal("9223372036.854775807"))) == Money(nanodollars: .max))
    #expect(Money(dollars: try #require(ExactDecimal("9223372036.854775808"))) == nil)
    #expect(Money(dollars: try #require(ExactDecimal("1e300"))) == nil)
    #expect(Money(exactly: Int128(Int64.max) + 1) == nil)
    #expect(Money(nanodollars: .max).adding(Money(nanodollars: 1)) == nil)
    #expect(Money(nanodollars: .min).subtracting(Money(nanodollars: 1)) == nil)
    #expect(Money(nanodollars: 5).adding(Money(nanodollars: -7)) == Money(nanodollars: -2))
  }

  @Test func `projections clamp instead of trapping`() {
    #expect(Money(approximating: .nan) == .zero)
    #expect(Money(approximating: .infinity) == Money(nanodollars: .max))
    #expect(Money(approximating: -1e300) == Money(nanodollars: .min))
    #expect(Money(approximating: 1.5) == Money(nanodollars: 1_500_000_000))
  }

  @Test func `an allocation sums to the amount for any weights`() {
    var random = RandomStream(seed: 1, purpose: 1)
    for _ in 0..<2000 {
      let amount = Money(nanodollars: Int64(bitPattern: random.next()) >> Int64(random.below(60)))
      let weights = (0..<(1 + random.below(12))).map { _ in random.next() >> UInt64(random.below(64)) }
      let parts = amount.allocated(over: weights)
      #expect(parts.count == weights.count)
      #expect(parts.reduce(Int128(0)) { $0 + Int128($1.nanodollars) } == Int128(amount.nanodollars))
      // No part is further than one nanodollar from its exact share.
      let total = weights.reduce(Int128(0)) { $0 + Int128($1) }
      guard total > 0 else { continue }
      for (part, weight) in zip(parts, weights) {
        let exact = Double(amount.nanodollars) * (Double(weight) / Double(total))
        #expect(abs(Double(part.nanodollars) - exact) <= 1 + abs(exact) * 1e-12)
      }
    }
  }

  @Test func `an allocation gives the rest to the largest remainders, of equals to the earlier`() {
    #expect(Money(nanodollars: 10).allocated(over: [1, 1, 1]).map(\.nanodollars) == [4, 3, 3])
    #expect(Money(nanodollars: -10).allocated(over: [1, 1, 1]).map(\.nanodollars) == [-4, -3, -3])
    #expect(Money(nanodollars: 10).allocated(over: [1, 5, 0]).map(\.nanodollars) == [2, 8, 0])
    #expect(Money(nanodollars: 5).allocated(over: [0, 0]).map(\.nanodollars) == [3, 2])
    #expect(Money(nanodollars: 5).allocated(over: []).isEmpty)
    #expect(Money(nanodollars: .min).allocated(over: [7]).map(\.nanodollars) == [.min])
    #expect(
      Money(nanodollars: .max).allocated(over: [.max, .max]).map(\.nanodollars) == [Int64.max / 2 + 1, Int64.max / 2])
  }

  @Test(arguments: [
    (5, 10, 0), (15, 10, 2), (25, 10, 2), (-5, 10, 0), (-15, 10, -2), (26, 10, 3), (-26, 10, -3), (24, 10, 2),
    (1, 3, 0), (2, 3, 1), (0, 7, 0),
  ])
  func `division rounds half to even on both sides of zero`(value: Int, divisor: Int, expected: Int) {
    #expect(Int128(value).dividedRoundingHalfToEven(by: Int128(divisor)) == Int128(expected))
  }
}
