import LabCore
import LabPrices
import LabScenario

/// What an incident adds to the data, as the simulator expects it: its own rates with and without the incident, all others
/// in place, summed up over the slots of its time. What it does to calls that others add is left out.
struct IncidentTruth {
  /// Cost events must be seen when the excess of one hour is so many standard deviations of that hour's cost.
  static let floorDeviations = 6.0

  private(set) var excess = CallExpectation.Value()
  /// The greatest excess of an hour in standard deviations of the business's cost of that hour; nil when it isn't scored
  /// by cost events.
  private(set) var greatestDeviations: Double?

  let planned: PlannedIncident
  private let others: [PlannedIncident]
  private let blueprint: Blueprint

  init(_ planned: PlannedIncident, of plan: IncidentPlan, blueprint: Blueprint) {
    self.planned = planned
    others = plan.incidents.filter { $0.number != planned.number && $0.overlaps(planned.start, planned.end) }
    self.blueprint = blueprint
  }

  /// Adds what falls into a cycle, up to a moment.
  mutating func add(_ cycle: Cycle, until: Instant, cancellation: CancellationFlag) throws(LabFailure) {
    let from = max(planned.start, cycle.start.microseconds)
    let to = min(planned.end, cycle.end.microseconds, until.microseconds)
    guard from < to else { return }
    var spread: HourlyCostSpread?
    if planned.scoredBy.contains(.costEvents) {
      spread = HourlyCostSpread(cycle.people, blueprint: blueprint, at: Instant(microseconds: from))
    }
    var difference = ExpectedDifference(planned, blueprint: blueprint, people: cycle.people)
    for (number, phase) in cycle.phases.enumerated() {
      let slots = TimeGrid.slots(
        from: phase.start, length: phase.length, phase: number,
        offsets: blueprint.scenario.population.regions.map(\.utcOffset),
        breakpoints: phase.breakpoints
          + ([from, to] + others.flatMap { [$0.start, $0.end] }).map {
            TimeSpan(microseconds: $0 - phase.start.microseconds)
          })
      for slot in slots where slot.start < to && from < slot.end {
        try cancellation.check()
        let plain = phase.factors(of: slot, in: blueprint, incidents: others)
        let perHour = difference.perHour(slot, phase: phase, factors: plain)
        excess = excess + perHour * slot.hours
        if let spread {
          let deviation = spread.deviation(plain)
          if deviation > 0 { greatestDeviations = max(greatestDeviations ?? 0, perHour.dollars / deviation) }
        }
      }
    }
  }

  /// The detectors of `scored_by` that need not see it, since it is too small for them.
  var belowFloor: [IncidentDetector] {
    planned.scoredBy.filter { $0 == .costEvents && (greatestDeviations ?? 0) < Self.floorDeviations }
  }
}
