import LabCore
import LabScenario

/// One pass over the phases as the companions see it: who was there and which patterns held.
struct Cycle {
  var index: Int
  var start: Instant
  var end: Instant
  var people: [Customer]
  var phases: [PhasePlan]
}
