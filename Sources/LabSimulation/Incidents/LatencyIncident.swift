import LabCore
import LabScenario

/// One provider in one region is slow: the time to the first token and the rest of a call are m times as long.
struct LatencyIncident: Incident {
  static let descriptor = IncidentDescriptor(
    id: "latency_incident", summary: "A latency incident: one provider in one region slows down",
    parameters: [
      .incidentStart, .incidentLength("8h"),
      ParameterDescriptor(
        "provider", .reference(.provider), "The provider that it happens to",
        note: "drawn with the region, in proportion to the calls"),
      ParameterDescriptor(
        "region", .reference(.region), "The region that it happens in",
        note: "drawn with the provider, in proportion to the calls"),
      ParameterDescriptor("multiplier", .number(.positive), "Factor on the latency", default: 4),
    ])
  static let subject = IncidentSubject.providerInRegion
  static let scoredBy: [IncidentDetector] = [.performance]

  let magnitude: Double

  init(_ setting: Setting) { magnitude = setting.number("multiplier") ?? 4 }

  var change: CallChange { CallChange(latency: magnitude) }
}
