import LabCore
import LabReport

/// The forecast and the budgets in the report of ``Understanding``.
struct OutlookReport {
  let forecast: CostForecast?
  let budgets: [BudgetOutlook]
  /// Daily cost of the whole days, for the chart.
  let history: [(day: CivilDate, cost: Money)]

  /// Days of history beside a forecast of thirty: twelve weeks show both trend and rhythm.
  private static let shownHistory = 84

  @ReportBuilder var blocks: [ReportBlock] {
    if let forecast {
      ReportBlock.Section("Forecast", text: sentence(forecast)) {
        fan(forecast)
        totals(forecast)
        days(forecast)
        backtest(forecast)
      }
    }
    if !budgets.isEmpty {
      ReportBlock.Section("Budgets") {
        for budget in budgets { Callout(level(of: budget), sentence(budget)) }
        table
      }
    }
  }

  // MARK: Forecast

  private func sentence(_ forecast: CostForecast) -> String {
    let total = forecast.thirtyDays
    var text = "The next 30 days are expected to cost \(Unit.usd.text(of: total.expectedUsd))"
    if let low = total.lowUsd, let high = total.highUsd {
      text += ", with 80 % confidence between \(Unit.usd.text(of: low)) and \(Unit.usd.text(of: high))"
    }
    guard let method = forecast.method else {
      return text
        + ": the mean of \(NumberFormat.counted(forecast.wholeDays, "whole day")), since a choice among methods "
        + "needs \(CostForecast.daysForBacktest)."
    }
    text += " (\(method.title), chosen at \(NumberFormat.counted(forecast.origins, "origin")) of a rolling backtest"
    if let coverage = forecast.achievedCoveragePct {
      text += "; a band made of earlier errors held \(Unit.percent.text(of: coverage)) of the days that followed"
    }
    text += ")."
    if total.extrapolated {
      text += " Beyond \(NumberFormat.counted(forecast.testedDays, "day")) the band is extrapolated."
    }
    return text
  }

  private func totals(_ forecast: CostForecast) -> ReportTable {
    var rows = [row("Next 30 days", forecast.thirtyDays)]
    if let month = forecast.monthEnd { rows.append(row("To the end of the month", month)) }
    return ReportTable(
      id: "forecast", title: "Expected cost",
      columns: [
        .key("span", "Span"), .init("days", "Days", unit: .count), .init("expected_usd", "Expected", unit: .usd),
        .init("low_usd", "Low (80 %)", unit: .usd), .init("high_usd", "High (80 %)", unit: .usd),
      ], rows: rows)
  }

  private func row(_ name: String, _ total: CostForecast.Total) -> [Cell] {
    [
      .text(name), .integer(Int64(total.days)), .number(total.expectedUsd, .usd, else: "unknown"),
      .number(total.lowUsd, .usd, else: "too few errors"), .number(total.highUsd, .usd, else: "too few errors"),
    ]
  }

  private func days(_ forecast: CostForecast) -> ReportTable? {
    guard !forecast.byDay.isEmpty else { return nil }
    let isWide = forecast.byDay.contains { $0.low95Usd != nil }
    var columns: [ReportTable.Column] = [
      .key("day", "Day"), .init("expected_usd", "Expected", unit: .usd), .init("low_usd", "Low (80 %)", unit: .usd),
      .init("high_usd", "High (80 %)", unit: .usd),
    ]
    if isWide {
      columns += [
        .init("low95_usd", "Low (95 %)", unit: .usd, priority: 3),
        .init("high95_usd", "High (95 %)", unit: .usd, priority: 3),
      ]
    }
    columns.append(.note("band", "Band", priority: 2))
    return ReportTable(
      id: "forecast_days", title: "Expected cost by day", columns: columns,
      rows: forecast.byDay.map { day in
        var cells: [Cell] = [
          .date(day.day.date), .number(day.expectedUsd, .usd, else: "unknown"),
          .number(day.lowUsd, .usd, else: "too few errors"), .number(day.highUsd, .usd, else: "too few errors"),
        ]
        if isWide {
          cells.append(.number(day.low95Usd, .usd, else: "too few errors"))
          cells.append(.number(day.high95Usd, .usd, else: "too few errors"))
        }
        return cells + [.text(day.extrapolated ? "extrapolated" : "backtested")]
      }, shownLimit: 31, sortNote: "by date")
  }

  private func backtest(_ forecast: CostForecast) -> ReportTable? {
    guard !forecast.candidates.isEmpty else { return nil }
    return ReportTable(
      id: "forecast_backtest", title: "Mean absolute error of a day in the backtest",
      columns: [
        .key("method", "Method"), .init("error_usd", "Error", unit: .usd), .note("choice", "Choice", priority: 0),
      ],
      rows: forecast.candidates.map {
        [
          .text($0.method.title), .number($0.meanAbsoluteError, .usd, else: "unknown"),
          .text($0.method == forecast.method ? "chosen" : ""),
        ]
      }, sortNote: "smallest error first",
      note: "The median of the methods is taken unless one alone has at most nine tenths of its error.")
  }

  private func fan(_ forecast: CostForecast) -> Chart? {
    guard !forecast.byDay.isEmpty, let last = history.last else { return nil }
    func points(_ value: (CostForecast.Day) -> Double?) -> [Chart.Point] {
      forecast.byDay.map { Chart.Point(at: Instant(date: $0.day.date), value($0)) }
    }
    // The fan begins where the past ends.
    let joint = Chart.Point(at: Instant(date: last.day), last.cost.dollars)
    var series: [Chart.Series] = [
      .init(
        "Recorded",
        points: history.suffix(Self.shownHistory).map { .init(at: Instant(date: $0.day), $0.cost.dollars) }, unit: .usd),
      .init("Expected", points: [joint] + points(\.expectedUsd), unit: .usd),
      .init("Low (80 %)", points: [joint] + points(\.lowUsd), role: .lower, unit: .usd),
      .init("High (80 %)", points: [joint] + points(\.highUsd), role: .upper, unit: .usd),
    ]
    if forecast.byDay.contains(where: { $0.low95Usd != nil }) {
      series += [
        .init("Low (95 %)", points: [joint] + points(\.low95Usd), role: .lower, unit: .usd),
        .init("High (95 %)", points: [joint] + points(\.high95Usd), role: .upper, unit: .usd),
      ]
    }
    return Chart(
      id: "forecast_fan",
      title: "The next 30 days are expected to cost \(Unit.usd.text(of: forecast.thirtyDays.expectedUsd))", kind: .fan,
      x: .init("Day (UTC)", scale: .time), y: .init("Cost per day", unit: .usd), series: series,
      tableID: "forecast_days")
  }

  // MARK: Budgets

  private func level(of budget: BudgetOutlook) -> Callout.Level {
    if budget.isSpent { return .critical }
    guard let chance = budget.exceedProbability else { return .info }
    return chance > 0.5 ? .warning : .good
  }

  private func sentence(_ budget: BudgetOutlook) -> String {
    var text =
      "Budget '\(budget.id)' in \(budget.month): \(NumberFormat.money(budget.burnUsd)) of "
      + "\(NumberFormat.money(budget.coveredBudgetUsd)) spent"
    if let percent = budget.burnPct { text += " (\(Unit.percent.text(of: percent)))" }
    if budget.uncoveredDays > 0 {
      text += ", the budget of \(NumberFormat.money(budget.monthlyUsd)) being cut to the days that the data cover "
      text += "(\(NumberFormat.counted(budget.uncoveredDays, "day")) before them not covered)"
    }
    guard let landing = budget.landingUsd else {
      return text + "; a landing needs \(CostForecast.daysForBacktest) whole days of data."
    }
    text += "; it lands at \(Unit.usd.text(of: landing))"
    if let chance = budget.exceedProbability, !budget.isSpent {
      text += ", with a chance of \(Unit.percent.text(of: chance * 100)) to exceed it"
    }
    if let crossing = budget.medianCrossing { text += "; it is expected to be passed on \(crossing.date)" }
    return text + "."
  }

  private var table: ReportTable {
    ReportTable(
      id: "budgets", title: "Budgets of the month in which the data end",
      columns: [
        .key("budget", "Budget"), .note("month", "Month", priority: 3), .init("budget_usd", "Budget", unit: .usd),
        .init("burn_usd", "Burn", unit: .usd), .init("burn_pct", "Burnt", unit: .percent, priority: 3),
        .init("landing_usd", "Landing", unit: .usd), .init("landing_low_usd", "Low (80 %)", unit: .usd, priority: 4),
        .init("landing_high_usd", "High (80 %)", unit: .usd, priority: 4),
        .init("exceed_pct", "Chance to exceed", unit: .percent), .note("crossing", "Passed on", priority: 2),
        .note("early_crossing", "At the earliest", priority: 5),
      ],
      rows: budgets.map { budget in
        [
          .text(budget.id), .text(budget.month), .money(budget.coveredBudgetUsd), .money(budget.burnUsd),
          .number(budget.burnPct, .percent, else: "no budget"),
          .number(budget.landingUsd, .usd, else: "too few days"),
          .number(budget.landingLowUsd, .usd, else: "too few days"),
          .number(budget.landingHighUsd, .usd, else: "too few days"),
          .number(budget.exceedProbability.map { $0 * 100 }, .percent, else: "too few days"),
          .text(budget.medianCrossing?.date.description ?? "not this month"),
          .text(budget.earlyCrossing?.date.description ?? "not this month"),
        ]
      }, note: "At the earliest: on the path that is passed with a chance of one in ten.")
  }
}
