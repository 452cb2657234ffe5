import LabCore

/// Two means compared at equal mix: within strata, weighted by the first one's share of each.
///
/// The logarithm of the ratio has a standard error by the jackknife over units (days): each is left out in turn. Source:
/// Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), 11.5. With few units the quotient follows Student's t.
struct StandardisedMeans: Sendable {
  /// The second mean over the first.
  let ratio: Double
  /// The first mean over the strata that both have.
  let first: Double
  let interval: Interval
  /// How likely so small a ratio is where both are equal.
  let pValue: Double

  static let level = 0.95

  /// Sums of one side, by stratum, then unit.
  struct Side: Sendable {
    var sums: [[Double]]
    var counts: [[Double]]

    init(strata: Int, units: Int) {
      sums = Array(repeating: Array(repeating: 0, count: units), count: strata)
      counts = sums
    }
  }

  /// - Parameters:
  ///   - least: the count that a stratum needs on both sides to be compared.
  /// - Returns: nil without such a stratum, below seven units, or where nothing varies.
  init?(_ first: Side, _ second: Side, least: Double) {
    let strata = first.sums.indices.filter {
      first.counts[$0].reduce(0, +) >= least && second.counts[$0].reduce(0, +) >= least
    }
    let units = first.sums.first?.count ?? 0
    guard !strata.isEmpty, units >= Bootstrap.minimumUnits else { return nil }
    let own = strata.map { (first.sums[$0].reduce(0, +), first.counts[$0].reduce(0, +)) }
    let other = strata.map { (second.sums[$0].reduce(0, +), second.counts[$0].reduce(0, +)) }
    func means(without unit: Int?) -> (first: Double, second: Double)? {
      var (a, b) = (0.0, 0.0)
      for (index, stratum) in strata.enumerated() {
        var (firstSum, firstCount) = own[index]
        var (secondSum, secondCount) = other[index]
        if let unit {
          firstSum -= first.sums[stratum][unit]
          firstCount -= first.counts[stratum][unit]
          secondSum -= second.sums[stratum][unit]
          secondCount -= second.counts[stratum][unit]
        }
        guard let mean = Ratio.of(secondSum, secondCount) else { return nil }
        a += firstSum
        b += firstCount * mean
      }
      return a > 0 && b > 0 ? (a, b) : nil
    }
    guard let all = means(without: nil) else { return nil }
    let logs = (0..<units).compactMap { unit in
      means(without: unit).map { DeterministicMath.log($0.second / $0.first) }
    }
    guard logs.count >= Bootstrap.minimumUnits else { return nil }
    let count = Double(logs.count)
    let mean = logs.reduce(0, +) / count
    let variance = logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } * (count - 1) / count
    guard variance > 0 else { return nil }
    let error = variance.squareRoot()
    let log = DeterministicMath.log(all.second / all.first)
    let reach = StudentT.quantile(1 - (1 - Self.level) / 2, degrees: count - 1) * error
    ratio = all.second / all.first
    self.first = all.first / own.reduce(0) { $0 + $1.1 }
    interval = Interval(
      low: DeterministicMath.exp(log - reach), high: DeterministicMath.exp(log + reach), level: Self.level)
    pValue = StudentT.above(-log / error, degrees: count - 1)
  }
}

/// Student's t distribution.
enum StudentT {
  /// P(T ≥ t). Source: Abramowitz and Stegun (1964), 26.7.1.
  static func above(_ t: Double, degrees: Double) -> Double {
    guard t.isFinite, degrees > 0 else { return t > 0 ? 0 : 1 }
    let half = SpecialFunctions.incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2
    return t >= 0 ? half : 1 - half
  }

  /// The t below which the share `p` lies, for p of at least a half, by bisection.
  static func quantile(_ p: Double, degrees: Double) -> Double {
    var (low, high) = (0.0, 1000.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if 1 - above(middle, degrees: degrees) < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
