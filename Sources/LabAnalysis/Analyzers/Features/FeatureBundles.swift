import LabCore

/// Pairs of features that customers use together more often than their volume of calls explains.
///
/// Under the permutation test, the users of one feature are dealt anew among customers of the same decile of calls: who
/// calls much uses more of everything, and that is no bundle. The number of common users in a decile is then
/// hypergeometric; the distribution of their sum is convolved exactly where it has at most ``exactSize`` values, and normal
/// with its exact mean and variance beyond. No draws are made. Source: Good, "Permutation, Parametric and Bootstrap Tests
/// of Hypotheses" (2005), on stratified permutations.
struct FeatureBundles {
  static let deciles = 10
  private static let exactSize = 400

  /// Customers, and users of either and both of two features, in one decile.
  struct Stratum {
    var customers = 0
    var first = 0
    var second = 0
    var both = 0
  }

  struct Outcome {
    var expected: Double
    /// P(common users ≥ observed) under permutation.
    var pValue: Double
  }

  /// The test of one pair; nil where permutation can change nothing.
  static func test(_ strata: [Stratum]) -> Outcome? {
    var (expected, variance, observed, size) = (0.0, 0.0, 0, 0)
    for stratum in strata where stratum.customers > 0 {
      let (n, a, b) = (Double(stratum.customers), Double(stratum.first), Double(stratum.second))
      expected += a * b / n
      if n > 1 { variance += a * b * (n - a) * (n - b) / (n * n * (n - 1)) }
      observed += stratum.both
      size += min(stratum.first, stratum.second) - max(0, stratum.first + stratum.second - stratum.customers)
    }
    guard variance > 0, expected > 0 else { return nil }
    if size <= exactSize { return Outcome(expected: expected, pValue: exactTail(strata, atLeast: observed)) }
    return Outcome(
      expected: expected,
      pValue: TailProbability.normal(above: (Double(observed) - 0.5 - expected) / variance.squareRoot()))
  }

  /// The tail of the sum of independent hypergeometric counts.
  private static func exactTail(_ strata: [Stratum], atLeast observed: Int) -> Double {
    var sum = [1.0]
    var lowest = 0
    for stratum in strata where stratum.customers > 0 {
      let (low, own) = hypergeometric(stratum)
      lowest += low
      var next = [Double](repeating: 0, count: sum.count + own.count - 1)
      for (left, chance) in sum.enumerated() {
        for (right, other) in own.enumerated() { next[left + right] += chance * other }
      }
      sum = next
    }
    let start = min(max(0, observed - lowest), sum.count)
    return min(1, sum[start...].reduce(0, +))
  }

  /// The chances of each number of common users, from the least possible on.
  static func hypergeometric(_ stratum: Stratum) -> (low: Int, chances: [Double]) {
    let (n, a, b) = (stratum.customers, stratum.first, stratum.second)
    let (low, high) = (max(0, a + b - n), min(a, b))
    var weights = [1.0]
    for k in low..<high {
      let up = Double(a - k) * Double(b - k)
      let down = Double(k + 1) * Double(n - a - b + k + 1)
      weights.append((weights.last ?? 1) * up / down)
    }
    let whole = weights.reduce(0, +)
    return (low, weights.map { $0 / whole })
  }
}
