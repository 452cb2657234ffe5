import LabCore
import LabJSON

extension ShapeChecker {
  // MARK: References

  func reference(_ node: JSONNode, _ reference: Reference, path: String) -> Checked.Content {
    if reference == .model { return model(node, path: path) }
    guard let name = node.string else {
      problems.wrongType("the name of a \(reference.noun)", node, path: path)
      return .invalid
    }
    guard let known = names[reference] else { return .text(name) }
    guard known.contains(name) else {
      problems.report(ScenarioProblem.noSuch(noun: reference.noun, name: name, known: known), at: node, path: path)
      return .invalid
    }
    return .text(name)
  }

  /// `provider/model`, a model that only one provider has, or an object with both.
  private func model(_ node: JSONNode, path: String) -> Checked.Content {
    if node.object != nil {
      let parameters = [
        ParameterDescriptor("provider", .reference(.provider), "A provider of this scenario", required: true),
        ParameterDescriptor("model", .identifier, "A model of that provider", required: true),
      ]
      let content = object(node, parameters, path: path)
      let pair = Checked(content: content, node: node, path: path)
      if let provider = pair["provider"], let model = pair["model"] { checkListed(model, of: provider) }
      return content
    }
    guard let name = node.string else {
      problems.wrongType("the name of a model", node, path: path)
      return .invalid
    }
    func found(_ provider: String, _ model: String) -> Checked.Content {
      .object([
        "provider": Checked(content: .text(provider), node: node, path: path),
        "model": Checked(content: .text(model), node: node, path: path),
      ])
    }
    guard names[.model] != nil else { return found("", name) }
    let exact = names.models.flatMap { entry in
      entry.models.filter { entry.provider + "/" + $0 == name }.map { (entry.provider, $0) }
    }
    if let pair = exact.first { return found(pair.0, pair.1) }
    let providers = names.providers(of: name)
    switch providers.count {
    case 1: return found(providers[0], name)
    case 0:
      let known = names.models.flatMap { entry in entry.models.map { entry.provider + "/" + $0 } }
      let bare = names.models.flatMap(\.models)
      problems.report(
        ScenarioProblem.noSuch(noun: "model", name: name, known: name.contains("/") ? known : bare), at: node,
        path: path)
    default: problems.report(ScenarioProblem.ambiguousModel(name, providers: providers), at: node, path: path)
    }
    return .invalid
  }

  /// Reports a model that its provider doesn't list.
  func checkListed(_ model: Checked, of provider: Checked) {
    guard let id = provider.text, let name = model.text, let known = names.models(of: id), !known.contains(name) else {
      return
    }
    problems.report(
      ScenarioProblem.modelNotListed(model: name, provider: id, known: known), at: model.node, path: model.path)
  }

  func metric(_ node: JSONNode, path: String) -> Checked.Content {
    guard let name = node.string else {
      problems.wrongType("the name of a metric", node, path: path)
      return .invalid
    }
    let known = vocabulary.metrics.flatMap { $0.names(budgets: names.budgets) }
    guard known.contains(name) else {
      problems.report(ScenarioProblem.unknownMetric(name, known: known), at: node, path: path)
      return .invalid
    }
    return .text(name)
  }

  // MARK: Filters

  func filter(_ node: JSONNode, path: String) -> Checked.Content {
    guard case .object(let members) = node.value else {
      problems.wrongType("an object of columns and values", node, path: path)
      return .invalid
    }
    var terms: [CallFilter.Term] = []
    for member in members {
      let inner = ValuePath.adding(key: member.key, to: path)
      let isTag = member.key.hasPrefix(Self.tagPrefix) && member.key.utf8.count > Self.tagPrefix.utf8.count
      if !isTag, !vocabulary.columns.contains(member.key) {
        problems.report(
          ScenarioProblem.unknownColumn(member.key, known: vocabulary.columns), source: member.source,
          offset: member.keyOffset, path: inner)
      }
      let nodes = member.node.array ?? [member.node]
      if nodes.isEmpty { problems.report(ScenarioProblem.emptyFilter(key: member.key), at: member.node, path: inner) }
      var values: [String] = []
      for (index, value) in nodes.enumerated() {
        let place = member.node.array == nil ? inner : ValuePath.adding(index: index, to: inner)
        if let text = filterValue(value, column: member.key, path: place) { values.append(text) }
      }
      terms.append(CallFilter.Term(key: member.key, values: values))
    }
    return .filter(CallFilter(terms: terms))
  }

  private static let tagPrefix = "metadata."

  private func filterValue(_ node: JSONNode, column: String, path: String) -> String? {
    let text: String
    switch node.value {
    case .string(let string): text = string
    case .number(let number): text = number.text
    case .boolean(let flag): text = flag ? "true" : "false"
    case .null, .array, .object:
      problems.wrongType("a value or a list of values", node, path: path)
      return nil
    }
    if let words = Self.words[column], !words.contains(text) {
      problems.report(
        ScenarioProblem.unknownChoice(key: column, found: "'\(text)'", allowed: words), at: node, path: path)
    } else if let reference = Reference.byColumn[column], let known = names[reference], !known.contains(text) {
      problems.report(ScenarioProblem.noSuch(noun: reference.noun, name: text, known: known), at: node, path: path)
    }
    return text
  }

  /// The columns of the usage record that hold one of a few words.
  private static let words: [String: [String]] = [
    "status": ["success", "error"], "error_type": ScenarioShape.errorTypes,
    "service_tier": ["standard", "batch", "flex", "priority"], "finish_reason": ["stop", "length", "error"],
  ]

  // MARK: Requirements

  func requirement(_ node: JSONNode, path: String) -> Checked.Content {
    guard let requirement = node.string.flatMap({ Requirement($0) }) else {
      problems.report(ScenarioProblem.badRequirement(found: node.description), at: node, path: path)
      return .invalid
    }
    return .requirement(requirement)
  }
}
