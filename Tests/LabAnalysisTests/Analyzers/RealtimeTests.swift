import LabCore
import LabJSON
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

/// One row per hour, customer and model over some days from Monday, 2026-01-05, whose cost stands for many calls.
private struct HourlyRows {
  static let start = Instant(date: CivilDate(year: 2026, month: 1, day: 5)).microseconds
  static let header =
    "timestamp,customer_id,feature_id,tier_price_usd,provider,model,input_tokens,output_tokens,total_tokens,cost_usd,status,"
    + "error_type"
  private var lines: [(time: Int64, text: String)] = []
  var random: RandomStream

  /// Ten customers of about a dollar an hour each, more by day.
  init(days: Int = 35, seed: UInt64 = 1, provider: String = "gamma") {
    random = RandomStream(seed: seed, purpose: 55)
    for hour in 0..<days * 24 {
      for customer in 0..<10 {
        let usual = hour % 24 >= 8 && hour % 24 < 20 ? 1.5 : 0.5
        add(hour, customer, usual * random.lognormal(median: 1, sigma: 0.3), provider: provider)
      }
    }
  }

  mutating func add(
    _ hour: Int, _ customer: Int, _ dollars: Double, provider: String = "gamma", model: String = "some",
    error: String = "", price: Int = 100_000
  ) {
    let time = Self.start + Int64(hour) * 3_600_000_000 + Int64(random.below(3_600_000)) * 1000
    let cost = Money(approximating: dollars).decimalString(minimumPlaces: 6)
    lines.append(
      (
        time,
        "\(Instant(microseconds: time)),cust-\(customer),f,\(price),\(provider),\(model),10,10,20,\(cost),"
          + "\(error.isEmpty ? "success" : "error"),\(error)"
      ))
  }

  var csv: String {
    ([Self.header] + lines.sorted { $0.time < $1.time }.map(\.text)).joined(separator: "\n") + "\n"
  }

  func findings(_ settings: AnalyzerSettings = AnalyzerSettings(highDailyCost: Money(nanodollars: 10_000_000_000_000)))
    throws -> RealtimeFindings
  {
    try Realtime().analyze(
      AnalysisFixture.table(csv), in: AnalysisContext(prices: AnalysisFixture.book(), settings: settings))
  }
}

@Suite struct RealtimeTests {
  private func hour(_ hour: Int) -> Instant { Instant(microseconds: HourlyRows.start + Int64(hour) * 3_600_000_000) }

  @Test func `hours that cost four times the expected are an event with the customer that explains it`() throws {
    var rows = HourlyRows()
    for hour in 30 * 24 + 2..<30 * 24 + 5 { rows.add(hour, 7, 20) }
    let findings = try rows.findings()
    let event = try #require(findings.costEvents.first)
    #expect(findings.costEvents.count == 1)
    #expect(event.start == hour(30 * 24 + 2) && event.hours == 3 && event.detectedAt == hour(30 * 24 + 3))
    // The customer's own: 20 USD an hour on top of a tenth of the bill of 5.
    #expect(event.customerId == "cust-7")
    #expect(abs(event.excessUsd.dollars - 60) < 3 && abs(event.expectedUsd.dollars - 1.5) < 0.8)
    #expect(event.keys.contains { $0.column == "customer_id" && $0.value == "cust-7" })
    // All calls are of one feature: it makes all of the excess and explains nothing.
    #expect(!event.keys.contains { $0.column == "feature_id" })
    let detection = try #require(Realtime().detections(of: findings).first)
    #expect(detection.detector == .costEvents && detection.excess == event.excessUsd)
    #expect(Realtime().recommendations(of: findings).map(\.rule) == ["explain_cost_event"])
    #expect(findings.alerts.map(\.rule) == [.costEvent])
  }

  @Test func `ordinary hours, a rise below five dollars and the first two weeks have no event`() throws {
    for seed in 1...4 { #expect(try HourlyRows(seed: UInt64(seed)).findings().costEvents.isEmpty) }
    var small = HourlyRows()
    for hour in 30 * 24 + 2..<30 * 24 + 5 { small.add(hour, 7, 1.5) }
    #expect(try small.findings().costEvents.isEmpty)
    var early = HourlyRows(days: 20)
    early.add(200, 7, 500)
    #expect(try early.findings().costEvents.isEmpty)
  }

  @Test func `a heavy customer whose days vary makes no event`() throws {
    for seed in 1...3 {
      var rows = HourlyRows(seed: UInt64(seed))
      for day in 0..<35 {
        let factor = rows.random.gamma(shape: 2.78) / 2.78
        for hour in day * 24..<day * 24 + 24 {
          rows.add(hour, 11, 5 * factor * rows.random.lognormal(median: 1, sigma: 0.3))
        }
      }
      #expect(try rows.findings().costEvents.isEmpty, "seed \(seed)")
    }
  }

  /// A heavy customer whose days vary, and one that costs a few cents an hour and in four hours of day 30 what is asked for.
  private func small(_ dollars: Double, seed: UInt64 = 1) -> HourlyRows {
    var rows = HourlyRows(seed: seed)
    for day in 0..<35 {
      let factor = rows.random.gamma(shape: 2.78) / 2.78
      for hour in day * 24..<day * 24 + 24 {
        rows.add(hour, 11, 5 * factor * rows.random.lognormal(median: 1, sigma: 0.3))
        rows.add(hour, 12, 0.05 * rows.random.lognormal(median: 1, sigma: 1))
        // Most calls are cheap, so that six dollars are many of them.
        for _ in 0..<15 { rows.add(hour, 13, 0.001) }
      }
    }
    for hour in 30 * 24 + 2..<30 * 24 + 6 { rows.add(hour, 12, dollars) }
    return rows
  }

  @Test func `four hours of a small customer that the whole bill doesn't notice are an event of that customer`() throws
  {
    let findings = try small(6).findings()
    let event = try #require(findings.costEvents.first)
    #expect(findings.costEvents.count == 1 && event.customerId == "cust-12")
    #expect(event.start == hour(30 * 24 + 2) && event.hours == 4 && event.detectedAt <= event.end)
    #expect(abs(event.excessUsd.dollars - 24) < 1 && event.expectedUsd.dollars < 1)
    #expect(event.keys.map(\.value) == ["cust-12"])
    // None of these hours is beyond chance for the whole: that is what customers are looked at for.
    let hours = try #require(findings.byHour).filter { $0.hour >= event.start && $0.hour < event.end }
    #expect(hours.count == 4 && hours.allSatisfy { $0.flagged && ($0.pValue ?? 0) > 1e-5 })
  }

  @Test func `a small customer's good hours, and those that the bill doesn't notice, are no event`() throws {
    for seed in 1...3 { #expect(try small(0.2, seed: UInt64(seed)).findings().costEvents.isEmpty, "seed \(seed)") }
    #expect(try small(1, seed: 4).findings().costEvents.isEmpty)
  }

  @Test func `what all customers do at once is an event of the whole and of none of them`() throws {
    var rows = HourlyRows()
    for hour in 30 * 24 + 2..<30 * 24 + 6 {
      for customer in 0..<10 { rows.add(hour, customer, 4) }
    }
    let findings = try rows.findings()
    #expect(findings.costEvents.map(\.customerId) == [nil])
    #expect(abs(try #require(findings.costEvents.first).excessUsd.dollars - 160) < 10)
  }

  @Test func `a customer's event is taken out of that of the whole, so that no dollar counts twice`() throws {
    var rows = HourlyRows()
    for hour in 30 * 24 + 2..<30 * 24 + 6 {
      for customer in 0..<10 { rows.add(hour, customer, 4) }
      rows.add(hour, 3, 200)
    }
    let findings = try rows.findings()
    #expect(Set(findings.costEvents.map(\.customerId)) == ["cust-3", nil])
    let excess = findings.costEvents.reduce(0) { $0 + $1.excessUsd.dollars }
    #expect(abs(excess - 960) < 20)
  }

  @Test func `a customer's new level is news for two weeks at most, and then its level`() throws {
    var rows = HourlyRows(days: 56)
    for hour in 20 * 24..<56 * 24 { rows.add(hour, 12, 8) }
    for hour in 0..<20 * 24 { rows.add(hour, 12, 0.05) }
    let own = try rows.findings().costEvents.filter { $0.customerId == "cust-12" }
    let last = try #require(own.map(\.end).max())
    #expect(own.map(\.start).min() == hour(20 * 24))
    #expect(last > hour(21 * 24) && last <= hour(40 * 24))
  }

  @Test func `a price that doubles is a change with its effect, and neither event nor drift`() throws {
    // Mid costs 4 and 8 USD per million before the 12th, twice that after: 10 + 10 tokens are 120 and 240 µUSD.
    var lines = [HourlyRows.header]
    for hour in 0..<30 * 24 {
      let at = Instant(microseconds: HourlyRows.start + Int64(hour) * 3_600_000_000 + 1_000_000)
      lines.append("\(at),c,f,1000,beta,mid,1000000,1000000,2000000,\(hour < 7 * 24 ? 12 : 24),success,")
    }
    let table = try AnalysisFixture.table(lines.joined(separator: "\n") + "\n")
    let findings = try Realtime().analyze(table, in: AnalysisContext(prices: AnalysisFixture.book()))
    let change = try #require(findings.priceChanges.first)
    #expect(change.model == "mid" && change.at == Instant(date: CivilDate(year: 2026, month: 1, day: 12)))
    #expect(change.inputBeforePerMillionUsd == 4 && change.inputAfterPerMillionUsd == 8)
    #expect(change.effectUsd?.dollars == Double(23 * 24) * 12)
    #expect(findings.costEvents.isEmpty && findings.drift.isEmpty)
    #expect(findings.byHour?.allSatisfy { $0.costUsd.dollars == 24 } == true)
  }

  @Test func `a customer beyond its prorated price, a dear day, a failing day and a spent budget are alerts`() throws {
    var rows = HourlyRows(days: 30)
    // 30 days of 10 USD a month are 9.86 USD.
    for hour in 0..<30 { rows.add(hour, 20, 0.3, price: 10) }
    for hour in 500..<524 {
      for _ in 0..<10 { rows.add(hour, 3, 0, error: "timeout") }
    }
    var settings = AnalyzerSettings(highDailyCost: Money(nanodollars: 240_000_000_000))
    settings.budgets = [
      BudgetSetting(id: "all", monthly: Money(nanodollars: 100_000_000_000)),
      BudgetSetting(id: "large", monthly: Money(nanodollars: 1_000_000_000_000_000)),
    ]
    let findings = try rows.findings(settings)
    let over = try #require(findings.costlyCustomers.first)
    #expect(findings.customersOverPrice == 0 && over.customerId == "cust-20" && over.passed == 80)
    #expect(abs(over.costUsd.dollars - 9) < 0.01 && abs(over.proratedPriceUsd.dollars - 9.84) < 0.03)
    let rules = Set(findings.alerts.map(\.rule))
    #expect(rules.isSuperset(of: [.customerOverPrice, .errorRate, .budget]))
    #expect(findings.alerts.filter { $0.rule == .budget }.map(\.subject) == ["all"])
    #expect(findings.alerts.filter { $0.rule == .errorRate }.allSatisfy { $0.value > 10 })
    let dear = findings.alerts.filter { $0.rule == .highDailyCost }
    #expect(dear.allSatisfy { $0.value > 240 })
    // A part of the calls says nothing of a budget for all.
    var part = AnalysisContext(prices: try AnalysisFixture.book(), settings: settings)
    part.isFiltered = true
    let partial = try Realtime().analyze(AnalysisFixture.table(rows.csv), in: part)
    #expect(!partial.alerts.contains { $0.rule == .budget })
    #expect(
      partial.abstentions.filter { $0.reason == BudgetSetting.needsAllCalls }.map(\.section) == [
        "budget.all", "budget.large",
      ])
    // Nothing passes a limit that is out of reach.
    let calm = try HourlyRows(days: 30).findings()
    #expect(calm.alerts.isEmpty)
  }

  @Test func `provider risk is the largest share, and diversity one less the index`() throws {
    let findings = try Realtime().analyze(
      AnalysisFixture.table(
        HourlyRows.header
          + "\n2026-01-05T00:00:00Z,c,f,1,a,m,1,1,2,3,success,\n2026-01-05T01:00:00Z,c,f,1,b,m,1,1,2,1,success,\n"),
      in: AnalysisContext())
    #expect(findings.providerRisk?.maxProviderShare == 0.75 && findings.providerRisk?.risk == "high")
    #expect(findings.providerRisk?.diversity == 1 - 0.5625 - 0.0625)
    #expect(findings.abstentions.contains { $0.section == "cost_events" })
  }

  @Test func `the same bytes at any width, and charts and tables are there`() throws {
    var rows = HourlyRows()
    for hour in 30 * 24 + 2..<30 * 24 + 5 { rows.add(hour, 7, 20) }
    let table = try AnalysisFixture.table(rows.csv)
    let book = try AnalysisFixture.book()
    let results = [1, 2, 8].map { Realtime().result(for: table, in: AnalysisContext(prices: book, threads: $0)) }
    let texts = try results.map { result in
      var writer = JSONWriter()
      try result.encodeFindings(into: &writer)
      return writer.text
    }
    #expect(Set(texts).count == 1)
    #expect(results[0].value(of: "anomaly_events") == .integer(1))
    #expect(
      Set(results[0].report.tables.map(\.id)).isSuperset(of: ["cost_events", "alerts", "by_provider", "event_parts"]))
  }
}
