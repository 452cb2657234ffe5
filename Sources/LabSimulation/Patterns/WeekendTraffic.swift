import LabCore
import LabScenario

/// Quiet weekends: a factor on Saturday and one on Sunday, by the calendar of the customer's own zone.
struct WeekendTraffic: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "weekend", summary: "Quiet weekends, Saturday and Sunday in the customer's own zone",
    parameters: [
      ParameterDescriptor("saturday", .number(.nonNegative), "Factor on Saturdays", default: 0.4),
      ParameterDescriptor("sunday", .number(.nonNegative), "Factor on Sundays", default: 0.3),
    ])

  private let saturday: Double
  private let sunday: Double

  init(_ setting: Setting, in phase: PhaseContext) {
    saturday = setting.number("saturday") ?? 0.4
    sunday = setting.number("sunday") ?? 0.3
  }

  var dimension: SegmentDimension? { .region }

  func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double {
    guard case .region(_, let offset) = segment else { return 1 }
    switch CivilDate.isoWeekday(daysSinceEpoch: moment.instant.shifted(toOffset: offset).day) {
    case 6: return saturday
    case 7: return sunday
    default: return 1
    }
  }
}
