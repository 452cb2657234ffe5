import LabCore
import LabScenario

/// A phase with its patterns, sorted by what they depend on, so that a slot's factors are a few products.
struct PhasePlan: Sendable {
  let start: Instant
  let length: TimeSpan
  let patterns: [any TrafficPattern]
  private let everyone: [any TrafficPattern]
  private let byRegion: [any TrafficPattern]
  private let byOrganization: [any TrafficPattern]
  private let byFeature: [any TrafficPattern]
  private let shifting: [any TrafficPattern]

  init(start: Instant, length: TimeSpan, patterns: [any TrafficPattern]) {
    self.start = start
    self.length = length
    self.patterns = patterns
    everyone = patterns.filter { $0.dimension == .everyone }
    byRegion = patterns.filter { $0.dimension == .region }
    byOrganization = patterns.filter { $0.dimension == .organization }
    byFeature = patterns.filter { $0.dimension == .feature }
    shifting = patterns.filter(\.shiftsModels)
  }

  /// Whether models' shares change within the phase.
  var shiftsModels: Bool { !shifting.isEmpty }

  var breakpoints: [TimeSpan] { patterns.flatMap(\.breakpoints) }

  private func moment(of slot: Slot) -> SimulatedInstant {
    SimulatedInstant(instant: slot.middle, elapsed: slot.middle - start, length: length)
  }

  /// The factors of a slot, taken at its middle.
  ///
  /// - Parameter incidents: those that may hold then.
  func factors(of slot: Slot, in blueprint: Blueprint, incidents: [PlannedIncident] = []) -> SlotFactors {
    var factors = patternFactors(of: slot, in: blueprint)
    if !incidents.isEmpty { factors.apply(incidents, at: slot.middle) }
    return factors
  }

  private func patternFactors(of slot: Slot, in blueprint: Blueprint) -> SlotFactors {
    let moment = moment(of: slot)
    func product(_ patterns: [any TrafficPattern], _ segment: Segment) -> Double {
      patterns.reduce(1) { $0 * $1.intensity(at: moment, for: segment) }
    }
    let scenario = blueprint.scenario
    return SlotFactors(
      everyone: product(everyone, .everyone),
      regions: ContiguousArray(
        scenario.population.regions.enumerated().map {
          product(byRegion, .region(index: $0.offset, utcOffset: $0.element.utcOffset))
        }),
      organizations: ContiguousArray(
        (0..<max(1, scenario.population.organizations)).map {
          byOrganization.isEmpty ? 1 : product(byOrganization, .organization(index: $0))
        }),
      features: scenario.features.enumerated().map { $0.element.share * product(byFeature, .feature(index: $0.offset)) }
    )
  }

  /// The shares of the catalog's models in a feature's calls during a slot.
  func modelWeights(of feature: Int, in slot: Slot, blueprint: Blueprint) -> [Double] {
    var weights = blueprint.modelWeights[feature]
    let moment = moment(of: slot)
    for pattern in shifting { pattern.shift(&weights, of: feature, at: moment) }
    return weights
  }
}

/// A factor on one customer's calls.
struct CustomerFactor: Sendable {
  var customer: Int
  var factor: Double
}

/// The factors on the expected calls of a slot, by what they depend on; a call's factor is their product.
struct SlotFactors: Sendable {
  var everyone: Double
  var regions: ContiguousArray<Double>
  var organizations: ContiguousArray<Double>
  /// The features' shares times their factors; they sum to 1 when no pattern touches features.
  var features: [Double]
  /// Factors on single customers, by rising customer; incidents alone have such.
  var customers: [CustomerFactor] = []

  /// The part of the factor that does not depend on the customer.
  var common: Double { everyone * features.reduce(0, +) }
}
