import LabCore
import LabScenario

/// The rhythm of the day: a factor per hour of the clock in the customer's own zone.
struct TimezoneTraffic: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "timezone", summary: "The rhythm of the day by the clock in the customer's own zone",
    parameters: [
      ParameterDescriptor(
        "hourly_weights", .list(.number(.nonNegative), count: 24...24),
        "The factor of each hour of the day, from 0 to 23",
        default: .list(defaultHours.map { Literal(floatLiteral: $0) }))
    ])

  /// Working hours 1.5 (9 to 17), night 0.3 (23 to 6), else 1.
  private static let defaultHours = (0..<24).map { hour in
    if (9..<17).contains(hour) { 1.5 } else if hour >= 23 || hour < 6 { 0.3 } else { 1.0 }
  }

  private let hours: [Double]

  init(_ setting: Setting, in phase: PhaseContext) {
    let given = setting.numbers("hourly_weights") ?? []
    hours = given.count == 24 ? given : Self.defaultHours
  }

  var dimension: SegmentDimension? { .region }

  func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double {
    guard case .region(_, let offset) = segment else { return 1 }
    let ofDay = moment.instant.shifted(toOffset: offset).microsecondOfDay
    return hours[min(23, max(0, Int(ofDay / TimeSpan.hours(1).microseconds)))]
  }
}
