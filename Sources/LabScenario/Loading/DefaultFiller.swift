import LabCore
import LabFiles
import LabJSON

/// Puts the defaults in for what a scenario leaves out, and its keys into the order of the reference.
struct DefaultFiller {
  let vocabulary: Vocabulary

  /// The whole scenario.
  ///
  /// - Parameter name: what the scenario is called where it doesn't say.
  func fill(_ root: JSONNode, name: String) -> JSONNode {
    var root = root
    if root["name"] == nil { root.set("name", to: Literal.text(name).node(source: ScenarioSources.fallback)) }
    let hasPhases = root["traffic"]?["phases"] != nil
    if !hasPhases {
      if root["duration"] == nil {
        root.set("duration", to: ScenarioShape.defaultDuration.node(source: ScenarioSources.fallback))
      }
      var traffic = root["traffic"] ?? Literal.object([]).node(source: ScenarioSources.fallback)
      if traffic.object != nil, traffic["patterns"] == nil {
        traffic.set("patterns", to: Literal.list([]).node(source: ScenarioSources.fallback))
        root.replace("traffic", with: traffic)
      }
    }
    return fill(root, ScenarioShape.root.parameters)
  }

  /// The name of a scenario by its file: the stem, with what a name can't hold replaced.
  static func name(ofFile path: String) -> String {
    let bare =
      path.hasPrefix(ScenarioFiles.shippedPrefix) ? String(path.dropFirst(ScenarioFiles.shippedPrefix.count)) : path
    let stem = Path.stem(of: bare).prefix(ScenarioLimits.identifierLength)
    let name = String(String.UnicodeScalarView(stem.unicodeScalars.map { Identifier.allows($0) ? $0 : "-" }))
    return Identifier.fault(in: name) == nil ? name : "scenario"
  }

  private func fill(_ node: JSONNode, _ shape: Shape) -> JSONNode {
    switch shape {
    case .object(let object): return fill(node, object.parameters)
    case .table(let object, _): return mapItems(of: node) { fill($0, object.parameters) }
    case .list(let item, _): return mapItems(of: node) { fill($0, item) }
    case .distribution(let use): return fill(node, use.family)
    case .setting(let family): return fill(node, vocabulary.family(family))
    default: return node
    }
  }

  private func fill(_ node: JSONNode, _ family: VariantFamily) -> JSONNode {
    guard let id = node[family.key]?.string, let variant = family[id] else { return node }
    return fill(node, [ParameterDescriptor(family.key, .identifier, "")] + variant.parameters)
  }

  private func fill(_ node: JSONNode, _ parameters: [ParameterDescriptor]) -> JSONNode {
    guard case .object(let members) = node.value else { return node }
    var filled: [JSONMember] = []
    for parameter in parameters {
      if let member = members.first(where: { $0.key == parameter.key }) {
        var member = member
        member.node = fill(member.node, parameter.shape)
        filled.append(member)
      } else if let fallback = parameter.fallback {
        let value = fill(fallback.node(source: ScenarioSources.fallback), parameter.shape)
        filled.append(JSONMember(key: parameter.key, source: ScenarioSources.fallback, node: value))
      }
    }
    let known = Set(parameters.map(\.key))
    filled.append(contentsOf: members.filter { !known.contains($0.key) })
    return JSONNode(.object(filled), source: node.source, offset: node.offset)
  }

  private func mapItems(of node: JSONNode, _ transform: (JSONNode) -> JSONNode) -> JSONNode {
    guard case .array(let items) = node.value else { return node }
    return JSONNode(.array(items.map(transform)), source: node.source, offset: node.offset)
  }
}

extension JSONNode {
  /// Replaces the value of a key and keeps the place of the key, or adds both.
  mutating func replace(_ key: String, with node: JSONNode) {
    guard case .object(var members) = value else { return }
    if let index = members.firstIndex(where: { $0.key == key }) {
      members[index].node = node
    } else {
      members.append(JSONMember(key: key, source: node.source, keyOffset: node.offset, node: node))
    }
    value = .object(members)
  }
}
