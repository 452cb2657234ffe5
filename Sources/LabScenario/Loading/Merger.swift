import LabCore
import LabJSON

/// Lays one scenario file over another: JSON Merge Patch (RFC 7396), and arrays of objects with an `id` merge by it.
///
/// `null` takes a key out. `"$delete": true` in an item takes that item out, `{ "$replace": [...] }` in place of an array
/// replaces it whole. Of keys that exclude each other (`share` and `weight` of an item, `traffic.phases` and
/// `duration` + `traffic.patterns`) the nearer file's choice wins, and a distribution of another kind replaces the former one.
/// Every node keeps the place that it was written in.
struct Merger {
  /// The scenario that nobody wrote anything into.
  private let defaults: JSONNode
  private let problems: Problems

  init(defaults: JSONNode, problems: Problems) {
    self.defaults = defaults
    self.problems = problems
  }

  /// The scenario that `patch` makes of `base`; nil for no base.
  func merge(_ patch: JSONNode, over base: JSONNode?) -> JSONNode {
    let patch = liftingRepeatUntil(patch)
    reportConflict(in: patch)
    return merge(patch, over: base.map { withoutReplacedTimeline($0, by: patch) }, path: "") ?? patch
  }

  // MARK: Timeline

  /// `repeat_until` may also stand beside the phases, in `traffic`: moved to where it belongs.
  private func liftingRepeatUntil(_ root: JSONNode) -> JSONNode {
    guard let inner = root["traffic"]?["repeat_until"] else { return root }
    guard root["repeat_until"] == nil else {
      problems.report(
        ScenarioProblem.twoPlaces(key: "repeat_until", first: "at the top level"), at: inner,
        path: "traffic.repeat_until")
      return root.removing("repeat_until", in: "traffic")
    }
    var lifted = root.removing("repeat_until", in: "traffic")
    lifted.set("repeat_until", to: inner)
    return lifted
  }

  private func reportConflict(in root: JSONNode) {
    guard let phases = root["traffic"]?["phases"], !phases.isNull else { return }
    for (key, node) in [("duration", root["duration"]), ("traffic.patterns", root["traffic"]?["patterns"])] {
      guard let node, !node.isNull else { continue }
      problems.report(ScenarioProblem.phasesAndDuration(key: key), at: node, path: key)
    }
  }

  /// Takes out of the farther file what the nearer one's choice of a timeline replaces.
  private func withoutReplacedTimeline(_ base: JSONNode, by patch: JSONNode) -> JSONNode {
    let traffic = patch["traffic"]
    let choosesPhases = traffic?["phases"].map { !$0.isNull } ?? false
    let choosesDuration = [patch["duration"], traffic?["patterns"]].contains { $0.map { !$0.isNull } ?? false }
    if choosesPhases { return base.removing("duration").removing("patterns", in: "traffic") }
    if choosesDuration { return base.removing("phases", in: "traffic") }
    return base
  }

  // MARK: Merging

  /// Nil means that the value is taken out.
  private func merge(_ patch: JSONNode, over base: JSONNode?, path: String) -> JSONNode? {
    switch patch.value {
    case .null: return nil
    case .object(let members):
      if let replacement = patch["$replace"] { return replaced(patch, by: replacement, path: path) }
      return mergedObject(patch, members, over: base, path: path)
    case .array(let items): return mergedArray(patch, items, over: base, path: path)
    case .boolean, .number, .string: return patch
    }
  }

  private func replaced(_ patch: JSONNode, by replacement: JSONNode, path: String) -> JSONNode? {
    for member in patch.object ?? [] where member.key != "$replace" {
      problems.report(
        ScenarioProblem.replaceNotAlone(key: member.key), source: member.source, offset: member.keyOffset,
        path: ValuePath.adding(key: member.key, to: path))
    }
    guard replacement.array != nil else {
      problems.report(ScenarioProblem.replaceNotArray(found: replacement.description), at: replacement, path: path)
      return nil
    }
    return merge(replacement, over: nil, path: path)
  }

  private func mergedObject(_ patch: JSONNode, _ members: [JSONMember], over base: JSONNode?, path: String) -> JSONNode
  {
    var result: [JSONMember] = []
    if let base, let old = base.object, !Self.choosesOtherForm(patch, than: base) {
      let isItem = patch["id"] != nil
      result = old.filter { member in !(isItem && Self.excludes(member.key, patch)) }
    }
    var places: [String: Int] = [:]
    for (index, member) in result.enumerated() where places[member.key] == nil { places[member.key] = index }
    var removed: Set<Int> = []
    for member in members {
      let place = places[member.key]
      let old = place.map { result[$0].node }
      let merged = merge(member.node, over: old, path: ValuePath.adding(key: member.key, to: path))
      switch (merged, place) {
      case (let node?, let place?):
        result[place] = JSONMember(key: member.key, source: member.source, keyOffset: member.keyOffset, node: node)
      case (let node?, nil):
        result.append(JSONMember(key: member.key, source: member.source, keyOffset: member.keyOffset, node: node))
      case (nil, let place?): removed.insert(place)
      case (nil, nil): break
      }
    }
    let kept = removed.isEmpty ? result : result.indices.filter { !removed.contains($0) }.map { result[$0] }
    return JSONNode(.object(kept), source: patch.source, offset: patch.offset)
  }

  /// A distribution of another kind: the parameters of the old one mean nothing in it.
  private static func choosesOtherForm(_ patch: JSONNode, than base: JSONNode) -> Bool {
    guard let new = patch["distribution"]?.string, let old = base["distribution"]?.string else { return false }
    return new != old
  }

  /// Whether the nearer item's `share` or `weight` takes the place of the farther one's other word.
  private static func excludes(_ key: String, _ patch: JSONNode) -> Bool {
    let other = key == "share" ? "weight" : key == "weight" ? "share" : nil
    return other.flatMap { patch[$0] }.map { !$0.isNull } ?? false
  }

  private func mergedArray(_ patch: JSONNode, _ items: [JSONNode], over base: JSONNode?, path: String) -> JSONNode {
    let isTable = !items.isEmpty && items.allSatisfy { $0["id"]?.string != nil }
    var result: [JSONNode] = []
    var places: [String: Int] = [:]
    if isTable, let old = base?.array, old.allSatisfy({ $0["id"]?.string != nil }) { result = old }
    for (index, item) in result.enumerated() {
      if let id = item["id"]?.string, places[id] == nil { places[id] = index }
    }
    let inherited = places
    var deleted: Set<Int> = []
    for (index, item) in items.enumerated() {
      let id = item["id"]?.string
      let itemPath = isTable ? ValuePath.adding(item: id ?? "", to: path) : ValuePath.adding(index: index, to: path)
      let place = isTable ? id.flatMap { inherited[$0] } : nil
      if isTable, let id, let delete = item["$delete"] {
        if delete.boolean != true {
          problems.report(ScenarioProblem.deleteNotTrue(found: delete.description), at: delete, path: itemPath)
        } else if let place {
          deleted.insert(place)
        } else {
          let isDefault = base == nil && defaultItems(at: path).contains { $0["id"]?.string == id }
          problems.report(
            isDefault
              ? ScenarioProblem.deleteFromDefaults(id: id, list: path)
              : .deleteWithoutTarget(id: id, known: inherited.keys.sorted()), at: item, path: itemPath)
        }
      } else if let place {
        // A second item of this file with the same id is no change of the first: both stay, to be reported.
        if result[place].source == item.source {
          result.append(item)
        } else if let merged = merge(item, over: result[place], path: itemPath) {
          result[place] = merged
        }
      } else {
        // An item of its own; nulls in it mean that the key is left out. A null item stays, to be reported.
        result.append(merge(item, over: nil, path: itemPath) ?? item)
      }
    }
    let kept = deleted.isEmpty ? result : result.indices.filter { !deleted.contains($0) }.map { result[$0] }
    return JSONNode(.array(kept), source: patch.source, offset: patch.offset)
  }

  /// The items of the built-in list of a path; none where there is no such list.
  private func defaultItems(at path: String) -> [JSONNode] {
    var node: JSONNode? = defaults
    for step in ValuePath(path)?.steps ?? [] {
      guard case .key(let key) = step else { return [] }
      node = node?[key]
    }
    return node?.array ?? []
  }
}

extension JSONNode {
  /// The object without a key; other values as they are.
  func removing(_ key: String) -> JSONNode {
    guard case .object(let members) = value else { return self }
    return JSONNode(.object(members.filter { $0.key != key }), source: source, offset: offset)
  }

  /// The object without a key of one of its objects.
  func removing(_ key: String, in outer: String) -> JSONNode {
    guard case .object(var members) = value, let index = members.firstIndex(where: { $0.key == outer }) else {
      return self
    }
    members[index].node = members[index].node.removing(key)
    return JSONNode(.object(members), source: source, offset: offset)
  }

  /// Sets a key of an object, in its place or at the end.
  mutating func set(_ key: String, to node: JSONNode) {
    guard case .object(var members) = value else { return }
    let member = JSONMember(key: key, source: node.source, keyOffset: node.offset, node: node)
    if let index = members.firstIndex(where: { $0.key == key }) {
      members[index] = member
    } else {
      members.append(member)
    }
    value = .object(members)
  }
}
