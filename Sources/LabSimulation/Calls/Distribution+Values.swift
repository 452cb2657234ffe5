import LabCore
import LabScenario

extension Distribution {
  /// The value whose standard normal score is `z`: the quantile at Φ(z), clamped to the distribution's bounds.
  func value(atNormal z: Double) -> Double {
    switch self {
    case .lognormal(let median, let sigma, let min, let max):
      Swift.min(max, Swift.max(min, median * DeterministicMath.exp(sigma * z)))
    case .normal(let mean, let sd, let min, let max):
      Swift.min(max, Swift.max(min, mean + sd * z))
    case .uniform(let low, let high):
      low + (high - low) * NormalDistribution.probability(below: z)
    case .constant(let value):
      value
    case .empirical(let quantiles):
      Self.interpolate(quantiles, at: NormalDistribution.probability(below: z))
    }
  }

  /// The value at a probability of equally spaced quantiles, linear between them.
  static func interpolate(_ quantiles: [Double], at probability: Double) -> Double {
    guard let last = quantiles.last else { return 0 }
    let place = probability * Double(quantiles.count - 1)
    let index = Int(place.rounded(.down))
    guard index + 1 < quantiles.count else { return last }
    return quantiles[index] + (quantiles[index + 1] - quantiles[index]) * (place - Double(index))
  }

  /// Its spread on the scale of logarithms: sigma, or the coefficient of variation where it has no sigma.
  var logSpread: Double {
    switch self {
    case .lognormal(_, let sigma, _, _): return sigma
    case .normal(let mean, let sd, _, _): return mean > 0 ? sd / mean : 0
    case .uniform(let low, let high): return low + high > 0 ? (high - low) / (low + high) / 3.0.squareRoot() : 0
    case .constant: return 0
    case .empirical(let quantiles):
      // Over a fine grid, as the quantiles between the given ones are linear.
      let values = (0..<200).map { Self.interpolate(quantiles, at: (Double($0) + 0.5) / 200) }
      let mean = values.reduce(0, +) / 200
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 200
      return mean > 0 ? variance.squareRoot() / mean : 0
    }
  }
}

extension NormalDistribution {
  /// Φ(z), to 7.5·10⁻⁸ (Abramowitz and Stegun, 26.2.17).
  static func probability(below z: Double) -> Double {
    let t = 1 / (1 + 0.2316419 * abs(z))
    let series =
      t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    let tail = 0.3989422804014327 * DeterministicMath.exp(-0.5 * z * z) * series
    return min(1, max(0, z < 0 ? tail : 1 - tail))
  }
}
