/// A forecast with bands that come from its own past errors.
public struct Forecast: Sendable {
  /// One method's errors in the backtest.
  public struct Candidate: Sendable, Encodable {
    public var method: ForecastMethod
    /// Mean absolute error over all origins and steps, in the unit of the series.
    public var meanAbsoluteError: Double
  }

  public let method: ForecastMethod
  /// The expected values of the next steps.
  public let values: [Double]
  /// Smallest error first.
  public let candidates: [Candidate]
  /// How many origins the backtest had.
  public let origins: Int
  /// The longest horizon with errors enough for a band; beyond it widths are extrapolated.
  public let testedHorizon: Int
  /// The share of backtested values inside the 80 % band made of the errors of earlier origins alone; nil when there were
  /// too few.
  public let coverage: Double?
  /// How many values the coverage was measured on.
  public let coverageCount: Int

  /// Per horizon from 1, up to ``testedHorizon``: the errors (actual − forecast) of single steps and of running sums.
  let errors: BacktestErrors

  /// The band of one step (from 1) at a level such as 0.8; nil when there are too few errors for it.
  public func band(step: Int, level: Double) -> Interval? {
    guard step >= 1, step <= values.count,
      let half = errors.halfWidth(step: min(step, testedHorizon), level: level)
    else { return nil }
    let width = half * Self.growth(step, beyond: testedHorizon)
    return Interval(low: values[step - 1] - width, high: values[step - 1] + width, level: level)
  }

  /// The sum of the first `steps` values.
  public func total(steps: Int) -> Double { values.prefix(steps).reduce(0, +) }

  /// The band of the sum of the first `steps` values.
  public func totalBand(steps: Int, level: Double) -> Interval? {
    guard steps >= 1, steps <= values.count,
      let half = errors.totalHalfWidth(steps: min(steps, testedHorizon), level: level)
    else { return nil }
    let width = half * Self.totalGrowth(steps, beyond: testedHorizon)
    let total = total(steps: steps)
    return Interval(low: total - width, high: total + width, level: level)
  }

  /// The lower end of the band of the sum of the first `steps` values of a series that is never negative: such a sum can't fall
  /// below what a shorter one reaches.
  public func lowestTotal(steps: Int, level: Double) -> Double? {
    guard steps >= 1, steps <= values.count, totalBand(steps: steps, level: level) != nil else { return nil }
    return (1...steps).compactMap { totalBand(steps: $0, level: level)?.low }.reduce(0, max)
  }

  /// The chance that the sum of the first `steps` values is above a limit, as far as past errors tell: the share of them
  /// that would take it there, counted as of one more than there were. Where none or all of them would, that
  /// share could not tell a far limit from a near one: there the tail of a Student variable about their mean, the predictive
  /// distribution of one more error of the kind, counts where it lies nearer to 0 or 1.
  ///
  /// Source: Geisser, "Predictive Inference" (1993), 3.1, for a normal sample of unknown mean and variance.
  public func chance(thatTotalOf steps: Int, exceeds limit: Double) -> Double? {
    guard steps >= 1, steps <= values.count else { return nil }
    let known = errors.totals(steps: min(steps, testedHorizon))
    guard known.count >= BacktestErrors.leastErrors(level: 0.8) else { return nil }
    let growth = Self.totalGrowth(steps, beyond: testedHorizon)
    let total = total(steps: steps)
    let above = known.count { total + $0 * growth > limit }
    let share = (Double(above) + 0.5) / (Double(known.count) + 1)
    guard above == 0 || above == known.count else { return share }
    let count = Double(known.count)
    let mean = known.reduce(0, +) / count
    let variance = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    let deviation = (variance * (1 + 1 / count)).squareRoot() * growth
    let distance = limit - total - mean * growth
    let tail = { (away: Double) in
      deviation > 0 ? TailProbability.student(above: away / deviation, degrees: count - 1) : away > 0 ? 0 : 0.5
    }
    return above == 0 ? min(share, tail(distance)) : max(share, 1 - tail(-distance))
  }

  /// Beyond what was tested the width of a step grows with the root of the horizon, as that of a random walk does.
  private static func growth(_ step: Int, beyond tested: Int) -> Double {
    step <= tested ? 1 : (Double(step) / Double(tested)).squareRoot()
  }

  /// A sum of steps whose errors grow so and go together has one that grows with the power of 3/2.
  private static func totalGrowth(_ steps: Int, beyond tested: Int) -> Double {
    guard steps > tested else { return 1 }
    let ratio = Double(steps) / Double(tested)
    return ratio * ratio.squareRoot()
  }
}

/// The errors of one method at the origins of a backtest.
struct BacktestErrors: Sendable {
  /// By origin, oldest first, the errors of steps 1, 2, …; later origins have fewer.
  var byOrigin: [[Double]] = []

  /// A band needs so many errors that the quantile of one more is among them: ⌈(n + 1)·level⌉ ≤ n.
  ///
  /// Source: split conformal prediction; Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World" (2005), 2.2;
  /// Lei et al., Journal of the American Statistical Association 113 (2018), theorem 2.
  static func leastErrors(level: Double) -> Int {
    var count = 1
    while position(level: level, count: count) == nil { count += 1 }
    return count
  }

  private static func position(level: Double, count: Int) -> Int? {
    // A hair above a whole rank is that rank.
    let rank = Int((Double(count + 1) * level - 1e-9).rounded(.up))
    return rank <= count ? max(rank, 1) - 1 : nil
  }

  /// The half width of a band of one step: a quantile of the absolute errors of this step and its neighbours, which are
  /// much alike and too few alone.
  func halfWidth(step: Int, level: Double) -> Double? {
    let reach = max(1, step / 4)
    var known: [Double] = []
    for errors in byOrigin {
      for index in max(0, step - 1 - reach)..<(step + reach) where index < errors.count {
        known.append(abs(errors[index]))
      }
    }
    return Self.quantile(known, level: level)
  }

  /// The errors of the sums of the first `steps` values, by origin.
  func totals(steps: Int) -> [Double] {
    byOrigin.compactMap { errors in errors.count >= steps ? errors.prefix(steps).reduce(0, +) : nil }
  }

  func totalHalfWidth(steps: Int, level: Double) -> Double? {
    Self.quantile(totals(steps: steps).map { abs($0) }, level: level)
  }

  /// Errors of all origins and steps.
  var all: [Double] { byOrigin.flatMap { $0 } }

  private static func quantile(_ values: [Double], level: Double) -> Double? {
    guard let position = position(level: level, count: values.count) else { return nil }
    return values.sorted()[position]
  }
}
