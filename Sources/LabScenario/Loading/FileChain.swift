import LabCore
import LabFiles
import LabJSON

/// A scenario file and those that it extends.
struct FileChain {
  /// A file that was read.
  struct Link {
    /// As a person would name it.
    var path: String
    var root: JSONNode
  }

  /// The file that was asked for first, then what each extends.
  var links: [Link] = []
  var sources = ScenarioSources()

  /// Reads `path` and all that it extends, each relative to the file that names it.
  ///
  /// - Parameter bytes: the content of `path` where a caller has it already.
  /// - Throws: ``LabFailure``: `notFound` for a missing file, `invalidInput` for syntax errors, wrong formats, cycles and
  ///   chains beyond ``ScenarioLimits/extendsDepth``.
  init(from path: String, bytes: [UInt8]? = nil, files: ScenarioFiles) throws(LabFailure) {
    let content: [UInt8]
    if let bytes { content = bytes } else { content = try files.read(path) }
    try add(content, path: path)
    while let last = links.last, let extends = last.root["extends"], !extends.isNull {
      guard let name = extends.string else {
        throw failure(
          .invalidInput, ShapeProblem.wrongType(expected: "a string", found: extends.description), at: extends)
      }
      guard links.count < ScenarioLimits.extendsDepth else {
        throw failure(.invalidInput, ScenarioProblem.extendsTooDeep(limit: ScenarioLimits.extendsDepth), at: extends)
      }
      let base = try open(name, at: extends, namedBy: last.path, files)
      let visited = links.map { Self.identity($0.path) }
      if let start = visited.firstIndex(of: Self.identity(base.path)) {
        let circle = links[start...].map(\.path) + [links[start].path]
        throw failure(.invalidInput, ScenarioProblem.extendsCycle(circle), at: extends)
      }
      try add(base.content, path: base.path)
    }
  }

  /// Two spellings of one file are equal.
  private static func identity(_ path: String) -> String { Path.normalised(path) }

  private func open(
    _ name: String, at node: JSONNode, namedBy file: String, _ files: ScenarioFiles
  ) throws(LabFailure) -> (content: [UInt8], path: String) {
    do throws(LabFailure) { return try ScenarioFiles.open(name, namedBy: file, files.read) } catch {
      throw error.placed(at: sources.location(source: node.source, offset: node.offset), path: "extends")
    }
  }

  private mutating func add(_ bytes: [UInt8], path: String) throws(LabFailure) {
    var limits = JSONReader.Limits()
    limits.depth = ScenarioLimits.nesting
    limits.values = ScenarioLimits.values
    let document = try JSONReader.read(bytes, name: path, number: sources.next, limits: limits)
    sources.add(document.source)
    try checkFormat(document.root)
    links.append(Link(path: path, root: document.root))
  }

  private func checkFormat(_ root: JSONNode) throws(LabFailure) {
    guard root.object != nil else {
      throw failure(.invalidInput, ShapeProblem.wrongType(expected: "an object", found: root.description), at: root)
    }
    guard let format = root["format"] else { throw failure(.invalidInput, ScenarioProblem.formatMissing, at: root) }
    guard format.string == ScenarioShape.format else {
      throw failure(.invalidInput, ScenarioProblem.formatUnknown(format.description), at: format, path: "format")
    }
  }

  private func failure(
    _ kind: LabFailure.Kind, _ fact: some DiagnosticFact, at node: JSONNode, path: String? = nil
  ) -> LabFailure {
    LabFailure(kind, Diagnostic(fact, at: sources.location(source: node.source, offset: node.offset), path: path))
  }
}

extension LabFailure {
  /// The failure with a place for those of its problems that have none.
  func placed(at location: SourceLocation?, path: String) -> LabFailure {
    var placed = self
    for index in placed.diagnostics.indices where placed.diagnostics[index].location == nil {
      placed.diagnostics[index].location = location
      placed.diagnostics[index].path = path
    }
    return placed
  }
}
