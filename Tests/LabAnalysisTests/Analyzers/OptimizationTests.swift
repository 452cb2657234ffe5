import LabCore
import LabJSON
import LabPrices
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct OptimizationTests {
  private typealias Call = CostFixture.Call

  /// A billed timeout, a call that could be cached and routed, one that can wait, and a model that the book lacks.
  private static let four: [Call] = [
    Call(input: 100, output: 50, cost: "0.002500", error: "timeout"),
    Call(minute: 1, cost: "0.013000", cacheable: 400),
    Call(minute: 2, feature: "report", cost: "0.013000"),
    Call(minute: 3, provider: "zeta", model: "none", cost: "0.500000"),
  ]

  private func result(
    _ calls: [Call], waiting: [String]? = ["report"], book: PriceBook? = nil
  ) throws -> AnalyzerResult {
    var settings = AnalyzerSettings()
    settings.waitingFeatures = waiting
    return try CostFixture.result("optimization", calls, book: book, settings: settings)
  }

  private func nanodollars(_ result: AnalyzerResult, _ metric: String) -> Int64? {
    if case .money(let money) = result.value(of: metric) { money.nanodollars } else { nil }
  }

  @Test func `each step saves from what the former left, and the baseline less all is the end`() throws {
    let result = try result(Self.four)
    let findings = try AnalysisFixture.findings(result)
    let baseline = try #require(findings["baseline"])
    // 100 · 10 + 50 · 30, and twice 1000 · 10 + 100 · 30 µUSD.
    #expect(baseline["repriced_usd"]?.money == Money(nanodollars: 28_500_000))
    #expect(baseline["recorded_minus_repriced_usd"]?.money == .zero)
    #expect(baseline["unpriced_calls"]?.integer == 1)
    #expect(baseline["unpriced_recorded_usd"]?.money == Money(nanodollars: 500_000_000))
    #expect(nanodollars(result, "savings_eliminate_usd") == 2_500_000)
    // 400 read at 1, the other 600 written at 12.50, in place of 1000 at 10; the high end writes nothing.
    #expect(nanodollars(result, "savings_cache_usd") == 2_100_000)
    let cache = try #require(findings["waterfall"]?.array?[1])
    #expect(cache["low_usd"]?.money == Money(nanodollars: 2_100_000))
    #expect(cache["high_usd"]?.money == Money(nanodollars: 3_600_000))
    // 1000 · 5 + 100 · 15 in place of 13,000.
    #expect(nanodollars(result, "savings_batch_usd") == 6_500_000)
    // From 10,900 to (1000 · 4 + 100 · 8) · 0.9 at the rival, nothing cached there; batch isn't listed there.
    #expect(nanodollars(result, "savings_route_usd") == 6_580_000)
    #expect(nanodollars(result, "savings_commit_usd") == 0)
    #expect(nanodollars(result, "savings_usd") == 17_680_000)
    #expect(findings["end_usd"]?.money == Money(nanodollars: 10_820_000))
    let change = try #require(findings["switches"]?.array?.first)
    #expect(findings["switches"]?.array?.count == 1 && change["to_model"]?.string == "rival")
    #expect(change["after_low_usd"]?.money == Money(nanodollars: 4_248_000))
    #expect(change["after_high_usd"]?.money == Money(nanodollars: 4_392_000))
  }

  @Test func `a saving that needs a column or a scenario that isn't there is unknown, not zero`() throws {
    let csv =
      "timestamp,provider,model,input_tokens,output_tokens,cost_usd\n2026-01-05T00:00:00Z,alpha,small,100,50,0.0002\n"
    let result = try AnalyzerRegistry.run(
      "optimization", on: try AnalysisFixture.table(csv), in: AnalysisContext(prices: try CostFixture.book()))
    for step in ["eliminate", "cache", "batch"] { #expect(nanodollars(result, "savings_\(step)_usd") == nil) }
    // (100 · 0.5 + 50 · 1) · 0.9 in place of 200 µUSD.
    #expect(nanodollars(result, "savings_route_usd") == 110_000)
    let reasons = Dictionary(result.abstentions.map { ($0.section, $0.reason) }) { first, _ in first }
    #expect(reasons["eliminate"] == "the data has no column 'status'")
    #expect(reasons["cache"] == "the data has no column 'cached_input_tokens'")
    #expect(reasons["batch"] == "the data has no column 'feature_id'")
    let unasked = try self.result(Self.four, waiting: nil)
    #expect(nanodollars(unasked, "savings_batch_usd") == nil)
    #expect(unasked.summary.first { $0.id == "savings_batch_usd" }?.unknownBecause?.contains("scenario") == true)
  }

  @Test func `the fall-back to half price is never a saving, and a larger call than the context goes nowhere`() throws {
    // small lists no batch price; tiny, its rival, holds 5,000 tokens.
    let result = try result([Call(feature: "report", model: "small", input: 6000, cost: "0.006200")])
    #expect(nanodollars(result, "savings_batch_usd") == 0)
    #expect(nanodollars(result, "savings_route_usd") == 0)
    // With output a tenth longer, 4,950 tokens don't fit any more.
    let full = try self.result([Call(model: "small", input: 4400, output: 560, cost: "0.005520")])
    #expect(nanodollars(full, "savings_route_usd") == 0)
    let fits = try self.result([Call(model: "small", input: 4300, output: 560, cost: "0.005420")])
    // (4300 · 0.5 + 560) · 0.9 in place of 5,420 µUSD.
    #expect(nanodollars(fits, "savings_route_usd") == 2_981_000)
  }

  @Test func `recorded less repriced is a bar of its own when prices have changed`() throws {
    let context = AnalysisContext(prices: try AnalysisFixture.book(), threads: 2)
    let result = try AnalyzerRegistry.run(
      "optimization", on: try AnalysisFixture.table(AnalysisFixture.six), in: context)
    let baseline = try #require(try AnalysisFixture.findings(result)["baseline"])
    // mid cost 0.006 before the 12th and costs 0.012 since; the last call was recorded 0.001 too high.
    #expect(baseline["recorded_usd"]?.money == Money(nanodollars: 34_400_000))
    #expect(baseline["repriced_usd"]?.money == Money(nanodollars: 39_400_000))
    #expect(baseline["recorded_minus_repriced_usd"]?.money == Money(nanodollars: -5_000_000))
  }

  @Test func `without recorded costs the baseline stands alone, and a call without one is a bar of its own`() throws {
    let none = try AnalysisFixture.findings(try result([Call(cost: ""), Call(minute: 1, cost: "")]))
    #expect(none["baseline"]?["recorded_usd"]?.isNull == true && none["total_cost_usd"]?.isNull == true)
    #expect(none["baseline"]?["repriced_usd"]?.money == Money(nanodollars: 26_000_000))
    let one = try AnalysisFixture.findings(try result([Call(cost: ""), Call(minute: 1, cost: "0.014000")]))
    #expect(one["baseline"]?["recorded_minus_repriced_usd"]?.money == Money(nanodollars: 1_000_000))
    #expect(one["baseline"]?["without_recorded_usd"]?.money == Money(nanodollars: 13_000_000))
  }

  @Test(arguments: [21, 22, 23, 24] as [UInt64])
  func `for random calls the steps never overlap and every group's steps sum to the whole`(seed: UInt64) throws {
    let offers =
      #", "commitments": [ { "scope": "alpha", "ratio": 0.7, "term": "1y", "unit_usd_per_hour": 0.000001, "minimum": 1 } ]"#
    let result = try result(
      CostFixture.random(4000, seed: seed), waiting: ["chat", "sum_mary"], book: try CostFixture.book(offers))
    let findings = try AnalysisFixture.findings(result)
    let baseline = try #require(findings["baseline"]?["repriced_usd"]?.money?.nanodollars)
    let steps = try #require(findings["waterfall"]?.array)
    #expect(steps.map { $0["step"]?.string } == ["eliminate", "cache", "batch", "route", "commit"])
    var left = baseline
    for step in steps {
      let saving = try #require(step["saving_usd"]?.money?.nanodollars)
      left -= saving
      #expect(saving >= 0 && left >= 0)
      #expect(step["left_usd"]?.money?.nanodollars == left)
      #expect((step["low_usd"]?.money?.nanodollars ?? 0) <= saving)
      #expect((step["high_usd"]?.money?.nanodollars ?? 0) >= saving)
    }
    #expect(findings["end_usd"]?.money?.nanodollars == left)
    #expect(nanodollars(result, "savings_usd") == baseline - left)
    for name in ["by_provider", "by_model", "by_feature"] {
      let rows = try #require(findings[name]?.array)
      func sum(_ key: String) -> Int64 { rows.reduce(0) { $0 + ($1[key]?.money?.nanodollars ?? 0) } }
      #expect(sum("repriced_usd") == baseline && sum("cost_usd") == findings["total_cost_usd"]?.money?.nanodollars)
      for step in steps.dropLast() {
        #expect(sum("\(step["step"]?.string ?? "")_usd") == step["saving_usd"]?.money?.nanodollars, "\(name)")
      }
      #expect(sum("left_usd") == steps[3]["left_usd"]?.money?.nanodollars)
    }
    for advice in result.recommendations {
      let effect = try #require(advice.monthlyEffect)
      #expect((advice.low ?? effect) <= effect && effect <= (advice.high ?? effect), "\(advice.rule)")
    }
  }

  @Test func `an offer on a steady load is used and covers it, and under 28 days none is chosen`() throws {
    let offers =
      #", "commitments": [ { "scope": "alpha", "ratio": 0.6, "term": "1y", "unit_usd_per_hour": 0.1, "minimum": 1 } ]"#
    // A dollar an hour.
    let month = (0..<720).map { Call(minute: $0 * 60, model: "small", input: 1_000_000, output: 0, cost: "1.000000") }
    let result = try result(month, book: try CostFixture.book(offers))
    #expect(nanodollars(result, "commitment_per_hour_usd") == 600_000_000)
    #expect(result.value(of: "commitment_utilisation_pct") == .number(100))
    #expect(result.value(of: "commitment_coverage_pct") == .number(100))
    let plan = try #require(try AnalysisFixture.findings(result)["commitments"]?.array?.first)
    // 360 hours of the second half save 40 cents each; the window has 719 hours.
    #expect(plan["hours"]?.integer == 360 && plan["saving_usd"]?.money == Money(nanodollars: 144_000_000_000))
    #expect(nanodollars(result, "savings_commit_usd") == 287_600_000_000)
    #expect(plan["regret_pct"]?.double == 0)
    let short = try self.result(Array(month.prefix(20 * 24)), book: try CostFixture.book(offers))
    #expect(nanodollars(short, "savings_commit_usd") == nil)
    #expect(short.abstentions.contains { $0.reason == "a commitment needs 28 whole days, and there are 20" })
    let without = try self.result(month)
    #expect(nanodollars(without, "savings_commit_usd") == 0)
    let whatIf = try AnalysisFixture.findings(without)["commitment_what_if"]?.array
    #expect(whatIf?.count == 1 && whatIf?.first?["saving_usd"]?.money == Money(nanodollars: 108_000_000_000))
  }

  @Test func `a discount counts against an offer, and volume tiers give their marginal rate`() throws {
    let offers = """
      , "commitments": [ { "scope": "beta", "ratio": 0.95, "term": "1y", "unit_usd_per_hour": 0.1, "minimum": 1 } ],
        "volume_tiers": [ { "provider": "beta", "from_annual_usd": 1000, "percent": 5 },
                          { "provider": "beta", "from_annual_usd": 2000, "percent": 10 } ]
      """
    // 0.9 dollars an hour after the discount: 0.95 of the list price is more than that.
    let month = (0..<720).map {
      Call(minute: $0 * 60, provider: "beta", model: "tiny", input: 2_000_000, output: 0, cost: "0.900000")
    }
    let result = try result(month, book: try CostFixture.book(offers))
    #expect(nanodollars(result, "savings_commit_usd") == 0 && nanodollars(result, "commitment_per_hour_usd") == 0)
    let tier = try #require(try AnalysisFixture.findings(result)["volume_tiers"]?.array?.first)
    let annual = 648 * 30.4375 * 12 / (30 - 1.0 / 24)
    #expect(abs((tier["projected_annual_usd"]?.double ?? 0) - annual) < 1e-6)
    #expect(abs((tier["annual_discount_usd"]?.double ?? 0) - (50 + (annual - 2000) * 0.1)) < 1e-6)
  }
}
