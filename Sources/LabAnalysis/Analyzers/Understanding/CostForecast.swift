import LabCore
import LabJSON

/// Where cost is heading: the next thirty days and the rest of the month, with the errors of the method in its own past.
public struct CostForecast: Encodable, Sendable {
  /// What the figures rest on.
  public enum Basis: String, Encodable, Sendable {
    /// A method chosen by a rolling-origin backtest.
    case backtest
    /// The mean day with its interval, where there are too few days for a backtest.
    case dailyRate = "daily_rate"
  }

  /// The sum over some days, none of them below zero, with its band.
  public struct Total: Encodable, Sendable {
    public var days: Int
    public var expectedUsd: Double
    @Known public var lowUsd: Double?
    @Known public var highUsd: Double?
    /// The level of the band.
    public var level: Double
    /// Whether the band reaches beyond what the backtest looked at.
    public var extrapolated: Bool
  }

  /// One day.
  public struct Day: Encodable, Sendable {
    public var day: CivilDateText
    public var expectedUsd: Double
    @Known public var lowUsd: Double?
    @Known public var highUsd: Double?
    /// The band of 95 %; only with ``CostForecast/daysForWideBand`` days of data.
    @Known public var low95Usd: Double?
    @Known public var high95Usd: Double?
    public var extrapolated: Bool
  }

  public var basis: Basis
  /// Whole days of data that it was made from.
  public var wholeDays: Int
  /// Nil on the daily rate.
  @Known public var method: ForecastMethod?
  /// Mean absolute errors of one day in the backtest, in USD, smallest first.
  public var candidates: [Forecast.Candidate]
  public var origins: Int
  /// The longest horizon, in days, that has errors of its own.
  public var testedDays: Int
  /// The share of backtested days inside a band of 80 % made of earlier errors alone.
  @Known public var achievedCoveragePct: Double?
  public var thirtyDays: Total
  /// Nil when the data end with the month.
  @Known public var monthEnd: Total?
  public var byDay: [Day]

  /// The horizon of the summary metrics.
  static let horizon = 30
  /// Below it there is no backtest worth a choice, and the daily rate is given.
  static let daysForBacktest = 14
  /// Below it only the band of 80 % is shown: the tails of 95 % would rest on two or three errors.
  static let daysForWideBand = 60
  static let level = 0.8
  static let wideLevel = 0.95
  /// How far the backtest looks ahead: two weeks have both rhythm and drift, and leave origins enough.
  static let testedHorizon = 14

  /// The forecaster of daily cost: seven days are a season.
  static let forecaster = Forecaster(season: 7, testedHorizon: testedHorizon)

  /// - Parameter dailyMean: the mean day with its interval at ``level``, for series too short for a backtest.
  /// - Returns: nil where neither can be given.
  init?(_ series: DailySeries, dailyMean: () -> (mean: Double, low: Double, high: Double)?) {
    let last = series.days.upperBound - 1
    let lastDate = CivilDate(daysSinceEpoch: last)
    let restOfMonth = CivilDate.days(inMonth: lastDate.month, of: lastDate.year) - lastDate.day
    wholeDays = series.days.count
    if wholeDays >= Self.daysForBacktest,
      let forecast = Self.forecaster.forecast(series.dollars, horizon: Self.horizon)
    {
      basis = .backtest
      method = forecast.method
      candidates = forecast.candidates
      origins = forecast.origins
      testedDays = forecast.testedHorizon
      achievedCoveragePct = forecast.coverage.map { $0 * 100 }
      func total(_ days: Int) -> Total {
        let band = forecast.totalBand(steps: days, level: Self.level)
        return Total(
          days: days, expectedUsd: max(0, forecast.total(steps: days)),
          lowUsd: forecast.lowestTotal(steps: days, level: Self.level),
          highUsd: band.map { max(0, $0.high) }, level: Self.level, extrapolated: days > forecast.testedHorizon)
      }
      thirtyDays = total(Self.horizon)
      monthEnd = restOfMonth > 0 ? total(restOfMonth) : nil
      let isWide = wholeDays >= Self.daysForWideBand
      byDay = (1...Self.horizon).map { step in
        let band = forecast.band(step: step, level: Self.level)
        let wide = isWide ? forecast.band(step: step, level: Self.wideLevel) : nil
        return Day(
          day: CivilDateText(daysSinceEpoch: last + step), expectedUsd: max(0, forecast.values[step - 1]),
          lowUsd: band.map { max(0, $0.low) }, highUsd: band.map { max(0, $0.high) },
          low95Usd: wide.map { max(0, $0.low) }, high95Usd: wide.map { max(0, $0.high) },
          extrapolated: step > forecast.testedHorizon)
      }
      return
    }
    guard let daily = dailyMean() else { return nil }
    basis = .dailyRate
    method = nil
    candidates = []
    origins = 0
    testedDays = 0
    achievedCoveragePct = nil
    byDay = []
    func total(_ days: Int) -> Total {
      Total(
        days: days, expectedUsd: daily.mean * Double(days), lowUsd: daily.low * Double(days),
        highUsd: daily.high * Double(days), level: Self.level, extrapolated: true)
    }
    thirtyDays = total(Self.horizon)
    monthEnd = restOfMonth > 0 ? total(restOfMonth) : nil
  }
}

/// A date that is written as its ISO text.
public struct CivilDateText: Encodable, Sendable {
  public let date: CivilDate

  init(daysSinceEpoch days: Int) { date = CivilDate(daysSinceEpoch: days) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(date.description)
  }
}
