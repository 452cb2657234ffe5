import LabCore

/// The tail of a sum of independent gamma variables: what a bill of many customers can come to by chance, when a few of
/// them make much of it and their days vary.
///
/// A normal or a single gamma tail of the same variance would call the good day of one heavy customer impossible. Source:
/// Daniels, "Saddlepoint Approximations in Statistics", Annals of Mathematical Statistics 25 (1954); the tail is the
/// integral of the leading term (Barndorff-Nielsen and Cox, "Asymptotic Techniques" (1989), 4.3), never above Chernoff's
/// bound exp(K(s) − s·x).
struct GammaSumTail: Sendable {
  /// One part of the sum; its variance is shape · scale².
  private struct Part {
    var shape: Double
    var scale: Double
  }

  private var parts: [Part] = []
  private(set) var mean = 0.0
  private(set) var variance = 0.0

  init() {}

  /// Adds a part with a mean and a squared coefficient of variation, both above zero; others add nothing.
  mutating func add(mean: Double, squaredVariation: Double) {
    guard mean > 0, squaredVariation > 0, mean.isFinite, squaredVariation.isFinite else { return }
    parts.append(Part(shape: 1 / squaredVariation, scale: mean * squaredVariation))
    self.mean += mean
    variance += mean * mean * squaredVariation
  }

  /// Adds variance around zero, with the shape of a gamma variable that is drawn to have no mean.
  mutating func addNoise(variance: Double, scale: Double) {
    guard variance > 0, scale > 0 else { return }
    parts.append(Part(shape: variance / (scale * scale), scale: scale))
    self.variance += variance
  }

  private static let steps = 200

  /// P(sum ≥ mean + excess), where the parts' means add up to the mean.
  func pValue(excess: Double) -> Double {
    guard excess > 0 else { return 1 }
    guard variance > 0, let widest = parts.map(\.scale).max() else { return 0 }
    // The derivative of the centred cumulant function rises from 0 to infinity on [0, 1/widest).
    var (low, high) = (0.0, 1 / widest)
    for _ in 0..<Self.steps {
      let middle = (low + high) / 2
      if middle <= low || middle >= high { break }
      if slope(middle) < excess { low = middle } else { high = middle }
    }
    let s = low
    guard s > 0 else { return 0.5 }
    let exponent = min(0, cumulant(s) - s * excess)
    let lead = s * (2 * Double.pi * curvature(s)).squareRoot()
    return min(0.5, DeterministicMath.exp(exponent) * min(1, 1 / max(lead, 1e-300)))
  }

  private func cumulant(_ s: Double) -> Double {
    parts.reduce(0) { $0 - $1.shape * (DeterministicMath.log(1 - s * $1.scale) + s * $1.scale) }
  }

  private func slope(_ s: Double) -> Double {
    parts.reduce(0) { $0 + $1.shape * $1.scale * (1 / (1 - s * $1.scale) - 1) }
  }

  private func curvature(_ s: Double) -> Double {
    parts.reduce(0) { sum, part in
      let root = part.scale / (1 - s * part.scale)
      return sum + part.shape * root * root
    }
  }
}
