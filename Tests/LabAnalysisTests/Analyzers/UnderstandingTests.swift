import LabCore
import LabJSON
import LabPrices
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct UnderstandingTests {
  private func result(_ csv: String = AnalysisFixture.six, prices: Bool = true) throws -> AnalyzerResult {
    let context = AnalysisContext(prices: prices ? try AnalysisFixture.book() : nil, threads: 2)
    return try AnalyzerRegistry.run("understanding", on: try AnalysisFixture.table(csv), in: context)
  }

  private func row(_ findings: JSONNode, _ group: String, _ key: String, _ value: String) throws -> JSONNode {
    try #require(findings[group]?.array?.first { $0[key]?.string == value })
  }

  @Test func `totals are those of the six calls`() throws {
    let result = try result()
    // 0.0094 + 0.003 + 0.006 + 0.012 + 0 + 0.004 = 0.0344.
    #expect(result.value(of: "total_calls") == .integer(6))
    #expect(result.value(of: "total_cost_usd") == .money(Money(nanodollars: 34_400_000)))
    #expect(result.value(of: "input_tokens") == .integer(7500))
    #expect(result.value(of: "output_tokens") == .integer(1600))
    #expect(result.value(of: "total_tokens") == .integer(9100))
    #expect(result.value(of: "customers") == .integer(3))
    #expect(result.value(of: "organizations") == .integer(2))
    #expect(result.value(of: "models") == .integer(3))
    #expect(result.value(of: "unpriced_calls") == .integer(0))
    // alpha 0.0164, beta 0.018: (0.0164² + 0.018²) / 0.0344² = 0.5010816…
    let hhi = try #require(result.value(of: "provider_hhi")?.double)
    #expect(abs(hhi - (0.0164 * 0.0164 + 0.018 * 0.018) / (0.0344 * 0.0344)) < 1e-12)
    #expect(abs((result.value(of: "cost_per_call_usd")?.double ?? 0) - 0.0344 / 6) < 1e-12)
    #expect(abs((result.value(of: "cost_per_million_tokens_usd")?.double ?? 0) - 34_400 / 9100) < 1e-9)
    #expect(result.error == nil)
  }

  @Test func `recorded cost is split between input and output by the price book`() throws {
    let findings = try AnalysisFixture.findings(try result())
    // big: 0.0064 of 0.0094 is input; tokens of the free call count: 1500 in, 100 out.
    let big = try row(findings, "by_model", "model", "big")
    #expect(big["cost_usd"]?.money == Money(nanodollars: 9_400_000))
    #expect(abs((big["input_cost_per_million_usd"]?.double ?? 0) - 6400 / 1500.0) < 1e-9)
    #expect(abs((big["output_cost_per_million_usd"]?.double ?? 0) - 30) < 1e-9)
    // small: 2/3 of 0.003 and of the wrong 0.004 is input, 0.004666667 over 4000 tokens; 0.002333333 over 1000.
    let small = try row(findings, "by_model", "model", "small")
    #expect(abs((small["input_cost_per_million_usd"]?.double ?? 0) - 4666.667 / 4000) < 1e-9)
    #expect(abs((small["output_cost_per_million_usd"]?.double ?? 0) - 2333.333 / 1000) < 1e-9)
    let pricing = try #require(findings["pricing"])
    let (input, output) = (
      try #require(pricing["input_cost_usd"]?.money), try #require(pricing["output_cost_usd"]?.money)
    )
    #expect(input.nanodollars + output.nanodollars == 34_400_000)
  }

  @Test func `the change of two weeks is split into volume, mix and price to the nanodollar`() throws {
    let findings = try AnalysisFixture.findings(try result())
    let change = try #require(findings["change"])
    #expect(change["weeks"]?.integer == 1)
    // First week 0.0184, second 0.016.
    #expect(change["previous_cost_usd"]?.money == Money(nanodollars: 18_400_000))
    #expect(change["recent_cost_usd"]?.money == Money(nanodollars: 16_000_000))
    // Tokens 4850 → 4250: volume = 0.0184 · (4250 − 4850)/4850 = −0.00227628866 rounded.
    #expect(change["volume_usd"]?.money == Money(nanodollars: -2_276_289))
    // Price: mid input 4000→8000 µ and output 2000→4000 µ: +0.006; small input and output +0.001 together.
    // The free call of big has no price: what big had cost before is gone, and gone cells are mix.
    let price = try #require(change["price_usd"]?.money)
    #expect(price.nanodollars == 6_000_000 + 1_000_000)
    let mix = try #require(change["mix_usd"]?.money)
    #expect(-2_276_289 + price.nanodollars + mix.nanodollars == -2_400_000)
  }

  @Test func `groups carry the CSV's names, are ordered by cost, and sum to the total to the nanodollar`() throws {
    let findings = try AnalysisFixture.findings(try result())
    let keys = [
      ("by_provider", ["provider"]), ("by_model", ["provider", "model"]), ("by_feature", ["feature_id"]),
      ("by_product", ["product_id"]), ("by_organization", ["organization_id"]), ("by_customer", ["customer_id"]),
      ("by_region", ["region"]), ("by_tier", ["subscription_tier"]), ("by_environment", ["environment"]),
      ("by_day", ["day"]), ("by_hour", ["hour"]), ("by_tag", ["tag", "value"]),
    ]
    for (group, names) in keys {
      let rows = try #require(findings[group]?.array, "\(group)")
      let expected = names + ["calls", "cost_usd", "input_tokens", "output_tokens", "total_tokens"]
      for row in rows { #expect(row.object?.prefix(expected.count).map(\.key) == expected, "\(group)") }
      #expect(rows.reduce(0) { $0 + ($1["cost_usd"]?.money?.nanodollars ?? 0) } == 34_400_000, "\(group)")
      #expect(rows.reduce(0) { $0 + ($1["calls"]?.integer ?? 0) } == 6, "\(group)")
      #expect(rows.reduce(0) { $0 + ($1["total_tokens"]?.integer ?? 0) } == 9100, "\(group)")
    }
    #expect(findings["by_provider"]?.array?.map { $0["provider"]?.string } == ["beta", "alpha"])
    let beta = try row(findings, "by_provider", "provider", "beta")
    #expect(beta["previous_cost_usd"]?.money?.nanodollars == 6_000_000)
    #expect(beta["recent_cost_usd"]?.money?.nanodollars == 12_000_000)
    #expect(beta["change_pct"]?.double == 100)
    let red = try #require(findings["by_tag"]?.array?.first { $0["value"]?.string == "red" })
    #expect(red["tag"]?.string == "team" && red["calls"]?.integer == 2)
    #expect(findings["by_day"]?.array?.first?["day"]?.string == "2026-01-05")
    #expect(findings["by_hour"]?.array?.last?["hour"]?.string == "2026-01-18T23:00:00Z")
  }

  @Test func `a call without recorded cost and without a price is unpriced, and in no sum of costs`() throws {
    let csv =
      AnalysisFixture.header + "\n"
      + "2026-01-05T00:10:00Z,o,p,f,c,a,t,1,alpha,big,us,10,10,20,1,0.5,success,,,call-1,0,prod\n"
      + "2026-01-05T00:11:00Z,o,p,f,c,a,t,1,zeta,none,us,30,12,42,1,,success,,,call-2,0,prod\n"
      + "2026-01-05T00:12:00Z,o,p,f,c,a,t,1,alpha,big,us,5,5,10,1,,success,,,call-3,0,prod\n"
      + "2026-01-05T00:13:00Z,o,p,f,c,a,t,1,zeta,none,us,1,1,2,1,0.25,success,,,call-4,0,prod\n"
    let result = try result(csv)
    #expect(result.value(of: "unpriced_calls") == .integer(1))
    #expect(result.value(of: "total_cost_usd") == .money(Money(nanodollars: 750_000_000)))
    let pricing = try #require(try AnalysisFixture.findings(result)["pricing"])
    #expect(pricing["unpriced_tokens"]?.integer == 42)
    #expect(pricing["calls_without_cost"]?.integer == 2)
    #expect(pricing["unsplit_calls"]?.integer == 1)
    #expect(pricing["input_cost_usd"]?.money.map { $0.nanodollars } == 125_000_000)
    #expect(result.abstentions.contains { $0.section == "cost_of_some_calls" })
    // Without a book all calls without a cost are unpriced.
    #expect(try self.result(csv, prices: false).value(of: "unpriced_calls") == .integer(2))
  }

  @Test func `a missing column makes its section abstain by name and leaves the rest`() throws {
    let result = try result("timestamp,provider,input_tokens,output_tokens\n2026-01-05T00:00:00Z,alpha,3,4\n")
    #expect(result.value(of: "total_cost_usd") == nil)
    #expect(result.value(of: "total_tokens") == .integer(7))
    #expect(result.abstentions.contains { $0.section == "cost" && $0.reason == "the data has no column 'cost_usd'" })
    #expect(result.abstentions.contains { $0.section == "by_region" && $0.reason == "the data has no column 'region'" })
    let metric = try #require(result.summary.first { $0.id == "total_cost_usd" })
    #expect(metric.unknownBecause == "the data has no column 'cost_usd'")
    #expect(try AnalysisFixture.findings(result)["by_provider"]?.array?.count == 1)
  }

  @Test func `a selection is all that counts`() throws {
    let table = try AnalysisFixture.table(AnalysisFixture.six)
    let filter = CallFilter(terms: [.init(key: "provider", values: ["beta"])])
    let context = AnalysisContext(prices: try AnalysisFixture.book(), selection: try table.selecting(filter))
    let result = try AnalyzerRegistry.run("understanding", on: table, in: context)
    #expect(result.value(of: "total_calls") == .integer(2))
    #expect(result.value(of: "total_cost_usd") == .money(Money(nanodollars: 18_000_000)))
    #expect(result.value(of: "models") == .integer(1))
    #expect(try AnalysisFixture.findings(result)["start"]?.string == "2026-01-07T10:00:00.000000Z")
  }

  @Test func `days of a file without output tokens don't say that there were none`() throws {
    let findings = try AnalysisFixture.findings(
      try result("timestamp,provider,input_tokens\n2026-01-05T00:00:00Z,alpha,7\n"))
    let day = try #require(findings["by_day"]?.array?.first)
    #expect(day["input_tokens"]?.integer == 7 && day["output_tokens"]?.isNull == true)
    #expect(day["total_tokens"]?.isNull == true)
  }
}
