import LabCore

/// Tests, hour by hour, whether the share of marked trials has risen above what the hours before lead one to expect.
///
/// The expected share is that of the trailing 28 days, flagged hours left out, and the first verdict comes after 14 days
/// (rule 11 of the analyzers). How much the share varies from hour to hour beyond chance is the correlation ρ of two trials
/// of one bin, by moments (Williams, "Extra-binomial Variation in Logistic Linear Models", Applied Statistics 31 (1982)),
/// drawn towards that of all series where there are few data. The p-value is the upper tail of the negative binomial with
/// that mean and variance (rule 5).
///
/// Besides each hour the last four are tested together: a small stream of calls shows in four hours what it can't in one.
struct ShareSeries: Sendable {
  /// One hour.
  struct Bin: Sendable {
    var trials: Int64 = 0
    var marked: Int64 = 0
    /// How many marked trials a usual hour would have with these trials, up to a factor that is learnt; the trials
    /// themselves where nothing better is known.
    var expected: Double = 0
  }

  /// A test that had a chance to be significant.
  struct Test: Sendable {
    var series: Int
    /// The last hour of the bin, and how many hours it has.
    var hour: Int
    var hours: Int
    var pValue: Double
    var marked: Int64
    var trials: Int64
    /// What was expected of `marked`.
    var mean: Double
  }

  /// Rule 11: hours before the first verdict, and hours that a baseline looks back.
  static let learningHours = 14 * 24
  static let baselineHours = 28 * 24
  /// The widths of bins in hours.
  static let scales = [1, 4]
  /// Trials below which a bin is not tested: with fewer the answer would rest on two or three calls.
  static let minimumTrials: Int64 = 8
  /// What all series of a family gave: the tests worth looking at, and how many were made.
  struct Outcome: Sendable {
    var tests: [Test] = []
    var count = 0
  }

  /// Tests all hours of all series of one family.
  ///
  /// - Parameters:
  ///   - series: bins by hour; all of the same length.
  ///   - level: of the whole family; a bin that alone would be significant among all is left out of later baselines.
  ///   - matters: whether a rise is large enough to be told; others count as tests and are not evaluated.
  static func test(
    _ series: [[Bin]], level: Double, matters: (_ marked: Int64, _ trials: Int64, _ mean: Double) -> Bool
  ) -> Outcome {
    var outcome = Outcome()
    var moments = series.map { Moments(learning: $0) }
    let pooled = scales.indices.map { scale in
      moments.reduce(Quotient()) { $0 + ($1?.excess[scale] ?? Quotient()) }
    }
    for index in series.indices where moments[index] != nil {
      for hour in learningHours..<max(learningHours, series[index].count) {
        for scale in scales where trials(series[index], hour, scale) >= minimumTrials { outcome.count += 1 }
      }
    }
    guard outcome.count > 0 else { return outcome }
    let strict = level / Double(outcome.count)
    for index in series.indices {
      moments[index]?.walk(series[index], pooled: pooled, strict: strict, matters: matters) { test in
        var test = test
        test.series = index
        outcome.tests.append(test)
      }
    }
    return outcome
  }

  private static func trials(_ bins: [Bin], _ hour: Int, _ scale: Int) -> Int64 {
    (max(0, hour - scale + 1)...hour).reduce(0) { $0 + bins[$1].trials }
  }

  /// A numerator and a denominator.
  fileprivate struct Quotient {
    var top = 0.0
    var bottom = 0.0

    static func + (left: Quotient, right: Quotient) -> Quotient {
      Quotient(top: left.top + right.top, bottom: left.bottom + right.bottom)
    }
  }
}

/// The trailing baseline of one series.
private struct Moments {
  /// Marked and expected of the hours in the baseline.
  private var marked = 0.0
  private var expected = 0.0
  /// Per scale what the variance has beyond chance, over what a correlation of one would add.
  var excess: [ShareSeries.Quotient]
  private var kept: [Bool]
  private var terms: [[ShareSeries.Quotient]]

  /// Learns from the first two weeks; nil when they are not there or hold nothing to learn from.
  init?(learning bins: [ShareSeries.Bin]) {
    guard bins.count > ShareSeries.learningHours else { return nil }
    for bin in bins[..<ShareSeries.learningHours] {
      marked += Double(bin.marked)
      expected += bin.expected
    }
    guard expected > 0 else { return nil }
    excess = ShareSeries.scales.map { _ in ShareSeries.Quotient() }
    kept = Array(repeating: true, count: bins.count)
    terms = ShareSeries.scales.map { _ in Array(repeating: ShareSeries.Quotient(), count: bins.count) }
    for hour in 0..<ShareSeries.learningHours { note(bins, hour) }
  }

  /// The factor between what is expected and what is marked; at least half an event, since none seen is not never.
  private var factor: Double { max(marked, 0.5) / expected }

  /// Takes the variance of a bin that ends at an hour into the excess.
  private mutating func note(_ bins: [ShareSeries.Bin], _ hour: Int) {
    for (index, scale) in ShareSeries.scales.enumerated() where hour + 1 >= scale && (hour + 1) % scale == 0 {
      guard (hour - scale + 1...hour).allSatisfy({ kept[$0] }) else { continue }
      let window = bin(bins, hour, scale)
      let trials = Double(window.trials)
      let mean = min(window.expected * factor, trials)
      let variance = mean * (1 - mean / max(trials, 1))
      guard trials > 1, variance > 0 else { continue }
      let difference = Double(window.marked) - mean
      let term = ShareSeries.Quotient(top: difference * difference - variance, bottom: variance * (trials - 1))
      terms[index][hour] = term
      excess[index] = excess[index] + term
    }
  }

  private func bin(_ bins: [ShareSeries.Bin], _ hour: Int, _ scale: Int) -> ShareSeries.Bin {
    var sum = ShareSeries.Bin()
    for index in max(0, hour - scale + 1)...hour {
      sum.trials += bins[index].trials
      sum.marked += bins[index].marked
      sum.expected += bins[index].expected
    }
    return sum
  }

  mutating func walk(
    _ bins: [ShareSeries.Bin], pooled: [ShareSeries.Quotient], strict: Double,
    matters: (Int64, Int64, Double) -> Bool, _ report: (ShareSeries.Test) -> Void
  ) {
    for hour in ShareSeries.learningHours..<bins.count {
      let old = hour - ShareSeries.baselineHours - 1
      if old >= 0 { forget(bins, old) }
      var isFlagged = false
      for (index, scale) in ShareSeries.scales.enumerated() {
        let window = bin(bins, hour, scale)
        guard window.trials >= ShareSeries.minimumTrials else { continue }
        let mean = min(window.expected * factor, Double(window.trials) * 0.999)
        guard mean > 0, matters(window.marked, window.trials, mean) else { continue }
        let p = TailProbability.betaBinomial(
          atLeast: window.marked, of: window.trials, probability: mean / Double(window.trials),
          correlation: correlation(index, pooled))
        report(
          .init(
            series: 0, hour: hour, hours: scale, pValue: p, marked: window.marked, trials: window.trials, mean: mean))
        if p <= strict { isFlagged = true }
      }
      if isFlagged {
        kept[hour] = false
      } else {
        marked += Double(bins[hour].marked)
        expected += bins[hour].expected
        note(bins, hour)
      }
    }
  }

  private mutating func forget(_ bins: [ShareSeries.Bin], _ hour: Int) {
    guard kept[hour] else { return }
    marked -= Double(bins[hour].marked)
    expected -= bins[hour].expected
    for index in excess.indices {
      excess[index].top -= terms[index][hour].top
      excess[index].bottom -= terms[index][hour].bottom
    }
  }

  /// The series' own correlation, drawn a third of the way towards that of all.
  private func correlation(_ index: Int, _ pooled: [ShareSeries.Quotient]) -> Double {
    let common = pooled[index].bottom > 0 ? pooled[index].top / pooled[index].bottom : 0
    let own = excess[index].bottom > 0 ? excess[index].top / excess[index].bottom : common
    return min(0.999, max(0, (2 * max(0, own) + max(0, common)) / 3))
  }
}
