import LabCore
import LabTable
import Testing

@testable import LabAnalysis

/// Loops that take neighbouring rows at once do what a look at every row does.
@Suite struct RowRunTests {
  private func intervals(_ times: ContiguousArray<Int64>, width: Int64) -> [Int64?] {
    var found: [Int64?] = []
    RowLoops.forEachRun(of: times, count: times.count, width: width) { rows, interval in
      #expect(rows.lowerBound == found.count && !rows.isEmpty, "runs tile the rows")
      for _ in rows { found.append(interval) }
    }
    return found
  }

  @Test func `every row is in the run of its interval`() {
    var random = RandomStream(seed: 8, purpose: 8)
    let width: Int64 = 3_600_000_000
    for spread in [Int64(1), width / 2, width * 3, 1 << 50] {
      var times: ContiguousArray<Int64> = []
      var now: Int64 = -2 * width
      for row in 0..<5000 {
        now &+= Int64(random.unit() * Double(spread / 8 + 1))
        // Some rows are unknown, some out of order, some lie on an edge.
        times.append(
          row % 97 == 5
            ? IntegerColumn.unknown : row % 89 == 3 ? now - width : row % 71 == 9 ? now / width * width : now)
      }
      let expected = times.map { $0 == IntegerColumn.unknown ? nil : floorDivide($0, width) }
      #expect(intervals(times, width: width) == expected, "\(spread)")
    }
    #expect(intervals([], width: width) == [])
  }

  @Test func `times at the ends of what 64 bits hold have intervals too`() {
    let times: ContiguousArray<Int64> = [.min + 1, .min + 1, .min + 2, .max, .max, .max - 1, IntegerColumn.unknown, 0]
    let found = intervals(times, width: 86_400_000_000)
    #expect(found == times.map { $0 == IntegerColumn.unknown ? nil : floorDivide($0, 86_400_000_000) })
  }

  @Test func `runs of equal keys tile the rows`() {
    let keys: ContiguousArray<UInt32> = [4, 4, 4, RowLoops.noKey, 0, 0, 4]
    var runs: [(Range<Int>, UInt32)] = []
    RowLoops.forEachRun(of: keys, count: 6) { runs.append(($0, $1)) }
    let (rows, found) = (runs.map { $0.0 }, runs.map { $0.1 })
    #expect(rows == [0..<3, 3..<4, 4..<6])
    #expect(found == [4, RowLoops.noKey, 0])
  }

  @Test func `steps of a number leave rows without a key without one`() {
    let codes: ContiguousArray<UInt32> = [1, 2, 3]
    var keys: ContiguousArray<UInt32> = [7, RowLoops.noKey, 0]
    RowLoops.addKnownDigit(codes, base: 10, count: 3, to: &keys)
    #expect(keys == [71, RowLoops.noKey, 3])
    RowLoops.addKnownKeys(codes, count: 3, to: &keys)
    #expect(keys == [72, RowLoops.noKey, 6])
    var places: ContiguousArray<UInt32> = [5, 5, 5]
    RowLoops.placeInTurn([2, RowLoops.noKey, 0], width: 100, count: 3, in: &places)
    #expect(places == [205, RowLoops.noKey, 5])
  }

  @Test func `names are in the order of their bytes, also beyond the first sixteen`() {
    let names = [
      "customer-00000000000002", "b", "", "customer-00000000000001", "customer-0000000", "customer-00000000", "ü",
      "a\u{0}",
      "a", "b", "customer-0000000\u{0}",
    ]
    let expected = names.indices.sorted {
      names[$0] == names[$1] ? $0 < $1 : names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8)
    }
    #expect(NameOrder.places(of: names) == expected)
  }

  @Test func `tokens by class, and which calls are plain`() {
    let unknown = IntegerColumn.unknown
    // Whole vectors and a rest: plain, no cache known, more cache than input, unknown output, more reasoning than output, huge.
    let rows: [(input: Int64, output: Int64, cached: Int64, written: Int64, long: Int64, reasoning: Int64)] = [
      (100, 50, 10, 20, 30, 15), (100, 50, unknown, unknown, unknown, unknown), (10, 5, 20, 0, 0, 0),
      (10, unknown, 0, 0, 0, 0), (unknown, 5, 0, 0, 0, 0), (10, 5, 0, 0, 0, 9), (1 << 52, 5, 0, 0, 0, 0),
      (0, 0, 0, 0, 0, 0),
      (7, 7, 7, 0, 0, 7),
    ]
    let classes = TokenClasses(
      count: rows.count, inputs: ContiguousArray(rows.map(\.input)), outputs: ContiguousArray(rows.map(\.output)),
      cached: ContiguousArray(rows.map(\.cached)), written: ContiguousArray(rows.map(\.written)),
      written1h: ContiguousArray(rows.map(\.long)), reasoning: ContiguousArray(rows.map(\.reasoning)))
    let isPlain = classes.values[classes.bits].map { TokenClasses.isPlain($0) }
    #expect(isPlain == [true, true, false, false, false, true, false, true, true])
    for (row, counts) in rows.enumerated() where isPlain[row] {
      let tokens = PricedTokens(
        input: counts.input, cached: max(counts.cached, 0), written: max(counts.written, 0),
        written1h: max(counts.long, 0),
        output: counts.output, reasoning: max(counts.reasoning, 0))
      #expect(classes.values[classes.uncached].map { $0 }[row] == tokens.classes[0])
      #expect(classes.values[classes.visible].map { $0 }[row] == tokens.classes[4])
      #expect(classes.values[classes.thinking].map { $0 }[row] == tokens.classes[5])
    }
  }
}
