import LabCore
import LabJSON
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct AlignmentTests {
  private typealias Call = CostFixture.Call

  private func result(_ calls: [Call], _ change: (inout AnalyzerSettings) -> Void = { _ in }) throws -> AnalyzerResult {
    var settings = AnalyzerSettings()
    change(&settings)
    return try CostFixture.result("alignment", calls, settings: settings)
  }

  private func nanodollars(_ result: AnalyzerResult, _ metric: String) -> Int64? {
    if case .money(let money) = result.value(of: metric) { money.nanodollars } else { nil }
  }

  private func statements(_ findings: JSONNode) -> [String: Int64] {
    var totals: [String: Int64] = [:]
    for statement in findings["statements"]?.array ?? [] {
      totals[statement["organization_id"]?.string ?? "?"] = statement["total_usd"]?.money?.nanodollars
    }
    return totals
  }

  @Test func `a third of a dollar each is cents that sum to the dollar, the odd cent to the first by name`() throws {
    let calls = ["c", "a", "b"].map { Call(organization: $0, cost: "0.333333333") }
    let result = try result(calls)
    // 0.999999999 is a bill of 1.00: 34 + 33 + 33 cents.
    let findings = try AnalysisFixture.findings(result)
    #expect(statements(findings) == ["a": 340_000_000, "b": 330_000_000, "c": 330_000_000])
    #expect(nanodollars(result, "allocated_usd") == 1_000_000_000)
    #expect(nanodollars(result, "unallocated_usd") == 0)
    #expect(result.value(of: "organizations") == .integer(3))
    let shares = (findings["by_organization"]?.array ?? []).compactMap { $0["showback_pct"]?.double }
    #expect(shares.sorted() == [33.33, 33.33, 33.34])
  }

  @Test func `a statement has a line for each product, feature and model that sum to it`() throws {
    let calls = [
      Call(cost: "0.006000"), Call(product: "api", cost: "0.006000"), Call(model: "small", cost: "0.008000"),
      Call(organization: "org-2", cost: "1.000000"),
    ]
    let findings = try AnalysisFixture.findings(try result(calls))
    let statement = try #require(findings["statements"]?.array?.first { $0["organization_id"]?.string == "org-1" })
    // Two cents over 8, 6 and 6 thousandths: 0.8, 0.6 and 0.6 cents, so one cent to the first two.
    let lines = try #require(statement["lines"]?.array)
    #expect(lines.map { $0["amount_usd"]?.money?.nanodollars } == [10_000_000, 10_000_000, 0])
    #expect(lines.map { $0["model"]?.string } == ["small", "big", "big"])
    #expect(lines.map { $0["product_id"]?.string } == ["app", "api", "app"])
    #expect(statement["total_usd"]?.money == Money(nanodollars: 20_000_000))
  }

  @Test func `shared costs go by their key for the days of the window`() throws {
    // Thirty days and a minute short of nothing: from minute 0 to 43,830, which is a month of 30.4375 days.
    let calls = [
      Call(organization: "org-1", input: 100, output: 0, cost: "1.000000"),
      Call(minute: 1, organization: "org-1", input: 100, output: 0, cost: "1.000000"),
      Call(minute: 43_830, organization: "org-2", input: 300, output: 300, cost: "1.000000"),
    ]
    let result = try result(calls) { settings in
      settings.sharedCosts = SharedCost.Key.allCases.map {
        SharedCost(id: $0.rawValue, monthly: Money(nanodollars: 8_000_000_000), key: $0)
      }
    }
    let findings = try AnalysisFixture.findings(result)
    func share(_ organization: String, _ item: String) -> Int64? {
      let statement = findings["statements"]?.array?.first { $0["organization_id"]?.string == organization }
      return statement?["lines"]?.array?.first { $0["item"]?.string == item }?["amount_usd"]?.money?.nanodollars
    }
    #expect(share("org-1", "calls") == 5_330_000_000 && share("org-2", "calls") == 2_670_000_000)
    #expect(share("org-1", "tokens") == 2_000_000_000 && share("org-2", "tokens") == 6_000_000_000)
    #expect(share("org-1", "cost") == 5_330_000_000 && share("org-1", "even") == 4_000_000_000)
    #expect(nanodollars(result, "allocated_usd") == 35_000_000_000)
  }

  @Test func `invoices reconcile to the cent and the difference is a line of its own`() throws {
    let calls = [
      Call(organization: "org-1", cost: "6.000000"), Call(organization: "org-2", cost: "2.000000"),
      // The 10th of February.
      Call(minute: 36 * 1440, organization: "org-1", provider: "beta", model: "tiny", cost: "1.004000"),
    ]
    let result = try result(calls) { settings in
      settings.invoices = [
        InvoiceLine(provider: "alpha", year: 2026, month: 1, amount: Money(nanodollars: 10_000_000_000)),
        InvoiceLine(provider: "beta", year: 2026, month: 2, amount: Money(nanodollars: 900_000_000)),
        InvoiceLine(provider: "gamma", year: 2026, month: 2, amount: Money(nanodollars: 500_000_000)),
      ]
    }
    let findings = try AnalysisFixture.findings(result)
    let lines = try #require(findings["reconciliation"]?.array)
    #expect(lines.map { $0["difference_usd"]?.money?.nanodollars } == [2_000_000_000, -104_000_000, 500_000_000])
    #expect(lines.map { $0["covered_days"]?.integer } == [27, 10, 10])
    #expect(lines.map { $0["month"]?.string } == ["2026-01", "2026-02", "2026-02"])
    // 6 + 1.50, 2 + 0.50; 1.00 less 0.10; nobody called gamma.
    #expect(statements(findings) == ["org-1": 8_400_000_000, "org-2": 2_500_000_000])
    #expect(nanodollars(result, "unallocated_usd") == 500_000_000)
    #expect(findings["bill"]?["total_usd"]?.money == Money(nanodollars: 11_400_000_000))
  }

  @Test func `the unused part of a commitment is the hours below its level, shared in its scope`() throws {
    // small: 1,000,000 tokens cost a dollar; four hours of 1, 0.50, none and 2 dollars.
    let calls = [
      Call(model: "small", input: 1_000_000, output: 0, cost: "1.000000"),
      Call(minute: 60, model: "small", input: 500_000, output: 0, cost: "0.500000"),
      Call(minute: 180, organization: "org-2", model: "small", input: 2_000_000, output: 0, cost: "2.000000"),
    ]
    let result = try result(calls) { settings in
      // 0.80 an hour at 0.8 is a level of one dollar.
      settings.commitmentsHeld = [
        HeldCommitment(id: "year", provider: "alpha", paymentPerHour: Money(nanodollars: 800_000_000), ratio: 0.8)
      ]
    }
    let findings = try AnalysisFixture.findings(result)
    let held = try #require(findings["commitments_held"]?.array?.first)
    #expect(held["paid_usd"]?.money == Money(nanodollars: 3_200_000_000))
    // Used 1 + 0.5 + 0 + 1 of 4; 1.5 · 0.8 unused.
    #expect(held["utilisation_pct"]?.double == 62.5)
    #expect(held["unused_usd"]?.money == Money(nanodollars: 1_200_000_000))
    // 1.50 and 2.00 of 3.50: 51 and 69 cents.
    #expect(statements(findings) == ["org-1": 2_010_000_000, "org-2": 2_690_000_000])
  }

  @Test func `the index compares with the others at the same features and products, and model choice is told apart`()
    throws
  {
    var calls: [Call] = []
    for day in 0..<14 {
      for hour in 0..<24 {
        let minute = day * 1440 + hour * 60
        calls.append(Call(minute: minute, organization: "dear", model: "big", cost: "0.020000"))
        calls.append(Call(minute: minute, organization: "plain", model: "small", cost: "0.010000"))
        calls.append(
          Call(
            minute: minute, organization: "other", model: hour % 2 == 0 ? "small" : "big",
            cost: hour % 2 == 0 ? "0.010000" : "0.020000"))
      }
    }
    let result = try result(calls)
    let rows = try #require(try AnalysisFixture.findings(result)["by_organization"]?.array)
    let dear = try #require(rows.first { $0["organization_id"]?.string == "dear" })
    // The others pay (0.01 + 0.015) / 2 a call; at the same model they pay the same.
    #expect(abs((dear["mix_index"]?.double ?? 0) - 0.02 / 0.0125) < 1e-9)
    #expect(abs((dear["model_factor"]?.double ?? 0) - 1.6) < 1e-9 && abs((dear["size_factor"]?.double ?? 0) - 1) < 1e-9)
    #expect(dear["mix_index_low"]?.double ?? 0 > 1.5 && dear["compared_pct"]?.double == 100)
    let advice = try #require(result.recommendations.first { $0.rule == "dear_for_its_mix" })
    #expect(advice.text.hasPrefix("dear pays 60.0% more"))
    #expect(result.recommendations.count { $0.rule == "dear_for_its_mix" } == 1)
    let alone = try self.result(calls.filter { $0.organization == "dear" })
    #expect(alone.abstentions.contains { $0.section == "mix_index" })
  }

  @Test func `tag coverage is by cost over all required tags, and an empty value is none`() throws {
    let calls = [
      Call(cost: "0.500000", metadata: #"{"team":"a","app":"x"}"#), Call(cost: "0.300000", metadata: #"{"team":"b"}"#),
      Call(cost: "0.100000", metadata: #"{"team":"","app":"x"}"#), Call(cost: "0.100000"),
    ]
    let result = try result(calls) { $0.requiredTags = ["team", "app"] }
    #expect(result.value(of: "tag_coverage_pct") == .number(50))
    let tags = try #require(try AnalysisFixture.findings(result)["tag_coverage"]?.array)
    #expect(tags.map { $0["coverage_pct"]?.double } == [80, 60])
    #expect(try self.result(calls).value(of: "tag_coverage_pct") == nil)
  }

  @Test(arguments: [31, 32, 33] as [UInt64])
  func `for random calls statements, pools and what nobody bears sum to the bill to the cent`(seed: UInt64) throws {
    let result = try result(CostFixture.random(3000, seed: seed)) { settings in
      settings.requiredTags = ["team"]
      settings.sharedCosts = [SharedCost(id: "gateway", monthly: Money(nanodollars: 123_456_789_012), key: .tokens)]
      settings.commitmentsHeld = [
        HeldCommitment(id: "held", provider: "alpha", paymentPerHour: Money(nanodollars: 12_345_678), ratio: 0.6)
      ]
      settings.invoices = [
        InvoiceLine(provider: "alpha", year: 2026, month: 1, amount: Money(nanodollars: 45_000_000_000))
      ]
    }
    let findings = try AnalysisFixture.findings(result)
    let bill = try #require(findings["bill"])
    func part(_ key: String) -> Int64 { bill[key]?.money?.nanodollars ?? .min }
    #expect(
      part("usage_usd") + part("shared_costs_usd") + part("unused_commitments_usd") + part("invoice_differences_usd")
        == part("total_usd"))
    #expect(part("allocated_usd") + part("unallocated_usd") == part("total_usd"))
    #expect(part("unused_commitments_usd") > 0)
    var sum: Int64 = 0
    for statement in findings["statements"]?.array ?? [] {
      let lines = (statement["lines"]?.array ?? []).map { $0["amount_usd"]?.money?.nanodollars ?? 1 }
      #expect(lines.allSatisfy { $0 % 10_000_000 == 0 })
      #expect(lines.reduce(0, +) == statement["total_usd"]?.money?.nanodollars)
      sum += lines.reduce(0, +)
    }
    #expect(sum == part("allocated_usd"))
    let rows = try #require(findings["by_organization"]?.array)
    #expect(
      rows.reduce(0) { $0 + ($1["cost_usd"]?.money?.nanodollars ?? 0) }
        == findings["total_cost_usd"]?.money?.nanodollars)
    #expect(abs(rows.reduce(0) { $0 + ($1["showback_pct"]?.double ?? 0) } - 100) < 1e-9)
    let lines = try #require(result.report.tables.first { $0.id == "statement_lines" })
    #expect(
      lines.rows.count == (findings["statements"]?.array ?? []).reduce(0) { $0 + ($1["lines"]?.array?.count ?? 0) })
  }

  @Test func `without organizations there is no statement, and the sentence says which column`() throws {
    let csv = "timestamp,cost_usd\n2026-01-05T00:00:00Z,0.5\n"
    let result = try AnalyzerRegistry.run("alignment", on: try AnalysisFixture.table(csv), in: AnalysisContext())
    #expect(nanodollars(result, "allocated_usd") == nil && nanodollars(result, "total_cost_usd") == 500_000_000)
    #expect(result.abstentions.contains { $0.reason == "the data has no column 'organization_id'" })
  }
}
