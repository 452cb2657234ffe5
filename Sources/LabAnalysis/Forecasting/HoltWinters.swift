/// Exponential smoothing with a damped additive trend and an additive season.
///
/// Source: Gardner and McKenzie, "Forecasting Trends in Time Series", Management Science 31 (1985); Hyndman, Koehler, Ord
/// and Snyder, "Forecasting with Exponential Smoothing" (2008), model (A, Ad, A) of table 2.1. Parameters are those of a
/// fixed grid with the least squared error of one step, so that the same series gives the same forecast everywhere.
enum HoltWinters {
  private struct Parameters {
    var level: Double
    /// As a share of `level`, which keeps the model stable.
    var trend: Double
    var season: Double
    var damping: Double
  }

  private static let grid: [Parameters] = {
    var grid: [Parameters] = []
    for level in [0.05, 0.15, 0.35, 0.7] {
      for season in [0.05, 0.2, 0.45] {
        for (trend, damping) in [(0, 0.9), (0.1, 0.85), (0.1, 0.97)] {
          grid.append(Parameters(level: level, trend: trend * level, season: season, damping: damping))
        }
      }
    }
    return grid
  }()

  private struct State {
    var level: Double
    var trend: Double
    var season: [Double]
    var squaredError = 0.0
  }

  static func forecast(_ series: [Double], season: Int, horizon: Int) -> [Double] {
    let effects = AdditiveSeason(series, season: season).effects
    // The start: the first season without its effects, at rest.
    let first = series.prefix(season)
    let level = first.reduce(0, +) / Double(first.count)
    let start = State(level: level, trend: 0, season: effects)
    var best: (state: State, damping: Double)?
    for parameters in grid {
      let state = smoothed(series, from: start, parameters, season)
      if state.squaredError < best?.state.squaredError ?? .infinity { best = (state, parameters.damping) }
    }
    guard let (state, damping) = best else { return [Double](repeating: level, count: horizon) }
    var (sum, power) = (0.0, 1.0)
    return (0..<horizon).map { step in
      power *= damping
      sum += power
      return state.level + sum * state.trend + state.season[(series.count + step) % season]
    }
  }

  private static func smoothed(
    _ series: [Double], from start: State, _ parameters: Parameters, _ season: Int
  ) -> State {
    var state = start
    var place = 0
    for value in series {
      let expected = state.level + parameters.damping * state.trend
      let miss = value - expected - state.season[place]
      state.squaredError += miss * miss
      state.level = expected + parameters.level * miss
      state.trend = parameters.damping * state.trend + parameters.trend * miss
      state.season[place] += parameters.season * (1 - parameters.level) * miss
      place = place + 1 == season ? 0 : place + 1
    }
    return state
  }
}
