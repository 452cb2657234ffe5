import LabCore
import LabJSON
import LabPrices
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct DatasetOverviewTests {
  private func result(
    _ csv: String = AnalysisFixture.six, subscriptions: [SubscriptionPeriod]? = nil
  ) throws -> AnalyzerResult {
    let context = AnalysisContext(prices: try AnalysisFixture.book(), subscriptions: subscriptions, threads: 2)
    return try AnalyzerRegistry.run("dataset_overview", on: try AnalysisFixture.table(csv), in: context)
  }

  @Test func `the audit finds what was put into the six calls and nothing else`() throws {
    let result = try result()
    #expect(result.value(of: "rows") == .integer(6))
    #expect(result.value(of: "rejected_rows") == .integer(0))
    // call-4 stands twice.
    #expect(result.value(of: "duplicate_call_ids") == .integer(1))
    #expect(result.value(of: "out_of_order_rows") == .integer(0))
    // The last call costs 0.001 too much; the free error and the new price since the 12th match.
    #expect(result.value(of: "cost_mismatch_calls") == .integer(1))
    #expect(result.value(of: "cost_mismatch_usd") == .money(Money(nanodollars: 1_000_000)))
    #expect(abs((result.value(of: "success_rate_pct")?.double ?? 0) - 500.0 / 6) < 1e-9)
    #expect(result.value(of: "hours") == .integer(6))
    #expect(result.value(of: "days") == .integer(6))
    // cust-1 0.0094, cust-2 0.007, cust-3 0.018: 2·(7 + 2·9.4 + 3·18)/(3·34.4) − 4/3.
    let gini = 2 * (7 + 18.8 + 54.0) / (3 * 34.4) - 4.0 / 3
    #expect(abs((result.value(of: "gini_customers")?.double ?? 0) - gini) < 1e-12)
    let quality = try #require(try AnalysisFixture.findings(result)["quality"])
    // cust-3 pays 49 and 59 for starter in January.
    #expect(quality["tier_price_conflicts"]?.integer == 1)
    #expect(quality["unpriced_models"]?.array?.isEmpty == true)
    #expect(quality["impossible_tokens"]?.array?.isEmpty == true)
    #expect(quality["cost_compared_calls"]?.integer == 6)
  }

  @Test func `subscriptions explain a change of price and add customers without calls to the Gini`() throws {
    func period(_ customer: String, _ price: Int64, _ from: String, _ to: String) throws -> SubscriptionPeriod {
      SubscriptionPeriod(
        customer: customer, organization: "org-2", archetype: "heavy", tier: "starter",
        monthlyPrice: Money(nanodollars: price * 1_000_000_000), homeRegion: "eu",
        validFrom: try #require(Instant(from)),
        validTo: try #require(Instant(to)), signedUp: try #require(Instant(from)))
    }
    let subscriptions = [
      try period("cust-3", 49, "2026-01-01", "2026-01-10"), try period("cust-3", 59, "2026-01-10", "2026-02-10"),
      try period("cust-silent", 49, "2026-01-01", "2026-02-01"),
    ]
    let result = try result(subscriptions: subscriptions)
    let findings = try AnalysisFixture.findings(result)
    #expect(findings["quality"]?["tier_price_conflicts"]?.integer == 0)
    #expect(findings["customers_without_calls"]?.integer == 1)
    // 0, 7, 9.4, 18 of 34.4: 2·(2·7 + 3·9.4 + 4·18)/(4·34.4) − 5/4.
    let gini = 2 * (14 + 28.2 + 72.0) / (4 * 34.4) - 1.25
    #expect(abs((result.value(of: "gini_customers")?.double ?? 0) - gini) < 1e-12)
  }

  @Test func `distributions have customers and failures beside the sums that all groups have`() throws {
    let findings = try AnalysisFixture.findings(try result())
    let chat = try #require(findings["by_feature"]?.array?.first { $0["feature_id"]?.string == "chat" })
    #expect(chat["calls"]?.integer == 4 && chat["customers"]?.integer == 2 && chat["failed_calls"]?.integer == 1)
    let small = try #require(findings["by_model"]?.array?.first { $0["model"]?.string == "small" })
    #expect(small["customers"]?.integer == 1 && small["calls"]?.integer == 2)
    #expect(findings["errors"]?.array?.first?["error_type"]?.string == "rate_limit")
    for group in DatasetOverview.groupings where group.name != "by_service_tier" && group.name != "by_finish_reason" {
      let rows = try #require(findings[group.name]?.array, "\(group.name)")
      #expect(rows.reduce(0) { $0 + ($1["cost_usd"]?.money?.nanodollars ?? 0) } == 34_400_000, "\(group.name)")
    }
  }

  @Test func `impossible tokens, unknown models and rejected rows are counted by kind`() throws {
    let header = AnalysisFixture.header + ",reasoning_tokens,cacheable_input_tokens\n"
    // Reasoning 9 of 5 output tokens; no tokens at all; 11 of 10 input tokens cacheable; more input than the model's context;
    // a model that the book lacks; a row that is rejected.
    let csv =
      header
      + "2026-01-05T00:10:00Z,o,p,f,c,a,t,1,alpha,big,us,10,5,15,1,0.0002500,success,,,1,0,prod,9,4\n"
      + "2026-01-05T00:11:00Z,o,p,f,c,a,t,1,alpha,big,us,0,0,0,1,0.000000,success,,,2,0,prod,0,0\n"
      + "2026-01-05T00:12:00Z,o,p,f,c,a,t,1,alpha,big,us,10,5,15,1,0.000250,success,,,3,0,prod,0,11\n"
      + "2026-01-05T00:13:00Z,o,p,f,c,a,t,1,alpha,big,us,200000,5,200005,1,2.000150,success,,,4,0,prod,0,0\n"
      + "2026-01-05T00:14:00Z,o,p,f,c,a,t,1,zeta,none,us,10,5,15,1,0.100000,success,,,5,0,prod,0,0\n"
      + "not a time,o,p,f,c,a,t,1,zeta,none,us,10,5,15,1,0.100000,success,,,6,0,prod,0,0\n"
      + "2026-01-05T00:15:00Z,o,p,f,c,a,t,1,zeta,none,us,10,5,16,1,0.100000,success,,,7,0,prod,0,0\n"
    let result = try result(csv)
    #expect(result.value(of: "rows") == .integer(5))
    #expect(result.value(of: "rejected_rows") == .integer(2))
    let findings = try AnalysisFixture.findings(result)
    let kinds = findings["quality"]?["impossible_tokens"]?.array?.map {
      ($0["kind"]?.string ?? "", $0["calls"]?.integer ?? 0)
    }
    #expect(
      kinds?.map(\.0) == [
        "reasoning_above_output", "cacheable_above_input", "success_without_tokens", "input_above_context",
      ])
    #expect(kinds?.allSatisfy { $0.1 == 1 } == true)
    #expect(findings["quality"]?["unpriced_models"]?.array?.map { $0["model"]?.string } == ["none"])
    #expect(findings["quality"]?["unpriced_calls"]?.integer == 1)
    #expect(
      Set(findings["file"]?["rejects"]?.array?.compactMap { $0["reason"]?.string } ?? [])
        == ["bad_timestamp", "total_mismatch"])
    // Nine-decimal costs are compared to the nanodollar: the first call's reasoning can't exceed its output, so it costs
    // 10·10 + 5·30 = 250 µUSD and matches.
    #expect(result.value(of: "cost_mismatch_calls") == .integer(0))
  }

  @Test func `six-decimal costs may differ by half a microdollar, finer ones by nothing`() throws {
    func csv(_ cost: String) -> String {
      AnalysisFixture.header + "\n"
        // 1 cached token of big costs 1 µUSD, 3 of small input 3: here 1 in of big is 10 µ; half-even cases by cached 0.5.
        + "2026-01-05T00:10:00Z,o,p,f,c,a,t,1,beta,mid,us,1,0,1,1,\(cost),success,,,1,0,prod\n"
    }
    #expect(try result(csv("0.000004")).value(of: "cost_mismatch_calls") == .integer(0))
    #expect(try result(csv("0.000005")).value(of: "cost_mismatch_calls") == .integer(1))
    #expect(try result(csv("0.000004001")).value(of: "cost_mismatch_calls") == .integer(1))
    #expect(try result(csv("0.000004001")).value(of: "cost_mismatch_usd") == .money(Money(nanodollars: 1)))
  }

  @Test func `silent hours are listed, and suspicious where twenty calls were to be expected`() throws {
    var lines = [AnalysisFixture.header]
    // 100 calls in hour 0, then nothing until hour 4: the mean is 40.4 an hour, three hours would hold 121.
    for index in 0..<102 {
      let time =
        index < 100
        ? "2026-01-05T00:\(10 + index / 2):00Z" : index == 100 ? "2026-01-05T04:00:00Z" : "2026-01-05T04:30:00Z"
      lines.append("\(time),o,p,f,c,a,t,1,beta,mid,us,1,0,1,1,0.000004,success,,,\(index),0,prod")
    }
    let findings = try AnalysisFixture.findings(try result(lines.joined(separator: "\n") + "\n"))
    let gap = try #require(findings["gaps"]?.array?.first)
    #expect(findings["gaps"]?.array?.count == 1)
    #expect(gap["start"]?.string == "2026-01-05T01:00:00.000000Z" && gap["hours"]?.integer == 3)
    #expect(gap["suspicious"]?.boolean == true)
    #expect(findings["quality"]?["clock_gaps"]?.integer == 1)
    // Far fewer calls make the same silence ordinary.
    let sparse = try AnalysisFixture.findings(try result())
    #expect(sparse["quality"]?["clock_gaps"]?.integer == 0)
    #expect((sparse["gaps"]?.array?.count ?? 0) == 5)
  }

  @Test func `gaps of evenly spaced calls vary by nothing and of two-speed calls by what they do`() throws {
    var lines = [AnalysisFixture.header]
    for index in 0..<40 {
      // Customer even: every minute. Customer burst: pairs, gaps of 0 s and 120 s in turn: mean 60, deviation 60, CV near 1.
      let even = "2026-01-05T00:\(index < 10 ? "0" : "")\(index):00.000000Z"
      let minute = index / 2 * 2
      let burst = "2026-01-05T00:\(minute < 10 ? "0" : "")\(minute):00.000001Z"
      lines.append("\(even),o,p,f,even,a,t,1,beta,mid,us,1,0,1,1,0.000004,success,,,\(index * 2),0,prod")
      if index % 2 == 0 {
        for part in 0..<2 {
          lines.append("\(burst),o,p,f,burst,a,t,1,beta,mid,us,1,0,1,1,0.000004,success,,,\(index * 2 + part)b,0,prod")
        }
      }
    }
    let findings = try AnalysisFixture.findings(try result(lines.joined(separator: "\n") + "\n"))
    let realism = findings["realism"]?.array ?? []
    // Two customers: the median is the smaller, the ninetieth percentile the larger.
    let low = try #require(realism.first { $0["figure"]?.string == "gap_cv_p50" }?["value"]?.double)
    let high = try #require(realism.first { $0["figure"]?.string == "gap_cv_p90" }?["value"]?.double)
    #expect(low < 1e-6)
    #expect(abs(high - 1) < 0.06)
  }

  @Test func `squares of gaps beyond 64 bits are rounded once`() throws {
    var random = RandomStream(seed: 11, purpose: 11)
    for file in 0..<300 {
      // Thirty gaps of minutes, whose squares sum up to about 2⁶⁴ square microseconds and some more.
      let scale = Double(400_000_000 + file * 4_000_000)
      let gaps = (0..<30).map { _ in Int64(scale * (0.1 + 2 * random.unit())) }
      var now: Int64 = 1_767_571_200_000_000
      var lines = ["timestamp,customer_id", "\(Instant(microseconds: now)),c"]
      for gap in gaps {
        now += gap
        lines.append("\(Instant(microseconds: now)),c")
      }
      let table = try AnalysisFixture.table(lines.joined(separator: "\n") + "\n")
      let result = try AnalyzerRegistry.run("dataset_overview", on: table, in: AnalysisContext(threads: 1))
      let realism = try #require(try AnalysisFixture.findings(result)["realism"]?.array)
      let found = realism.first { $0["figure"]?.string == "gap_cv_p50" }?["value"]?.double
      var (sum, squares): (Int128, Int128) = (0, 0)
      for gap in gaps {
        sum += Int128(gap)
        squares += Int128(gap) * Int128(gap)
      }
      let mean = Double(sum) / 30
      let expected = (Double(squares) / 30 - mean * mean).squareRoot() / mean
      #expect(found == expected, "\(file)")
    }
  }
}
