import LabCore
import LabScenario

/// Someone else uses a customer's key: while the customer sleeps its calls multiply, from a region that it never called
/// from, on the dearest models.
///
/// The thief's calls come at random times on top of the customer's own, m − 1 for each call that the customer would make
/// at that hour.
struct StolenKey: Incident {
  static let descriptor = IncidentDescriptor(
    id: "stolen_key",
    summary: "A stolen key: one customer's calls multiply in its night, from a new region, on the dearest models",
    parameters: [.incidentStart, .incidentLength("6h"), .incidentCustomer, .callMultiplier(400)])
  static let subject = IncidentSubject.customer
  static let scoredBy: [IncidentDetector] = [.abuse, .costEvents]

  let magnitude: Double

  init(_ setting: Setting) { magnitude = setting.number("multiplier") ?? 400 }

  var waitsForNight: Bool { true }

  var extraCalls: ExtraCalls? {
    ExtraCalls(volume: .perUsualCall(magnitude - 1), place: .foreign, models: .dearest)
  }
}
