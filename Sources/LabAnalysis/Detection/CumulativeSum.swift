import LabCore

/// A one-sided cumulative sum over days, held against a baseline that is frozen at the first two weeks.
///
/// Weekdays and weekends have a mean of their own in the baseline; the spread is that of its residuals. The sum of what the
/// later days exceed it by, in standard deviations and less half of one, goes back to zero rather than below. Source: Page,
/// "Continuous Inspection Schemes", Biometrika 41 (1954). Tables of limits suppose that mean and spread are known; two weeks
/// leave both uncertain, so that the limit is found by simulating this very procedure on normal days.
struct CumulativeSum: Sendable {
  /// Days of the frozen baseline.
  static let baselineDays = 14
  /// What a day may exceed the baseline by, in its standard deviations, before the sum grows.
  private static let slack = 0.5
  /// A day counts as no more than so many standard deviations: one day alone is an event, not a drift.
  private static let drawnIn = 20.0
  private static let simulations = 2000
  /// The upper part of the simulated maxima whose tail is drawn out beyond them.
  private static let tailShare = 0.05

  /// Where the sum passed its limit.
  struct Passing: Sendable {
    /// The first day of the rise, the day on which the sum passed, counted from the first of the series.
    var from: Int
    var at: Int
  }

  /// The sum after each day; zero within the baseline.
  private(set) var sums: [Double]
  /// The mean of the baseline by day of the series, weekdays and weekends apart.
  private(set) var expected: [Double]
  private(set) var deviation: Double
  private var starts: [Int]

  /// Nil under three weeks, or when the baseline doesn't vary at all.
  ///
  /// - Parameter isWeekend: by day.
  init?(_ values: [Double], isWeekend: [Bool]) {
    let base = Self.baselineDays
    guard values.count >= base + 7, isWeekend.count == values.count else { return nil }
    var (sums, counts) = ([0.0, 0.0], [0.0, 0.0])
    for day in 0..<base {
      sums[isWeekend[day] ? 1 : 0] += values[day]
      counts[isWeekend[day] ? 1 : 0] += 1
    }
    guard counts[0] > 0, counts[1] > 0 else { return nil }
    let means = [sums[0] / counts[0], sums[1] / counts[1]]
    expected = isWeekend.map { means[$0 ? 1 : 0] }
    var squares = 0.0
    for day in 0..<base { squares += (values[day] - expected[day]) * (values[day] - expected[day]) }
    deviation = (squares / Double(base - 2)).squareRoot()
    guard deviation > 0 else { return nil }
    self.sums = Array(repeating: 0, count: values.count)
    starts = Array(repeating: 0, count: values.count)
    var (sum, start) = (0.0, base)
    for day in base..<values.count {
      let z = min(Self.drawnIn, (values[day] - expected[day]) / deviation)
      if sum <= 0 { start = day }
      sum = max(0, sum + z - Self.slack)
      self.sums[day] = sum
      starts[day] = start
    }
  }

  /// The first time that the sum passes a limit.
  func passing(_ limit: Double) -> Passing? {
    sums.firstIndex { $0 > limit }.map { Passing(from: starts[$0], at: $0) }
  }

  /// The limit that the largest sum of a series of normal days passes with the chance `level`.
  ///
  /// Beyond the simulated maxima the tail is that of a power, its exponent from the upper twentieth (Hill, "A Simple General
  /// Approach to Inference About the Tail of a Distribution", Annals of Statistics 3 (1975)).
  ///
  /// - Parameter firstWeekday: 1 (Monday) to 7 of the first day.
  static func limit(days: Int, firstWeekday: Int, level: Double) -> Double {
    var random = RandomStream(
      seed: 0x64726966, purpose: 0x6375_7375_6d, key: UInt64(days), second: UInt64(firstWeekday))
    let isWeekend = (0..<days).map { (firstWeekday - 1 + $0) % 7 >= 5 }
    var maxima: [Double] = []
    for _ in 0..<simulations {
      let values = (0..<days).map { _ in random.normal() }
      maxima.append(CumulativeSum(values, isWeekend: isWeekend)?.sums.max() ?? 0)
    }
    maxima.sort()
    let count = Int(Double(simulations) * tailShare)
    let threshold = max(maxima[simulations - count - 1], 1e-9)
    let exponents = maxima.suffix(count).reduce(0) { $0 + DeterministicMath.log(max($1, threshold) / threshold) }
    let power = exponents / Double(count)
    guard level < tailShare else { return threshold }
    return threshold * DeterministicMath.exp(power * DeterministicMath.log(tailShare / max(level, 1e-12)))
  }
}
