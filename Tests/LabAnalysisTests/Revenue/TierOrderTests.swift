import LabCore
import LabJSON
import LabTable
import Testing

@testable import LabAnalysis

/// What a customer pays follows from when it called, not from where its calls stand in the file.
@Suite struct TierOrderTests {
  /// Every hour a call at 29 USD a month, at 199 from the 200th to the 399th hour; a second customer stays at 29.
  private func rows() -> [String] {
    let start = Instant("2026-01-05T00:00:00Z") ?? Instant(microseconds: 0)
    return (0..<600).flatMap { hour in
      let time = Instant(microseconds: start.microseconds + Int64(hour) * 3_600_000_000)
      return [
        "\(time),c1,\((200..<400).contains(hour) ? "pro,199" : "starter,29"),0.01", "\(time),c2,starter,29,0.01",
      ]
    }
  }

  private func table(_ rows: [String]) throws -> CallTable {
    try AnalysisFixture.table(
      "timestamp,customer_id,subscription_tier,tier_price_usd,cost_usd\n" + rows.joined(separator: "\n") + "\n")
  }

  @Test func `a late row, joined exports and a reversed file give the revenue of the file in order`() throws {
    let rows = rows()
    // One of c1's first calls at the end; the halves exchanged; all reversed; every other row first.
    let late = rows[..<200] + rows[201...] + [rows[200]]
    let even = rows.indices.filter { $0 / 2 % 2 == 0 }.map { rows[$0] }
    let odd = rows.indices.filter { $0 / 2 % 2 == 1 }.map { rows[$0] }
    var revenues: [[String]] = []
    for order in [rows, Array(late), Array(rows[600...] + rows[..<600]), rows.reversed(), even + odd] {
      for threads in [1, 3] {
        let result = try AnalyzerRegistry.run(
          "profitability", on: try table(order), in: AnalysisContext(threads: threads))
        #expect(result.error == nil)
        let customers = try #require(try AnalysisFixture.findings(result)["by_customer"]?.array)
        revenues.append(
          customers.map { "\($0["customer_id"]?.string ?? "") \($0["revenue_usd"]?.double ?? -1)" }.sorted())
      }
    }
    #expect(revenues.allSatisfy { $0 == revenues[0] })
    // (29 · 399 h + 199 · 200 h) of 730.5 hours a month: the data end with the call of the last hour.
    let expected = (29.0 * 399 + 199 * 200) / 730.5
    let first = try #require(revenues[0].first?.split(separator: " ").last.flatMap { Double($0) })
    #expect(abs(first - expected) < 1e-6)
  }

  @Test func `a customer's tier is that of its latest call`() throws {
    let rows = rows()
    let hoursOf = { (table: CallTable) throws in
      try #require(try CustomerHours.of(table, in: AnalysisContext(threads: 2)))
    }
    // Only the hours up to the 300th, so that c1 ends as pro.
    for order in [Array(rows[..<600]), rows[..<600].reversed(), Array(rows[300..<600] + rows[..<300])] {
      let table = try table(order)
      let tiers = try #require(try CustomerTiers(table, try hoursOf(table), AnalysisContext(threads: 2)))
      let code = Int(try #require(table.dictionary(.customerID).code(of: "c1")))
      #expect(tiers.compared(code, callsPerDay: 1)?.tier == "pro")
    }
  }
}
