import LabCore
import Testing

@testable import LabTable

/// Group sums, percentiles and selections against loops over rows.
@Suite struct KernelTests {
  /// More rows than two segments, written by the encoder.
  private static let content: [UInt8] = {
    var random = RandomStream(seed: 5, purpose: 6)
    var pool = UsageFieldPool()
    let customers = (0..<300).map { pool.intern("cust-\($0)") }
    let models = ["gpt-4o", "claude", "gemini"].map { pool.intern($0) }
    let metadata = [
      .empty, pool.intern("{\"team\":\"red\",\"n\":1}"), pool.intern("{\"team\":\"blue, \\\"x\\\"\"}"),
      pool.intern("no json"),
    ]
    let columns: [UsageColumn] = [
      .timestamp, .customerID, .model, .inputTokens, .outputTokens, .totalTokens, .latency, .cost, .status, .errorType,
      .metadata,
      .callID,
    ]
    var encoder = UsageRowEncoder(columns: columns)
    let buffer = UsageBuffer()
    buffer.append(encoder.header)
    for index in 0..<150_000 {
      var row = UsageRow()
      row.timestamp = Instant(microseconds: 1_767_571_200_000_000 + Int64(index) * 7_000_000)
      row.customer = customers[random.below(customers.count)]
      row.model = models[random.below(models.count)]
      row.inputTokens = Int64(random.below(100_000))
      row.outputTokens = Int64(random.below(1000))
      row.latencyMicroseconds = random.below(50) == 0 ? UsageRow.unknown : Int64(random.below(9_000_000))
      if random.below(40) != 0 { row.cost = Money(nanodollars: Int64(random.below(2_000_000_000))) }
      row.status = random.below(20) == 0 ? .error : .success
      row.errorType = row.status == .error ? .timeout : .empty
      row.metadata = metadata[random.below(4)]
      row.callID = UInt64(index % 149_990) + 1
      encoder.append(row, pool: pool, to: buffer)
    }
    return buffer.bytes
  }()

  private static let table: CallTable? = try? TemporaryFile(content).load()

  private func table() throws -> CallTable { try #require(Self.table) }

  @Test func `what is written is read back`() throws {
    let table = try table()
    #expect(table.rowCount == 150_000)
    #expect(table.segments.map(\.rowCount) == [65_536, 65_536, 18_928])
    #expect(table.facts.rejects.isEmpty)
    #expect(table.facts.fingerprint == Fingerprint.of(Self.content))
  }

  @Test(arguments: [1, 2, 8]) func `group sums are those of a loop over rows at any width`(width: Int) throws {
    let table = try table()
    var expected: [String: CallTotals] = [:]
    for row in 0..<table.rowCount {
      let key = (table.text(.customerID, row: row) ?? "") + "/" + (table.text(.model, row: row) ?? "")
      var totals = CallTotals()
      totals.calls = 1
      totals.errors = table.text(.status, row: row) == "error" ? 1 : 0
      totals.cost = Money(nanodollars: table.integer(.cost, row: row) ?? 0)
      totals.unpricedCalls = table.integer(.cost, row: row) == nil ? 1 : 0
      totals.inputTokens = table.integer(.inputTokens, row: row) ?? 0
      totals.outputTokens = table.integer(.outputTokens, row: row) ?? 0
      totals.totalTokens = table.integer(.totalTokens, row: row) ?? 0
      totals.latencyMicroseconds = table.integer(.latency, row: row) ?? 0
      totals.latencyCalls = table.integer(.latency, row: row) == nil ? 0 : 1
      expected[key, default: CallTotals()] += totals
    }
    let groups = try table.totals(by: [.customer, .model], ScanContext(width: width))
    #expect(groups.count == expected.count)
    for group in 0..<groups.count {
      #expect(expected[groups.labels(group).joined(separator: "/")] == groups.totals[group])
    }
    let overall = try table.totals(ScanContext(width: width))
    #expect(groups.overall == overall)
    #expect(overall.calls == 150_000)
  }

  @Test func `a space of groups too large for arrays gives the same sums`() throws {
    let table = try table()
    let context = ScanContext(width: 2)
    let fine = try table.totals(by: [.hour, .customer, .model], context)
    let coarse = try table.totals(by: [.hour], context)
    var byHour: [Int64: CallTotals] = [:]
    for group in 0..<fine.count { byHour[fine.key(group), default: CallTotals()] += fine.totals[group] }
    #expect(byHour.count == coarse.count)
    for group in 0..<coarse.count { #expect(byHour[coarse.key(group)] == coarse.totals[group]) }
    #expect((1..<fine.count).allSatisfy { fine.key($0 - 1) <= fine.key($0) })
    #expect(coarse.label(0) == "2026-01-05T00:00:00Z")
  }

  @Test(arguments: [1, 3]) func `percentiles are the nearest ranks of the sorted values`(width: Int) throws {
    let table = try table()
    let perMille = [1, 500, 950, 990, 1000]
    var values: [String: [Int64]] = [:]
    for row in 0..<table.rowCount {
      if let value = table.integer(.latency, row: row) {
        values[table.text(.model, row: row) ?? "", default: []].append(value)
      }
    }
    let result = try table.percentiles(of: .latency, perMille: perMille, by: [.model], ScanContext(width: width))
    #expect(result.count == 3)
    for group in 0..<result.count {
      let sorted = (values[result.label(group)] ?? []).sorted()
      #expect(result.counts[group] == sorted.count)
      for (place, asked) in perMille.enumerated() {
        #expect(result.value(group, place) == sorted[(asked * sorted.count + 999) / 1000 - 1])
      }
    }
    let all = try table.percentiles(of: .latency, perMille: [500], ScanContext(width: width))
    let sorted = values.values.flatMap { $0 }.sorted()
    #expect(all.value(0, 0) == sorted[(sorted.count + 1) / 2 - 1])
  }

  @Test func `counted percentiles are those of the kept values, by any dimension and of a part of the calls`() throws {
    let table = try table()
    let perMille = [1, 250, 500, 950, 1000]
    let context = ScanContext(width: 2)
    let part = try table.selecting(CallFilter(terms: [.init(key: "model", values: ["claude"])]))
    for (dimensions, selection) in [([], nil), ([.model], nil), ([.customer], part), ([.hour], nil)]
      as [([Dimension], CallSelection?)]
    {
      for column in [UsageColumn.latency, .inputTokens, .outputTokens] {
        let plan = try GroupPlan(dimensions, of: table, context)
        let counting = try #require(
          CountedPercentiles(table, plan, of: column, where: selection, context, fewestRows: 0))
        let found = try counting.values(perMille: perMille)
        let kept = try table.percentiles(of: column, perMille: perMille, by: dimensions, where: selection, context)
        #expect(found.counts == kept.counts)
        #expect(
          found.groups.map { plan.keys(of: UInt64($0)) }
            == (0..<kept.count).map { group in
              dimensions.indices.map { kept.key(group, $0) }
            })
        let values = (0..<kept.count).flatMap { group in perMille.indices.map { kept.value(group, $0) } }
        #expect(Array(found.values) == values, "\(dimensions) \(column)")
      }
    }
  }

  @Test func `a selection keeps the rows that the filter names`() throws {
    let table = try table()
    let context = ScanContext(width: 2)
    let filter = CallFilter(terms: [
      .init(key: "model", values: ["gpt-4o", "gemini"]), .init(key: "metadata.team", values: ["red"]),
    ])
    let start = Instant(microseconds: 1_767_571_200_000_000 + 50_000 * 7_000_000)
    let end = Instant(microseconds: 1_767_571_200_000_000 + 140_000 * 7_000_000)
    let selection = try table.selecting(filter, from: start, to: end, context)
    let rows = (50_000..<140_000).filter { row in
      let model = table.text(.model, row: row)
      return (model == "gpt-4o" || model == "gemini") && table.text(.metadata, row: row)?.contains("red") == true
    }
    #expect(selection.rowCount == rows.count)
    #expect(try table.totals(where: selection, context).calls == rows.count)
    let seen = try table.mapBlocks(reading: [.inputTokens], where: selection, context) { block in
      (0..<block.count).map { (block.tableRow($0), block.integers(.inputTokens)[$0]) }
    }.flatMap { $0 }
    #expect(seen.map(\.0) == rows)
    #expect(seen.allSatisfy { table.integer(.inputTokens, row: $0.0) == $0.1 })
    #expect(try table.selecting(CallFilter(terms: [.init(key: "model", values: ["none"])])).rowCount == 0)
    let teams = try table.totals(by: [.tag("team")], context)
    #expect((0..<teams.count).map { teams.label($0) }.sorted() == ["", "blue, \"x\"", "red"])
  }

  @Test(arguments: [("modle", "did you mean 'model'?"), ("metadata.taem", "did you mean 'team'?")])
  func `an unknown key is an error with a suggestion`(key: String, help: String) throws {
    let table = try table()
    let failure = try #require(throws: LabFailure.self) {
      try table.selecting(CallFilter(terms: [.init(key: key, values: ["x"])]))
    }
    #expect(failure.kind == .usage)
    #expect(failure.diagnostics.first?.help == help)
  }

  @Test func `a column that the file lacks is an error, not a wrong answer`() throws {
    let table = try table()
    #expect(throws: LabFailure.self) { try table.totals(by: [.region], ScanContext()) }
    #expect(throws: LabFailure.self) { try table.percentiles(of: .timeToFirstToken, perMille: [500], ScanContext()) }
    #expect(throws: LabFailure.self) { try table.selecting(CallFilter(terms: [.init(key: "region", values: ["eu"])])) }
  }

  @Test func `distinct counts and repeated call ids are exact`() throws {
    let table = try table()
    let result = try table.distinctCounts(of: .customer, by: [.model], ScanContext(width: 2))
    #expect(result.counts == [300, 300, 300])
    #expect(result.groups.totals.map(\.calls).reduce(0, +) == 150_000)
    #expect(try table.repeatedCallIDs(ScanContext(width: 2)) == 10)
  }

  @Test func `metadata of too many kinds stays in the file`() throws {
    var text = "model,cost_usd,metadata\n"
    for index in 0..<3000 { text += "a,1,\"{\"\"n\"\":\"\"\(index)\"\",\"\"half\"\":\(index % 2)}\"\n" }
    let file = try TemporaryFile(text)
    var options = LoadOptions()
    options.metadataLimit = 1000
    let table = try file.load(options)
    #expect(table.keepsMetadataInFile)
    #expect(try table.metadata(row: 0) == "{\"n\":\"0\",\"half\":0}")
    #expect(try table.metadata(row: 2999) == "{\"n\":\"2999\",\"half\":1}")
    let halves = try table.totals(by: [.tag("half")], ScanContext(width: 2))
    #expect(
      (0..<halves.count).map { "\(halves.label($0)):\(halves.totals[$0].calls)" }.sorted() == ["0:1500", "1:1500"])
    let filter = CallFilter(terms: [.init(key: "metadata.n", values: ["5", "2998"])])
    #expect(try table.selecting(filter).rowCount == 2)
    withExtendedLifetime(file) {}
  }
}
