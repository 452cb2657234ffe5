/// Chooses a method by a rolling-origin backtest and forecasts with it.
///
/// At every origin each candidate forecasts what came next from what was there before. The one with the least mean absolute
/// error is chosen where it is clearly better than the combination of all, else the combination; the bands are quantiles of
/// the chosen one's own errors. Source: Tashman, "Out-of-sample Tests of Forecasting
/// Accuracy", International Journal of Forecasting 16 (2000).
public struct Forecaster: Sendable {
  /// How many values make a season: 7 of days, 24 of hours.
  public var season: Int
  /// How far the backtest looks ahead at the most.
  public var testedHorizon: Int
  /// How many origins it has at the most: recent ones tell most about what comes, and each costs a fit.
  public var mostOrigins: Int
  /// The values between origins.
  public var originStep: Int

  public init(season: Int, testedHorizon: Int, mostOrigins: Int = 40, originStep: Int = 1) {
    self.season = max(1, season)
    self.testedHorizon = max(1, testedHorizon)
    self.mostOrigins = max(1, mostOrigins)
    self.originStep = max(1, originStep)
  }

  /// Values beyond this are history that no longer matters.
  private static let mostValues = 2000
  /// The level of the band whose coverage is measured.
  static let coverageLevel = 0.8

  /// A forecast of the next `horizon` values; nil when the series is too short for a backtest with a band.
  ///
  /// - Parameter series: equally spaced, oldest first, all finite.
  public func forecast(_ series: [Double], horizon: Int) -> Forecast? {
    let series = Array(series.suffix(Self.mostValues))
    guard horizon > 0, series.allSatisfy(\.isFinite) else { return nil }
    let origins = self.origins(count: series.count)
    guard !origins.isEmpty else { return nil }
    let tested = self.tested(series, origins)
    guard let best = Self.chosen(tested) else { return nil }
    let least = BacktestErrors.leastErrors(level: Self.coverageLevel)
    let longest = (1...testedHorizon).last { best.errors.totals(steps: $0).count >= least }
    guard let longest, let values = best.method.forecast(series[...], season: season, horizon: horizon) else {
      return nil
    }
    let (covered, count) = Self.coverage(of: best.errors)
    return Forecast(
      method: best.method, values: values,
      candidates: tested.sorted { $0.mean < $1.mean }.map {
        Forecast.Candidate(method: $0.method, meanAbsoluteError: $0.mean)
      },
      origins: origins.count, testedHorizon: longest,
      coverage: Ratio.of(Double(covered), Double(count)), coverageCount: count, errors: best.errors)
  }

  /// The lengths of the beginnings that are forecast from, ascending.
  private func origins(count: Int) -> [Int] {
    let first = ForecastMethod.leastLength(season: season)
    guard first < count else { return [] }
    return Array(stride(from: count - 1, through: first, by: -originStep).prefix(mostOrigins).reversed())
  }

  /// A method with its errors in the backtest.
  private struct Tested {
    var method: ForecastMethod
    var errors = BacktestErrors()

    /// Mean absolute error over all origins and steps.
    var mean: Double {
      let all = errors.all
      return all.reduce(0) { $0 + abs($1) } / Double(max(1, all.count))
    }
  }

  /// All methods at all origins, in the order of the methods.
  private func tested(_ series: [Double], _ origins: [Int]) -> [Tested] {
    var tested = ForecastMethod.allCases.map { Tested(method: $0) }
    for origin in origins {
      let steps = min(testedHorizon, series.count - origin)
      var forecasts = ForecastMethod.single.compactMap {
        $0.forecast(series[..<origin], season: season, horizon: steps)
      }
      guard forecasts.count == ForecastMethod.single.count, let combined = ForecastMethod.combined(forecasts) else {
        continue
      }
      forecasts.append(combined)
      for (index, values) in forecasts.enumerated() {
        tested[index].errors.byOrigin.append((0..<steps).map { series[origin + $0] - values[$0] })
      }
    }
    return tested
  }

  /// The method to use: the combination, unless a single one is clearly better; where errors are equal, the simplest.
  private static func chosen(_ tested: [Tested]) -> Tested? {
    guard let combination = tested.last, !combination.errors.byOrigin.isEmpty else { return nil }
    let single = tested.dropLast().min { $0.mean < $1.mean }
    guard let single, single.mean <= combination.mean * clearlyBetter else { return combination }
    return single
  }

  /// A single method must have at most this share of the combination's error: the past of a short series tells methods
  /// apart by chance, and then the best of it is seldom the best of what follows.
  private static let clearlyBetter = 0.9

  /// How many values lay inside the band that earlier origins gave, and of how many.
  private static func coverage(of errors: BacktestErrors) -> (covered: Int, count: Int) {
    var (covered, count) = (0, 0)
    for index in errors.byOrigin.indices {
      let past = BacktestErrors(byOrigin: Array(errors.byOrigin[..<index]))
      for (step, error) in errors.byOrigin[index].enumerated() {
        guard let half = past.halfWidth(step: step + 1, level: coverageLevel) else { continue }
        count += 1
        if abs(error) <= half { covered += 1 }
      }
    }
    return (covered, count)
  }
}
