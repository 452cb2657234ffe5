import LabTable
import Testing

@testable import LabAnalysis

/// Counters of 16 bits tell what wide ones tell.
@Suite struct ShortCountsTests {
  private func wide(_ values: [Int64]) -> ValueCounts {
    var counts = ValueCounts()
    for value in values where value != IntegerColumn.unknown { counts.add(value) }
    return counts
  }

  private func short(_ values: [Int64], blocks: Int = 2048) -> ShortCounts {
    var counts = ShortCounts()
    for start in stride(from: 0, to: values.count, by: blocks) {
      let block = ContiguousArray(values[start..<min(start + blocks, values.count)])
      counts.add(block, count: block.count)
    }
    return counts
  }

  private func expectSame(_ left: ValueCounts, _ right: ValueCounts) {
    let shares = [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1]
    #expect(left.count == right.count)
    #expect(left.sum == right.sum)
    #expect(left.quantiles(shares) == right.quantiles(shares))
  }

  @Test func countsBeyondSixteenBitsAreKept() {
    // 7 comes more than twice around, 9 exactly once.
    let values = [Int64](repeating: 7, count: 150_000) + [Int64](repeating: 9, count: 65_536) + [8, 8]
    let counts = short(values).all
    expectSame(counts, wide(values))
    #expect(counts.count == 215_538)
    #expect(counts.quantiles([0.5, 1]) == [7, 9])
  }

  @Test func unknownNegativeAndLargeValuesAreToldApart() {
    let limit = Int64(ValueCounts.directLimit)
    let values: [Int64] = [IntegerColumn.unknown, -5, 0, 1, limit - 1, limit, .max / 4, IntegerColumn.unknown, -5]
    expectSame(short(values).all, wide(values))
    expectSame(short(values, blocks: 1).all, wide(values))
    #expect(short(values).all.count == 7)
    #expect(short([IntegerColumn.unknown]).all.count == 0)
    #expect(ShortCounts().all.count == 0)
  }

  @Test func partsAddUp() {
    var first: [Int64] = Array(repeating: 3, count: 40_000)
    var later = first
    first += [5_000, -1]
    later += [100_000, 5_000, 1 << 40]
    let pairs: [([Int64], [Int64])] = [(first, later), (later, first)]
    for (one, other) in pairs {
      var counts = short(one)
      counts.merge(short(other))
      expectSame(counts.all, wide(one + other))
    }
  }
}
