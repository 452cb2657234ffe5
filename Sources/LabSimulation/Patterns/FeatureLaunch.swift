import LabCore
import LabScenario

/// A feature is launched: it does not exist before `at`; then its calls rise from nothing to `peak` times their steady
/// share over `rise`, and what is above the steady share fades by `decay` an hour.
///
/// With τ = t − at: 0 before; peak·τ/rise while τ < rise; then 1 + (peak − 1)·(1 − decay)^(hours since the peak).
struct FeatureLaunch: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "feature_launch", summary: "A feature that does not exist before its launch, peaks, and settles",
    parameters: [
      ParameterDescriptor("feature", .reference(.feature), "The feature that is launched", required: true),
      ParameterDescriptor(
        "at", .span(.any), "When it is launched, from the phase's beginning", note: "20 % of the phase"),
      ParameterDescriptor("peak", .number(.nonNegative), "The highest factor on its steady share", default: 3),
      ParameterDescriptor("rise", .span(.any), "How long it takes to the peak", note: "5 % of the phase"),
      ParameterDescriptor(
        "decay", .number(.share), "The part of the excess over the steady share that is lost per hour", unit: "1/h",
        default: 0.01),
    ])

  private static let launchShare = 0.2
  private static let riseShare = 0.05

  private let feature: Int?
  private let featureID: String
  private let launch: TimeSpan
  private let rise: TimeSpan
  private let peak: Double
  private let logKeep: Double
  private let length: TimeSpan

  init(_ setting: Setting, in phase: PhaseContext) {
    featureID = setting.text("feature") ?? ""
    feature = phase.featureIDs.firstIndex(of: featureID)
    length = phase.length
    launch = setting.span("at") ?? phase.length.scaled(by: Self.launchShare)
    rise = setting.span("rise") ?? phase.length.scaled(by: Self.riseShare)
    peak = setting.number("peak") ?? 3
    logKeep = DeterministicMath.log(1 - (setting.number("decay") ?? 0.01))
  }

  var dimension: SegmentDimension? { .feature }

  func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double {
    guard case .feature(let index) = segment, index == feature else { return 1 }
    guard moment.elapsed >= launch else { return 0 }
    let since = moment.elapsed - launch
    if since < rise { return peak * Double(since.microseconds) / Double(rise.microseconds) }
    let hours = (since - rise).hours
    return max(0, 1 + (peak - 1) * DeterministicMath.exp(hours > 0 ? logKeep * hours : 0))
  }

  var breakpoints: [TimeSpan] { [launch, launch + rise] }

  var traces: [PatternTrace] {
    guard launch < length else { return [] }
    return [
      PatternTrace(
        kind: "launch", start: launch, end: length, magnitude: peak,
        entity: [EntityKey(column: "feature_id", value: featureID)])
    ]
  }
}
