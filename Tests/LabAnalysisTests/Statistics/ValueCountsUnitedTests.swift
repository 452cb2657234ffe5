import Testing

@testable import LabAnalysis

@Suite struct ValueCountsUnitedTests {
  @Test func `parts that keep the same values in different ways unite to the counts of all`() {
    // The first part counts 20,000 and 30,000 in place, the second keeps them one by one, as sizes by feature do.
    var (placed, listed, whole) = (ValueCounts(), ValueCounts(), ValueCounts())
    for value: Int64 in [5, 20_000, 30_000, 2_000_000, -4] { placed.add(value) }
    listed.add(7, times: 3)
    listed.append(greater: [20_000, 25_000, 3_000_000])
    for value: Int64 in [5, 20_000, 30_000, 2_000_000, -4, 7, 7, 7, 20_000, 25_000, 3_000_000] { whole.add(value) }
    let united = ValueCounts(united: [placed, ValueCounts(), listed])
    let shares = (0...20).map { Double($0) / 20 }
    #expect(united.count == 11)
    #expect(united.sum == whole.sum)
    #expect(united.quantiles(shares) == whole.quantiles(shares))
    #expect(united.quantiles([0, 0.5, 1]) == [-4, 20_000, 3_000_000])
    #expect(ValueCounts(united: []).mean == nil)
  }
}
