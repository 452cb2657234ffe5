import LabCore
import LabScenario

/// Calls move from one model to another: of those that would go to `from`, a share that grows over the phase goes to `to`.
///
/// Linear: p. Logistic: the curve 1 / (1 + e^(−k(p − ½))) with k = 12, stretched so that it runs from 0 to 1.
struct ModelMigration: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "model_migration", summary: "The calls of one model move to another over the phase",
    parameters: [
      ParameterDescriptor(
        "from", .reference(.model), "The model that is left", note: "the model with the most calls"),
      ParameterDescriptor(
        "to", .reference(.model), "The model that takes over", note: "the model with the most calls after it"),
      ParameterDescriptor(
        "curve", .choice(["linear", "logistic"]), "How the share grows over the phase", default: "linear"),
    ])

  /// Steepness of the logistic curve: the middle half of the phase sees 90 % of the move.
  private static let steepness = 12.0

  private let from: Int?
  private let to: Int?
  private let isLogistic: Bool
  private let length: TimeSpan
  private let entity: [EntityKey]

  init(_ setting: Setting, in phase: PhaseContext) {
    let byWeight = phase.catalog.byWeight
    var source = setting.model("from").flatMap { phase.catalog.index(provider: $0.provider, model: $0.model) }
    var target = setting.model("to").flatMap { phase.catalog.index(provider: $0.provider, model: $0.model) }
    if source == nil { source = byWeight.first { $0 != target } }
    if target == nil { target = byWeight.first { $0 != source } }
    from = source
    to = target
    isLogistic = setting.text("curve") == "logistic"
    length = phase.length
    entity =
      source.map { phase.catalog.models[$0] }.map {
        [EntityKey(column: "provider", value: $0.provider), EntityKey(column: "model", value: $0.model)]
      } ?? []
  }

  /// The share of `from`'s calls that has moved by then.
  func movedShare(at progress: Double) -> Double {
    guard isLogistic else { return progress }
    func curve(_ p: Double) -> Double { 1 / (1 + DeterministicMath.exp(-Self.steepness * (p - 0.5))) }
    return min(1, max(0, (curve(progress) - curve(0)) / (curve(1) - curve(0))))
  }

  var shiftsModels: Bool { from != nil && to != nil && from != to }

  func shift(_ weights: inout [Double], of feature: Int, at moment: SimulatedInstant) {
    guard let from, let to, from != to else { return }
    let moved = weights[from] * movedShare(at: moment.progress)
    weights[from] -= moved
    weights[to] += moved
  }

  var traces: [PatternTrace] {
    guard shiftsModels else { return [] }
    return [PatternTrace(kind: "migration", start: .zero, end: length, magnitude: 1, entity: entity)]
  }
}
