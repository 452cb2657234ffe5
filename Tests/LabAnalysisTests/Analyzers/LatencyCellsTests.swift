import LabCore
import LabTable
import LabTestSupport
import Testing

@testable import LabAnalysis

@Suite struct LatencyCellsTests {
  @Test func `every duration lies in its bucket, and buckets are at most 6 percent wide`() {
    var random = RandomStream(seed: 5, purpose: 5)
    var values: [Int64] = Array(0...2000)
    for power in 4..<36 { values += [1 << power, (1 << power) - 1, (1 << power) + 1] }
    for _ in 0..<2000 { values.append(Int64(DeterministicMath.exp(random.unit() * 24))) }
    for value in values {
      let bucket = LatencyScale.bucket(of: value)
      #expect(LatencyScale.lowerBound(of: bucket) <= value)
      if let size = LatencyScale.size(of: bucket) {
        #expect(value < LatencyScale.lowerBound(of: bucket) + size)
        #expect(value < 16 || Double(size) <= Double(value) / 16 + 1)
      }
    }
    #expect(LatencyScale.bucket(of: IntegerColumn.unknown) == LatencyScale.unknown)
    #expect(LatencyScale.bucket(of: .max) == LatencyScale.bucketCount - 1)
  }

  /// The nearest-rank percentile by sorting, with whole numbers: the value at position ⌈p·n⌉.
  private func naive(_ values: [Int64], perMille: Int) -> Int64? {
    values.isEmpty ? nil : values.sorted()[max(1, (perMille * values.count + 999) / 1000) - 1]
  }

  private func check(_ csv: String, threads: Int, _ name: Comment) throws {
    let table = try AnalysisFixture.table(csv)
    let context = AnalysisContext(threads: threads)
    let cells = try LatencyCells.of(table, in: context)
    var groups: [LatencyGrouping: [String: [Int64]]] = [:]
    for row in 0..<table.rowCount {
      guard let latency = table.integer(.latency, row: row) else { continue }
      func add(_ grouping: LatencyGrouping, _ columns: [UsageColumn]) {
        let key = columns.map { table.text($0, row: row) ?? "" }.joined(separator: "|")
        groups[grouping, default: [:]][key, default: []].append(latency)
      }
      add(.overall, [])
      add(.provider, [.provider])
      add(.pair, [.provider, .model])
      add(.feature, [.featureID])
      add(.region, [.region])
      add(.regionProvider, [.region, .provider])
    }
    for (grouping, expected) in groups {
      let found = try #require(cells.figures(by: grouping), name)
      let known = found.filter { $0.known > 0 }
      #expect(known.count == expected.count, "\(grouping)")
      let wanted = expected.values.map { values in [500, 950, 990].map { naive(values, perMille: $0) } }
      #expect(Set(known.map(\.percentiles)) == Set(wanted), "\(grouping)")
      #expect(known.reduce(0) { $0 + $1.known } == groups[.overall]?[""]?.count)
    }
  }

  @Test func `percentiles of every grouping are those of sorted values, at any width`() throws {
    let csv = AnalysisFixture.random(rows: 3000)
    for threads in [1, 2, 8] { try check(csv, threads: threads, "random") }
  }

  @Test func `ties, single calls and buckets fuller than their values are exact as well`() throws {
    let row = { (index: Int, provider: String, latency: String) in
      "2026-01-05T00:00:\(index % 50 + 10)Z,o,p,f,c,a,t,1,\(provider),m,us,1,1,2,\(latency),0,success,,,\(index),0,prod"
    }
    // Thousands of calls in a bucket of one value each (below 32 µs), and in one of two.
    var lines = (0..<3000).map { row($0, "tied", $0 % 3 == 0 ? "0.017" : "0.033") }
    lines += (0..<20).map { row($0, "few", "\($0 * 100)") }
    lines += [row(0, "one", "5"), row(1, "unknown", "")]
    try check(AnalysisFixture.header + "\n" + lines.joined(separator: "\n") + "\n", threads: 2, "ties")
  }

  @Test func `durations of a day and more, whose bucket has no end, are exact`() throws {
    let row = { (index: Int, latency: Int64) in
      "2026-01-05T00:00:\(index % 50 + 10)Z,o,p,f,c,a,t,1,p,m,us,1,1,2,\(latency),0,success,,,\(index),0,prod"
    }
    // Milliseconds from 19 hours to beyond what 32 bits of microseconds above the bucket's least hold.
    let lines = (0..<400).map { row($0, 68_719_477 + Int64(($0 * 7919) % 400) * 90_000_000) }
    for threads in [1, 2] {
      try check(AnalysisFixture.header + "\n" + lines.joined(separator: "\n") + "\n", threads: threads, "endless")
    }
  }

  @Test func `many values of several chunks are collected whole`() {
    var values = ListedValues()
    let entries = ContiguousArray((0..<2048).map { ListedValues.Entry(slot: Int32($0), offset: UInt32($0)) })
    for _ in 0..<40 { values.append(entries, count: 2048) }
    values.append(entries, count: 0)
    values.append(.init(slot: 7, value: 1 << 40))
    var later = ListedValues()
    later.append(entries, count: 3)
    values.merge(later)
    values.append(entries, count: 1)
    let (chunks, endless) = values.finished()
    let offsets = chunks.joined().map { Int($0.offset) }
    #expect(offsets.count == 40 * 2048 + 4)
    let sum: Int = offsets.reduce(0, +)
    #expect(sum == 40 * 2047 * 1024 + 3)
    #expect(endless.map(\.value) == [1 << 40])
  }

  @Test func `a table with too many models to tell regions apart keeps exact percentiles by model`() throws {
    let lines = (0..<6000).map { index in
      "2026-01-05T00:00:00Z,o,p,f,c,a,t,1,p\(index % 2),m\(index % 1500),r\(index % 4),1,1,2,\(index % 977),0,success,,,"
        + "\(index),0,prod"
    }
    let csv = AnalysisFixture.header + "\n" + lines.joined(separator: "\n") + "\n"
    let cells = try LatencyCells.of(try AnalysisFixture.table(csv), in: AnalysisContext(threads: 2))
    #expect(cells.joint == nil)
    #expect(cells.figures(by: .pairStratum) == nil)
    try check(csv, threads: 2, "many models")
  }

  @Test func `sums by every grouping are the whole`() throws {
    let table = try AnalysisFixture.table(AnalysisFixture.random(rows: 3000))
    let cells = try LatencyCells.of(table, in: AnalysisContext(threads: 2))
    let whole = try #require(cells.sums(by: .overall)?.first)
    #expect(whole.calls == 3000)
    for grouping in [LatencyGrouping.provider, .pair, .feature, .region, .regionProvider] {
      let sum = try #require(cells.sums(by: grouping)).reduce(into: CallSums()) { $0 += $1 }
      #expect(sum.lanes == whole.lanes)
    }
  }
}
