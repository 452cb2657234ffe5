import LabCore
import LabScenario

/// One provider fails a share of its calls with server errors, beside the failures that it always has.
struct Outage: Incident {
  static let descriptor = IncidentDescriptor(
    id: "outage", summary: "An outage: one provider fails a share of its calls",
    parameters: [
      .incidentStart, .incidentLength("3h"),
      ParameterDescriptor(
        "provider", .reference(.provider), "The provider that it happens to", note: "drawn in proportion to the shares"
      ),
      ParameterDescriptor(
        "failing_share", .number(NumberRange(0, 1, isMinimumExcluded: true)), "The share of its calls that fail",
        default: 0.4),
    ])
  static let subject = IncidentSubject.provider
  static let scoredBy: [IncidentDetector] = [.performance]

  let magnitude: Double

  init(_ setting: Setting) { magnitude = setting.number("failing_share") ?? 0.4 }

  var change: CallChange { CallChange(failing: magnitude) }
}
