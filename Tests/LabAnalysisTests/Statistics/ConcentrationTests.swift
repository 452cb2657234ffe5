import LabCore
import Testing

@testable import LabAnalysis

@Suite struct ConcentrationTests {
  private func dollars(_ amounts: [Int64]) -> [Money] { amounts.map { Money(nanodollars: $0 * 1_000_000_000) } }

  @Test func `HHI is the sum of squared shares and its inverse the effective number`() throws {
    // Shares 0.5, 0.3, 0.2: 0.25 + 0.09 + 0.04 = 0.38; 1/0.38 = 2.6316.
    let concentration = Concentration(of: dollars([50, 30, 20]))
    let hhi = try #require(concentration.hhi)
    let effective = try #require(concentration.effectiveNumber)
    #expect(abs(hhi - 0.38) < 1e-12)
    #expect(abs(effective - 1 / 0.38) < 1e-9)
    #expect(concentration.largestShare == 0.5)
    #expect(concentration.holders == 3)
    #expect(concentration.top10Share == 1)
  }

  @Test func `equal holders have an effective number of their count and one holder an index of one`() throws {
    let equal = Concentration(of: dollars(Array(repeating: 7, count: 20)))
    #expect(abs(try #require(equal.effectiveNumber) - 20) < 1e-9)
    #expect(equal.top10Share == 0.5)
    #expect(Concentration(of: dollars([9])).hhi == 1)
  }

  @Test func `nothing to share has no concentration`() {
    for amounts in [[], [0, 0], [-3]] as [[Int64]] {
      let concentration = Concentration(of: dollars(amounts))
      #expect(concentration.hhi == nil && concentration.effectiveNumber == nil && concentration.top10Share == nil)
      #expect(concentration.holders == 0)
    }
  }

  @Test func `Gini is zero for equals, (n-1)/n for one who has all, and counts those with nothing`() throws {
    #expect(Gini.coefficient(ofWhole: [5, 5, 5, 5]) == 0)
    #expect(abs(try #require(Gini.coefficient(ofWhole: [0, 0, 0, 8])) - 0.75) < 1e-12)
    // 1, 2, 3, 4: 2·(1+4+9+16)/(4·10) − 5/4 = 1.5 − 1.25 = 0.25.
    #expect(abs(try #require(Gini.coefficient(ofWhole: [4, 1, 3, 2])) - 0.25) < 1e-12)
    #expect(Gini.coefficient(ofWhole: [3]) == nil)
    #expect(Gini.coefficient(ofWhole: [0, 0]) == nil)
  }

  @Test func `rounded shares sum to one hundred percent`() {
    #expect(LargestRemainder.basisPoints(of: [1, 1, 1]) == [3334, 3333, 3333])
    #expect(LargestRemainder.basisPoints(of: [0, 0]) == [0, 0])
    #expect(LargestRemainder.basisPoints(of: []) == [])
    var random = RandomStream(seed: 3, purpose: 1)
    for _ in 0..<100 {
      let amounts = (0..<37).map { _ in Int64(random.below(1_000_000_007)) }
      #expect(LargestRemainder.basisPoints(of: amounts).reduce(0, +) == 10_000)
    }
  }
}
