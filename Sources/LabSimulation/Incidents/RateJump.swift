import LabCore
import LabScenario

/// A feature's volume steps up for good, say because a client was changed; with `ramp` it rises evenly over that time.
struct RateJump: Incident {
  static let descriptor = IncidentDescriptor(
    id: "rate_jump", summary: "A jump: a feature's volume steps or ramps up for good",
    parameters: [
      .incidentStart,
      ParameterDescriptor("for", .span(.positive), "How long it lasts", note: "to the end"),
      ParameterDescriptor(
        "feature", .reference(.feature), "The feature that it happens to", note: "drawn in proportion to the shares"),
      ParameterDescriptor("multiplier", .number(.positive), "Factor on the feature's calls", default: 1.6),
      ParameterDescriptor("ramp", .span(.any), "How long it takes to rise", default: "0s"),
    ])
  static let subject = IncidentSubject.feature
  static let scoredBy: [IncidentDetector] = [.drift]

  let magnitude: Double
  private let ramp: TimeSpan

  init(_ setting: Setting) {
    magnitude = setting.number("multiplier") ?? 1.6
    ramp = setting.span("ramp") ?? .zero
  }

  var scalesRate: Bool { true }

  func factor(after elapsed: TimeSpan, of length: TimeSpan) -> Double {
    let risen = elapsed < ramp ? Double(elapsed.microseconds) / Double(ramp.microseconds) : 1
    return 1 + (magnitude - 1) * risen
  }
}
