import LabCore
import LabFiles
import LabJSON
import LabPrices

/// A scenario that was read, merged, edited and checked, with all that is known about where its values came from.
public struct LoadedScenario: Sendable {
  public var scenario: Scenario
  public var prices: PriceBook
  /// The effective scenario, defaults filled in, keys in the order of the reference, without `extends`. It is a valid
  /// scenario itself; paths in it are as ``Scenario/pricesPath`` has them.
  public var tree: JSONNode
  public var sources: ScenarioSources
  /// The files that it was read from: the one that was asked for first, then what each extends.
  public var files: [String]
  public var warnings: [Diagnostic]

  /// What a person changed beside the files, the last word on each path: `seed=5`, `budgets=null` for one that was taken out.
  public var changes: [String] {
    var changes: [(path: String, text: String)] = []
    for edit in sources.edits {
      changes.removeAll { $0.path == edit.path }
      changes.append((edit.path, edit.path + "=" + (edit.value ?? "null")))
    }
    return changes.map(\.text)
  }

  /// One effective value that holds no others.
  public struct Entry: Sendable {
    /// Such as `features[chat].routes[0].weight`.
    public var path: String
    /// The value as JSON.
    public var value: String
    public var origin: Origin
  }

  /// Every effective value with its origin, in the order of the scenario.
  public var entries: [Entry] {
    var entries: [Entry] = []
    collect(tree, path: "", into: &entries)
    return entries
  }

  private func collect(_ node: JSONNode, path: String, into entries: inout [Entry]) {
    switch node.value {
    case .object(let members) where !members.isEmpty:
      for member in members { collect(member.node, path: ValuePath.adding(key: member.key, to: path), into: &entries) }
    case .array(let items) where !items.isEmpty:
      for (index, item) in items.enumerated() {
        let id = item["id"]?.string
        let inner = id.map { ValuePath.adding(item: $0, to: path) } ?? ValuePath.adding(index: index, to: path)
        collect(item, path: inner, into: &entries)
      }
    default:
      var writer = JSONWriter(compact: true)
      writer.value(node)
      entries.append(Entry(path: path, value: writer.text, origin: sources.origin(of: node)))
    }
  }

  /// The effective value at a path.
  ///
  /// - Throws: ``LabFailure`` of kind `notFound` where the path leads nowhere, with the nearest paths.
  public func value(at path: String) throws(LabFailure) -> JSONNode {
    guard let steps = ValuePath(path)?.steps else {
      throw LabFailure(.notFound, Diagnostic(ScenarioProblem.badPath(path)))
    }
    var node = tree
    var place = ""
    for step in steps {
      if let items = node.array {
        guard let index = Editor.index(of: step.name, in: items) else {
          let known = items.compactMap { $0["id"]?.string }
          throw LabFailure(
            .notFound, Diagnostic(ScenarioProblem.noSuchItem(path: path, item: step.name, place: place, known: known)))
        }
        node = items[index]
        place = ValuePath.adding(item: step.name, to: place)
      } else {
        guard let inner = node[step.name] else {
          let known = (node.object ?? []).map(\.key)
          throw LabFailure(
            .notFound, Diagnostic(ScenarioProblem.noSuchKey(path: path, key: step.name, place: place, known: known)))
        }
        node = inner
        place = ValuePath.adding(key: step.name, to: place)
      }
    }
    return node
  }

  /// The effective scenario as a file of its own that reproduces this one.
  ///
  /// - Parameter folder: where the file will stand: the path of the price book is written as seen from there.
  public func text(forFolder folder: String = ".") -> String {
    guard let path = scenario.pricesPath, tree["prices"] != nil else { return text(tree) }
    return text(pricesAt: Path.relative(path, toFolder: folder))
  }

  /// The effective scenario as a file of its own, with the price book that lies at `path` as seen from there.
  package func text(pricesAt path: String) -> String {
    var root = tree
    root.set("prices", to: JSONNode(.string(path)))
    return text(root)
  }

  private func text(_ root: JSONNode) -> String {
    var writer = JSONWriter()
    writer.value(root)
    writer.endLine()
    return writer.text
  }
}

extension Path {
  /// A path that leads from a folder to what `path` names from the working directory; absolute and shipped paths stay.
  static func relative(_ path: String, toFolder folder: String) -> String {
    if isAbsolute(path) || path.hasPrefix(ScenarioFiles.shippedPrefix) || isAbsolute(folder) { return path }
    let target = normalised(path).split(separator: "/").filter { $0 != "." }
    let start = normalised(folder).split(separator: "/").filter { $0 != "." }
    var common = 0
    while common < min(target.count - 1, start.count), target[common] == start[common] { common += 1 }
    // What lies above the working directory has no name here.
    if start[common...].contains("..") { return path }
    return (start[common...].map { _ in ".." } + target[common...].map(String.init)).joined(separator: "/")
  }
}

extension LoadedScenario {
  /// The effective values at a path and below it.
  package func entries(below path: String) -> [Entry] {
    guard let node = try? value(at: path) else { return [] }
    var entries: [Entry] = []
    collect(node, path: path, into: &entries)
    return entries
  }

  /// The effective value at a path as JSON in one line; nil where there is none.
  package func text(at path: String) -> String? {
    guard let node = try? value(at: path) else { return nil }
    var writer = JSONWriter(compact: true)
    writer.value(node)
    return writer.text
  }
}
