import LabCore
import LabScenario

/// A client without back-off: it tries a call again at once until it goes through, and the provider answers with rate
/// limits.
///
/// While the storm lasts nine in ten of the customer's attempts are turned away, so a call of the storm is tried ten times
/// on average. The client is one feature with one model, in the customer's home region.
struct RetryStorm: Incident {
  static let descriptor = IncidentDescriptor(
    id: "retry_storm",
    summary: "A retry storm: one customer's client retries errors without back-off, and rate limits follow",
    parameters: [.incidentStart, .incidentLength("4h"), .incidentCustomer, .callMultiplier(60)])
  static let subject = IncidentSubject.customer
  static let scoredBy: [IncidentDetector] = [.abuse, .performance]

  /// The share of attempts that a limit turns away: what makes a storm of a client without back-off.
  private static let rateLimitedShare = 0.9
  private static let limits = CallChange(failing: rateLimitedShare, failsWithRateLimit: true)

  let magnitude: Double

  init(_ setting: Setting) { magnitude = setting.number("multiplier") ?? 60 }

  var extraCalls: ExtraCalls? {
    ExtraCalls(volume: .perUsualCall(magnitude - 1), arrival: .chains, models: .one)
  }

  /// The customer's other calls meet the same limit.
  var change: CallChange { Self.limits }
}
