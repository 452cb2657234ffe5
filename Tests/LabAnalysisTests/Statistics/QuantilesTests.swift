import LabCore
import Testing

@testable import LabAnalysis

@Suite struct QuantilesTests {
  @Test func `a nearest-rank quantile is the value at position ceil of p times n`() {
    let values = [15, 20, 35, 40, 50]
    // ⌈0.05·5⌉ = 1, ⌈0.30·5⌉ = 2, ⌈0.40·5⌉ = 2, ⌈0.50·5⌉ = 3, ⌈1·5⌉ = 5.
    #expect(NearestRank.quantile(0.05, ofSorted: values) == 15)
    #expect(NearestRank.quantile(0.30, ofSorted: values) == 20)
    #expect(NearestRank.quantile(0.40, ofSorted: values) == 20)
    #expect(NearestRank.quantile(0.50, ofSorted: values) == 35)
    #expect(NearestRank.quantile(1, ofSorted: values) == 50)
    #expect(NearestRank.quantile(0, ofSorted: values) == 15)
  }

  @Test func `no values have no quantile and nonsense shares are bounded`() {
    #expect(NearestRank.quantile(0.5, ofSorted: [Int]()) == nil)
    #expect(NearestRank.quantile(.nan, ofSorted: [1]) == nil)
    #expect(NearestRank.quantile(7, ofSorted: [1, 2]) == 2)
    #expect(NearestRank.quantile(-1, ofSorted: [1, 2]) == 1)
  }

  @Test func `a rank that is whole in decimal is not pushed up by binary rounding`() {
    // 0.07 · 100 is 7.000000000000001 in binary; the rank is 7, position 6.
    #expect(NearestRank.position(of: 0.07, among: 100) == 6)
    for hundredth in 1...100 {
      #expect(NearestRank.position(of: Double(hundredth) / 100, among: 100) == hundredth - 1)
    }
  }

  @Test func `counted quantiles equal those of the sorted values, small, huge and negative`() {
    var random = RandomStream(seed: 1, purpose: 1)
    var counts = ValueCounts()
    var other = ValueCounts()
    var values: [Int64] = []
    for index in 0..<5000 {
      var value = Int64(random.below(3000))
      if index % 11 == 0 { value = Int64(random.below(1_000_000_000_000)) }
      if index % 101 == 0 { value = -Int64(random.below(50)) - 1 }
      values.append(value)
      if index % 2 == 0 { counts.add(value) } else { other.add(value) }
    }
    counts.add(other)
    values.sort()
    let shares = [0, 0.001, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1]
    #expect(counts.quantiles(shares) == shares.compactMap { NearestRank.quantile($0, ofSorted: values) })
    #expect(counts.mean == Double(values.reduce(0, +)) / 5000)
    #expect(ValueCounts().quantiles([0.5]) == nil)
    #expect(ValueCounts().mean == nil)
  }
}
