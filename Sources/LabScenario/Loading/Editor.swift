import LabCore
import LabJSON

/// Applies edits by path to a scenario that has its defaults.
struct Editor {
  let vocabulary: Vocabulary
  /// Source numbers from here on are edits.
  let firstEdit: Int

  /// Why a path leads nowhere.
  private struct BadPath: Error { var problem: ScenarioProblem }

  /// The scenario with an edit applied; a path that leads nowhere is reported and changes nothing.
  func apply(_ edit: Edit, source: Int, to root: JSONNode, problems: Problems) -> JSONNode {
    do throws(BadPath) {
      guard var path = ValuePath(edit.path) else { throw BadPath(problem: .badPath(edit.path)) }
      // It has its place at the top level, but may stand beside the phases.
      if path.steps.prefix(2) == [.key("traffic"), .key("repeat_until")] { path.steps.removeFirst() }
      let change = Change(edit: edit, source: source)
      let prepared = edit.value == nil ? root : withoutReplacedTimeline(root, by: path, edit, source, problems)
      return try changed(prepared, .object(ScenarioShape.editable), path.steps[...], place: "", change) ?? root
    } catch {
      problems.report(error.problem, source: source, offset: 0, path: edit.path)
      return root
    }
  }

  private struct Change {
    var edit: Edit
    var source: Int
  }

  /// The nearest choice of a timeline wins, also between an edit and the files.
  private func withoutReplacedTimeline(
    _ root: JSONNode, by path: ValuePath, _ edit: Edit, _ source: Int, _ problems: Problems
  ) -> JSONNode {
    switch path.steps {
    case [.key("traffic"), .key("phases")]: return root.removing("duration").removing("patterns", in: "traffic")
    case let steps where steps == [.key("duration")] || steps == [.key("traffic"), .key("patterns")]:
      if root["traffic"]?["phases"] != nil {
        problems.report(
          ScenarioProblem.phasesReplaced(by: edit.path), source: source, offset: 0, path: edit.path, severity: .warning)
      }
      return root.removing("phases", in: "traffic")
    default: return root
    }
  }

  /// What a value becomes; nil takes it out.
  private func changed(
    _ node: JSONNode?, _ shape: Shape, _ steps: ArraySlice<ValuePath.Step>, place: String, _ change: Change
  ) throws(BadPath) -> JSONNode? {
    guard let step = steps.first else { return value(for: shape, change) }
    let rest = steps.dropFirst()
    switch shape {
    case .object(let object): return try changedObject(node, object.parameters, step, rest, place: place, change)
    case .distribution(let use): return try changedVariant(node, use.family, step, rest, place: place, change)
    case .setting(let family):
      return try changedVariant(node, vocabulary.family(family), step, rest, place: place, change)
    case .table(let object, _): return try changedItem(node, .object(object), step, rest, place: place, change)
    case .list(let item, _): return try changedItem(node, item, step, rest, place: place, change)
    case .dictionary(let item, _): return try changedEntry(node, item, step, rest, place: place, change)
    case .filter: return try changedEntry(node, .text, step, rest, place: place, change)
    case .mix(let keys):
      let parameters = keys.map { ParameterDescriptor($0, .number(.share), "") }
      return try changedObject(node, parameters, step, rest, place: place, change)
    default:
      let kind = node.map(\.value.kind) ?? "a plain value"
      throw BadPath(problem: .notInside(path: change.edit.path, place: place, kind: kind))
    }
  }

  private func changedObject(
    _ node: JSONNode?, _ parameters: [ParameterDescriptor], _ step: ValuePath.Step, _ rest: ArraySlice<ValuePath.Step>,
    place: String, _ change: Change
  ) throws(BadPath) -> JSONNode? {
    let key = step.name
    guard let parameter = parameters.first(where: { $0.key == key }) else {
      throw BadPath(
        problem: .noSuchKey(path: change.edit.path, key: key, place: place, known: parameters.map(\.key).sorted()))
    }
    return try changedMember(node, key, parameter.shape, rest, place: place, change)
  }

  private func changedVariant(
    _ node: JSONNode?, _ family: VariantFamily, _ step: ValuePath.Step, _ rest: ArraySlice<ValuePath.Step>,
    place: String, _ change: Change
  ) throws(BadPath) -> JSONNode? {
    if step.name == family.key {
      // Another form: what the former one was given means nothing in it.
      let kept = node?.object?.filter { $0.key == family.key || $0.source >= firstEdit } ?? []
      let bare = JSONNode(.object(kept), source: node?.source ?? change.source, offset: node?.offset ?? 0)
      return try changedMember(bare, family.key, .identifier, rest, place: place, change)
    }
    let variant = node?[family.key]?.string.flatMap { family[$0] }
    let parameters = variant?.parameters ?? family.variants.flatMap(\.parameters)
    return try changedObject(node, parameters, step, rest, place: place, change)
  }

  private func changedEntry(
    _ node: JSONNode?, _ shape: Shape, _ step: ValuePath.Step, _ rest: ArraySlice<ValuePath.Step>, place: String,
    _ change: Change
  ) throws(BadPath) -> JSONNode? {
    // Names of the writer's own may hold dots, `where.metadata.team`: what is left of the path is the name.
    let name = ([step] + rest).map(\.name).joined(separator: ".")
    return try changedMember(node, name, shape, [], place: place, change)
  }

  private func changedMember(
    _ node: JSONNode?, _ key: String, _ shape: Shape, _ rest: ArraySlice<ValuePath.Step>, place: String,
    _ change: Change
  ) throws(BadPath) -> JSONNode? {
    var object = node?.object != nil ? node : nil
    let inner = ValuePath.adding(key: key, to: place)
    let result = try changed(object?[key], shape, rest, place: inner, change)
    guard let result else { return object?.removing(key) }
    if let excluded = Self.excluded(by: key), rest.isEmpty { object = object?.removing(excluded) }
    var changed = object ?? JSONNode(.object([]), source: change.source)
    if rest.isEmpty { changed.set(key, to: result) } else { changed.replace(key, with: result) }
    return changed
  }

  /// The key that a new value of `key` takes the place of.
  private static func excluded(by key: String) -> String? {
    switch key {
    case "share": "weight"
    case "weight": "share"
    case "rows": "megabytes"
    case "megabytes": "rows"
    default: nil
    }
  }

  private func changedItem(
    _ node: JSONNode?, _ shape: Shape, _ step: ValuePath.Step, _ rest: ArraySlice<ValuePath.Step>, place: String,
    _ change: Change
  ) throws(BadPath) -> JSONNode? {
    var items = node?.array ?? []
    guard let index = Self.index(of: step.name, in: items) else {
      let known = items.indices.map { Self.name(of: items[$0]) ?? String($0) }
      throw BadPath(problem: .noSuchItem(path: change.edit.path, item: step.name, place: place, known: known))
    }
    let inner = ValuePath.adding(item: step.name, to: place)
    if let result = try changed(items[index], shape, rest, place: inner, change) {
      items[index] = result
    } else {
      items.remove(at: index)
    }
    return JSONNode(.array(items), source: node?.source ?? change.source, offset: node?.offset ?? 0)
  }

  /// The keys that an item is known by.
  private static let nameKeys = ["id", "name", "pattern", "kind"]

  private static func name(of item: JSONNode) -> String? { nameKeys.lazy.compactMap { item[$0]?.string }.first }

  /// The place of the item that is named so, or that stands there.
  static func index(of name: String, in items: [JSONNode]) -> Int? {
    if let index = items.firstIndex(where: { Self.name(of: $0) == name }) { return index }
    return Int(name).flatMap { items.indices.contains($0) ? $0 : nil }
  }

  /// The new value, or nil when the edit takes the value out.
  private func value(for shape: Shape, _ change: Change) -> JSONNode? {
    guard let text = change.edit.value else { return nil }
    var limits = JSONReader.Limits()
    limits.depth = ScenarioLimits.nesting
    limits.values = ScenarioLimits.values
    let raw = JSONNode(.string(text), source: change.source)
    guard
      let parsed = try? JSONReader.read(Array(text.utf8), name: change.edit.path, number: change.source, limits: limits)
    else { return raw }
    if parsed.root.isNull { return nil }
    // A name such as 2026 needs no quotes on a command line.
    return shape.isText && parsed.root.string == nil ? raw : parsed.root
  }
}

extension ValuePath.Step {
  /// The word, however it was written.
  var name: String {
    switch self {
    case .key(let name), .item(let name): name
    }
  }
}

extension Shape {
  /// Whether only strings are accepted.
  var isText: Bool {
    switch self {
    case .text, .identifier, .choice, .span, .instant, .offset, .reference, .metric, .requirement: true
    default: false
    }
  }
}
