import LabCore
import LabScenario

/// A product goes viral: calls grow exponentially to the peak at 30 % of the phase, stay there, and fade if asked.
///
/// peak^(t / (0.3 T)) up to the peak, then `peak`; with `decay`, from the end of the plateau on
/// 1 + (peak − 1)·(1 − decay)^(hours since). The growth rate follows from the peak: ln(peak) / (0.3 T).
struct ViralSpike: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "viral_spike", summary: "Exponential growth to a peak, then a plateau, then decay if asked",
    parameters: [
      ParameterDescriptor("peak", .number(.positive), "The highest factor", default: 50),
      ParameterDescriptor(
        "at", .span(.positive), "When the peak is reached, from the phase's beginning", note: "30 % of the phase"),
      ParameterDescriptor(
        "plateau", .span(.any), "How long it stays at the peak",
        note: "to the end of the phase; with decay, 20 % of the phase"),
      ParameterDescriptor(
        "decay", .number(.share), "The part of the excess that is lost per hour after the plateau", unit: "1/h",
        note: "none: it stays"),
    ])

  private static let peakShare = 0.3
  private static let plateauShare = 0.2

  private let logPeak: Double
  private let peak: Double
  private let top: TimeSpan
  private let plateauEnd: TimeSpan
  private let logKeep: Double?
  private let length: TimeSpan

  init(_ setting: Setting, in phase: PhaseContext) {
    length = phase.length
    peak = setting.number("peak") ?? 50
    logPeak = DeterministicMath.log(peak)
    top = setting.span("at") ?? phase.length.scaled(by: Self.peakShare)
    let decay = setting.number("decay")
    logKeep = decay.map { DeterministicMath.log(1 - $0) }
    let stay = decay == nil ? phase.length : phase.length.scaled(by: Self.plateauShare)
    plateauEnd = top + (setting.span("plateau") ?? stay)
  }

  var dimension: SegmentDimension? { .everyone }

  func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double {
    if moment.elapsed < top {
      return DeterministicMath.exp(logPeak * Double(moment.elapsed.microseconds) / Double(top.microseconds))
    }
    guard let logKeep, moment.elapsed > plateauEnd else { return peak }
    return max(0, 1 + (peak - 1) * DeterministicMath.exp(logKeep * (moment.elapsed - plateauEnd).hours))
  }

  var breakpoints: [TimeSpan] { [top, plateauEnd] }

  var traces: [PatternTrace] { [PatternTrace(kind: "viral", start: .zero, end: length, magnitude: peak)] }
}
