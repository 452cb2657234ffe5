import LabCore

/// The candidates for a forecast: each turns a series with a season into its continuation.
///
/// In the order of their simplicity: of two that do equally well in the backtest the earlier is chosen.
public enum ForecastMethod: String, Sendable, CaseIterable, Encodable {
  /// The mean of the last season. Without a trend or rhythm nothing does better.
  case mean
  /// The value one season ago.
  case seasonalNaive = "seasonal_naive"
  /// Exponential smoothing with half the trend's slope, on the series without its season.
  case theta
  /// Level, damped trend and additive season, smoothed exponentially.
  case dampedHoltWinters = "damped_holt_winters"
  /// The median of the four above, step by step: seldom the best of them, hardly ever a bad one.
  ///
  /// Source: Petropoulos and Svetunkov, "A Simple Combination of Univariate Models", International Journal of Forecasting
  /// 36 (2020), which came sixth in the M4 competition.
  case combination

  /// The methods that are no combination of others.
  static let single: [ForecastMethod] = [.mean, .seasonalNaive, .theta, .dampedHoltWinters]

  /// The name in a sentence.
  public var title: String {
    switch self {
    case .mean: "mean of the last season"
    case .seasonalNaive: "seasonal naive"
    case .theta: "Theta"
    case .dampedHoltWinters: "damped Holt-Winters"
    case .combination: "median of four methods"
    }
  }

  /// The next `horizon` values of a series; nil when it is shorter than ``leastLength(season:)``.
  ///
  /// - Parameters:
  ///   - series: equally spaced values, the oldest first, all finite.
  ///   - season: how many of them make a season, at least 1.
  func forecast(_ series: ArraySlice<Double>, season: Int, horizon: Int) -> [Double]? {
    guard horizon > 0, season > 0, series.count >= Self.leastLength(season: season) else { return nil }
    switch self {
    case .mean:
      let last = series.suffix(season)
      let mean = last.reduce(0, +) / Double(last.count)
      return [Double](repeating: mean, count: horizon)
    case .seasonalNaive:
      let last = Array(series.suffix(season))
      return (0..<horizon).map { last[$0 % season] }
    case .theta: return ThetaMethod.forecast(Array(series), season: season, horizon: horizon)
    case .dampedHoltWinters: return HoltWinters.forecast(Array(series), season: season, horizon: horizon)
    case .combination:
      return Self.combined(Self.single.compactMap { $0.forecast(series, season: season, horizon: horizon) })
    }
  }

  /// The median of several forecasts at every step: the mean of the two in the middle of an even number.
  static func combined(_ forecasts: [[Double]]) -> [Double]? {
    guard let first = forecasts.first else { return nil }
    return first.indices.map { step in
      let sorted = forecasts.map { $0[step] }.sorted()
      let middle = sorted.count / 2
      return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
  }

  /// The shortest series that any method takes: a season and one value more, so that there is something to learn from.
  static func leastLength(season: Int) -> Int { season + 1 }
}

/// The additive season of a series: how much the values at each place of the season lie above the whole.
///
/// Source: classical decomposition by moving averages; Hyndman and Athanasopoulos, "Forecasting: Principles and Practice"
/// (2021), 3.4. Below two seasons the means of the places are taken as they are.
struct AdditiveSeason {
  /// By place (index in the series modulo the season); they sum to zero.
  let effects: [Double]

  init(_ series: [Double], season: Int) {
    var sums = [Double](repeating: 0, count: season)
    var counts = [Double](repeating: 0, count: season)
    if series.count >= 2 * season, season > 1 {
      let half = season / 2
      for index in half..<(series.count - half) {
        // A centred average over one season; an even season takes half of each end.
        var sum = 0.0
        if season % 2 == 1 {
          for offset in -half...half { sum += series[index + offset] }
        } else {
          sum = (series[index - half] + series[index + half]) / 2
          for offset in (1 - half)..<half { sum += series[index + offset] }
        }
        sums[index % season] += series[index] - sum / Double(season)
        counts[index % season] += 1
      }
    } else {
      let mean = series.reduce(0, +) / Double(max(1, series.count))
      for (index, value) in series.enumerated() {
        sums[index % season] += value - mean
        counts[index % season] += 1
      }
    }
    let raw = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
    let centre = raw.reduce(0, +) / Double(season)
    effects = raw.map { $0 - centre }
  }
}

/// The Theta method: simple exponential smoothing of the series without its season, plus half the slope of its trend.
///
/// Source: Assimakopoulos and Nikolopoulos, "The Theta Model", International Journal of Forecasting 16 (2000), in the form
/// of Hyndman and Billah, "Unmasking the Theta Method", ibid. 19 (2003).
enum ThetaMethod {
  /// The smoothing parameters that are tried; the one with the least squared error of one step is taken.
  private static let weights = [0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8]

  static func forecast(_ series: [Double], season: Int, horizon: Int) -> [Double] {
    let effects = AdditiveSeason(series, season: season).effects
    let plain = series.enumerated().map { $1 - effects[$0 % season] }
    let slope = Self.slope(of: plain)
    var best = (error: Double.infinity, level: plain[0], weight: weights[0])
    for weight in weights {
      var level = plain[0]
      var error = 0.0
      for value in plain.dropFirst() {
        let miss = value - level
        error += miss * miss
        level += weight * miss
      }
      if error < best.error { best = (error, level, weight) }
    }
    let count = Double(series.count)
    let past = (1 - DeterministicMath.pow(1 - best.weight, count)) / best.weight
    return (1...horizon).map { step in
      best.level + slope / 2 * (Double(step) - 1 + past) + effects[(series.count + step - 1) % season]
    }
  }

  /// The slope of the least-squares line through the values.
  private static func slope(of values: [Double]) -> Double {
    let count = Double(values.count)
    let centre = (count - 1) / 2
    let mean = values.reduce(0, +) / count
    var (top, bottom) = (0.0, 0.0)
    for (index, value) in values.enumerated() {
      let distance = Double(index) - centre
      top += distance * (value - mean)
      bottom += distance * distance
    }
    return bottom > 0 ? top / bottom : 0
  }
}
