import LabJSON

/// The names that a scenario itself declares and that its values refer to.
///
/// They are gathered before anything is checked. A section that is no list of named things declares nothing, and nothing is
/// checked against it, since its own problem is reported already.
struct Names {
  private var declared: [Reference: [String]] = [:]
  /// The models of each provider, in the order of the scenario.
  private(set) var models: [(provider: String, models: [String])] = []
  private(set) var budgets: [String] = []

  init(_ root: JSONNode) {
    let population = root["population"]
    declared[.product] = Self.ids(root["products"])
    declared[.feature] = Self.ids(root["features"])
    declared[.provider] = Self.ids(root["providers"])
    declared[.archetype] = Self.ids(population?["archetypes"])
    declared[.tier] = Self.ids(population?["tiers"])
    declared[.region] = Self.ids(population?["regions"])
    for provider in root["providers"]?.array ?? [] {
      guard let id = provider["id"]?.string, let ids = Self.ids(provider["models"]) else { continue }
      models.append((id, ids))
    }
    budgets = Self.ids(root["budgets"]) ?? []
  }

  /// The declared names of a kind; nil where they can't be known.
  subscript(reference: Reference) -> [String]? {
    reference == .model ? (declared[.provider] == nil ? nil : models.flatMap(\.models)) : declared[reference]
  }

  func models(of provider: String) -> [String]? { models.first { $0.provider == provider }?.models }

  /// The providers that serve a model.
  func providers(of model: String) -> [String] { models.filter { $0.models.contains(model) }.map(\.provider) }

  private static func ids(_ node: JSONNode?) -> [String]? { node?.array?.compactMap { $0["id"]?.string } }
}

extension Reference {
  /// What the thing is called in messages.
  var noun: String { self == .tier ? "tier" : rawValue }

  /// The column of the usage CSV whose values are these names.
  static let byColumn: [String: Reference] = [
    "product_id": .product, "feature_id": .feature, "provider": .provider, "model": .model,
    "customer_archetype": .archetype, "subscription_tier": .tier, "region": .region,
  ]
}
