import LabCore
import LabScenario

/// How a customer's calls cluster, so that its gaps have a coefficient of variation near `arrival_cv`.
///
/// Calls come in clusters that start as a Poisson process; a cluster is a single call or a session with exponential gaps.
/// Gaps inside sessions (mean g) and between clusters (mean b) are about exponential, so with p clusters per call and the
/// mean gap M = p·b + (1 − p)·g the squared variation is c² = 2(p·b² + (1 − p)·g²)/M² − 1, which gives
///
///     1/p = 1 + (c² − 1) / (2 (1 − g/M)²)
///
/// calls per cluster. The days' variation widens gaps too: over gamma-distributed days E[1/G] = k/(k − 1) multiplies
/// c² + 1 for customers with many calls a day, so what it brings is taken off first; what it brings beyond `arrival_cv`
/// remains. With `arrival_cv` 1 there are no sessions, and with `day_cv` 0 besides the calls are Poisson.
struct SessionModel: Sendable {
  /// Calls per cluster.
  var callsPerCluster: Double
  /// The share of clusters that are sessions.
  var sessionShare: Double
  /// The probability that a session goes on after a call.
  var goOnProbability: Double
  /// Mean gap inside sessions, in microseconds.
  var gapMicroseconds: Double

  /// Gaps inside a session are at most this part of the customer's mean gap: sessions of busy customers don't overlap.
  private static let longestGapShare = 0.1
  /// The day's inflation of c² + 1 is bounded, since E[1/G] has no finite value from a variation of 1 on.
  private static let largestInflation = 3.0
  /// Calls a day from which on half of the day's inflation shows in the gaps.
  private static let halfInflationCalls = 2.0
  /// No session has more calls than this.
  static let longestSession = 200

  /// - Parameter rate: the customer's calls per hour.
  init(_ traffic: Traffic, rate: Double) {
    let meanGap = rate > 0 ? 3.6e9 / rate : .infinity
    let gap = min(Double(traffic.sessionGap.microseconds), Self.longestGapShare * meanGap)
    let ratio = meanGap.isFinite && meanGap > 0 ? gap / meanGap : 0
    let shape = traffic.dayCV > 0 ? 1 / (traffic.dayCV * traffic.dayCV) : .infinity
    var inflation = 1.0
    if shape.isFinite {
      inflation = shape > 1 ? min(Self.largestInflation, shape / (shape - 1)) : Self.largestInflation
    }
    let perDay = rate * 24
    let seen = 1 + (inflation - 1) * perDay / (perDay + Self.halfInflationCalls)
    let wanted = (traffic.arrivalCV * traffic.arrivalCV + 1) / seen - 1
    let excess = traffic.arrivalCV > 1 ? max(0, wanted - 1) : 0
    let perCluster = min(Double(Self.longestSession) / 4, 1 + excess / (2 * (1 - ratio) * (1 - ratio)))
    let perSession = max(traffic.callsPerSession, perCluster, 1)
    callsPerCluster = perCluster
    sessionShare = perSession > 1 ? (perCluster - 1) / (perSession - 1) : 0
    goOnProbability = 1 - 1 / perSession
    gapMicroseconds = gap
  }
}
