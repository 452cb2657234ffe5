import LabCore
import LabScenario

/// An incident with its time, its subject and what its extra calls are like, all drawn.
struct PlannedIncident: Sendable {
  /// Its place in the scenario's list.
  let number: Int
  let kind: String
  let incident: any Incident
  let scoredBy: [IncidentDetector]
  /// In microseconds since 1970; the end is not part of it.
  let start: Int64
  let end: Int64
  /// What it happens to, as places in the scenario's lists; nil for what it isn't about.
  let customer: Int?
  let feature: Int?
  let provider: Int?
  let region: Int?
  let extra: Extra?
  /// The same in the words of the CSV.
  let entity: [EntityKey]

  /// Calls of the customer beside its usual ones, with what was drawn for them.
  struct Extra: Sendable {
    var calls: ExtraCalls
    /// Where they come from; empty: from all regions, each by its own clock.
    var regions: [Int]
    /// The only feature; nil for all.
    var feature: Int?
    /// The shares of the catalog's models; nil: as each feature's calls are spread.
    var modelWeights: [Double]?
    /// The same, to pick from.
    var models: AliasTable?
  }

  /// Whether it holds during some of a stretch of time.
  func overlaps(_ from: Int64, _ to: Int64) -> Bool { start < to && from < end }

  /// The part of a slot in which it holds and its customer is there, in microseconds; nil when there is none.
  func presence(in slot: Slot, customers: CustomerTable) -> Range<Int64>? {
    var from = max(slot.start, start)
    var to = min(slot.end, end)
    if let customer {
      from = max(from, customers.joined[customer])
      to = min(to, customers.left[customer])
    }
    return from < to ? from..<to : nil
  }

  /// The factor on its subject's rate at a moment; 1 outside its time.
  func factor(at microseconds: Int64) -> Double {
    guard microseconds >= start, microseconds < end else { return 1 }
    return incident.factor(
      after: TimeSpan(microseconds: microseconds - start), of: TimeSpan(microseconds: end - start))
  }

  /// The extra calls per hour that begin in a slot, retries not counted.
  ///
  /// - Parameter rate: the customer's calls per hour at factor 1.
  func extraCallsPerHour(rate: Double, home: Int, organization: Int, factors: SlotFactors) -> Double {
    guard let extra else { return 0 }
    switch extra.calls.volume {
    case .perHour(let calls): return calls
    case .perUsualCall(let count):
      var region = factors.regions[home]
      if extra.regions.isEmpty {
        region = factors.regions.reduce(0, +) / Double(max(1, factors.regions.count))
      }
      let calls = count * rate * region * factors.organizations[organization] * factors.common
      // Attempts of a chain are calls that the multiple counts.
      if case .chains = extra.calls.arrival { return calls * (1 - incident.change.failing) }
      return calls
    }
  }
}

extension SlotFactors {
  /// Brings in what incidents do to the rates of features and customers, taken at the slot's middle.
  mutating func apply(_ incidents: [PlannedIncident], at middle: Instant) {
    for planned in incidents where planned.incident.scalesRate {
      let factor = planned.factor(at: middle.microseconds)
      guard factor != 1 else { continue }
      if let feature = planned.feature { features[feature] *= factor }
      if let customer = planned.customer {
        if let place = customers.firstIndex(where: { $0.customer == customer }) {
          customers[place].factor *= factor
        } else {
          customers.append(CustomerFactor(customer: customer, factor: factor))
        }
      }
    }
    customers.sort { $0.customer < $1.customer }
  }
}
