import LabCore

/// Whether a count has fallen, or risen, against the one before beyond what such counts vary by.
///
/// Two negative binomial counts with one mean and variance μ + φ·μ² have, given their sum, a beta-binomial split with both
/// parameters 1/φ (the negative hypergeometric distribution; Johnson, Kemp and Kotz, "Univariate Discrete Distributions"
/// (2005), 6.2.2); without over-dispersion it is binomial.
enum CountRatio {
  /// P(second ≤ observed | sum) where the second's mean is `factor` times the first's.
  static func atMost(_ second: Int64, of sum: Int64, factor: Double, dispersion: Double) -> Double {
    if second >= sum { return 1 }
    if second < 0 { return 0 }
    let share = factor / (1 + factor)
    guard dispersion > 1e-9 else {
      return TailProbability.binomial(atLeast: sum - second, of: sum, probability: 1 - share)
    }
    let (a, b) = (2 * share / dispersion, 2 * (1 - share) / dispersion)
    let n = Double(sum)
    // The terms from the outer end inwards, in logarithms against the last, so that none underflows.
    let last = Double(second)
    func log(_ k: Double) -> Double {
      SpecialFunctions.logGamma(n + 1) - SpecialFunctions.logGamma(k + 1) - SpecialFunctions.logGamma(n - k + 1)
        + SpecialFunctions.logGamma(k + a) + SpecialFunctions.logGamma(n - k + b)
        - SpecialFunctions.logGamma(n + a + b) + SpecialFunctions.logGamma(a + b) - SpecialFunctions.logGamma(a)
        - SpecialFunctions.logGamma(b)
    }
    var (term, total, k) = (1.0, 1.0, last)
    while k > 0, term > total * 1e-12 {
      term *= k * (n - k + b) / ((n - k + 1) * (k - 1 + a))
      total += term
      k -= 1
    }
    return min(1, total * DeterministicMath.exp(log(last)))
  }

  /// P(second ≥ observed | sum).
  static func atLeast(_ second: Int64, of sum: Int64, factor: Double, dispersion: Double) -> Double {
    atMost(sum - second, of: sum, factor: 1 / factor, dispersion: dispersion)
  }

  /// How much counts vary beyond chance, by volume: φ by moments from pairs of neighbouring counts.
  ///
  /// With means μ and r·μ, E[(y − r·x)²] = r·μ + r²·μ + 2·r²·φ·μ² and E[x·y] = r·μ². Pairs are kept by powers of two of
  /// their sum, and each class is drawn towards all.
  struct Dispersion: Sendable {
    private var tops = [Double](repeating: 0, count: 64)
    private var bottoms = [Double](repeating: 0, count: 64)
    private var counts = [Double](repeating: 0, count: 64)
    /// Pairs of all volumes that a class is drawn by.
    private static let prior = 20.0

    var isEmpty: Bool { counts.allSatisfy { $0 == 0 } }

    private static func volume(_ sum: Int64) -> Int { sum > 0 ? 63 - sum.leadingZeroBitCount : 0 }

    /// - Parameter weight: the dispersion that is asked for over the pair's: that of one week over that of a sum of weeks.
    mutating func add(_ first: Int64, _ second: Int64, factor: Double, weight: Double = 1) {
      let (x, y) = (Double(first), Double(second))
      let index = Self.volume(first + second)
      let difference = y - factor * x
      tops[index] += weight * (difference * difference - y - factor * factor * x)
      bottoms[index] += 2 * factor * x * y
      counts[index] += 1
    }

    func value(at sum: Int64) -> Double {
      let bottom = bottoms.reduce(0, +)
      let common = bottom > 0 ? max(0, tops.reduce(0, +) / bottom) : 0
      let index = Self.volume(sum)
      let own = bottoms[index] > 0 ? max(0, tops[index] / bottoms[index]) : common
      return (counts[index] * own + Self.prior * common) / (counts[index] + Self.prior)
    }
  }
}
