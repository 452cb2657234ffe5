import LabCore
import LabReport
import LabTable

/// The forecast and the budgets that go with the daily cost of an understanding.
struct UnderstandingOutlook {
  let calls: CallTable
  let context: AnalysisContext
  /// The instants between which the calls lie.
  let range: ClosedRange<Instant>
  /// Cost by day, partial days included.
  let days: [UnderstandingFindings.Moment]

  private var whole: Range<Int> { WholePeriods(first: range.lowerBound, last: range.upperBound).days }

  /// Daily cost of the whole days of all calls.
  var series: DailySeries? {
    guard var series = DailySeries(days: whole) else { return nil }
    for day in days { series.add(day.sums.cost, day: day.start.day) }
    return series
  }

  /// Where cost is heading; nil where too few whole days tell.
  func forecast() -> CostForecast? {
    guard let series else { return nil }
    return CostForecast(series) { Self.dailyMean(series.dollars) }
  }

  private static func dailyMean(_ costs: [Double]) -> (mean: Double, low: Double, high: Double)? {
    guard
      let interval = Bootstrap.ratio(
        over: .days, numerators: costs, denominators: costs.map { _ in 1 }, level: CostForecast.level),
      let mean = Ratio.of(costs.reduce(0, +), Double(costs.count))
    else { return nil }
    return (mean, interval.low, interval.high)
  }

  /// How every budget stands, in the order of the scenario; those whose calls can't be told are in the second list.
  func budgets() throws(AnalysisError) -> (outlooks: [BudgetOutlook], abstentions: [Abstention]) {
    var outlooks: [BudgetOutlook] = []
    var abstentions: [Abstention] = []
    for budget in context.settings.budgets {
      let section = "budget.\(budget.id)"
      if context.isFiltered {
        abstentions.append(Abstention(section: section, reason: BudgetSetting.needsAllCalls))
        continue
      }
      guard !whole.isEmpty, whole.count <= DailySeries.mostDays else {
        abstentions.append(Abstention(section: section, reason: "a budget needs a whole day of data"))
        continue
      }
      var costs: (series: DailySeries, first: Money, last: Money)?
      if budget.filter.isEmpty {
        let (first, last) = (days.first?.sums.cost ?? .zero, days.last?.sums.cost ?? .zero)
        costs = series.map { ($0, first, last) }
      } else {
        do throws(LabFailure) { costs = try self.costs(of: budget.filter) } catch {
          if error.kind == .cancelled { throw .cancelled }
          abstentions.append(
            Abstention(section: section, reason: error.diagnostics.first?.sentence ?? "its calls can't be told"))
          continue
        }
      }
      guard let (series, first, last) = costs else { continue }
      outlooks.append(
        BudgetOutlook(
          budget, series: series, firstDay: range.lowerBound.day, lastDay: range.upperBound.day, firstDayCost: first,
          lastDayCost: last))
    }
    return (outlooks, abstentions)
  }

  /// Daily cost of the calls that fit a filter, and that of the first and the last day of the data, whole or not.
  private func costs(
    of filter: CallFilter
  ) throws(LabFailure) -> (series: DailySeries, first: Money, last: Money)? {
    guard var series = DailySeries(days: whole) else { return nil }
    var selection = try calls.selecting(filter, context.scan)
    if let own = context.selection { selection = own.intersection(selection, in: calls) }
    let totals = try calls.totals(by: [.day], measuring: [.cost], where: selection, context.scan)
    var (first, last) = (Money.zero, Money.zero)
    for group in 0..<totals.count {
      let day = Int(totals.key(group))
      series.add(totals.totals[group].cost, day: day)
      if day == range.lowerBound.day { first = totals.totals[group].cost }
      if day == range.upperBound.day { last = totals.totals[group].cost }
    }
    return (series, first, last)
  }
}

extension Understanding {
  /// Metrics that a scenario has for each of its budgets, `<budget>` standing for its id.
  static let budgetMetrics: [AnalyzerDescriptor.MetricMeaning] = [
    .init("budget.<budget>.burn_usd", "Budget burn", .usd, "recorded cost of the month in which the data end"),
    .init(
      "budget.<budget>.landing_usd", "Budget landing", .usd,
      "recorded cost of the month up to the last whole day and the forecast of the days after it"),
    .init(
      "budget.<budget>.exceed_probability", "Chance to exceed the budget", .ratio,
      "the share of the backtest's errors that would take the month above the budget of the covered days, 0 to 1"),
  ]

  /// The metrics of every budget with an outlook, and of those that abstained without a value.
  static func metrics(of findings: UnderstandingFindings) -> [Metric] {
    let reason = "the landing needs \(CostForecast.daysForBacktest) whole days of data"
    var metrics: [Metric] = []
    for budget in findings.budgets {
      let values: [MetricValue?] = [
        .money(budget.burnUsd), budget.landingUsd.map { .number($0) }, budget.exceedProbability.map { .number($0) },
      ]
      for (meaning, value) in zip(budgetMetrics, values) {
        metrics.append(metric(meaning, budget: budget.id, value, reason: value == nil ? reason : nil))
      }
    }
    for abstention in findings.abstentions where abstention.section.hasPrefix("budget.") {
      let id = String(abstention.section.dropFirst("budget.".count))
      for meaning in budgetMetrics { metrics.append(metric(meaning, budget: id, nil, reason: abstention.reason)) }
    }
    return metrics
  }

  private static func metric(
    _ meaning: AnalyzerDescriptor.MetricMeaning, budget: String, _ value: MetricValue?, reason: String?
  ) -> Metric {
    let parts = meaning.id.split(separator: ".")
    return Metric(
      id: "budget.\(budget).\(parts.last ?? "")", label: "\(meaning.label) '\(budget)'", value: value,
      unit: meaning.unit, unknownBecause: reason)
  }
}
