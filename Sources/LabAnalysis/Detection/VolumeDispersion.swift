import LabCore

/// How much counts vary beyond Poisson, learnt from closed bins, by the volume that was expected of them.
///
/// Bins are put into classes by octave of their expected count. Of a class the index D = Σ(x − μ)²/Σμ estimates
/// variance over mean (Cameron and Trivedi, "Regression Analysis of Count Data" (2013), 3.4); a class with little to learn
/// from is shrunk towards its nearest known neighbours: towards larger volumes the relative variation stays, towards
/// smaller ones the index. Small counts therefore get the wide tail that clusters of calls give them.
struct VolumeDispersion: Sendable {
  private var squares = [Double](repeating: 0, count: classCount)
  private var means = [Double](repeating: 0, count: classCount)

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
  }

  /// Takes in several closed bins without a call.
  mutating func addEmpty(bins: Int, expected: Double) {
    guard expected > 0, bins > 0 else { return }
    let octave = Self.octave(expected)
    squares[octave] += Double(bins) * expected * expected
    means[octave] += Double(bins) * expected
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
