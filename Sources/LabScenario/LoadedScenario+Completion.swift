import LabJSON

/// What a person may type next, for completion.
extension LoadedScenario {
  /// The paths that begin with a text, one step further each: `traffic.` for `tra`, `traffic.calls_per_hour` for
  /// `traffic.ca`.
  package func completionPaths(startingWith typed: String) -> [String] {
    // The last dot or bracket ends what is already a path.
    let end = typed.lastIndex { $0 == "." || $0 == "[" }
    let base = end.map { String(typed[..<$0]) } ?? ""
    let node: JSONNode
    if base.isEmpty { node = tree } else if let found = try? value(at: base) { node = found } else { return [] }
    if let items = node.array {
      return items.enumerated().map { index, item in
        let path = item["id"]?.string.map { ValuePath.adding(item: $0, to: base) }
        return Self.open(path ?? ValuePath.adding(index: index, to: base), item)
      }
    }
    return (node.object ?? []).map { Self.open(ValuePath.adding(key: $0.key, to: base), $0.node) }
  }

  /// A path with what must follow it when the value holds others.
  private static func open(_ path: String, _ node: JSONNode) -> String {
    if let members = node.object, !members.isEmpty { return path + "." }
    if let items = node.array, items.contains(where: { $0.object != nil }) { return path + "[" }
    return path
  }

  /// The words that the format allows for the value at a path: choices, names of the scenario's own things.
  package func suggestedValues(at path: String, _ vocabulary: Vocabulary) -> [String] {
    guard let steps = ValuePath(path)?.steps, let shape = shape(at: steps[...], vocabulary) else { return [] }
    switch shape {
    case .boolean: return ["true", "false"]
    case .choice(let words): return words
    case .metric: return vocabulary.metrics.map(\.text)
    case .reference(let reference): return names(of: reference)
    default: return []
    }
  }

  /// What the value at a path may be, as far as the steps tell.
  private func shape(at steps: ArraySlice<ValuePath.Step>, _ vocabulary: Vocabulary) -> Shape? {
    var shape = Shape.object(ScenarioShape.editable)
    var node: JSONNode? = tree
    for step in steps {
      let inner: Shape?
      switch shape {
      case .object(let object): inner = object[step.name]?.shape
      case .table(let object, _): inner = .object(object)
      case .list(let item, _): inner = item
      case .dictionary(let item, _): inner = item
      case .distribution(let use): inner = Self.variantShape(step.name, of: node, in: use.family)
      case .setting(let family): inner = Self.variantShape(step.name, of: node, in: vocabulary.family(family))
      default: inner = nil
      }
      guard let inner else { return nil }
      if let items = node?.array {
        node = Editor.index(of: step.name, in: items).map { items[$0] }
      } else {
        node = node?[step.name]
      }
      shape = inner
    }
    return shape
  }

  private static func variantShape(_ key: String, of node: JSONNode?, in family: VariantFamily) -> Shape? {
    if key == family.key { return .choice(family.variants.map(\.id)) }
    return node?[family.key]?.string.flatMap { family[$0] }?.parameters.first { $0.key == key }?.shape
  }

  private func names(of reference: Reference) -> [String] {
    switch reference {
    case .product: scenario.products.map(\.id)
    case .feature: scenario.features.map(\.id)
    case .provider: scenario.providers.map(\.id)
    case .archetype: scenario.population.archetypes.map(\.id)
    case .tier: scenario.population.tiers.map(\.id)
    case .region: scenario.population.regions.map(\.id)
    case .model: scenario.providers.flatMap { provider in provider.models.map { "\(provider.id)/\($0.id)" } }
    case .organization: scenario.population.organizationIDs
    case .customer: scenario.population.customerIDs
    }
  }
}
