import LabCore

/// What can keep a scenario from being simulated.
enum SimulationProblem: DiagnosticFact {
  /// Lists without an entry.
  case emptyScenario(missing: [String])
  case tooManyCalls(expected: Double, limit: Double)
  case tooManySlots(limit: Int)
  case cycleWithoutRow(cycle: Int)
  case timeOutOfRange
  /// An incident, by its place in the list, names a customer that isn't one of the starting ones.
  case unknownCustomer(name: String, incident: Int, named: [String])
  case noCustomerForIncident(incident: Int)
  case incidentAfterEnd(kind: String, incident: Int)

  var code: String {
    switch self {
    case .emptyScenario: "empty_scenario"
    case .tooManyCalls: "too_many_calls"
    case .tooManySlots: "too_many_slots"
    case .cycleWithoutRow: "cycle_without_row"
    case .timeOutOfRange: "time_out_of_range"
    case .unknownCustomer: "unknown_reference"
    case .noCustomerForIncident: "no_customer_for_incident"
    case .incidentAfterEnd: "incident_after_end"
    }
  }

  var sentence: String {
    switch self {
    case .emptyScenario(let missing):
      "the scenario has no \(missing.joined(separator: ", no ")), so no call can take place"
    case .tooManyCalls(let expected, let limit):
      "one pass over the timeline would have about \(Self.rounded(expected)) calls, more than \(Self.rounded(limit))"
    case .tooManySlots(let limit): "the timeline is too long to plan: more than \(limit) slots"
    case .cycleWithoutRow(let cycle):
      "pass \(cycle + 1) over the timeline gave no call, so 'repeat_until' would never be reached"
    case .timeOutOfRange: "the timeline reaches beyond the year 9999"
    case .unknownCustomer(let name, let incident, _):
      "incidents[\(incident)] names the customer '\(name)', which is none of those that the scenario starts with"
    case .noCustomerForIncident(let incident):
      "incidents[\(incident)] finds no customer that is there all the time and that no other incident has"
    case .incidentAfterEnd(let kind, let incident):
      "incidents[\(incident)], '\(kind)', would begin after the end of the timeline"
    }
  }

  var help: String? {
    switch self {
    case .emptyScenario: nil
    case .tooManyCalls: "lower 'traffic.calls_per_hour' or the duration"
    case .tooManySlots: "shorten the duration"
    case .cycleWithoutRow: "raise 'traffic.calls_per_hour' or lengthen the phases"
    case .unknownCustomer(let name, _, let named):
      Suggestion.help(for: name, among: named)
        ?? (named.isEmpty
          ? "name customers under 'population.customer_ids', or leave 'customer' out to have one drawn"
          : "named customers: \(named.joined(separator: ", "))")
    case .noCustomerForIncident: "raise 'population.customers', or take incidents out"
    case .incidentAfterEnd: "lower its 'at', or lengthen the timeline"
    case .timeOutOfRange: "choose an earlier 'start' or a shorter duration"
    }
  }

  var failure: LabFailure { LabFailure(.invalidInput, Diagnostic(self)) }

  private static func rounded(_ number: Double) -> String {
    number.isFinite && number < 9e18 ? String(Int64(number.rounded())) : "\(number)"
  }
}
