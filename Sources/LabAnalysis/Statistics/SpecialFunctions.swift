import LabCore

/// The functions that tails of distributions are made of, with the lab's own logarithm and exponential, so that every
/// machine gives the same figures.
enum SpecialFunctions {
  /// Where series and continued fractions end: below the resolution of a double.
  private static let precision = 1e-15
  private static let smallest = 1e-300
  /// The continued fractions need some √max(a, b) steps; large arguments therefore get room.
  private static let mostSteps = 100_000

  /// ln Γ(x) for x > 0, within 1e-13 of the value.
  ///
  /// Source: Lanczos, "A Precision Approximation of the Gamma Function", SIAM J. Numer. Anal. B 1 (1964), with the
  /// coefficients for g = 7, n = 9 of Godfrey (2001).
  static func logGamma(_ x: Double) -> Double {
    guard x > 0 else { return .infinity }
    if x < 0.5 {
      // Γ(x)·Γ(1 − x) = π / sin πx.
      return DeterministicMath.log(Double.pi / DeterministicMath.sin(Double.pi * x)) - logGamma(1 - x)
    }
    let shifted = x - 1
    var sum = lanczos[0]
    for index in 1..<lanczos.count { sum += lanczos[index] / (shifted + Double(index)) }
    let t = shifted + 7.5
    return 0.91893853320467274178 + (shifted + 0.5) * DeterministicMath.log(t) - t + DeterministicMath.log(sum)
  }

  private static let lanczos = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ]

  /// The regularised incomplete beta function I_x(a, b) for a, b > 0 and 0 ≤ x ≤ 1.
  ///
  /// Source: the continued fraction of DiDonato and Morris (1992) as in Press et al., "Numerical Recipes" (2007), 6.4,
  /// evaluated by Lentz's method.
  static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if !(x > 0) { return 0 }
    if x >= 1 { return 1 }
    let logFront =
      logGamma(a + b) - logGamma(a) - logGamma(b) + a * DeterministicMath.log(x) + b * DeterministicMath.log(1 - x)
    let front = DeterministicMath.exp(logFront)
    if x < (a + 1) / (a + b + 2) { return min(1, front * betaFraction(x, a, b) / a) }
    return max(0, 1 - front * betaFraction(1 - x, b, a) / b)
  }

  private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    var c = 1.0
    var d = reciprocal(1 - (a + b) * x / (a + 1))
    var value = d
    for step in 1...mostSteps {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = reciprocal(1 + even * d)
      c = awayFromZero(1 + even / c)
      value *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = reciprocal(1 + odd * d)
      c = awayFromZero(1 + odd / c)
      let factor = d * c
      value *= factor
      if abs(factor - 1) < precision { break }
    }
    return value
  }

  /// The regularised upper incomplete gamma function Q(a, x) for a > 0 and x ≥ 0; P = 1 − Q.
  ///
  /// Source: series and continued fraction of Abramowitz and Stegun (1964), 6.5.29 and 6.5.31.
  static func upperGamma(_ a: Double, _ x: Double) -> Double {
    if !(x > 0) { return 1 }
    let front = DeterministicMath.exp(a * DeterministicMath.log(x) - x - logGamma(a))
    if x < a + 1 { return min(1, max(0, 1 - front * gammaSeries(a, x))) }
    return min(1, front * gammaFraction(a, x))
  }

  /// P(a, x) = 1 − Q(a, x), exact also where it is small.
  static func lowerGamma(_ a: Double, _ x: Double) -> Double {
    if !(x > 0) { return 0 }
    let front = DeterministicMath.exp(a * DeterministicMath.log(x) - x - logGamma(a))
    if x < a + 1 { return min(1, front * gammaSeries(a, x)) }
    return min(1, max(0, 1 - front * gammaFraction(a, x)))
  }

  private static func gammaSeries(_ a: Double, _ x: Double) -> Double {
    var term = 1 / a
    var sum = term
    for step in 1...mostSteps {
      term *= x / (a + Double(step))
      sum += term
      if term < sum * precision { break }
    }
    return sum
  }

  private static func gammaFraction(_ a: Double, _ x: Double) -> Double {
    var b = x + 1 - a
    var c = 1 / smallest
    var d = reciprocal(b)
    var value = d
    for step in 1...mostSteps {
      let n = Double(step)
      let coefficient = -n * (n - a)
      b += 2
      d = reciprocal(coefficient * d + b)
      c = awayFromZero(b + coefficient / c)
      let factor = d * c
      value *= factor
      if abs(factor - 1) < precision { break }
    }
    return value
  }

  private static func awayFromZero(_ x: Double) -> Double { abs(x) < smallest ? smallest : x }
  private static func reciprocal(_ x: Double) -> Double { 1 / awayFromZero(x) }
}
