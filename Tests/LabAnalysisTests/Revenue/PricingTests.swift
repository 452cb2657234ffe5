import LabCore
import LabJSON
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct PricingTests {
  private func result(
    _ csv: String, _ periods: [SubscriptionPeriod]? = RevenueFixture.five, models: [PricingModel] = [],
    window: ClosedRange<Instant>? = RevenueFixture.window
  ) throws -> AnalyzerResult {
    var settings = AnalyzerSettings()
    settings.pricingModels = models
    return try AnalyzerRegistry.run(
      "pricing", on: try AnalysisFixture.table(csv),
      in: RevenueFixture.context(periods, window: window, settings: settings))
  }

  private func model(_ findings: JSONNode, _ name: String) throws -> JSONNode {
    try #require(findings["models"]?.array?.first { $0["model"]?.string == name })
  }

  /// A customer with the same number of successful calls on each of 14 days.
  private func even(_ customer: String, callsPerDay: Int, cost: String = "0.01") -> [RevenueFixture.Call] {
    (5..<19).flatMap { day in
      (0..<callsPerDay).map { .init(day: day, hour: $0 % 24, customer: customer, cost: cost) }
    }
  }

  @Test func `even use gives the bills of the closed forms, failed calls unbilled`() throws {
    // 20 calls a day: 608.75 a month. A failed call is on nobody's bill.
    let calls =
      even("cust-a", callsPerDay: 20) + [.init(day: 9, customer: "cust-a", cost: "0", failed: true)]
    let periods = [RevenueFixture.period("cust-a", "pro", 199, from: 1, to: 40)]
    let result = try result(RevenueFixture.csv(calls), periods)
    #expect(result.value(of: "flat_revenue_usd") == .money(Money(nanodollars: 198_999_999_999)))
    #expect(result.value(of: "usage_based_revenue_usd") == .money(Money(nanodollars: 60_875_000_000)))
    #expect(result.value(of: "tiered_revenue_usd") == .money(Money(nanodollars: 49_000_000_000)))
    #expect(result.value(of: "hybrid_revenue_usd") == .money(Money(nanodollars: 99_000_000_000)))
    let findings = try AnalysisFixture.findings(result)
    #expect(findings["billable_calls"]?.integer == 280)
    // 2.80 of cost in 14 days is 6.0875 a month.
    #expect(try model(findings, "tiered")["cost_usd"]?.money == Money(nanodollars: 6_087_500_000))
    #expect(try model(findings, "tiered")["margin_usd"]?.money == Money(nanodollars: 42_912_500_000))
    #expect(try model(findings, "flat")["volatility_pct"]?.double == 0)
  }

  @Test func `a month is projected from the days subscribed, and brings its share of the window`() throws {
    // Seven days of 20 calls: 608.75 in a month of subscription, half of that for the window.
    let calls = even("cust-a", callsPerDay: 20).filter { $0.day < 12 }
    let periods = [RevenueFixture.period("cust-a", "pro", 199, from: 1, to: 12)]
    let findings = try AnalysisFixture.findings(try result(RevenueFixture.csv(calls), periods))
    let row = try #require(findings["by_customer"]?.array?.first)
    #expect(row["bill_usd"]?["usage_based"]?.money == Money(nanodollars: 60_875_000_000))
    #expect(row["bill_usd"]?["flat"]?.money == Money(nanodollars: 199_000_000_001))
    #expect(try model(findings, "usage_based")["revenue_usd"]?.money == Money(nanodollars: 30_437_500_000))
    #expect(try model(findings, "tiered")["revenue_usd"]?.money == Money(nanodollars: 24_500_000_000))
  }

  @Test func `a step is a mean over months, not the step of the mean month`() throws {
    // 32 calls on 13 days and 48 on one: 1,008.9 in the mean month, so the step of the mean is 199. Months with the busy
    // day at most once stay below 1,001: 49.
    var calls = even("cust-a", callsPerDay: 32)
    calls += (0..<16).map { .init(day: 10, hour: $0, customer: "cust-a", cost: "0.01") }
    let periods = [RevenueFixture.period("cust-a", "pro", 199, from: 1, to: 40)]
    let findings = try AnalysisFixture.findings(try result(RevenueFixture.csv(calls), periods))
    let bill = try #require(findings["by_customer"]?.array?.first?["bill_usd"]?["tiered"]?.double)
    // 974 + 16 · B > 1,000 needs B ≥ 2 of 30.4375 draws at 1/14: 1 − (13/14)^30 · (1 + 30/13) ≈ 0.642 for 30 draws.
    let chance = 1 - DeterministicMath.pow(13.0 / 14, 30) * (1 + 30.0 / 13)
    #expect(abs(bill - (49 + 150 * chance)) < 12)
    #expect(bill > 60 && bill < 190)
  }

  @Test func `customers who pay and never call are billed too, and flat is the prorated revenue`() throws {
    let result = try result(RevenueFixture.csv(RevenueFixture.calls))
    // 612.895277208 in 14 days, × 30.4375 / 14, rounded for each customer.
    let flat = try #require(result.value(of: "flat_revenue_usd"))
    #expect(abs(flat.double - 612.895277208 * 30.4375 / 14) < 1e-8)
    let findings = try AnalysisFixture.findings(result)
    let silent = try #require(findings["by_customer"]?.array?.first { $0["customer_id"]?.string == "cust-d" })
    #expect(silent["bill_usd"]?["usage_based"]?.money == .zero)
    #expect(silent["bill_usd"]?["tiered"]?.money == Money(nanodollars: 49_000_000_000))
    #expect(silent["bill_usd"]?["hybrid"]?.money == Money(nanodollars: 99_000_000_000))
    // cust-c leaves after three days: a mean month, since seven days are needed to draw months.
    #expect(findings["customers_at_mean_month"]?.integer == 1)
  }

  @Test func `calibrated models bring today's revenue to the nanodollar on random tables`() throws {
    for seed in [1, 2] as [UInt64] {
      let findings = try AnalysisFixture.findings(
        try result(AnalysisFixture.random(rows: 3000, seed: seed), nil, window: nil))
      let flat = try #require(try model(findings, "flat")["revenue_usd"]?.money)
      for name in ["usage_based", "tiered", "hybrid"] {
        let own = try model(findings, name)
        #expect(own["calibrated"]?["revenue_usd"]?.money == flat)
        let factor = try #require(own["calibrated"]?["factor"]?.double)
        #expect(abs(factor * (own["revenue_usd"]?.double ?? 0) - flat.dollars) < 1e-6)
        let (revenue, cost) = (own["revenue_usd"]?.money, own["cost_usd"]?.money)
        #expect(own["margin_usd"]?.money?.nanodollars == (revenue?.nanodollars ?? 0) - (cost?.nanodollars ?? 0))
        let deciles = try #require(own["deciles"]?.array)
        #expect(deciles.reduce(0) { $0 + ($1["revenue_usd"]?.money?.nanodollars ?? 0) } == revenue?.nanodollars)
        #expect(
          deciles.reduce(0) { $0 + ($1["margin_usd"]?.money?.nanodollars ?? 0) }
            == own["margin_usd"]?.money?.nanodollars)
        #expect(own["bill_change"]?["largest"]?.array?.count ?? 99 <= 20)
      }
    }
  }

  @Test func `break-even elasticity is that of the formula`() throws {
    func money(_ dollars: Int64) -> Money { Money(nanodollars: dollars * Money.nanodollarsPerDollar) }
    // Price doubles: margin 200 − 40 = 160 against 60: 2^e = 60/160.
    let elasticity = try #require(
      PricingComparison.elasticity(revenue: money(200), today: money(100), cost: money(40)))
    #expect(abs(DeterministicMath.pow(2, elasticity) - 60.0 / 160) < 1e-12)
    #expect(PricingComparison.elasticity(revenue: money(100), today: money(100), cost: money(40)) == nil)
    #expect(PricingComparison.elasticity(revenue: money(30), today: money(100), cost: money(40)) == nil)
  }

  @Test func `break-even churn counts the customers whose bills rise most until the gain is gone`() throws {
    // Ten customers pay 10 a month; five make 304.375 calls a month, and pay 30.4375 by use; five make none. By use the
    // revenue is 152.1875 against 100: two leaving cost 60.875 and the gain of 52.1875.
    let periods = (0..<10).map { RevenueFixture.period("cust-\($0)", "basic", 10, from: 1, to: 40) }
    let calls = (0..<5).flatMap { even("cust-\($0)", callsPerDay: 10, cost: "0") }
    let findings = try AnalysisFixture.findings(try result(RevenueFixture.csv(calls), periods))
    let own = try model(findings, "usage_based")
    #expect(own["break_even_churn_pct"]?.double == 20)
    #expect(own["bill_change"]?["above20_pct"]?.double == 50)
    #expect(abs((own["bill_change"]?["change_pct"]?["p90"]?.double ?? 0) - 204.375) < 1e-6)
    #expect(own["bill_change"]?["change_pct"]?["p10"]?.double == -100)
  }

  @Test func `a scenario's own models bill tokens, credits and cost, and replace one of the lab by its name`() throws {
    let models = [
      PricingModel(id: "hybrid", monthlyFee: Money(nanodollars: 5_000_000_000)),
      PricingModel(
        id: "tokens", perMillionInputTokens: Money(nanodollars: 2_000_000_000),
        perMillionOutputTokens: Money(nanodollars: 10_000_000_000)),
      PricingModel(
        id: "credits", monthlyFee: Money(nanodollars: 20_000_000_000),
        credits: .init(price: Money(nanodollars: 100_000_000), perThousandCalls: 1000, included: 500)),
      PricingModel(id: "cost_plus", markupPercent: 50),
    ]
    let calls =
      even("cust-a", callsPerDay: 20) + [.init(day: 9, customer: "cust-a", cost: "0", failed: true)]
    let periods = [RevenueFixture.period("cust-a", "pro", 199, from: 1, to: 40)]
    let result = try result(RevenueFixture.csv(calls), periods, models: models)
    let findings = try AnalysisFixture.findings(result)
    #expect(
      findings["models"]?.array?.map { $0["model"]?.string } == [
        "flat", "usage_based", "tiered", "hybrid", "tokens", "credits", "cost_plus",
      ])
    #expect(
      findings["models"]?.array?.map { $0["is_example"]?.boolean } == [false, true, true, false, false, false, false])
    #expect(try model(findings, "hybrid")["revenue_usd"]?.money == Money(nanodollars: 5_000_000_000))
    // 608.75 calls of 1,000 tokens in and 100 out: 0.60875 · 2 + 0.060875 · 10.
    #expect(abs((try model(findings, "tokens")["revenue_usd"]?.double ?? 0) - 1.82625) < 1e-8)
    // 108.75 credits beyond 500, at 0.10, and the fee.
    #expect(abs((try model(findings, "credits")["revenue_usd"]?.double ?? 0) - 30.875) < 1e-8)
    #expect(abs((try model(findings, "cost_plus")["revenue_usd"]?.double ?? 0) - 6.0875 * 1.5) < 1e-8)
  }

  @Test func `balanced months have the mean month of any days`() {
    let bootstrap = BootstrappedMonths(customers: 100)
    #expect(bootstrap.count == 200)
    #expect(BootstrappedMonths(customers: 100_000).count == 16)
    var months = [Double](repeating: 0, count: bootstrap.count)
    for size in [7, 14, 28, 90] {
      let days = (0..<size).map { Double($0 * $0 % 11) }
      bootstrap.sums(of: days, into: &months)
      let mean = months.reduce(0, +) / Double(months.count)
      let expected = days.reduce(0, +) / Double(size) * 30.4375
      #expect(abs(mean - expected) < 0.01 * expected)
      #expect(Set(months).count > 10)
    }
  }

  @Test func `too short data, no cost and no price are sentences`() throws {
    let csv = RevenueFixture.csv(RevenueFixture.calls)
    let short = try result(csv, window: RevenueFixture.day(5)...RevenueFixture.day(11))
    #expect(short.value(of: "usage_based_revenue_usd") == nil)
    #expect(short.abstentions.contains { $0.reason == Pricing.tooShort })
    let bare = try result(
      "timestamp,customer_id\n2026-01-05T10:00:00Z,a\n2026-01-15T10:00:00Z,a\n", nil,
      models: [PricingModel(id: "cost_plus", markupPercent: 10)])
    #expect(bare.value(of: "flat_revenue_usd") == nil)
    // Two calls in 14 days.
    #expect(bare.value(of: "usage_based_revenue_usd") == .money(Money(nanodollars: 434_821_429)))
    #expect(bare.abstentions.contains { $0.section == "cost_plus" })
    #expect(bare.recommendations.isEmpty)
  }
}
