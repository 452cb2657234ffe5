import LabCore
import LabJSON

/// Where an effective value came from.
public enum Origin: Hashable, Sendable {
  /// Nobody set it.
  case fallback
  case file(SourceLocation)
  /// A `--set` of the command line, as written.
  case flag(String)
  /// A `set` of an interactive session, as written.
  case session(String)
  /// A value that a sweep varies, as `PATH=VALUE`.
  case sweep(String)
}

extension Origin: CustomStringConvertible {
  /// `default`, `peak.json:14:21`, `--set traffic.calls_per_hour=5`, `set traffic.calls_per_hour 5`, `varied seed=5`.
  public var description: String {
    switch self {
    case .fallback: "default"
    case .file(let location): location.description
    case .flag(let text): "--set \(text)"
    case .session(let text): "set \(text)"
    case .sweep(let text): "varied \(text)"
    }
  }
}

/// The texts that the values of a scenario came from, by the source number that each value carries.
public struct ScenarioSources: Sendable {
  /// Values that nobody set.
  static let fallback = 0

  private enum Source: Sendable {
    case fallback
    case file(JSONSource)
    case edit(Edit)
  }

  private var sources: [Source] = [.fallback]

  init() {}

  /// The number that the next added source gets.
  var next: Int { sources.count }
  mutating func add(_ source: JSONSource) { sources.append(.file(source)) }
  mutating func add(_ edit: Edit) { sources.append(.edit(edit)) }

  /// The file that a value stands in, or nil for a default or an edit.
  func file(of source: Int) -> String? {
    if sources.indices.contains(source), case .file(let file) = sources[source] { file.name } else { nil }
  }

  func isEdit(_ source: Int) -> Bool {
    if sources.indices.contains(source), case .edit = sources[source] { true } else { false }
  }

  /// The edits, in the order in which they were made.
  var edits: [Edit] {
    sources.compactMap { if case .edit(let edit) = $0 { edit } else { nil } }
  }

  public func origin(source: Int, offset: Int) -> Origin {
    guard sources.indices.contains(source) else { return .fallback }
    return switch sources[source] {
    case .fallback: .fallback
    case .file(let file): .file(file.location(of: offset))
    case .edit(let edit): edit.origin
    }
  }

  public func origin(of node: JSONNode) -> Origin { origin(source: node.source, offset: node.offset) }

  /// The place to print before an error: file, line and column, or the edit as a person wrote it.
  func location(source: Int, offset: Int) -> SourceLocation? {
    switch origin(source: source, offset: offset) {
    case .fallback: nil
    case .file(let location): location
    case .flag, .session, .sweep: SourceLocation(file: origin(source: source, offset: offset).description)
    }
  }
}
