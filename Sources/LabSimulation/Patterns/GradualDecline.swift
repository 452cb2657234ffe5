import LabScenario

/// Customers leave for good, each on a date of its own, so that the volume falls by d over the phase: 1 − d·p.
///
/// Who leaves is drawn by lot; the dates follow from the customers' rates, so the line is kept as closely as the size of
/// single customers allows.
struct GradualDecline: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "gradual_decline", summary: "Customers leave for good, so that volume falls by a share",
    parameters: [
      ParameterDescriptor("d", .number(.share), "The share of volume that is lost by the end", default: 0.7)
    ])

  private let decline: Double

  init(_ setting: Setting, in phase: PhaseContext) { decline = setting.number("d") ?? 0.7 }

  var populationChange: PopulationChange? { .departures(share: decline) }
}
