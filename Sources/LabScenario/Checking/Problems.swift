import LabCore
import LabJSON

/// Collects the problems of a scenario, in whatever order they are found.
final class Problems {
  private struct Entry {
    var source: Int
    var offset: Int
    var diagnostic: Diagnostic
  }

  private let sources: ScenarioSources
  private var entries: [Entry] = []

  init(sources: ScenarioSources) { self.sources = sources }

  func report(_ problem: some DiagnosticFact, at node: JSONNode, path: String, severity: Diagnostic.Severity = .error) {
    report(problem, source: node.source, offset: node.offset, path: path, severity: severity)
  }

  func report(
    _ problem: some DiagnosticFact, source: Int, offset: Int, path: String, severity: Diagnostic.Severity = .error
  ) {
    let location = sources.location(source: source, offset: offset)
    let diagnostic = Diagnostic(problem, severity: severity, at: location, path: path.isEmpty ? nil : path)
    entries.append(Entry(source: source, offset: offset, diagnostic: diagnostic))
  }

  func wrongType(_ expected: String, _ node: JSONNode, path: String) {
    report(ShapeProblem.wrongType(expected: expected, found: node.description), at: node, path: path)
  }

  /// All of them: file by file, from top to bottom, edits after files.
  var diagnostics: [Diagnostic] {
    let order = entries.indices.sorted { left, right in
      (entries[left].source, entries[left].offset, left) < (entries[right].source, entries[right].offset, right)
    }
    return order.map { entries[$0].diagnostic }
  }

  var hasErrors: Bool { entries.contains { $0.diagnostic.severity == .error } }
  var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }

  /// Throws what was found, when there is an error among it.
  func check() throws(LabFailure) {
    if hasErrors { throw LabFailure(.invalidInput, diagnostics) }
  }
}

extension Problems {
  /// Whether a value was set by an edit.
  func isEdit(_ node: JSONNode) -> Bool { sources.isEdit(node.source) }

  /// The line of a node when it stands in the same file as another; nil otherwise.
  func line(of node: JSONNode, besides other: JSONNode) -> Int? {
    guard node.source == other.source else { return nil }
    return sources.location(source: node.source, offset: node.offset)?.line
  }
}
