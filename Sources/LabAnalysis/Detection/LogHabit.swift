import LabCore

/// What a mean of logarithms usually is, and how far a new one strays: a moderated t-test of one customer's bin against its
/// own past.
///
/// The variance of a bin's mean of n calls is σ²·(1/n + τ), τ standing for what all calls of a bin have in common. A
/// customer's own estimate of σ² rests on few bins, so that it is shrunk to the one pooled over all customers, which has
/// the weight of ``priorDegrees``. Source: Smyth, "Linear Models and Empirical Bayes Methods", Statistical Applications in
/// Genetics and Molecular Biology 3 (2004), section 3.
struct LogHabit: Sendable {
  private var weight = 0.0
  private var sum = 0.0
  private var squares = 0.0
  private var degrees = 0.0

  /// Squared residuals over all customers.
  struct Pool: Sendable {
    fileprivate var squares = 0.0
    fileprivate var degrees = 0.0

    /// Nil while there is too little to pool.
    /// Takes in what other customers' bins have added to a pool of their own.
    mutating func add(_ other: Pool) {
      squares += other.squares
      degrees += other.degrees
    }

    fileprivate var variance: Double? { degrees >= LogHabit.leastPooled ? squares / degrees : nil }
  }

  /// The weight of the pooled variance, in bins of the customer's own.
  private static let priorDegrees = 10.0
  /// More degrees of freedom than these would be a claim about tails that no business's data support.
  private static let mostDegrees = 40.0
  /// What calls of one bin have in common: a bin of many calls counts as 20 independent ones at most.
  private static let common = 0.05
  /// A pooled variance of fewer bins is none.
  private static let leastPooled = 50.0
  /// Bins of the customer's own past without which there is no test.
  private static let leastBins = 5.0

  var mean: Double? { weight > 0 ? sum / weight : nil }

  private func relativeVariance(of calls: Double) -> Double { 1 / calls + Self.common + 1 / weight }

  /// Takes in a closed bin; flagged ones are to be left out.
  mutating func add(_ value: Double, calls: Double, to pool: inout Pool) {
    guard calls > 0 else { return }
    if let mean {
      let square = (value - mean) * (value - mean) / relativeVariance(of: calls)
      squares += square
      degrees += 1
      pool.squares += square
      pool.degrees += 1
    }
    weight += calls
    sum += calls * value
  }

  /// How far a bin lies above the habit; nil while the past is too short.
  ///
  /// - Parameter least: nil below so many standard deviations too, since the tail takes a while to compute.
  func test(
    _ value: Double, calls: Double, _ pool: Pool, from least: Double = -.infinity
  ) -> (pValue: Double, t: Double)? {
    guard calls > 0, degrees + 1 >= Self.leastBins, let mean, let pooled = pool.variance else { return nil }
    let variance = (Self.priorDegrees * pooled + squares) / (Self.priorDegrees + degrees)
    guard variance > 0 else { return nil }
    let t = (value - mean) / (variance * relativeVariance(of: calls)).squareRoot()
    guard t >= least else { return nil }
    let degrees = min(Self.mostDegrees, Self.priorDegrees + degrees)
    return (TailProbability.student(above: t, degrees: degrees), t)
  }
}
