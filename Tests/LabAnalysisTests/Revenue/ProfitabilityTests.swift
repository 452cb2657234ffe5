import LabCore
import LabJSON
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct ProfitabilityTests {
  private func result(
    _ csv: String = RevenueFixture.csv(RevenueFixture.calls), _ periods: [SubscriptionPeriod]? = RevenueFixture.five,
    window: ClosedRange<Instant>? = RevenueFixture.window
  ) throws -> AnalyzerResult {
    try AnalyzerRegistry.run(
      "profitability", on: try AnalysisFixture.table(csv), in: RevenueFixture.context(periods, window: window))
  }

  private func customer(_ findings: JSONNode, _ name: String) throws -> JSONNode {
    try #require(findings["by_customer"]?.array?.first { $0["customer_id"]?.string == name })
  }

  @Test func `revenue is prorated to the days subscribed, to the nanodollar, customers without calls included`() throws
  {
    let result = try result()
    let findings = try AnalysisFixture.findings(result)
    // 199 · 14 / 30.4375; 49 · 7 / 30.4375 + 199 · 7 / 30.4375; 49 · 3 / 30.4375; 999 · 14 / 30.4375.
    #expect(try customer(findings, "cust-a")["revenue_usd"]?.money == Money(nanodollars: 91_531_827_515))
    #expect(try customer(findings, "cust-b")["revenue_usd"]?.money == Money(nanodollars: 57_034_907_598))
    #expect(try customer(findings, "cust-c")["revenue_usd"]?.money == Money(nanodollars: 4_829_568_789))
    #expect(try customer(findings, "cust-d")["revenue_usd"]?.money == Money(nanodollars: 459_498_973_306))
    #expect(try customer(findings, "cust-c")["subscribed_days"]?.double == 3)
    #expect(findings["by_customer"]?.array?.count == 4)
    #expect(findings["customers_without_calls"]?.integer == 1)
    #expect(findings["revenue_without_calls_usd"]?.money == Money(nanodollars: 459_498_973_306))
    #expect(result.value(of: "customers") == .integer(4))
    #expect(result.value(of: "revenue_usd") == .money(Money(nanodollars: 612_895_277_208)))
    #expect(result.value(of: "margin_usd") == .money(Money(nanodollars: 509_895_277_208)))
    #expect(abs((result.value(of: "margin_pct")?.double ?? 0) - 100 * 509.895277208 / 612.895277208) < 1e-9)
  }

  @Test func `a customer stands under its last tier, and groups sum to the whole`() throws {
    let findings = try AnalysisFixture.findings(try result())
    #expect(try customer(findings, "cust-b")["subscription_tier"]?.string == "pro")
    for group in ["by_tier", "by_archetype", "by_organization", "by_customer"] {
      let rows = try #require(findings[group]?.array)
      #expect(rows.reduce(0) { $0 + ($1["revenue_usd"]?.money?.nanodollars ?? 0) } == 612_895_277_208, "\(group)")
      #expect(rows.reduce(0) { $0 + ($1["margin_usd"]?.money?.nanodollars ?? 0) } == 509_895_277_208, "\(group)")
      #expect(rows.reduce(0) { $0 + ($1["cost_usd"]?.money?.nanodollars ?? 0) } == 103_000_000_000, "\(group)")
    }
  }

  @Test func `the loss of a customer above its price is one recommendation over all analyzers, however many see it`()
    throws
  {
    let table = try AnalysisFixture.table(RevenueFixture.csv(RevenueFixture.calls))
    let context = RevenueFixture.context(RevenueFixture.five, window: RevenueFixture.window)
    let results = try AnalyzerRegistry.ids.map { id in try AnalyzerRegistry.run(id, on: table, in: context) }
    let realtime = try #require(results.first { $0.id == "realtime" })
    // The alert stands there all the same.
    #expect(realtime.value(of: "customers_over_price") == .integer(1))
    let owners = results.filter { result in
      result.recommendations.contains { $0.evidence.contains { $0.key == "cust-a" } }
    }
    #expect(owners.map(\.id) == ["profitability"])
  }

  @Test func `the loss of the unprofitable customer is a month's, its negative week is counted`() throws {
    let result = try result()
    let findings = try AnalysisFixture.findings(result)
    // 100 − 91.531827515 in 14 days, × 30.4375 / 14.
    #expect(result.value(of: "unprofitable_customers") == .integer(1))
    #expect(result.value(of: "unprofitable_loss_usd") == .money(Money(nanodollars: 18_410_714_287)))
    let row = try customer(findings, "cust-a")
    #expect(row["category"]?.string == "unprofitable")
    // 45.77 a week: 60 in the first is too much, 40 in the second is not.
    #expect(row["whole_weeks"]?.integer == 2)
    #expect(row["negative_weeks"]?.integer == 1)
    #expect(row["negative_weeks_pct"]?.double == 50)
    #expect(try customer(findings, "cust-b")["category"]?.string == "high")
    #expect(result.recommendations.map(\.monthlyEffect) == [Money(nanodollars: 18_410_714_287)])
  }

  @Test func `categories begin at 50, 20 and 0 percent exactly`() {
    func category(_ margin: Int64, _ revenue: Int64) -> ProfitabilityFindings.Category {
      .of(margin: Money(nanodollars: margin), revenue: Money(nanodollars: revenue))
    }
    #expect(category(50, 100) == .high)
    #expect(category(49, 100) == .medium)
    #expect(category(20, 100) == .medium)
    #expect(category(19, 100) == .low)
    #expect(category(0, 100) == .low)
    #expect(category(0, 0) == .low)
    #expect(category(-1, 100) == .unprofitable)
    #expect(category(-1, 0) == .unprofitable)
  }

  @Test func `the whale curve peaks before the customer that takes away`() throws {
    let curve = try #require(try AnalysisFixture.findings(try result())["whale_curve"])
    #expect(curve["peak"]?["customers"]?.integer == 3)
    // All but cust-a: 509.895277208 + 8.468172485.
    #expect(curve["peak"]?["margin_usd"]?.money == Money(nanodollars: 518_363_449_693))
    #expect(curve["lost_usd"]?.money == Money(nanodollars: 8_468_172_485))
    #expect(curve["points"]?.array?.last?["margin_pct"]?.double == 100)
  }

  @Test func `below seven days there is revenue and no margin, with the reason`() throws {
    let result = try result(window: RevenueFixture.day(5)...RevenueFixture.day(11))
    #expect(result.value(of: "revenue_usd") != nil)
    #expect(result.value(of: "margin_usd") == nil)
    #expect(result.summary.first { $0.id == "margin_usd" }?.unknownBecause == Profitability.tooShort)
    #expect(result.recommendations.isEmpty)
  }

  @Test func `without a file of subscriptions the tier price of the rows holds for the window, and changes with them`()
    throws
  {
    let calls: [RevenueFixture.Call] = [
      .init(day: 5, customer: "cust-a", cost: "1"),
      .init(day: 6, customer: "cust-b", cost: "1", tier: "starter", price: "49"),
      // Upgrades when the first row with another price comes: at 10:00 of the 12th.
      .init(day: 12, customer: "cust-b", cost: "1"), .init(day: 14, customer: "cust-b", cost: "1"),
    ]
    let result = try result(RevenueFixture.csv(calls), nil)
    let findings = try AnalysisFixture.findings(result)
    #expect(findings["revenue_source"]?.string == "tier_price_of_rows")
    #expect(try customer(findings, "cust-a")["revenue_usd"]?.money == Money(nanodollars: 91_531_827_515))
    let hours = (7 * 24 + 10, 7 * 24 - 10)
    let expected =
      (49.0 * Double(hours.0) + 199 * Double(hours.1)) / 24 / 30.4375
    let revenue = try #require(try customer(findings, "cust-b")["revenue_usd"]?.money)
    #expect(abs(revenue.dollars - expected) < 1e-8)
    #expect(try customer(findings, "cust-b")["subscription_tier"]?.string == "pro")
  }

  @Test func `who goes to another tier and comes back pays each stretch at its price, whatever organization calls`()
    throws
  {
    let calls: [RevenueFixture.Call] = [
      .init(day: 5, customer: "cust-a", cost: "1"),
      .init(day: 6, customer: "cust-b", cost: "1", tier: "starter", price: "49"),
      .init(day: 8, customer: "cust-b", cost: "1"),
      .init(day: 13, customer: "cust-b", cost: "1", tier: "starter", price: "49"),
      .init(day: 15, customer: "cust-b", cost: "1", tier: "starter", price: "49"),
    ]
    let findings = try AnalysisFixture.findings(try result(RevenueFixture.csv(calls), nil))
    // Five days at 199 between the 8th and the 13th at 10:00, the rest of the two weeks at 49.
    let expected = (199.0 * 5 + 49 * 9) / 30.4375
    let revenue = try #require(try customer(findings, "cust-b")["revenue_usd"]?.money)
    #expect(abs(revenue.dollars - expected) < 1e-8, "\(revenue) for \(expected)")
    #expect(try customer(findings, "cust-b")["subscription_tier"]?.string == "starter")
  }

  @Test func `without any price, without any cost and with one customer there are sentences`() throws {
    let priceless = try result(
      "timestamp,customer_id,cost_usd\n2026-01-05T10:00:00Z,a,1\n2026-01-15T10:00:00Z,a,2\n", nil)
    #expect(priceless.value(of: "revenue_usd") == nil)
    #expect(priceless.abstentions.contains { $0.reason == Profitability.noPrices })
    let free = try result("timestamp,customer_id,cost_usd\n2026-01-05T10:00:00Z,cust-a,\n")
    #expect(free.value(of: "total_cost_usd") == nil)
    #expect(free.value(of: "margin_usd") == nil)
    #expect(free.value(of: "revenue_usd") == .money(Money(nanodollars: 612_895_277_208)))
    let zero = try result(RevenueFixture.csv([.init(day: 6, customer: "cust-a", cost: "0")]))
    #expect(zero.value(of: "unprofitable_customers") == .integer(0))
    #expect(zero.value(of: "margin_pct")?.double == 100)
    let missing = try result("timestamp,cost_usd\n2026-01-05T10:00:00Z,1\n")
    #expect(missing.abstentions.first?.reason == "the data has no column 'customer_id'")
  }

  @Test func `calls of a customer without a subscription cost and bring nothing`() throws {
    let calls = RevenueFixture.calls + [.init(day: 16, customer: "stranger", cost: "2")]
    let findings = try AnalysisFixture.findings(try result(RevenueFixture.csv(calls)))
    #expect(try customer(findings, "stranger")["revenue_usd"]?.money == .zero)
    #expect(try customer(findings, "stranger")["category"]?.string == "unprofitable")
    #expect(findings["customers_without_subscription"]?.integer == 1)
  }

  @Test func `a selection leaves out customers that have no call in it`() throws {
    let table = try AnalysisFixture.table(RevenueFixture.csv(RevenueFixture.calls))
    var context = RevenueFixture.context(RevenueFixture.five)
    context.selection = try table.selecting(
      CallFilter(terms: [.init(key: "customer_id", values: ["cust-b"])]), ScanContext(width: 2))
    let result = try AnalyzerRegistry.run("profitability", on: table, in: context)
    #expect(result.value(of: "customers") == .integer(1))
    #expect(result.value(of: "revenue_usd") == .money(Money(nanodollars: 57_034_907_598)))
  }

  @Test func `Shapley parts sum to the difference, and each factor alone takes all of it`() throws {
    typealias Factors = LossSplit.Factors
    let base = Factors(calls: 100, tokensPerCall: 50, dollarsPerToken: 0.001)
    for other in [
      Factors(calls: 300, tokensPerCall: 50, dollarsPerToken: 0.001),
      Factors(calls: 100, tokensPerCall: 90, dollarsPerToken: 0.001),
      Factors(calls: 100, tokensPerCall: 50, dollarsPerToken: 0.004),
      Factors(calls: 10, tokensPerCall: 500, dollarsPerToken: 0.02),
    ] {
      let (volume, length, mix) = LossSplit.shapley(from: base, to: other)
      #expect(abs(volume + length + mix - (other.cost - base.cost)) < 1e-9)
      if other.tokensPerCall == 50, other.dollarsPerToken == 0.001 { #expect(length == 0 && mix == 0) }
      if other.calls == 100, other.dollarsPerToken == 0.001 { #expect(volume == 0 && mix == 0) }
    }
    // Two factors doubled: 5 → 20. Each takes half of the 15: orders give 5 and 10, or 10 and 5.
    let (volume, length, _) = LossSplit.shapley(
      from: base, to: Factors(calls: 200, tokensPerCall: 100, dollarsPerToken: 0.001))
    #expect(abs(volume - 7.5) < 1e-12 && abs(length - 7.5) < 1e-12)
  }

  @Test func `the cause of a loss is what its customer has more of than its tier's median`() throws {
    var calls: [RevenueFixture.Call] = []
    var periods: [SubscriptionPeriod] = []
    for number in 0..<9 {
      periods.append(RevenueFixture.period("cust-\(number)", "pro", 199, from: 1, to: 40))
      // Of the last three one calls ten times as often, one at ten times the length, one at ten times the price.
      for call in 0..<(number == 6 ? 400 : 40) {
        calls.append(
          .init(
            day: 5 + call % 14, hour: call % 24, customer: "cust-\(number)",
            cost: number > 6 ? "4" : number == 6 ? "0.4" : "0.4",
            input: number == 7 ? 10_000 : 1000, output: number == 7 ? 1000 : 100))
      }
    }
    let findings = try AnalysisFixture.findings(try result(RevenueFixture.csv(calls), periods))
    for (name, cause) in [("cust-6", "volume"), ("cust-7", "length"), ("cust-8", "model_mix")] {
      let split = try #require(try customer(findings, name)["split"])
      #expect(split["cause"]?.string == cause)
      // 160 instead of 16 dollars in 14 days, all of it from one factor.
      let monthly: Double = 144 * 30.4375 / 14
      let parts = ["volume_usd", "length_usd", "model_mix_usd"].compactMap { split[$0]?.double }
      let (sum, largest): (Double, Double) = (parts.reduce(0, +), split["\(cause)_usd"]?.double ?? 0)
      #expect(abs(sum - monthly) < 1e-6)
      #expect(abs(largest - monthly) < 1e-6)
    }
  }

  @Test func `sums tie out on random tables at any seed`() throws {
    for seed in [1, 2, 3] as [UInt64] {
      let csv = AnalysisFixture.random(rows: 3000, seed: seed)
      let result = try result(csv, nil, window: nil)
      let findings = try AnalysisFixture.findings(result)
      let rows = try #require(findings["by_customer"]?.array)
      let revenue = rows.reduce(0) { $0 + ($1["revenue_usd"]?.money?.nanodollars ?? 0) }
      #expect(result.value(of: "revenue_usd") == .money(Money(nanodollars: revenue)))
      let categories = try #require(findings["categories"]?.array)
      #expect(
        categories.reduce(0) { $0 + ($1["margin_usd"]?.money?.nanodollars ?? 0) }
          == findings["margin_usd"]?.money?.nanodollars)
      #expect(categories.reduce(0) { $0 + ($1["customers"]?.integer ?? 0) } == findings["customers"]?.integer)
      let causes = findings["unprofitable"]?["causes"]?.array ?? []
      let loss = causes.reduce(0) { $0 + ($1["monthly_loss_usd"]?.money?.nanodollars ?? 0) }
      #expect(result.value(of: "unprofitable_loss_usd") == .money(Money(nanodollars: loss)))
    }
  }
}
