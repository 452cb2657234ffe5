import LabScenario

/// Steady growth to g times the volume: 1 + (g − 1)·p, of which the share s comes from new customers and the rest from
/// more use per customer.
///
/// Use per customer grows as U = 1 + (1 − s)(g − 1)·p; customers with the rate N = s(g − 1)·p / U of the starting one
/// join by p, so that U·(1 + N) is the whole factor. Newcomers stay when the phase ends; use falls back to 1.
struct SteadyGrowth: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "steady_growth", summary: "Linear growth by new customers and by use per customer",
    parameters: [
      ParameterDescriptor("g", .number(NumberRange(1, 1e6)), "The factor at the end of the phase", default: 3),
      ParameterDescriptor(
        "new_customer_share", .number(.share), "The share of the growth that new customers bring", default: 0.5),
    ])

  private let growth: Double
  private let newCustomerShare: Double

  init(_ setting: Setting, in phase: PhaseContext) {
    growth = setting.number("g") ?? 3
    newCustomerShare = setting.number("new_customer_share") ?? 0.5
  }

  var dimension: SegmentDimension? { .everyone }

  func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double {
    1 + (1 - newCustomerShare) * (growth - 1) * moment.progress
  }

  var populationChange: PopulationChange? {
    let share = Self.newcomerRate(at: 1, growth: growth, newCustomerShare: newCustomerShare)
    return share > 0 ? .newcomers(share: share, growth: growth, newCustomerShare: newCustomerShare) : nil
  }

  /// N(p): the newcomers' rate by then as a share of the starting one.
  static func newcomerRate(at progress: Double, growth: Double, newCustomerShare: Double) -> Double {
    newCustomerShare * (growth - 1) * progress / (1 + (1 - newCustomerShare) * (growth - 1) * progress)
  }

  /// The inverse of N: when the newcomers' rate has reached `rate`.
  static func progress(atRate rate: Double, growth: Double, newCustomerShare: Double) -> Double {
    let slope = newCustomerShare * (growth - 1) - (1 - newCustomerShare) * (growth - 1) * rate
    return slope > 0 ? min(1, rate / slope) : 1
  }
}
