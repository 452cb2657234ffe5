import LabCore
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct UnderstandingOutlookTests {
  /// A call a day at noon, and one at either edge so that all days are whole, each with the cost that `cost` gives, in USD.
  private func table(
    from first: CivilDate, days: Int, provider: (Int) -> String = { _ in "alpha" }, cost: (Int) -> Double
  ) throws -> CallTable {
    var lines = ["timestamp,provider,cost_usd"]
    for day in 0..<days {
      let date = CivilDate(daysSinceEpoch: first.daysSinceEpoch + day)
      let amount = Money(approximating: cost(day)).decimalString(minimumPlaces: 2)
      lines.append("\(date)T00:10:00Z,\(provider(day)),0")
      lines.append("\(date)T12:00:00Z,\(provider(day)),\(amount)")
      lines.append("\(date)T23:50:00Z,\(provider(day)),0")
    }
    return try AnalysisFixture.table(lines.joined(separator: "\n") + "\n")
  }

  private func findings(_ table: CallTable, budgets: [BudgetSetting] = []) throws -> UnderstandingFindings {
    try Understanding().analyze(table, in: AnalysisContext(settings: AnalyzerSettings(budgets: budgets)))
  }

  private func dollars(_ amount: Int64) -> Money { Money(nanodollars: amount * Money.nanodollarsPerDollar) }

  @Test func `constant cost goes on as it was, in a band without width`() throws {
    let table = try table(from: CivilDate(year: 2026, month: 1, day: 1), days: 20) { _ in 10 }
    let forecast = try #require(try findings(table).forecast)
    #expect(forecast.basis == .backtest && forecast.method == .mean)
    #expect(abs(forecast.thirtyDays.expectedUsd - 300) < 1e-9)
    #expect(forecast.thirtyDays.lowUsd == forecast.thirtyDays.highUsd)
    // 20 January is the last day; eleven are left of the month.
    #expect(forecast.monthEnd?.days == 11)
    #expect(forecast.byDay.first?.day.date == CivilDate(year: 2026, month: 1, day: 21))
    #expect(forecast.byDay.count == 30 && forecast.byDay.allSatisfy { $0.low95Usd == nil })
  }

  @Test func `seven to thirteen days give the daily rate, fewer a reason`() throws {
    let ten = try table(from: CivilDate(year: 2026, month: 1, day: 1), days: 10) { Double($0 % 2) * 20 }
    let forecast = try #require(try findings(ten).forecast)
    #expect(forecast.basis == .dailyRate && forecast.method == nil)
    #expect(abs(forecast.thirtyDays.expectedUsd - 300) < 1e-9)
    let (low, high) = (try #require(forecast.thirtyDays.lowUsd), try #require(forecast.thirtyDays.highUsd))
    #expect(low < 300 && high > 300)
    let six = try findings(try table(from: CivilDate(year: 2026, month: 1, day: 1), days: 6) { _ in 1 })
    #expect(six.forecast == nil)
    #expect(six.abstentions.contains { $0.section == "forecast" && $0.reason.contains("seven whole days") })
    let metric = Understanding().summary(of: six).first { $0.id == "forecast_30_days_usd" }
    #expect(metric?.value == nil && metric?.unknownBecause?.contains("seven whole days") == true)
  }

  @Test func `sixty days show the wider band, and a forecast is never below zero`() throws {
    var random = RandomStream(seed: 3, purpose: 3)
    let costs = (0..<60).map { _ in max(0, 2 + 3 * random.normal()) }
    let table = try table(from: CivilDate(year: 2026, month: 1, day: 1), days: 60) { costs[$0] }
    let forecast = try #require(try findings(table).forecast)
    for day in forecast.byDay {
      let (low, high) = (try #require(day.lowUsd), try #require(day.highUsd))
      let (low95, high95) = (try #require(day.low95Usd), try #require(day.high95Usd))
      #expect(low95 <= low && high <= high95 && low95 >= 0)
    }
  }

  @Test func `a budget of a month that the data cover only in part is cut to its covered days`() throws {
    // 11 to 24 January at 10 USD: 21 of 31 days are covered, 140 spent, seven days to go.
    let table = try table(from: CivilDate(year: 2026, month: 1, day: 11), days: 14) { _ in 10 }
    let budgets = try findings(table, budgets: [BudgetSetting(id: "ai", monthly: dollars(310))]).budgets
    let budget = try #require(budgets.first)
    #expect(budget.month == "2026-01" && budget.uncoveredDays == 10)
    #expect(budget.coveredBudgetUsd == dollars(210))
    #expect(budget.burnUsd == dollars(140))
    #expect(abs(try #require(budget.landingUsd) - 210) < 1e-9)
    let chance = try #require(budget.exceedProbability)
    #expect(chance > 0 && chance < 0.2)
    #expect(budget.medianCrossing == nil)
  }

  @Test func `a budget that breaks says on which day, and a spent one is certain`() throws {
    let table = try table(from: CivilDate(year: 2026, month: 1, day: 1), days: 20) { _ in 10 }
    let budgets = try findings(
      table,
      budgets: [
        BudgetSetting(id: "tight", monthly: dollars(245)), BudgetSetting(id: "spent", monthly: dollars(150)),
        BudgetSetting(id: "wide", monthly: dollars(1000)),
      ]
    ).budgets
    // 200 are spent; 245 are passed on the fifth day after the 20th.
    #expect(budgets[0].medianCrossing?.date == CivilDate(year: 2026, month: 1, day: 25))
    #expect(try #require(budgets[0].exceedProbability) > 0.8)
    #expect(budgets[1].exceedProbability == 1 && budgets[1].isSpent)
    #expect(try #require(budgets[2].exceedProbability) < 0.2)
  }

  @Test func `a budget with a filter counts its calls alone, within the selection that is looked at`() throws {
    let table = try table(
      from: CivilDate(year: 2026, month: 1, day: 1), days: 20, provider: { $0 % 2 == 0 ? "alpha" : "beta" }
    ) { _ in 10 }
    let filter = CallFilter(terms: [.init(key: "provider", values: ["beta"])])
    let setting = BudgetSetting(id: "beta", monthly: dollars(500), filter: filter)
    let all = try findings(table, budgets: [setting]).budgets
    #expect(all.first?.burnUsd == dollars(100))
    var context = AnalysisContext(settings: AnalyzerSettings(budgets: [setting]))
    context.selection = try table.selecting(CallFilter(), to: Instant(date: CivilDate(year: 2026, month: 1, day: 11)))
    let part = try Understanding().analyze(table, in: context).budgets
    #expect(part.first?.burnUsd == dollars(50))
  }

  @Test func `a budget of all calls abstains where a part of them is looked at`() throws {
    let table = try table(from: CivilDate(year: 2026, month: 1, day: 1), days: 20) { _ in 10 }
    var context = AnalysisContext(
      settings: AnalyzerSettings(budgets: [.init(id: "all", monthly: dollars(100), filter: .init())]))
    #expect(try Understanding().analyze(table, in: context).budgets.map(\.id) == ["all"])
    context.isFiltered = true
    let findings = try Understanding().analyze(table, in: context)
    #expect(findings.budgets.isEmpty)
    let metric = Understanding().summary(of: findings).first { $0.id == "budget.all.burn_usd" }
    #expect(metric?.value == nil && metric?.unknownBecause?.contains("only a part") == true)
  }

  @Test func `a budget whose column the data lack abstains and leaves its metrics unknown`() throws {
    let table = try table(from: CivilDate(year: 2026, month: 1, day: 1), days: 20) { _ in 10 }
    let filter = CallFilter(terms: [.init(key: "feature_id", values: ["chat"])])
    let findings = try findings(table, budgets: [BudgetSetting(id: "chat", monthly: dollars(5), filter: filter)])
    #expect(findings.budgets.isEmpty)
    #expect(findings.abstentions.contains { $0.section == "budget.chat" && $0.reason.contains("feature_id") })
    let metrics = Understanding().summary(of: findings).filter { $0.id.hasPrefix("budget.chat.") }
    #expect(metrics.map(\.id) == ["burn_usd", "landing_usd", "exceed_probability"].map { "budget.chat.\($0)" })
    #expect(metrics.allSatisfy { $0.value == nil && $0.unknownBecause != nil })
  }

  @Test func `a partial last day counts as burnt and is forecast as a whole one`() throws {
    var lines = ["timestamp,provider,cost_usd"]
    for day in 1...20 {
      let text = day < 10 ? "0\(day)" : "\(day)"
      lines.append("2026-01-\(text)T00:10:00Z,alpha,5")
      if day < 20 { lines.append("2026-01-\(text)T23:50:00Z,alpha,5") }
    }
    let table = try AnalysisFixture.table(lines.joined(separator: "\n") + "\n")
    let budget = try #require(
      try findings(table, budgets: [BudgetSetting(id: "ai", monthly: dollars(400))]).budgets.first)
    #expect(budget.burnUsd == dollars(195))
    // Nineteen whole days of 10, and twelve more to come, the twentieth among them.
    #expect(abs(try #require(budget.landingUsd) - 310) < 1e-9)
  }

  @Test func `a partial first day of the month counts as burnt`() throws {
    var lines = ["timestamp,provider,cost_usd", "2026-01-11T18:00:00Z,alpha,5"]
    for day in 12...24 {
      lines.append("2026-01-\(day)T00:10:00Z,alpha,4")
      lines.append("2026-01-\(day)T23:50:00Z,beta,6")
    }
    let table = try AnalysisFixture.table(lines.joined(separator: "\n") + "\n")
    let filter = CallFilter(terms: [.init(key: "provider", values: ["alpha"])])
    let budgets = try findings(
      table,
      budgets: [
        BudgetSetting(id: "all", monthly: dollars(400)),
        BudgetSetting(id: "alpha", monthly: dollars(400), filter: filter),
      ]
    ).budgets
    // Thirteen whole days of 10, of which 4 are alpha's, after an evening of 5; seven days are left.
    #expect(budgets.map(\.burnUsd) == [dollars(135), dollars(57)])
    // Thirteen days are too few for a backtest, and so for a landing.
    #expect(budgets.allSatisfy { $0.landingUsd == nil })
  }
}
