import LabCore
import Testing

@testable import LabAnalysis

@Suite struct BootstrapTests {
  @Test func `an interval of the mean covers the true mean about as often as it says`() throws {
    var covered = 0
    let runs = 300
    for run in 0..<runs {
      var random = RandomStream(seed: 5, purpose: 9, key: UInt64(run))
      let values = (0..<30).map { _ in 10 + random.normal() * 3 }
      let interval = try #require(
        Bootstrap.ratio(over: .days, numerators: values, denominators: values.map { _ in 1 }, level: 0.8))
      #expect(interval.low <= interval.high)
      if interval.low <= 10, interval.high >= 10 { covered += 1 }
    }
    // 80 % of 300 is 240; the binomial standard deviation is 7, and the percentile interval of 30 values is a little narrow.
    #expect((210...261).contains(covered))
  }

  @Test func `the same data give the same interval and fewer than seven units give none`() {
    let values = [3.0, 1, 4, 1, 5, 9, 2, 6]
    let ones = values.map { _ in 1.0 }
    let first = Bootstrap.ratio(over: .customers, numerators: values, denominators: ones, level: 0.95)
    let second = Bootstrap.ratio(over: .customers, numerators: values, denominators: ones, level: 0.95)
    #expect(first == second && first != nil)
    #expect(Bootstrap.ratio(over: .days, numerators: [1, 2, 3], denominators: [1, 1, 1], level: 0.95) == nil)
    #expect(Bootstrap.ratio(over: .days, numerators: values, denominators: values.map { _ in 0 }, level: 0.95) == nil)
  }

  @Test func `constant data give an interval of no width, which is apart from another constant`() throws {
    let low = try #require(
      Bootstrap.ratio(
        over: .days, numerators: .init(repeating: 2, count: 9), denominators: .init(repeating: 1, count: 9), level: 0.9)
    )
    let high = try #require(
      Bootstrap.ratio(
        over: .days, numerators: .init(repeating: 3, count: 9), denominators: .init(repeating: 1, count: 9), level: 0.9)
    )
    #expect(low.low == 2 && low.high == 2)
    #expect(low.isApart(from: high) && high.isApart(from: low) && !low.isApart(from: low))
  }

  @Test func `a block sum is the same however whole blocks are spread over parts`() {
    var random = RandomStream(seed: 8, purpose: 4)
    let values = (0..<(BlockSum.rowsPerBlock * 3 + 77)).map { _ in random.unit() * 1e6 - 3e5 }
    var serial = BlockSum()
    for value in values { serial.add(value) }
    for cut in [1, 2, 3] {
      var left = BlockSum()
      var right = BlockSum()
      for value in values[..<(cut * BlockSum.rowsPerBlock)] { left.add(value) }
      for value in values[(cut * BlockSum.rowsPerBlock)...] { right.add(value) }
      left.append(right)
      #expect(left.value == serial.value)
    }
    #expect(BlockSum().value == 0)
  }

  @Test func `ratios never divide by zero`() {
    #expect(Ratio.of(Int64(1), 0) == nil)
    #expect(Ratio.of(1.0, 0) == nil)
    #expect(Ratio.percent(1, 4) == 25)
    #expect(Ratio.perMillion(Money(nanodollars: 5_000_000_000), 2_000_000) == 2.5)
    #expect(Ratio.changePercent(from: .zero, to: Money(nanodollars: 5)) == nil)
    #expect(Ratio.changePercent(from: Money(nanodollars: 4), to: Money(nanodollars: 5)) == 25)
  }
}
