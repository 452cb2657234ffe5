import LabCore
import LabJSON

/// How a budget stands in the month in which the data end: what is spent, where it lands, and how likely it breaks.
public struct BudgetOutlook: Encodable, Sendable {
  public var id: String
  /// The month, such as `2026-01`.
  public var month: String
  public var monthlyUsd: Money
  /// Days of the month before the data begin: nothing is known of them.
  public var uncoveredDays: Int
  /// The budget for the covered days: monthly · covered days / days of the month.
  public var coveredBudgetUsd: Money
  /// Recorded cost of the month so far.
  public var burnUsd: Money
  /// Burn over the budget of the covered days.
  @Known public var burnPct: Double?
  /// Recorded cost of the month up to the last whole day and the forecast of the days after it; at least the burn.
  @Known public var landingUsd: Double?
  @Known public var landingLowUsd: Double?
  @Known public var landingHighUsd: Double?
  @Known public var exceedProbability: Double?
  /// The day on which the expected cost passes the budget; nil when it does not in this month.
  @Known public var medianCrossing: CivilDateText?
  /// The same on the path that is passed with a chance of one in ten.
  @Known public var earlyCrossing: CivilDateText?

  /// Whether the budget is spent already.
  var isSpent: Bool { burnUsd > coveredBudgetUsd }

  /// - Parameters:
  ///   - series: daily cost of the calls that the budget is for, whole days.
  ///   - firstDay, lastDay: days (since 1970) of the first and the last call of the data.
  ///   - firstDayCost, lastDayCost: what these days cost, where they are no whole days.
  init(
    _ budget: BudgetSetting, series: DailySeries, firstDay: Int, lastDay: Int, firstDayCost: Money, lastDayCost: Money
  ) {
    let last = series.days.upperBound - 1
    let date = CivilDate(daysSinceEpoch: max(last, lastDay))
    let start = CivilDate(year: date.year, month: date.month, day: 1).daysSinceEpoch
    let length = CivilDate.days(inMonth: date.month, of: date.year)
    id = budget.id
    month = String(date.description.prefix(7))
    monthlyUsd = budget.monthly
    uncoveredDays = min(max(0, firstDay - start), length - 1)
    coveredBudgetUsd = budget.monthly.prorated(length - uncoveredDays, of: length)
    let hasPartialStart = firstDay >= start && firstDay < series.days.lowerBound
    let spent = Money(
      nanodollars: series.total(of: start..<(start + length)).nanodollars
        &+ (hasPartialStart ? firstDayCost.nanodollars : 0))
    burnUsd = Money(nanodollars: spent.nanodollars &+ (lastDay > last ? lastDayCost.nanodollars : 0))
    burnPct = Ratio.percent(burnUsd.nanodollars, coveredBudgetUsd.nanodollars)
    let remaining = start + length - 1 - last
    look(ahead: remaining, series: series, spent: spent, lastDay: last)
  }

  private mutating func look(ahead remaining: Int, series: DailySeries, spent: Money, lastDay: Int) {
    guard remaining > 0 else {
      landingUsd = burnUsd.dollars
      (landingLowUsd, landingHighUsd) = (landingUsd, landingUsd)
      exceedProbability = isSpent ? 1 : 0
      return
    }
    guard series.days.count >= CostForecast.daysForBacktest,
      let forecast = CostForecast.forecaster.forecast(series.dollars, horizon: remaining)
    else {
      if isSpent { exceedProbability = 1 }
      return
    }
    let (spent, limit, burn) = (spent.dollars, coveredBudgetUsd.dollars, burnUsd.dollars)
    landingUsd = max(burn, spent + forecast.total(steps: remaining))
    let band = forecast.totalBand(steps: remaining, level: CostForecast.level)
    landingLowUsd = forecast.lowestTotal(steps: remaining, level: CostForecast.level).map { max(burn, spent + $0) }
    landingHighUsd = band.map { max(burn, spent + $0.high) }
    exceedProbability = isSpent ? 1 : forecast.chance(thatTotalOf: remaining, exceeds: limit - spent)
    for step in 1...remaining {
      let day = CivilDateText(daysSinceEpoch: lastDay + step)
      if medianCrossing == nil, spent + forecast.total(steps: step) > limit { medianCrossing = day }
      if earlyCrossing == nil, let band = forecast.totalBand(steps: step, level: CostForecast.level),
        spent + band.high > limit
      {
        earlyCrossing = day
      }
    }
  }
}

extension Money {
  /// The part of an amount that `part` of `whole` equal shares have, rounded half to even.
  func prorated(_ part: Int, of whole: Int) -> Money {
    guard whole > 0 else { return .zero }
    return Money(exactly: (Int128(nanodollars) * Int128(part)).dividedRoundingHalfToEven(by: Int128(whole))) ?? .zero
  }
}
