import LabCore
import LabJSON
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct FeaturesTests {
  private func result(
    _ csv: String, _ periods: [SubscriptionPeriod]? = RevenueFixture.five, limits: FeatureLimits = FeatureLimits(),
    window: ClosedRange<Instant>? = RevenueFixture.window
  ) throws -> AnalyzerResult {
    var settings = AnalyzerSettings()
    settings.featureLimits = limits
    return try AnalyzerRegistry.run(
      "features", on: try AnalysisFixture.table(csv),
      in: RevenueFixture.context(periods, window: window, settings: settings))
  }

  private func feature(_ findings: JSONNode, _ name: String) throws -> JSONNode {
    try #require(findings["by_feature"]?.array?.first { $0["feature_id"]?.string == name })
  }

  /// Calls of one customer and feature on some days.
  private func calls(
    _ customer: String, _ feature: String, days: Range<Int>, each: Int, cost: String = "0.01"
  ) -> [RevenueFixture.Call] {
    days.flatMap { day in
      (0..<each).map { .init(day: day, hour: $0 % 24, customer: customer, cost: cost, feature: feature) }
    }
  }

  /// cust-a: 300 calls of chat on 2 days and 100 of code on 10; cust-d pays and never calls.
  private var two: (calls: [RevenueFixture.Call], periods: [SubscriptionPeriod]) {
    (
      calls("cust-a", "chat", days: 5..<7, each: 150, cost: "0.1") + calls("cust-a", "code", days: 9..<19, each: 10),
      [
        RevenueFixture.period("cust-a", "pro", 199, from: 1, to: 40),
        RevenueFixture.period("cust-d", "enterprise", 999, from: 1, to: 40),
      ]
    )
  }

  @Test func `revenue is split by calls and by active days, and all of it is somewhere`() throws {
    let result = try result(RevenueFixture.csv(two.calls), two.periods)
    let findings = try AnalysisFixture.findings(result)
    let (chat, code) = (try feature(findings, "chat"), try feature(findings, "code"))
    // 91.531827515: 3/4 and 1/4 by calls, 2/12 and 10/12 by days. Thirds of a nanodollar go to the larger remainder.
    #expect(chat["by_calls"]?["revenue_usd"]?.money == Money(nanodollars: 68_648_870_636))
    #expect(code["by_calls"]?["revenue_usd"]?.money == Money(nanodollars: 22_882_956_879))
    #expect(chat["by_active_days"]?["revenue_usd"]?.money == Money(nanodollars: 15_255_304_586))
    #expect(code["by_active_days"]?["revenue_usd"]?.money == Money(nanodollars: 76_276_522_929))
    #expect(findings["unattributed_usd"]?.money == Money(nanodollars: 459_498_973_306))
    #expect(findings["revenue_usd"]?.money == Money(nanodollars: 551_030_800_821))
    // Cost 30 and 1.
    #expect(abs((chat["by_calls"]?["roi_pct"]?.double ?? 0) - 100 * 38.648870636 / 30) < 1e-9)
    #expect(abs((chat["roi_low_pct"]?.double ?? 0) - 100 * (15.255304586 - 30) / 30) < 1e-9)
    #expect(abs((result.value(of: "best_roi_pct")?.double ?? 0) - 2188.2956879) < 1e-6)
    #expect(abs((result.value(of: "worst_roi_pct")?.double ?? 0) + 49.14898471333) < 1e-6)
  }

  @Test func `a verdict must hold under both keys`() {
    let limits = FeatureLimits()
    func verdict(_ low: Double, _ high: Double, _ adoption: Double) -> FeatureFindings.Verdict {
      FeatureSummation.verdict(low: low, high: high, adoption: adoption, limits)
    }
    #expect(verdict(200, 900, 20) == .invest)
    #expect(verdict(199, 900, 20) == .maintain)
    #expect(verdict(200, 900, 19) == .maintain)
    #expect(verdict(-60, 49, 90) == .optimise)
    #expect(verdict(-60, 50, 90) == .maintain)
    #expect(verdict(-60, -1, 4) == .sunset)
    #expect(verdict(-60, -1, 5) == .optimise)
    #expect(verdict(-60, 1, 4) == .optimise)
  }

  @Test func `adoption is of the last seven whole days, weekly adoption of each week`() throws {
    // chat was used in the first week alone, code in both by cust-a and in the second by cust-b too.
    let list =
      calls("cust-a", "chat", days: 5..<7, each: 60) + calls("cust-a", "code", days: 9..<19, each: 10)
      + calls("cust-b", "code", days: 14..<16, each: 2)
    let findings = try AnalysisFixture.findings(try result(RevenueFixture.csv(list)))
    #expect(findings["active_customers"]?.integer == 2)
    #expect(try feature(findings, "chat")["use"]?["adoption_pct"]?.double == 0)
    let code = try feature(findings, "code")
    #expect(code["use"]?["adoption_pct"]?.double == 100)
    // 70 and 4 calls of two customers, on 7 and 2 days.
    #expect(code["use"]?["calls_per_active_customer"]?.double == 37)
    #expect(code["use"]?["active_days_per_active_customer"]?.double == 4.5)
    #expect(abs((findings["cost_per_active_customer_usd"]?.double ?? 0) - 0.37) < 1e-12)
    #expect(code["weeks"]?.array?.map { $0["active_customers"]?.integer } == [1, 2])
    #expect(try feature(findings, "chat")["weeks"]?.array?.map { $0["adoption_pct"]?.double } == [100, 0])
    #expect(code["trend"]?["calls_pct"]?.double == Double(74 - 30) / 30 * 100)
    #expect(try feature(findings, "chat")["trend"]?["adoption_points"]?.double == -100)
  }

  @Test func `a feature whose first call comes a week after the start is a launch with its curve`() throws {
    let list =
      calls("cust-a", "chat", days: 5..<33, each: 5) + calls("cust-b", "chat", days: 5..<33, each: 1)
      + calls("cust-a", "new", days: 13..<33, each: 6) + calls("cust-b", "new", days: 21..<33, each: 1)
    let findings = try AnalysisFixture.findings(
      try result(RevenueFixture.csv(list), window: RevenueFixture.day(5)...RevenueFixture.day(33)))
    let new = try feature(findings, "new")
    #expect(new["launched"]?.string == "2026-01-13")
    // Weeks from the 13th, 20th and 27th (to the 2nd of February would be the third, which is not over).
    #expect(new["launch_curve"]?.array?.map { $0["active_customers"]?.integer } == [1, 2])
    #expect(new["launch_curve"]?.array?.map { $0["adoption_pct"]?.double } == [50, 100])
    #expect(try feature(findings, "chat")["launched"]?.isNull ?? true)
  }

  @Test func `features under 100 calls are named and have no verdict`() throws {
    let list = two.calls + calls("cust-a", "rare", days: 5..<6, each: 99)
    let result = try result(RevenueFixture.csv(list), two.periods)
    let findings = try AnalysisFixture.findings(result)
    #expect(findings["too_few_calls"]?.array?.map(\.string) == ["rare"])
    #expect(try feature(findings, "rare")["verdict"]?.isNull ?? true)
    #expect(try feature(findings, "rare")["by_calls"]?["revenue_usd"]?.money != nil)
    #expect(result.value(of: "features") == .integer(3))
  }

  @Test func `the permutation test is hypergeometric within a decile`() throws {
    // 4 of 10 use a, 5 use b: P(both ≥ 4) = C(5,4)·C(5,0) / C(10,4) = 5/210.
    let stratum = FeatureBundles.Stratum(customers: 10, first: 4, second: 5, both: 4)
    let outcome = try #require(FeatureBundles.test([stratum]))
    #expect(outcome.expected == 2)
    #expect(abs(outcome.pValue - 5.0 / 210) < 1e-12)
    // Two such deciles: only 4 + 4 is as much as 8.
    let both = try #require(FeatureBundles.test([stratum, stratum]))
    #expect(abs(both.pValue - (5.0 / 210) * (5.0 / 210)) < 1e-12)
    // Where everybody uses one, nothing can be dealt anew.
    #expect(FeatureBundles.test([.init(customers: 10, first: 10, second: 5, both: 5)]) == nil)
    // Large strata: the normal tail is near the exact one.
    let large = FeatureBundles.Stratum(customers: 2000, first: 900, second: 1000, both: 480)
    let tail = FeatureBundles.hypergeometric(.init(customers: 500, first: 225, second: 250, both: 0))
    #expect(abs(tail.chances.reduce(0, +) - 1) < 1e-12)
    let normal = try #require(FeatureBundles.test([large]))
    #expect(normal.pValue > 0.001 && normal.pValue < 0.01)
  }

  @Test func `features used together by customers of like volume are a bundle, and heavy use alone is none`() throws {
    // Half of 120 customers use both draft and check, the others neither; all use chat. The number of calls is the same,
    // so that volume explains nothing. Of chance alone, every third of all uses "odd".
    var list: [RevenueFixture.Call] = []
    for number in 0..<120 {
      let name = "cust-\(number)"
      list += calls(name, "chat", days: 5..<9, each: number % 2 == 0 ? 1 : 3)
      if number % 2 == 0 {
        list += calls(name, "draft", days: 9..<13, each: 1) + calls(name, "check", days: 13..<17, each: 1)
      }
      if number % 3 == 0 { list += calls(name, "odd", days: 17..<19, each: 2) }
    }
    let findings = try AnalysisFixture.findings(try result(RevenueFixture.csv(list), nil))
    let found = try #require(findings["bundles"]?.array).filter { $0["is_bundle"]?.boolean == true }
    #expect(found.count == 1)
    #expect(found.first.map { Set([$0["first"]?.string, $0["second"]?.string]) } == ["draft", "check"])
    #expect(found.first?["support_pct"]?.double == 50)
    #expect(found.first?["confidence_pct"]?.double == 100)
    #expect(abs((found.first?["lift"]?.double ?? 0) - 2) < 0.2)
  }

  @Test func `nearly everybody using everything is no bundle`() throws {
    var list: [RevenueFixture.Call] = []
    for number in 0..<100 {
      for feature in ["chat", "code"] where !(number == 0 && feature == "code") {
        list += calls("cust-\(number)", feature, days: 5..<7, each: 1)
      }
    }
    let findings = try AnalysisFixture.findings(try result(RevenueFixture.csv(list), nil))
    #expect(findings["bundles"]?.array?.allSatisfy { $0["is_bundle"]?.boolean == false } ?? true)
  }

  @Test func `attributed revenue and what no feature earned sum to the revenue on random tables`() throws {
    for seed in [1, 2, 3] as [UInt64] {
      let csv = AnalysisFixture.random(rows: 3000, seed: seed)
      let findings = try AnalysisFixture.findings(try result(csv, nil, window: nil))
      let rows = try #require(findings["by_feature"]?.array)
      let revenue = try #require(findings["revenue_usd"]?.money)
      for key in ["by_calls", "by_active_days"] {
        let sum = rows.reduce(0) { $0 + ($1[key]?["revenue_usd"]?.money?.nanodollars ?? 0) }
        #expect(sum + (findings["unattributed_usd"]?.money?.nanodollars ?? 0) == revenue.nanodollars)
      }
      let cost = rows.reduce(0) { $0 + ($1["cost_usd"]?.money?.nanodollars ?? 0) }
      #expect(cost == findings["total_cost_usd"]?.money?.nanodollars)
      for row in rows {
        let models = row["models"]?.array ?? []
        #expect(models.reduce(0) { $0 + ($1["calls"]?.integer ?? 0) } == row["calls"]?.integer)
        #expect(
          models.reduce(0) { $0 + ($1["cost_usd"]?.money?.nanodollars ?? 0) } == row["cost_usd"]?.money?.nanodollars)
      }
    }
  }

  @Test func `pairs found as they come are those that have a place of their own`() throws {
    let table = try AnalysisFixture.table(AnalysisFixture.random(rows: 3000))
    let window = try #require(table.facts.timeRange)
    var plan = FeatureScan.plan(table, window: window)
    func scan() throws -> FeatureScan {
      let plan = plan
      return try table.fold(
        reading: plan.columns, ScanContext(width: 1), from: { FeatureScan(plan) }, { $0.add($1) },
        merge: { $0.merge($1) })
    }
    let dense = try scan()
    plan.isDense = false
    let sparse = try scan()
    let (left, right) = (dense.pairs.all, sparse.pairs.all)
    #expect(left.count > 500)
    #expect(
      left.map { [$0.customer, $0.feature, Int($0.calls)] } == right.map { [$0.customer, $0.feature, Int($0.calls)] })
    #expect(left.map { dense.pairs.activeDays($0) } == right.map { sparse.pairs.activeDays($0) })
  }

  @Test func `no cost, no price, one row and a missing column are sentences`() throws {
    let bare = try result("timestamp,customer_id,feature_id\n2026-01-05T10:00:00Z,a,f\n2026-01-15T10:00:00Z,b,f\n", nil)
    #expect(bare.value(of: "best_roi_pct") == nil)
    #expect(bare.value(of: "features") == .integer(1))
    #expect(bare.abstentions.contains { $0.reason == Profitability.noPrices })
    #expect(bare.recommendations.isEmpty)
    let missing = try result("timestamp,customer_id\n2026-01-05T10:00:00Z,a\n")
    #expect(missing.abstentions.first?.reason == "the data has no column 'feature_id'")
  }
}
