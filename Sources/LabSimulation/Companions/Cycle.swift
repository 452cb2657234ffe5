import LabCore
import LabScenario

/// One pass over the phases as the companions see it: who was there and which patterns held.
struct Cycle {
  var index: Int
  var start: Instant
  var end: Instant
  var people: [Customer]
  var phases: [PhasePlan]

  /// The cycles that begin before a moment, at least the first; only the first when the scenario does not repeat.
  static func list(_ blueprint: Blueprint, first: CyclePlan, until: Instant) -> [Cycle] {
    var cycles = [Cycle(index: 0, start: first.start, end: first.end, people: first.people, phases: first.phases)]
    let length = blueprint.scenario.duration
    guard blueprint.scenario.repeatUntil != nil, length > .zero else { return cycles }
    while let last = cycles.last, last.end < until {
      let end = last.end + length
      let phases = CyclePlan.phases(blueprint, cycle: last.index + 1, start: last.end)
      cycles.append(
        Cycle(
          index: last.index + 1, start: last.end, end: end,
          people: CyclePlan.people(blueprint, cycle: last.index + 1, start: last.end, end: end, phases: phases),
          phases: phases))
    }
    return cycles
  }
}
