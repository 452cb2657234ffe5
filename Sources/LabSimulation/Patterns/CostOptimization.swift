import LabCore
import LabScenario

/// A company learns to buy well: its traffic runs on expensive models up to 30 % of the phase, on middle ones up to 70 %,
/// then on efficient ones, and its volume falls to 1 − r: 1 − r·p.
///
/// At each stage a feature's calls go to those of its own models that are on the stage's list, in their proportion; when
/// it has none there, to the whole list by the models' weights.
struct CostOptimization: TrafficPattern {
  static let descriptor = PatternDescriptor(
    id: "cost_optimization", summary: "Traffic moves through expensive, middle and efficient models while volume falls",
    parameters: [
      ParameterDescriptor("r", .number(.share), "The share by which the volume falls", default: 0.5),
      ParameterDescriptor(
        "expensive", .list(.reference(.model), count: 1...1000), "The models of the first stage",
        note: "the dearest class of the price book"),
      ParameterDescriptor(
        "middle", .list(.reference(.model), count: 1...1000), "The models from 30 % of the phase on",
        note: "the classes between"),
      ParameterDescriptor(
        "efficient", .list(.reference(.model), count: 1...1000), "The models from 70 % of the phase on",
        note: "the cheapest class of the price book"),
    ])

  /// Where the stages begin.
  private static let stageStarts = [0, 0.3, 0.7]

  private let reduction: Double
  private let stages: [[Int]]
  private let weights: [Double]
  private let length: TimeSpan

  init(_ setting: Setting, in phase: PhaseContext) {
    let catalog = phase.catalog
    let byClass = catalog.priceStages
    stages = zip(["expensive", "middle", "efficient"], byClass).map { key, fallback in
      let listed = setting.list(key)?.compactMap { item -> Int? in
        guard let provider = item["provider"]?.text, let model = item["model"]?.text else { return nil }
        return catalog.index(provider: provider, model: model)
      }
      return listed ?? fallback
    }
    reduction = setting.number("r") ?? 0.5
    weights = catalog.models.map(\.weight)
    length = phase.length
  }

  var dimension: SegmentDimension? { .everyone }

  func intensity(at moment: SimulatedInstant, for segment: Segment) -> Double { 1 - reduction * moment.progress }

  var breakpoints: [TimeSpan] { Self.stageStarts.dropFirst().map { length.scaled(by: $0) } }

  var shiftsModels: Bool { true }

  func shift(_ weights: inout [Double], of feature: Int, at moment: SimulatedInstant) {
    let stage = Self.stageStarts.lastIndex { length.scaled(by: $0) <= moment.elapsed } ?? 0
    let list = stages[stage]
    guard !list.isEmpty else { return }
    let total = weights.reduce(0, +)
    var own = list.reduce(0) { $0 + weights[$1] }
    let source = own > 0 ? weights : self.weights
    if own <= 0 { own = list.reduce(0) { $0 + source[$1] } }
    for index in weights.indices { weights[index] = 0 }
    for index in list { weights[index] = own > 0 ? total * source[index] / own : total / Double(list.count) }
  }

  var traces: [PatternTrace] {
    Self.stageStarts.dropFirst().map { start in
      PatternTrace(kind: "migration", start: length.scaled(by: start), end: length.scaled(by: start), magnitude: 1)
    }
  }
}

extension TimeSpan {
  /// A share of the length, to the whole microsecond.
  func scaled(by share: Double) -> TimeSpan {
    TimeSpan(microseconds: Int64((Double(microseconds) * share).rounded(.toNearestOrEven)))
  }
}
