import LabCore
import LabJSON

/// Checks values against shapes and makes typed ones of them; every problem is reported, none ends the work.
struct ShapeChecker {
  let vocabulary: Vocabulary
  let names: Names
  let problems: Problems

  /// Checks one value.
  ///
  /// - Parameter parameter: the key that the value belongs to, for the words of a message.
  func check(_ node: JSONNode, _ shape: Shape, for parameter: ParameterDescriptor, path: String) -> Checked {
    func checked(_ content: Checked.Content) -> Checked { Checked(content: content, node: node, path: path) }
    switch shape {
    case .number(let range): return checked(number(node, range, isWhole: false, for: parameter, path: path))
    case .integer(let range): return checked(number(node, range, isWhole: true, for: parameter, path: path))
    case .boolean: return checked(boolean(node, path: path))
    case .text: return checked(text(node, path: path))
    case .identifier: return checked(identifier(node, path: path))
    case .choice(let words): return checked(choice(node, words, for: parameter, path: path))
    case .span(let range): return checked(span(node, range, for: parameter, path: path))
    case .instant: return checked(instant(node, path: path))
    case .offset: return checked(offset(node, path: path))
    case .money: return checked(money(node, path: path))
    case .interval(let range): return checked(interval(node, range, for: parameter, path: path))
    case .distribution(let use): return checked(distribution(node, use, path: path))
    case .reference(let reference): return checked(self.reference(node, reference, path: path))
    case .metric: return checked(metric(node, path: path))
    case .requirement: return checked(requirement(node, path: path))
    case .filter: return checked(filter(node, path: path))
    case .list(let item, let count): return checked(list(node, item, count: count, for: parameter, path: path))
    case .table(let object, let count): return checked(table(node, object, count: count, for: parameter, path: path))
    case .object(let object): return checked(self.object(node, object.parameters, path: path))
    case .dictionary(let item, let count):
      return checked(dictionary(node, item, count: count, for: parameter, path: path))
    case .mix(let keys): return checked(mix(node, keys, for: parameter, path: path))
    case .setting(let family): return checked(variant(node, vocabulary.family(family), path: path).content)
    }
  }

  // MARK: Objects

  func object(_ node: JSONNode, _ parameters: [ParameterDescriptor], path: String) -> Checked.Content {
    guard case .object(let members) = node.value else {
      problems.wrongType("an object", node, path: path)
      return .invalid
    }
    var keys: [String: Checked] = [:]
    for member in members {
      let inner = ValuePath.adding(key: member.key, to: path)
      if let parameter = parameters.first(where: { $0.key == member.key }) {
        keys[member.key] = check(member.node, parameter.shape, for: parameter, path: inner)
      } else {
        unknown(member, parameters, path: inner)
      }
    }
    for parameter in parameters where parameter.isRequired && keys[parameter.key] == nil {
      problems.report(ShapeProblem.missingKey(parameter.key), at: node, path: path)
    }
    return .object(keys)
  }

  private func unknown(_ member: JSONMember, _ parameters: [ParameterDescriptor], path: String) {
    let known = parameters.map(\.key).sorted()
    let isNear = !Suggestion.nearest(to: member.key, among: known).isEmpty
    if !isNear, let place = KeyIndex.place(of: member.key) {
      problems.report(
        ScenarioProblem.elsewhere(key: member.key, place: place), source: member.source, offset: member.keyOffset,
        path: path)
    } else {
      problems.report(
        ShapeProblem.unknownKey(member.key, known: known), source: member.source, offset: member.keyOffset, path: path)
    }
  }

  /// An object of one of several forms.
  ///
  /// - Returns: its content, with the form's id under the family's key, and the form.
  func variant(_ node: JSONNode, _ family: VariantFamily, path: String) -> (content: Checked.Content, variant: Variant?)
  {
    guard node.object != nil else {
      problems.wrongType("an object with '\(family.key)'", node, path: path)
      return (.invalid, nil)
    }
    guard let id = node[family.key] else {
      problems.report(ShapeProblem.missingKey(family.key), at: node, path: path)
      return (.invalid, nil)
    }
    let inner = ValuePath.adding(key: family.key, to: path)
    guard let name = id.string else {
      problems.wrongType("a string", id, path: inner)
      return (.invalid, nil)
    }
    guard let variant = family[name] else {
      problems.report(
        ScenarioProblem.unknownVariant(noun: family.noun, name: name, known: family.variants.map(\.id)), at: id,
        path: inner)
      return (.invalid, nil)
    }
    let own = ParameterDescriptor(family.key, .text, variant.summary)
    return (object(node, [own] + variant.parameters, path: path), variant)
  }

  private func dictionary(
    _ node: JSONNode, _ item: Shape, count: ClosedRange<Int>, for parameter: ParameterDescriptor, path: String
  ) -> Checked.Content {
    guard case .object(let members) = node.value else {
      problems.wrongType("an object", node, path: path)
      return .invalid
    }
    checkCount(members.count, count, at: node, for: parameter, path: path)
    var keys: [String: Checked] = [:]
    for member in members {
      let inner = ValuePath.adding(key: member.key, to: path)
      if let fault = Identifier.fault(in: member.key) {
        problems.report(
          ScenarioProblem.badIdentifier(found: JSONNode(.string(member.key)).description, fault: fault),
          source: member.source, offset: member.keyOffset, path: inner)
      }
      keys[member.key] = check(member.node, item, for: parameter, path: inner)
    }
    return .object(keys)
  }

  // MARK: Lists

  private func list(
    _ node: JSONNode, _ item: Shape, count: ClosedRange<Int>, for parameter: ParameterDescriptor, path: String
  ) -> Checked.Content {
    guard case .array(let nodes) = node.value else {
      problems.wrongType("an array", node, path: path)
      return .invalid
    }
    checkCount(nodes.count, count, at: node, for: parameter, path: path)
    var items: [Checked] = []
    for (index, value) in nodes.enumerated() {
      items.append(check(value, item, for: parameter, path: ValuePath.adding(index: index, to: path)))
    }
    if case .object(let object) = item, object.hasShare {
      return .list(SharesCheck(problems: problems).applied(to: items, of: node, list: parameter.key, path: path))
    }
    return .list(items)
  }

  private func table(
    _ node: JSONNode, _ object: ObjectShape, count: ClosedRange<Int>, for parameter: ParameterDescriptor, path: String
  ) -> Checked.Content {
    guard case .array(let nodes) = node.value else {
      problems.wrongType("an array", node, path: path)
      return .invalid
    }
    checkCount(nodes.count, count, at: node, for: parameter, path: path)
    var first: [String: JSONNode] = [:]
    var items: [Checked] = []
    for (index, value) in nodes.enumerated() {
      let id = value["id"]?.string
      let isNew = id.map { first[$0] == nil } ?? false
      let place = isNew ? ValuePath.adding(item: id ?? "", to: path) : ValuePath.adding(index: index, to: path)
      if let id, let node = value["id"] {
        if let earlier = first[id] {
          let line = problems.line(of: earlier, besides: node)
          problems.report(
            ScenarioProblem.duplicateID(id, first: line), at: node, path: ValuePath.adding(key: "id", to: place))
        } else {
          first[id] = node
        }
      }
      items.append(check(value, .object(object), for: parameter, path: place))
    }
    if object.hasShare {
      items = SharesCheck(problems: problems).applied(to: items, of: node, list: parameter.key, path: path)
    }
    return .list(items)
  }

  func checkCount(
    _ found: Int, _ count: ClosedRange<Int>, at node: JSONNode, for parameter: ParameterDescriptor, path: String
  ) {
    if count.contains(found) { return }
    problems.report(
      ScenarioProblem.itemCount(key: parameter.key, found: found, least: count.lowerBound, most: count.upperBound),
      at: node,
      path: path)
  }
}
