import LabScenario

/// Traffic at its expected level: the factor is 1 at any time.
struct BaseTraffic: TrafficPattern {
  static let descriptor = PatternDescriptor(id: "base", summary: "Traffic at its expected level, the factor 1")

  init(_ setting: Setting, in phase: PhaseContext) {}
}
