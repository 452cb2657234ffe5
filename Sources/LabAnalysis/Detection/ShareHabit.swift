import LabCore

/// How often one kind of call is among a customer's calls, and how surprising a bin with more of them is.
///
/// Calls of one bin resemble each other (they meet the same bad minute, or are one session), so that the share of a bin
/// varies more than a binomial one: the correlation of two calls of a bin is estimated over all customers by moments
/// (Kleinman, "Proportions with Extraneous Variance", JASA 68 (1973)). The own share is shrunk to that of all customers.
struct ShareHabit: Sendable {
  private(set) var hits = 0.0
  private(set) var calls = 0.0

  /// Shares and excess variance over all customers.
  struct Pool: Sendable {
    fileprivate(set) var hits = 0.0
    fileprivate(set) var calls = 0.0
    fileprivate var excess = 0.0
    fileprivate var pairs = 0.0

    var share: Double { hits / max(calls, 1) }

    /// Takes in what other customers' bins have added to a pool of their own.
    mutating func add(_ other: Pool) {
      hits += other.hits
      calls += other.calls
      excess += other.excess
      pairs += other.pairs
    }

    /// Of two calls of one bin; never taken as zero, since no real calls are independent. While few pairs are known it is
    /// shrunk to that least: one coincidence of two rare hits would else make any share of hits plausible.
    var correlation: Double {
      let prior = ShareHabit.priorPairs * ShareHabit.leastCorrelation
      return min(max((excess + prior) / (pairs + ShareHabit.priorPairs), ShareHabit.leastCorrelation), 0.9)
    }
  }

  /// The weight of all customers' share, in calls of the customer's own.
  private static let priorCalls = 50.0
  private static let leastCorrelation = 0.02
  /// The weight of the least correlation, in the variance of single calls that pairs are counted by.
  private static let priorPairs = 20.0
  /// No share is taken as smaller: something that never happened may happen once.
  private static let leastShare = 1e-4

  /// The share to be expected: the customer's own, shrunk.
  func share(_ pool: Pool) -> Double {
    max(Self.leastShare, (hits + Self.priorCalls * pool.share) / (calls + Self.priorCalls))
  }

  /// Takes in a closed bin; flagged ones are to be left out.
  ///
  /// - Parameter known: what is known of all customers, where `pool` only gathers what a part of them adds.
  mutating func add(hits: Double, calls: Double, to pool: inout Pool, knowing known: Pool? = nil) {
    guard calls > 0 else { return }
    let known = known ?? pool
    if calls > 1, known.calls > 0 {
      let share = share(known)
      let variance = calls * share * (1 - share)
      let distance = hits - calls * share
      pool.excess += distance * distance - variance
      pool.pairs += (calls - 1) * variance
    }
    self.hits += hits
    self.calls += calls
    pool.hits += hits
    pool.calls += calls
  }

  /// P(at least so many hits) where the share is the expected one, or `now` if that is greater.
  func pValue(hits: Double, calls: Double, _ pool: Pool, now: Double = 0) -> Double {
    let share = min(max(share(pool), now), 1)
    guard hits > calls * share else { return 1 }
    return Self.tail(atLeast: hits, of: calls, share: share, correlation: pool.correlation)
  }

  /// The exact tail of a beta-binomial variable (Johnson, Kemp and Kotz, "Univariate Discrete Distributions" (2005), 6.2.2):
  /// unlike that of a negative binomial one of the same variance it knows that a share ends at one.
  static func tail(atLeast hits: Double, of calls: Double, share: Double, correlation: Double) -> Double {
    guard hits > 0 else { return 1 }
    guard hits <= calls, share > 0 else { return 0 }
    guard share < 1 else { return 1 }
    let total = 1 / correlation - 1
    let (alpha, beta) = (share * total, (1 - share) * total)
    let missed = calls - hits
    func logBeta(_ a: Double, _ b: Double) -> Double {
      SpecialFunctions.logGamma(a) + SpecialFunctions.logGamma(b) - SpecialFunctions.logGamma(a + b)
    }
    let choices =
      SpecialFunctions.logGamma(calls + 1) - SpecialFunctions.logGamma(hits + 1) - SpecialFunctions.logGamma(missed + 1)
    var term = DeterministicMath.exp(choices + logBeta(hits + alpha, missed + beta) - logBeta(alpha, beta))
    var (sum, x) = (term, hits)
    while x < calls {
      term *= (calls - x) / (x + 1) * (x + alpha) / (calls - x - 1 + beta)
      sum += term
      x += 1
      // Terms fall from the mean on.
      if term < sum * 1e-12 { break }
    }
    return min(1, sum)
  }
}
