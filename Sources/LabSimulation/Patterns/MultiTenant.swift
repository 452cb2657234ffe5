import LabCore
import LabScenario

/// Each organization is small, medium or large for good: a factor of its own on all its customers' calls.
///
/// Which one it is depends on the seed and the organization alone, so it stays over phases and cycles.
struct MultiTenant: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "multi_tenant", summary: "Each organization is small, medium or large for good",
    parameters: [
      ParameterDescriptor(
        "factors", .list(.number(.nonNegative), count: 1...100), "The factor of each size", default: [0.3, 1, 3]),
      ParameterDescriptor(
        "shares", .list(.number(.share), count: 1...100), "The share of organizations of each size, normalised",
        default: [0.5, 0.35, 0.15]),
    ])

  private let factors: [Double]

  init(_ setting: Setting, in phase: PhaseContext) {
    let sizes = setting.numbers("factors") ?? [0.3, 1, 3]
    let shares = setting.numbers("shares") ?? [0.5, 0.35, 0.15]
    let count = min(sizes.count, shares.count)
    let total = shares.prefix(count).reduce(0, +)
    factors = (0..<phase.organizationCount).map { organization in
      guard count > 0, total > 0 else { return 1 }
      var random = phase.organizationStream(organization)
      var rest = random.unit() * total
      for index in 0..<count {
        rest -= shares[index]
        if rest < 0 { return sizes[index] }
      }
      return sizes[count - 1]
    }
  }

  var dimension: SegmentDimension? { .organization }

  func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double {
    guard case .organization(let index) = segment, factors.indices.contains(index) else { return 1 }
    return factors[index]
  }
}
