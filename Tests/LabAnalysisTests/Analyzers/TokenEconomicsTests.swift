import LabCore
import LabJSON
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct TokenEconomicsTests {
  private typealias Call = CostFixture.Call

  /// Two calls on big, one billed twice its price; a billed timeout; an answer cut off; a model that the book lacks.
  private static let five: [Call] = [
    Call(cost: "0.009650", cached: 400, written: 100, reasoning: 40),
    Call(minute: 1, cost: "0.019300", cached: 400, written: 100, reasoning: 40),
    Call(minute: 2, input: 100, output: 50, cost: "0.002500", error: "timeout"),
    Call(minute: 3, model: "small", input: 100, output: 200, cost: "0.000500", finish: "length"),
    Call(minute: 4, provider: "zeta", model: "none", input: 10, output: 10, cost: "0.100000"),
  ]

  private func ledger(_ findings: JSONNode) -> [String: Int64] {
    var lines: [String: Int64] = [:]
    for line in findings["ledger"]?.array ?? [] {
      lines[line["token_class"]?.string ?? "?"] = line["cost_usd"]?.money?.nanodollars
    }
    return lines
  }

  @Test func `the ledger splits recorded cost by token class and sums to the bill`() throws {
    let result = try CostFixture.result("token_economics", Self.five)
    let findings = try AnalysisFixture.findings(result)
    // big: 500 · 10 + 400 · 1 + 100 · 12.5 + 60 · 30 + 40 · 30 = 9,650 µUSD, billed three times over in all: 28,950;
    // timeout 1,000 + 1,500; small 100 + 400.
    #expect(
      ledger(findings) == [
        "uncached_input": 15_000_000 + 1_000_000 + 100_000, "cached_input": 1_200_000, "cache_write": 3_750_000,
        "cache_write_1h": 0, "output": 5_400_000 + 1_500_000 + 400_000, "reasoning": 3_600_000, "unsplit": 100_000_000,
      ])
    #expect(result.value(of: "total_cost_usd") == .money(Money(nanodollars: 131_950_000)))
    #expect(ledger(findings).values.reduce(0, +) == 131_950_000)
    #expect(result.value(of: "uncached_input_tokens") == .integer(500 + 500 + 100 + 100 + 10))
    #expect(result.value(of: "cached_input_tokens") == .integer(800))
    #expect(result.value(of: "cache_write_tokens") == .integer(200))
    #expect(result.value(of: "output_tokens") == .integer(460))
    #expect(result.value(of: "reasoning_tokens") == .integer(80))
  }

  @Test func `caches save the cheaper reads, cost the dearer writes, and net is the difference`() throws {
    let result = try CostFixture.result("token_economics", Self.five)
    let cache = try #require(try AnalysisFixture.findings(result)["cache"])
    // 800 · 9 and 200 · 2.5 µUSD.
    #expect(result.value(of: "cache_saved_usd") == .money(Money(nanodollars: 7_200_000)))
    #expect(cache["paid_for_writes_usd"]?.money == Money(nanodollars: 500_000))
    #expect(cache["net_usd"]?.money == Money(nanodollars: 6_700_000))
    #expect(abs((result.value(of: "cache_hit_pct")?.double ?? 0) - 80_000.0 / 2210) < 1e-9)
  }

  @Test func `waste is the billed output of failed calls and of answers cut off`() throws {
    let result = try CostFixture.result("token_economics", Self.five)
    #expect(result.value(of: "waste_usd") == .money(Money(nanodollars: 1_900_000)))
    let waste = try #require(try AnalysisFixture.findings(result)["waste"])
    #expect(waste["failed_output_usd"]?.money == Money(nanodollars: 1_500_000))
    #expect(waste["truncated_output_usd"]?.money == Money(nanodollars: 400_000))
  }

  @Test func `effective and list price are of the same tokens, and a discount shows between them`() throws {
    // rival: 1000 · 4 + 100 · 8 = 4,800 µUSD by list, 4,320 paid.
    let result = try CostFixture.result(
      "token_economics", [Call(provider: "beta", model: "rival", cost: "0.004320")])
    let row = try #require(try AnalysisFixture.findings(result)["by_model"]?.array?.first)
    #expect(abs((row["effective_of_list_pct"]?.double ?? 0) - 90) < 1e-9)
    #expect(abs((row["list_per_million_usd"]?.double ?? 0) - 4.8e6 / 1.1e6) < 1e-9)
    #expect(abs((row["tokens_per_usd"]?.double ?? 0) - 1100 / 0.00432) < 1e-6)
  }

  @Test func `quartiles are values that occurred and long prompts lie beyond the feature's own p99`() throws {
    let calls = (1...200).map { Call(minute: $0, model: "small", input: $0, output: 2, cost: "0.000001") }
    let findings = try AnalysisFixture.findings(try CostFixture.result("token_economics", calls))
    let chat = try #require(findings["by_feature"]?.array?.first)
    #expect(chat["input"]?["p25"]?.double == 50 && chat["input"]?["p50"]?.double == 100)
    #expect(chat["input"]?["p75"]?.double == 150 && chat["ratio"]?["p50"]?.double == 50)
    #expect(chat["p99_input_tokens"]?.integer == 198)
    let long = try #require(chat["long_prompts"])
    // 199 and 200 lie 1 and 2 tokens beyond, at 1 µUSD each.
    #expect(long["calls"]?.integer == 2 && long["tokens_beyond"]?.integer == 3)
    #expect(long["cost_beyond_usd"]?.money == Money(nanodollars: 3000))
    let few = try AnalysisFixture.findings(try CostFixture.result("token_economics", Array(calls.prefix(199))))
    #expect(few["by_feature"]?.array?.first?["p99_input_tokens"]?.isNull == true)
  }

  @Test func `simple work on the dearest class is repriced on the model that the feature mostly calls`() throws {
    let cheap = (0..<40).map { Call(minute: $0, model: "small", input: 900, output: 10, cost: "0.000920") }
    let dear = (0..<5).map { Call(minute: 50 + $0, input: 50, output: 10, cost: "0.000800") }
    let findings = try AnalysisFixture.findings(try CostFixture.result("token_economics", cheap + dear))
    let work = try #require(findings["simple_work"]?.array?.first)
    #expect(findings["simple_work"]?.array?.count == 1 && work["calls"]?.integer == 5)
    #expect(work["cost_usd"]?.money == Money(nanodollars: 4_000_000))
    #expect(work["instead_model"]?.string == "small")
    #expect(work["instead_usd"]?.money == Money(nanodollars: 350_000))
    #expect(work["instead_low_usd"]?.money == Money(nanodollars: 340_000))
    #expect(work["instead_high_usd"]?.money == Money(nanodollars: 360_000))
    // Where the feature itself mostly calls the dearest class, its short calls are its own business.
    let other = try AnalysisFixture.findings(
      try CostFixture.result("token_economics", Array(cheap.prefix(3)) + dear + dear + dear + dear + dear + dear))
    #expect(other["simple_work"]?.array?.isEmpty == true)
  }

  @Test(arguments: [3, 4, 5] as [UInt64])
  func `for random calls every ledger and group sums to the bill to the nanodollar`(seed: UInt64) throws {
    let result = try CostFixture.result("token_economics", CostFixture.random(3000, seed: seed))
    let findings = try AnalysisFixture.findings(result)
    let total = try #require(findings["total_cost_usd"]?.money?.nanodollars)
    for name in ["ledger", "ledger_by_tier", "by_model", "by_feature"] {
      let rows = try #require(findings[name]?.array)
      #expect(rows.reduce(0) { $0 + ($1["cost_usd"]?.money?.nanodollars ?? 0) } == total, "\(name)")
    }
    let recommendations = result.recommendations
    for advice in recommendations {
      let effect = try #require(advice.monthlyEffect)
      #expect(!advice.evidence.isEmpty && !advice.check.isEmpty)
      #expect((advice.low ?? effect) <= effect && effect <= (advice.high ?? effect), "\(advice.rule)")
    }
    #expect(recommendations == Recommendation.ordered(recommendations))
  }

  @Test func `without its column a figure is unknown and says which column`() throws {
    let csv =
      "timestamp,provider,model,input_tokens,output_tokens,cost_usd\n2026-01-05T00:00:00Z,alpha,small,100,50,0.0002\n"
    let result = try AnalyzerRegistry.run(
      "token_economics", on: try AnalysisFixture.table(csv), in: AnalysisContext(prices: try CostFixture.book()))
    #expect(result.value(of: "cached_input_tokens") == nil && result.value(of: "waste_usd") == nil)
    #expect(result.value(of: "output_tokens") == .integer(50))
    let reasons = Dictionary(result.abstentions.map { ($0.section, $0.reason) }) { first, _ in first }
    #expect(reasons["cache"] == "the data has no column 'cached_input_tokens'")
    #expect(reasons["waste"] == "the data has no column 'status'")
    #expect(ledger(try AnalysisFixture.findings(result))["output"] == 100_000)
  }

  @Test func `five thousand models are five thousand rows that sum to the bill`() throws {
    let calls = (0..<5000).map { Call(minute: $0 % 60, provider: "p,\"\($0 % 7)", model: "m_\($0)", cost: "0.000001") }
    let findings = try AnalysisFixture.findings(try CostFixture.result("token_economics", calls))
    let rows = try #require(findings["by_model"]?.array)
    #expect(rows.count == 5000)
    #expect(rows.reduce(0) { $0 + ($1["cost_usd"]?.money?.nanodollars ?? 0) } == 5_000_000)
  }
}
