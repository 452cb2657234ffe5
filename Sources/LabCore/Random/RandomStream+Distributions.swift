/// Draws from the distributions that the lab uses. Each consumes numbers in a fixed way, so that streams stay aligned.
extension RandomStream {
  /// Standard normal, by inversion: one number per draw.
  @inlinable public mutating func normal() -> Double { NormalDistribution.quantile(openUnit()) }

  /// Lognormal with the given median and standard deviation of the logarithm.
  @inlinable public mutating func lognormal(median: Double, sigma: Double) -> Double {
    median * DeterministicMath.exp(sigma * normal())
  }

  /// Exponential with mean 1.
  @inlinable public mutating func exponential() -> Double { -DeterministicMath.log(openUnit()) }

  /// Gamma with the given shape > 0 and scale 1 (Marsaglia and Tsang, 2000; for a shape below 1 with their boost). A shape
  /// that is none gives 0.
  public mutating func gamma(shape: Double) -> Double {
    guard shape > 0 else { return 0 }
    if shape < 1 {
      let boost = DeterministicMath.exp(DeterministicMath.log(openUnit()) / shape)
      return gamma(shape: shape + 1) * boost
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let t = 1 + c * x
      if t <= 0 { continue }
      let v = t * t * t
      let u = openUnit()
      if u < 1 - 0.0331 * x * x * x * x { return d * v }
      if DeterministicMath.log(u) < 0.5 * x * x + d * (1 - v + DeterministicMath.log(v)) { return d * v }
    }
  }

  /// Counts stay exact in a double up to here.
  private static let greatestMean = 1e15

  /// Poisson with the given mean ≥ 0: by sequential inversion below 30, above by splitting off gamma-distributed waiting
  /// times (Ahrens and Dieter, 1974), which needs about log(mean) steps.
  public mutating func poisson(mean: Double) -> Int {
    var rest = min(mean, Self.greatestMean)
    var count = 0
    while rest >= 30 {
      let block = (rest * 0.875).rounded(.down)
      let waiting = gamma(shape: block)
      if waiting > rest {
        // The block-th event lies beyond: the events before it are uniform in time.
        return count + binomial(trials: Int(block) - 1, probability: rest / waiting)
      }
      count += Int(block)
      rest -= waiting
    }
    if rest <= 0 { return count }
    var term = DeterministicMath.exp(-rest)
    var cumulative = term
    let u = unit()
    var k = 0
    while u >= cumulative, k < 400 {
      k += 1
      term *= rest / Double(k)
      cumulative += term
    }
    return count + k
  }

  /// Binomial: by inversion for small means, otherwise by the median of a beta variate (Relles, 1972), halving the trials.
  public mutating func binomial(trials: Int, probability: Double) -> Int {
    var trials = trials
    var probability = probability
    var count = 0
    while trials > 40 {
      if probability <= 0 { return count }
      if probability >= 1 { return count + trials }
      let a = 1 + trials / 2
      let b = trials + 1 - a
      let x = gamma(shape: Double(a))
      let y = gamma(shape: Double(b))
      let split = x / (x + y)
      if split >= probability {
        trials = a - 1
        probability /= split
      } else {
        count += a
        trials = b - 1
        probability = (probability - split) / (1 - split)
      }
    }
    for _ in 0..<max(0, trials) where unit() < probability { count += 1 }
    return count
  }
}

/// The standard normal distribution.
public enum NormalDistribution {
  /// The quantile function for 0 < p < 1, accurate to about 1e-15 (Wichura's algorithm AS 241, PPND16, 1988).
  @inlinable public static func quantile(_ p: Double) -> Double {
    let q = p - 0.5
    if abs(q) <= 0.425 {
      let r = 0.180625 - q * q
      let top =
        (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
          + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
          + 1.3314166789178437745e2) * r + 3.3871328727963666080)
      let bottom =
        (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
          + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
          + 4.2313330701600911252e1) * r + 1)
      return q * top / bottom
    }
    return tail(p, q)
  }

  @usableFromInline static func tail(_ p: Double, _ q: Double) -> Double {
    let nearer = q < 0 ? p : 1 - p
    if !(nearer > 0) { return q < 0 ? -.infinity : .infinity }
    var r = (-DeterministicMath.log(nearer)).squareRoot()
    let value: Double
    if r <= 5 {
      r -= 1.6
      let top =
        (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
          + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.76949722146069140550) * r
          + 4.63033784615654529590) * r + 1.42343711074968357734)
      let bottom =
        (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
          + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940) * r
          + 2.05319162663775882187) * r + 1)
      value = top / bottom
    } else {
      r -= 5
      let top =
        (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
          + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580) * r
          + 5.46378491116411436990) * r + 6.65790464350110377720)
      let bottom =
        (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
          + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
          + 5.99832206555887937690e-1) * r + 1)
      value = top / bottom
    }
    return q < 0 ? -value : value
  }
}

/// Picks indices in proportion to weights in constant time: Walker's alias method, built as by Vose (1991).
public struct AliasTable: Sendable {
  @usableFromInline let probability: [Double]
  @usableFromInline let alias: [Int32]

  /// - Parameter weights: at least one, none negative, not all zero.
  public init(weights: [Double]) {
    let count = weights.count
    let total = weights.reduce(0, +)
    var scaled = weights.map { total > 0 ? $0 * Double(count) / total : 1 }
    var probability = [Double](repeating: 1, count: count)
    var alias = (0..<Int32(count)).map { $0 }
    var small: [Int] = []
    var large: [Int] = []
    for index in 0..<count { if scaled[index] < 1 { small.append(index) } else { large.append(index) } }
    while let less = small.last, let more = large.last {
      small.removeLast()
      probability[less] = scaled[less]
      alias[less] = Int32(more)
      scaled[more] = scaled[more] + scaled[less] - 1
      if scaled[more] < 1 {
        large.removeLast()
        small.append(more)
      }
    }
    self.probability = probability
    self.alias = alias
  }

  public var count: Int { probability.count }

  /// An index, from one number of the stream.
  @inlinable public func pick(_ random: inout RandomStream) -> Int {
    let (column, fraction) = random.next().multipliedFullWidth(by: UInt64(probability.count))
    let index = Int(column)
    return Double(fraction >> 11) * 0x1p-53 < probability[index] ? index : Int(alias[index])
  }
}
