import LabCore
import LabScenario

/// A script behind one customer's account: calls at nearly even gaps around the clock, long answers, nothing from a cache.
///
/// A call comes at its place on an even grid, off by up to a fifth of the gap either way, so that gaps have a coefficient
/// of variation of 0.2·√(2/3) = 0.16 (the difference of two even distributions of width 0.4).
struct Scraper: Incident {
  static let descriptor = IncidentDescriptor(
    id: "scraper", summary: "A scraper: one customer calls at even gaps around the clock, long outputs, no cache",
    parameters: [
      .incidentStart, .incidentLength("3d"), .incidentCustomer,
      ParameterDescriptor(
        "calls_per_hour", .number(.positive(upTo: ScenarioLimits.callsPerHour)),
        "Calls beside the customer's usual ones",
        unit: "1/h", default: 300),
      ParameterDescriptor(
        "output_multiplier", .number(.positive), "Factor on the output tokens of these calls", default: 5),
    ])
  static let subject = IncidentSubject.customer
  static let scoredBy: [IncidentDetector] = [.abuse]

  private static let jitter = 0.2

  let magnitude: Double
  private let outputMultiplier: Double

  init(_ setting: Setting) {
    magnitude = setting.number("calls_per_hour") ?? 300
    outputMultiplier = setting.number("output_multiplier") ?? 5
  }

  var extraCalls: ExtraCalls? {
    ExtraCalls(
      volume: .perHour(magnitude), arrival: .even(jitter: Self.jitter),
      change: CallChange(output: outputMultiplier, isUncached: true))
  }
}
