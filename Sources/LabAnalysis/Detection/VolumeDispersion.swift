import LabCore

/// How much counts vary beyond Poisson, learnt from closed bins, by the volume that was expected of them.
///
/// Bins are put into classes by octave of their expected count. Of a class the index D = Σ(x − μ)²/Σμ estimates
/// variance over mean (Cameron and Trivedi, "Regression Analysis of Count Data" (2013), 3.4); a class with little to learn
/// from is shrunk towards its nearest known neighbours: towards larger volumes the relative variation stays, towards
/// smaller ones the index. Small counts therefore get the wide tail that clusters of calls give them.
///
/// No index describes a customer who mostly makes single calls and now and then a session of twenty. So the tail is also
/// taken from the bins themselves: beyond a power of two that some bins have reached, the excess is exponential with the
/// mean that it had (peaks over a threshold: Davison and Smith, "Models for Exceedances over High Thresholds", Journal of the
/// Royal Statistical Society B 52 (1990)). The greater of the two p-values counts.
struct VolumeDispersion: Sendable {
  private var squares = [Double](repeating: 0, count: classCount)
  private var means = [Double](repeating: 0, count: classCount)
  private var bins = [Double](repeating: 0, count: classCount)
  /// By class · ``thresholds`` + exponent: how many bins had at least 2 to that power, and their excess over it.
  private var reached = [Double](repeating: 0, count: classCount * thresholds)
  private var excess = [Double](repeating: 0, count: classCount * thresholds)

  /// Counts below 2²⁴ a bin.
  private static let thresholds = 24
  /// Bins beyond a threshold from which on their mean excess is one.
  private static let leastReached = 10.0

  private static let classCount = 48
  /// Octave 0 begins at 2⁻¹⁶: one call in seven years of hours.
  private static let firstOctave = -16
  /// The neighbours' word weighs as much as so many expected calls of the class's own.
  private static let priorCalls = 100.0

  /// The class of an expected count above zero.
  private static func octave(_ expected: Double) -> Int {
    min(max(Int(expected.exponent) - firstOctave, 0), classCount - 1)
  }

  /// The middle of a class.
  private static func middle(_ octave: Int) -> Double {
    Double(sign: .plus, exponent: octave + firstOctave, significand: 1.5)
  }

  /// Takes in a closed bin; bins that were flagged are to be left out.
  mutating func add(count: Double, expected: Double) {
    guard expected > 0 else { return }
    let octave = Self.octave(expected)
    squares[octave] += (count - expected) * (count - expected)
    means[octave] += expected
    bins[octave] += 1
    guard count >= 1 else { return }
    for exponent in 0...min(Int(count.exponent), Self.thresholds - 1) {
      reached[octave * Self.thresholds + exponent] += 1
      excess[octave * Self.thresholds + exponent] += count - Double(sign: .plus, exponent: exponent, significand: 1)
    }
  }

  /// Takes in several closed bins without a call.
  mutating func addEmpty(bins: Int, expected: Double) {
    guard expected > 0, bins > 0 else { return }
    let octave = Self.octave(expected)
    squares[octave] += Double(bins) * expected * expected
    means[octave] += Double(bins) * expected
    self.bins[octave] += Double(bins)
  }

  /// Takes in what was learnt from other bins.
  mutating func add(_ other: VolumeDispersion) {
    for octave in 0..<Self.classCount where other.bins[octave] > 0 {
      squares[octave] += other.squares[octave]
      means[octave] += other.means[octave]
      bins[octave] += other.bins[octave]
      for place in octave * Self.thresholds..<(octave + 1) * Self.thresholds {
        reached[place] += other.reached[place]
        excess[place] += other.excess[place]
      }
    }
  }

  /// P(at least so many) by what bins of this volume, or of up to four times it, have reached.
  func reach(atLeast count: Double, expected: Double) -> Double {
    guard expected > 0, count >= 2 else { return 1 }
    let octave = Self.octave(expected)
    let classes = octave..<min(octave + 3, Self.classCount)
    let all = classes.reduce(0) { $0 + bins[$1] }
    // The tail starts well below the count: what has reached it itself would be its own measure.
    for exponent in stride(from: min(Int(count.exponent) - 1, Self.thresholds - 1), through: 0, by: -1) {
      let found = classes.reduce(0) { $0 + reached[$1 * Self.thresholds + exponent] }
      guard found >= Self.leastReached else { continue }
      let mean = classes.reduce(0) { $0 + excess[$1 * Self.thresholds + exponent] } / found
      // A standard error more than the mean excess of so many bins, and half a call since counts are whole.
      let scale = (mean + 0.5) * (1 + 1 / found.squareRoot())
      let beyond = count - Double(sign: .plus, exponent: exponent, significand: 1)
      return min(1, (found + 1) / (all + 1) * DeterministicMath.exp(-beyond / scale))
    }
    return 0
  }

  /// Variance over mean of a bin with this expected count; at least 1, which is Poisson, and 1 while nothing is known.
  func index(expected: Double) -> Double {
    guard expected > 0 else { return 1 }
    let octave = Self.octave(expected)
    let prior = neighbours(of: octave, expected)
    return max(1, (squares[octave] + Self.priorCalls * prior) / (means[octave] + Self.priorCalls))
  }

  /// The size parameter of a negative binomial variable (``TailProbability``) with this mean and dispersion.
  func size(expected: Double) -> Double { Self.size(expected: expected, index: index(expected: expected)) }

  static func size(expected: Double, index: Double) -> Double {
    index > 1 ? expected / (index - 1) : .infinity
  }

  /// What the nearest classes with something to tell say about a class: the greater of the two.
  private func neighbours(of octave: Int, _ expected: Double) -> Double {
    var index = 1.0
    if let below = stride(from: octave - 1, through: 0, by: -1).first(where: { means[$0] >= Self.priorCalls }) {
      let known = squares[below] / means[below]
      index = max(index, 1 + (known - 1) * expected / Self.middle(below))
    }
    if let above = (octave + 1..<Self.classCount).first(where: { means[$0] >= Self.priorCalls }) {
      index = max(index, squares[above] / means[above])
    }
    return index
  }
}
