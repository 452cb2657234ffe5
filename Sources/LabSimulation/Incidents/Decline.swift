import LabCore
import LabScenario

/// One customer loses interest: its use fades evenly to a share of what it was, then it leaves for good.
struct Decline: Incident {
  static let descriptor = IncidentDescriptor(
    id: "decline", summary: "A decline: one customer's use fades before it leaves",
    parameters: [
      .incidentStart, .incidentLength("3w"), .incidentCustomer,
      ParameterDescriptor("to", .number(.share), "The share of its use that is left at the end", default: 0.2),
    ])
  static let subject = IncidentSubject.customer
  static let scoredBy: [IncidentDetector] = [.churn]

  let magnitude: Double

  init(_ setting: Setting) { magnitude = setting.number("to") ?? 0.2 }

  var scalesRate: Bool { true }
  var endsUse: Bool { true }

  func factor(after elapsed: TimeSpan, of length: TimeSpan) -> Double {
    1 - (1 - magnitude) * Double(elapsed.microseconds) / Double(max(1, length.microseconds))
  }
}
