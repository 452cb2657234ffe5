import LabCore
import LabScenario

/// Waves: 1 + Σ a·sin(2π t/period + phase), never below 0.
struct SeasonalTraffic: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "seasonal", summary: "Waves: 1 + a·sin(2π t/period + phase)",
    parameters: [
      ParameterDescriptor("amplitude", .number(.share), "How far the wave goes up and down", default: 0.5),
      ParameterDescriptor("period", .span(.positive), "The length of a wave", default: "168h"),
      ParameterDescriptor(
        "phase", .number(.between(-1000, 1000)), "Where the wave begins, 0 on the way up", unit: "rad", default: 0),
      ParameterDescriptor(
        "cycles",
        .list(
          .object(
            ObjectShape([
              ParameterDescriptor("amplitude", .number(.share), "How far the wave goes up and down", default: 0.5),
              ParameterDescriptor("period", .span(.positive), "The length of a wave", default: "168h"),
              ParameterDescriptor(
                "phase", .number(.between(-1000, 1000)), "Where the wave begins, 0 on the way up", unit: "rad",
                default: 0),
            ])), count: 1...32),
        "Several waves at once; they add up, and replace amplitude, period and phase", note: "one wave"),
    ])

  private struct Wave {
    var amplitude: Double
    var period: TimeSpan
    var phase: Double
  }
  private let waves: [Wave]

  init(_ setting: Setting, in phase: PhaseContext) {
    let single = Wave(
      amplitude: setting.number("amplitude") ?? 0.5, period: setting.span("period") ?? .hours(168),
      phase: setting.number("phase") ?? 0)
    let listed = setting.list("cycles")?.map {
      Wave(
        amplitude: $0["amplitude"]?.number ?? 0.5, period: $0["period"]?.span ?? .hours(168),
        phase: $0["phase"]?.number ?? 0)
    }
    waves = listed ?? [single]
  }

  var dimension: SegmentDimension? { .everyone }

  func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double {
    var factor = 1.0
    for wave in waves where wave.period.microseconds > 0 {
      // The whole turns are taken off in integers, which keeps the sine's argument small and exact.
      let part = moment.elapsed.microseconds % wave.period.microseconds
      let turn = Double(part) / Double(wave.period.microseconds)
      factor += wave.amplitude * DeterministicMath.sin(2 * Double.pi * turn + wave.phase)
    }
    return max(0, factor)
  }
}
