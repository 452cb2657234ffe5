import LabCore
import LabScenario

/// One subscription of the cheapest tier that many people share: calls from all regions at once, far above its tier.
///
/// The calls beside the customer's own are m − 1 for each of those; each region makes its part by its own clock.
struct SeatSharing: Incident {
  static let descriptor = IncidentDescriptor(
    id: "seat_sharing",
    summary:
      "A shared seat: one subscription of the cheapest tier used from several regions at once, far above its tier",
    parameters: [
      .incidentStart, .incidentLength("14d"),
      ParameterDescriptor(
        "customer", .reference(.customer), "The customer that it happens to",
        note: "drawn from those of the cheapest tier between the 75th and the 95th percentile of rate, none twice"),
      .callMultiplier(30),
    ])
  static let subject = IncidentSubject.customerOfCheapestTier
  static let scoredBy: [IncidentDetector] = [.abuse]

  let magnitude: Double

  init(_ setting: Setting) { magnitude = setting.number("multiplier") ?? 30 }

  var extraCalls: ExtraCalls? { ExtraCalls(volume: .perUsualCall(magnitude - 1), place: .everywhere) }
}
