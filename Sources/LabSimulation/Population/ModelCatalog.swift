import LabScenario

/// All models of the scenario's providers in one list, so that a model is a number.
public struct ModelCatalog: Sendable {
  public struct Entry: Sendable {
    public var provider: String
    public var model: String
    /// The place of its provider in the scenario.
    public var providerIndex: Int
    /// Its share of the calls of features without routes.
    public var weight: Double
    /// Its class in the price book, or nil.
    public var priceClass: String?
    /// USD for the usual mix of a million tokens, three of input to one of output; nil when it is unpriced.
    public var blendedPrice: Double?
    public var timeToFirstTokenMilliseconds: Double
    public var tokensPerSecond: Double
  }

  public let models: [Entry]

  /// - Parameter price: the class and the blended price that the price book has for a provider's model.
  init(
    _ scenario: Scenario, price: (_ provider: String, _ model: String) -> (priceClass: String?, blended: Double?)
  ) {
    var models: [Entry] = []
    for (index, provider) in scenario.providers.enumerated() {
      let total = provider.models.reduce(0) { $0 + $1.weight }
      for model in provider.models {
        let part = total > 0 ? model.weight / total : 1 / Double(provider.models.count)
        let (priceClass, blended) = price(provider.id, model.id)
        models.append(
          Entry(
            provider: provider.id, model: model.id, providerIndex: index, weight: provider.share * part,
            priceClass: priceClass, blendedPrice: blended,
            timeToFirstTokenMilliseconds: model.timeToFirstTokenMilliseconds, tokensPerSecond: model.tokensPerSecond))
      }
    }
    self.models = models
  }

  public init(models: [Entry]) { self.models = models }

  func index(provider: String, model: String) -> Int? {
    models.firstIndex { $0.provider == provider && $0.model == model }
  }

  /// The models by falling weight; equal ones in the scenario's order.
  var byWeight: [Int] {
    models.indices.sorted { (models[$0].weight, $1) > (models[$1].weight, $0) }
  }

  /// The models in three stages from dear to cheap: by price-book class when they have at least three classes, ordered by
  /// mean price; otherwise thirds of the models by price.
  var priceStages: [[Int]] {
    let priced = models.indices.filter { models[$0].blendedPrice != nil }
    func price(_ index: Int) -> Double { models[index].blendedPrice ?? 0 }
    var classes: [(name: String, members: [Int])] = []
    for index in priced {
      guard let name = models[index].priceClass else { continue }
      if let place = classes.firstIndex(where: { $0.name == name }) {
        classes[place].members.append(index)
      } else {
        classes.append((name, [index]))
      }
    }
    if classes.count >= 3 {
      func mean(_ members: [Int]) -> Double { members.reduce(0) { $0 + price($1) } / Double(members.count) }
      let ordered = classes.sorted { (mean($0.members), $1.name) > (mean($1.members), $0.name) }.map(\.members)
      return [ordered[0], ordered[1..<(ordered.count - 1)].flatMap { $0 }.sorted(), ordered[ordered.count - 1]]
    }
    let ordered = priced.sorted { (price($0), $1) > (price($1), $0) }
    let third = ordered.count / 3
    guard third > 0 else { return [ordered, ordered, ordered] }
    return [
      Array(ordered[..<third]).sorted(), Array(ordered[third..<(ordered.count - third)]).sorted(),
      Array(ordered[(ordered.count - third)...]).sorted(),
    ]
  }
}
