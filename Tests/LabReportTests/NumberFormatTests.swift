import LabCore
import LabReport
import Testing

@Suite struct NumberFormatTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (Int64.min, "-9,223,372,036,854,775,808"),
  ])
  func `whole numbers have commas between thousands`(number: Int64, text: String) {
    #expect(NumberFormat.grouped(number) == text)
  }

  @Test(arguments: [
    (0.0, 2, "0.00"), (2.675, 2, "2.68"), (0.125, 2, "0.12"), (1234.5, 1, "1,234.5"), (-0.001, 2, "0.00"),
    (-1.5, 0, "-2"), (999.999, 2, "1,000.00"),
    (1e22, 0, "10,000,000,000,000,000,000,000"), (1e25, 0, "1e+25"), (.nan, 2, "unknown"), (-.infinity, 2, "unknown"),
    (0.05, 3, "0.050"),
  ])
  func `a fixed number of places rounds as a person reads it`(number: Double, places: Int, text: String) {
    #expect(NumberFormat.fixed(number, places: places) == text)
  }

  @Test(arguments: [
    (0.0, 3, "0"), (1234.5, 3, "1,234"), (12.345, 3, "12.3"), (0.0012345, 3, "0.00123"), (100, 3, "100"),
    (99.96, 3, "100"), (-7.0, 3, "-7"), (0.5, 3, "0.5"), (1e-300, 3, "1e-300"),
    (.nan, 3, "unknown"),
  ])
  func `significant digits never cut the whole part`(number: Double, digits: Int, text: String) {
    #expect(NumberFormat.significant(number, digits: digits) == text)
  }

  @Test(arguments: [
    (0.0, "0"), (950, "950"), (999.4, "999"), (999.6, "1.0k"), (12_400, "12.4k"), (99_960, "100k"), (3_100_000, "3.1M"),
    (2e9, "2.0G"), (-4.2e12, "-4.2T"), (1.5e21, "1.50e+21"), (0.25, "0.25"),
    (.infinity, "unknown"),
  ])
  func `the compact form has few characters`(number: Double, text: String) {
    #expect(NumberFormat.compact(number) == text)
  }

  @Test(arguments: [
    (0, "$0.00", "$0.00"), (1_234_567_890_000, "$1,234.57", "$1,234.56789"), (4_250_000, "$0.00425", "$0.00425"),
    (1, "$0.000000001", "$0.000000001"),
    (-500_000_000, "-$0.50", "-$0.50"), (999_999_999, "$1.00", "$0.999999999"), (123_456_789, "$0.123", "$0.123456789"),
    (1_005_000_000, "$1.00", "$1.005"), (Int64.min, "-$9,223,372,036.85", "-$9,223,372,036.854775808"),
  ])
  func `money shows cents, or all that there is`(nanodollars: Int64, adaptive: String, exact: String) {
    let money = Money(nanodollars: nanodollars)
    #expect(NumberFormat.money(money) == adaptive)
    #expect(NumberFormat.money(money, style: .exact) == exact)
  }

  @Test(arguments: [
    (0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (999_960, "1.0 MB"), (2_100_000_000, "2.1 GB"),
    (Int64.max, "9.2 EB"), (-1500, "-1.5 kB"),
  ])
  func `bytes are powers of a thousand`(count: Int64, text: String) { #expect(NumberFormat.bytes(count) == text) }

  @Test(arguments: [
    (0, "0 ms"), (850_400, "850 ms"), (12_340_000, "12.3 s"), (245_000_000, "4 min 05 s"),
    (12_000_000_000, "3 h 20 min"), (1_047_600_000_000, "12 d 3 h"), (-850_000, "-850 ms"),
  ])
  func `durations name their two largest units`(microseconds: Int64, text: String) {
    #expect(NumberFormat.duration(TimeSpan(microseconds: microseconds)) == text)
  }

  @Test func `every unit prints ordinary, extreme and impossible numbers`() {
    for unit in Unit.allCases {
      for number in [0, 1, -1, 0.0004, 12.5, 1e6, 1e18, -1e300, Double.greatestFiniteMagnitude, .leastNonzeroMagnitude]
      {
        let text = unit.textWithUnit(of: number)
        #expect(!text.isEmpty && !text.contains("nan") && !text.contains("inf"), "\(unit) \(number): \(text)")
      }
      for number in [Double.nan, .infinity, -.infinity] { #expect(unit.text(of: number) == "unknown") }
    }
  }

  @Test(arguments: [
    (Unit.usd, 1234.5, "$1,234.50"), (.usdPerMillionTokens, 2.5, "$2.50 per 1M tokens"),
    (.milliseconds, 1234.4, "1,234 ms"), (.milliseconds, 12.34, "12.3 ms"), (.percent, 12.34, "12.3%"),
    (.percent, 0.004, "0.004%"), (.percent, 99.97, "99.970%"), (.percent, 100, "100.0%"),
    (.tokens, 1e6, "1,000,000 tokens"), (.ratio, 0.61234, "0.612"), (.count, 2.5, "2.5"), (.bytes, 1500, "1.5 kB"),
    (.tokensPerSecond, 85.04, "85 tokens/s"),
  ])
  func `a unit prints its own numbers`(unit: Unit, number: Double, text: String) {
    #expect(unit.textWithUnit(of: number) == text)
  }
}
