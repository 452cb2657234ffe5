import LabCore
import LabJSON
import LabPrices
import LabTable
import LabTestSupport
import Synchronization
import Testing

@testable import LabAnalysis

/// Passes that are made in one reading of the calls give what each gives alone.
@Suite struct JointPassTests {
  private func context() throws -> AnalysisContext {
    AnalysisContext(prices: try AnalysisFixture.book(), threads: 2)
  }

  private func bytes(_ result: AnalyzerResult) throws -> [UInt8] {
    var writer = JSONWriter()
    try result.encodeFindings(into: &writer)
    return writer.bytes
  }

  @Test func `all analyzers together find what each finds alone`() throws {
    let calls = try AnalysisFixture.table(AnalysisFixture.six)
    let together = try AnalyzerRegistry.run(on: calls, in: try context())
    #expect(together.count == AnalyzerRegistry.ids.count)
    for result in together {
      let alone = try AnalyzerRegistry.run(result.id, on: calls, in: try context())
      #expect(try bytes(result) == bytes(alone), "\(result.id)")
    }
  }

  @Test func `analyzers that fill memory for a short time run first, results keep the order of ids`() throws {
    let calls = try AnalysisFixture.table(AnalysisFixture.six)
    let ended = Mutex<[String]>([])
    let ids = ["understanding", "geographic_latency", "abuse_detection", "dataset_overview"]
    let results = try AnalyzerRegistry.run(ids, on: calls, in: AnalysisContext(threads: 1)) { result in
      ended.withLock { $0.append(result.id) }
    }
    #expect(results.map(\.id) == ids)
    #expect(
      ended.withLock { $0 } == ["geographic_latency", "dataset_overview", "understanding", "abuse_detection"])
  }

  @Test func `a pass that was made with others is taken once, then made anew`() throws {
    let calls = try AnalysisFixture.table(AnalysisFixture.six)
    let context = try context()
    let (mix, sizes) = (MixCells.request(calls, in: context), try #require(FeatureSizes.request(calls)))
    try context.joinPasses([JointRequest(mix), JointRequest(sizes)], over: calls)
    #expect(context.shared.takePass(mix.key) is MixScan)
    #expect(context.shared.takePass(mix.key) == nil)
    #expect(try context.pass(mix, over: calls).cells.map(\.calls).reduce(0, +) == 6)
  }

  @Test func `one pass alone, and one whose result is shared, are not made ahead`() throws {
    let calls = try AnalysisFixture.table(AnalysisFixture.six)
    let context = try context()
    let (mix, sizes) = (MixCells.request(calls, in: context), try #require(FeatureSizes.request(calls)))
    try context.joinPasses([JointRequest(mix), JointRequest(mix)], over: calls)
    #expect(context.shared.takePass(mix.key) == nil)
    _ = try MixCells.of(calls, in: context)
    #expect(context.shared.has(mix.key))
    try context.joinPasses([JointRequest(mix), JointRequest(sizes)], over: calls)
    #expect(context.shared.takePass(sizes.key) == nil)
  }

  @Test func `numbers of tokens come from those by feature where another analyzer counts them`() throws {
    // 200 features are too many to be counted one by one; then the sizes are counted on their own.
    for features in [3, 200] {
      var csv = "timestamp,feature_id,input_tokens,output_tokens\n"
      for row in 0..<2000 {
        let input = row % 7 == 0 ? 20_000 + row * 1000 : row
        csv += "2026-01-05T00:00:00Z,f\(row % features),\(input),\(row / 3)\n"
      }
      let calls = try AnalysisFixture.table(csv)
      let shares = (0...20).map { Double($0) / 20 }
      let own = try context()
      let expected = try TokenSizes.of(calls, in: own)
      #expect(!own.shared.has(FeatureSizes.key))
      #expect(expected.inputs.count == 2000)
      #expect(expected.outputs.count == 2000)

      let announced = try context()
      let request = FeatureSizes.request(calls).map { [JointRequest($0, isAlone: true)] } ?? []
      try announced.joinPasses(request + [JointRequest(TokenSizes.request(calls))], over: calls)
      let after = try context()
      _ = try FeatureSizes.of(calls, in: after)
      for context in [announced, after] {
        let sizes = try TokenSizes.of(calls, in: context)
        #expect(context.shared.has(FeatureSizes.key) == (features == 3 || context.shared === after.shared))
        #expect(sizes.inputs.quantiles(shares) == expected.inputs.quantiles(shares))
        #expect(sizes.outputs.quantiles(shares) == expected.outputs.quantiles(shares))
        #expect(sizes.inputs.sum == expected.inputs.sum && sizes.outputs.sum == expected.outputs.sum)
      }
    }
  }

  @Test func `calls are summed by every column that an analyzer of groups asks for`() {
    for column in UnderstandingDimension.allCases.flatMap(\.columns) + DatasetOverview.groupings.flatMap(\.columns) {
      #expect(CallGroups.columns.contains(column), "\(column)")
    }
  }

  @Test func `failed calls are counted beside all calls in every group`() throws {
    let calls = try AnalysisFixture.table(AnalysisFixture.six)
    let groups = try CallGroups.of(calls, .full, in: try context())
    #expect(groups.scan.total.calls == 6)
    #expect(groups.scan.total.failedCalls == 1)
    let cube = try #require(groups.cube(of: .customerID))
    let sums = try #require(cube.sums(by: .customerID))
    let customer = try #require(calls.dictionary(.customerID).code(of: "cust-1"))
    var own = CallSums()
    for window in 0..<CallCube.windows { own += sums[Int(customer) * CallCube.windows + window] }
    #expect(own.calls == 2)
    #expect(own.failedCalls == 1)
    #expect(groups.hoursWithCalls.map(\.calls) == [1, 1, 1, 1, 1, 1])
  }

  @Test func `plain groups have the sums of full ones, and come from them where those are there`() throws {
    let calls = try AnalysisFixture.table(AnalysisFixture.six)
    let (alone, both) = (try context(), try context())
    let plain = try CallGroups.of(calls, .plain, in: alone)
    let full = try CallGroups.of(calls, .full, in: both)
    let taken = try CallGroups.of(calls, .plain, in: both)
    #expect(!plain.scan.plan.splitsCosts && full.scan.plan.splitsCosts && taken.scan.plan.splitsCosts)
    for lane in [CallSums.Lane.calls, CallSums.Lane.cost, CallSums.Lane.inputTokens, CallSums.Lane.outputTokens] {
      #expect(plain.scan.total.lanes[lane] == full.scan.total.lanes[lane])
      for column in [UsageColumn.provider, .customerID, .status] {
        let (own, other) = (try groups(column, lane, plain), try groups(column, lane, full))
        #expect(own == other && own.contains { $0 != 0 })
      }
    }
    #expect(plain.hoursWithCalls.map(\.hour) == full.hoursWithCalls.map(\.hour))
    #expect(plain.hoursWithCalls.map(\.calls) == full.hoursWithCalls.map(\.calls))
    let (audit, other) = (try #require(plain.scan.priceAudit), try #require(full.scan.priceAudit))
    #expect(audit.compared == other.compared && audit.compared > 0 && audit.tally.calls == other.tally.calls)
  }

  /// A sum by the groups of a column, over all windows.
  private func groups(_ column: UsageColumn, _ lane: Int, _ groups: CallGroups) throws -> [Int64] {
    let sums = try #require(groups.cube(of: column)?.sums(by: column))
    return stride(from: 0, to: sums.count, by: CallCube.windows).map { first in
      (0..<CallCube.windows).reduce(0) { $0 + sums[first + $1].lanes[lane] }
    }
  }

  @Test func `a pass that another gives in full is not made beside it`() throws {
    let calls = try AnalysisFixture.table(AnalysisFixture.six)
    let context = try context()
    let (plain, full) = (
      try CallGroups.request(calls, .plain, in: context), try CallGroups.request(calls, .full, in: context)
    )
    try context.joinPasses(
      [JointRequest(plain), JointRequest(full), JointRequest(MixCells.request(calls, in: context))], over: calls)
    #expect(context.shared.takePass(plain.key) == nil)
    #expect(context.shared.offers(full.key) && context.shared.takePass(full.key) != nil)
    #expect(!context.shared.offers(full.key))
  }

  /// The quick comparison may only confirm what exact arithmetic confirms, around the middle of two nanodollars too.
  @Test func `recorded costs are compared to the nanodollar whatever they are`() throws {
    var rows = ""
    var expected = 0
    for (offset, cost) in [("0.009400000", 0), ("0.009400001", 1), ("0.009399999", 1), ("0.009400499", 1)] {
      rows += "2026-01-05T00:10:00Z,org,app,chat,c,light,pro,199,alpha,big,us,1000,100,1100,900,\(offset),success,,,"
      rows += "call-\(offset),400,prod\n"
      expected += cost
    }
    let calls = try AnalysisFixture.table("\(AnalysisFixture.header)\n\(rows)")
    let audit = try #require(try CallGroups.of(calls, .full, in: try context()).scan.priceAudit)
    #expect(audit.compared == 4)
    #expect(audit.tally.calls == expected)
    #expect(audit.tally.difference == 1 - 1 + 499)
  }

  /// A price of a third of a nanodollar a token, with a discount: costs lie anywhere between two nanodollars.
  @Test func `a cost near the middle of two nanodollars is left to exact arithmetic`() throws {
    let book = try PriceBook.read(
      bytes: Array(
        """
        { "format": "finops-lab/prices/1", "currency": "USD", "as_of": "2026-01-01",
          "models": [ { "provider": "alpha", "model": "big",
            "prices": [ { "from": "2025-01-01", "per": 1000000, "input": 0.0005, "output": 0.0005 } ] } ] }
        """.utf8), name: "half a nanodollar a token")
    var rows = ""
    for input in 1...40 {
      // Half a nanodollar a token: every odd number of tokens lies just between two.
      for cost in [input / 2, input / 2 + 1] {
        rows += "2026-01-05T00:10:00Z,org,app,chat,c,light,pro,199,alpha,big,us,\(input),0,\(input),900,"
        rows += "0.\(String(1_000_000_000 + cost).dropFirst()),success,,,call-\(input)-\(cost),0,prod\n"
      }
    }
    let calls = try AnalysisFixture.table("\(AnalysisFixture.header)\n\(rows)")
    let context = AnalysisContext(prices: book, threads: 1)
    let audit = try #require(try CallGroups.of(calls, .full, in: context).scan.priceAudit)
    var differing = 0
    let moment = Instant(microseconds: 1_767_571_800_000_000)
    let rates = try #require(book.rates(of: 0, at: moment, tier: .standard, input: 1))
    for input in 1...40 {
      let price = try #require(
        rates.cost(
          of: TokenUsage(
            input: Int64(input), cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0, output: 0, reasoning: 0)))
      for cost in [input / 2, input / 2 + 1] where Int64(cost) != price.nanodollars { differing += 1 }
    }
    #expect(audit.compared == 80)
    #expect(audit.tally.calls == differing)
    #expect(differing == 40)
  }

  @Test func `numbers of recent combinations are those of the whole table, whatever collides`() {
    var recent = RecentNumbers(pairs: 1 << 16, features: 1 << 14, slots: 4000)
    #expect(recent != nil)
    var known: [UInt64: Int] = [:]
    var found = 0
    var random = RandomStream(seed: 7, purpose: 1)
    for step in 0..<200_000 {
      let pair = random.below(40)
      let key = RecentNumbers.packed(
        pair: pair, feature: UInt32(random.below(300)), flags: UInt32(random.below(1024)), slot: pair - 1,
        latest: pair - 1)
      let number = recent?.number(of: key) ?? -1
      if number >= 0 {
        #expect(known[key] == number)
        found += 1
      } else {
        let new = known[key] ?? step
        known[key] = new
        recent?.keep(new, of: key)
      }
    }
    #expect(found > 0)
    #expect(RecentNumbers(pairs: 1 << 17, features: 1, slots: 1) == nil)
    #expect(RecentNumbers(pairs: 1, features: 1, slots: 1 << 12) == nil)
  }
}
