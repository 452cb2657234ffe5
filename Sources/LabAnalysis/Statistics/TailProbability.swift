import LabCore

/// One-sided p-values: how likely a count or a deviate at least as large is where nothing happened.
///
/// All are exact to about ten digits, also far out, and between 0 and 1.
enum TailProbability {
  /// P(X ≥ count) for a Poisson variable.
  static func poisson(atLeast count: Int64, mean: Double) -> Double {
    if count <= 0 { return 1 }
    guard mean > 0 else { return 0 }
    return SpecialFunctions.lowerGamma(Double(count), mean)
  }

  /// P(X ≥ count) for a negative binomial variable with a mean and a variance of mean + mean²/size.
  ///
  /// - Parameter size: the dispersion parameter, greater than 0; the larger, the nearer to Poisson, infinity included.
  ///
  /// Source: P(X ≥ k) = I_p(k, size) with p = mean/(mean + size); Johnson, Kemp and Kotz, "Univariate Discrete
  /// Distributions" (2005), 5.6.
  static func negativeBinomial(atLeast count: Int64, mean: Double, size: Double) -> Double {
    if count <= 0 { return 1 }
    guard mean > 0 else { return 0 }
    guard size < 1e9 else { return poisson(atLeast: count, mean: mean) }
    return SpecialFunctions.incompleteBeta(mean / (mean + size), Double(count), max(size, 1e-9))
  }

  /// P(X ≤ count) for a negative binomial variable.
  static func negativeBinomial(atMost count: Int64, mean: Double, size: Double) -> Double {
    if count < 0 { return 0 }
    guard mean > 0 else { return 1 }
    guard size < 1e9 else { return SpecialFunctions.upperGamma(Double(count) + 1, mean) }
    return SpecialFunctions.incompleteBeta(size / (mean + size), max(size, 1e-9), Double(count) + 1)
  }

  /// P(X ≥ successes) for a binomial variable.
  static func binomial(atLeast successes: Int64, of trials: Int64, probability: Double) -> Double {
    if successes <= 0 { return 1 }
    guard successes <= trials, probability > 0 else { return 0 }
    return SpecialFunctions.incompleteBeta(probability, Double(successes), Double(trials - successes) + 1)
  }

  /// P(X ≥ successes) where the probability itself varies as a beta variable with a mean and an overdispersion.
  ///
  /// - Parameter correlation: of two trials of one bin, in [0, 1): 0 is the binomial. The tail is that of the negative
  ///   binomial with the same mean and variance, n·π·(1−π)·(1+(n−1)·ρ), which lies above it for small π.
  static func betaBinomial(
    atLeast successes: Int64, of trials: Int64, probability: Double, correlation: Double
  ) -> Double {
    guard correlation > 0, trials > 1 else {
      return binomial(atLeast: successes, of: trials, probability: probability)
    }
    let mean = Double(trials) * probability
    let variance = mean * (1 - probability) * (1 + Double(trials - 1) * correlation)
    guard variance > mean else { return binomial(atLeast: successes, of: trials, probability: probability) }
    return negativeBinomial(atLeast: successes, mean: mean, size: mean * mean / (variance - mean))
  }

  /// P(Z ≥ z) for a standard normal variable.
  static func normal(above z: Double) -> Double {
    if z.isNaN { return 1 }
    if z.isInfinite { return z > 0 ? 0 : 1 }
    let half = SpecialFunctions.upperGamma(0.5, z * z / 2) / 2
    return z >= 0 ? half : 1 - half
  }

  /// P(T ≥ t) for a Student variable.
  ///
  /// - Parameter degrees: of freedom, greater than 0.
  static func student(above t: Double, degrees: Double) -> Double {
    if t.isNaN || !(degrees > 0) { return 1 }
    let half = SpecialFunctions.incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2
    return t >= 0 ? half : 1 - half
  }
}
