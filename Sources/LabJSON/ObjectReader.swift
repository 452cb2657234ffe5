import LabCore

/// Reads the keys of one JSON object, and reports what it did not expect.
///
/// Problems are collected in a ``ProblemList`` rather than thrown, so that all of a file come out together. Every reading
/// method records that its key was asked for; ``finish()`` reports the rest with the nearest known name.
public struct ObjectReader {
  public let node: JSONNode
  public let path: String
  private let problems: ProblemList
  private var asked: Set<String> = []

  /// - Parameter path: the JSON path of the object, empty for the root.
  public init(_ node: JSONNode, path: String, problems: ProblemList) {
    self.node = node
    self.path = path
    self.problems = problems
    if node.object == nil {
      problems.report(.wrongType(expected: "an object", found: node.value.kind), at: node, path: path)
    }
  }

  /// The path of one of its keys.
  public func path(of key: String) -> String { path.isEmpty ? key : path + "." + key }

  /// The value of a key, whatever it is.
  public mutating func value(_ key: String) -> JSONNode? {
    asked.insert(key)
    return node[key]
  }

  public mutating func required(_ key: String) -> JSONNode? {
    let found = value(key)
    if found == nil, node.object != nil { problems.report(.missingKey(key), at: node, path: path) }
    return found
  }

  public mutating func string(_ key: String) -> String? {
    read(key, expected: "a string") { $0.string }
  }
  public mutating func boolean(_ key: String) -> Bool? {
    read(key, expected: "true or false") { $0.boolean }
  }
  public mutating func integer(_ key: String) -> Int64? {
    read(key, expected: "a whole number") { $0.number?.integer }
  }
  public mutating func number(_ key: String) -> Double? {
    read(key, expected: "a number") { $0.number?.double }
  }
  /// A number, or a string that spells one, read exactly.
  public mutating func decimal(_ key: String) -> ExactDecimal? {
    read(key, expected: "a decimal number") { node in
      if let number = node.number { return number.exact }
      return node.string.flatMap { ExactDecimal($0) }
    }
  }
  public mutating func array(_ key: String) -> [JSONNode]? {
    read(key, expected: "an array") { $0.array }
  }

  private mutating func read<Value>(_ key: String, expected: String, _ convert: (JSONNode) -> Value?) -> Value? {
    guard let found = value(key) else { return nil }
    if let converted = convert(found) { return converted }
    problems.report(.wrongType(expected: expected, found: found.description), at: found, path: path(of: key))
    return nil
  }

  /// Reports every key that was not asked for.
  public func finish() {
    for member in node.object ?? [] where !asked.contains(member.key) {
      problems.report(
        ShapeProblem.unknownKey(member.key, known: asked.sorted()), source: member.source, offset: member.keyOffset,
        path: path(of: member.key))
    }
  }
}

/// Collects the problems of one or several sources while they are read.
public final class ProblemList {
  public private(set) var diagnostics: [Diagnostic] = []
  private let sources: [JSONSource]

  /// - Parameter sources: by source number.
  public init(sources: [JSONSource]) { self.sources = sources }

  public func report(_ problem: ShapeProblem, at node: JSONNode, path: String) {
    report(problem, source: node.source, offset: node.offset, path: path)
  }

  public func report(
    _ problem: some DiagnosticFact, source: Int, offset: Int, path: String, severity: Diagnostic.Severity = .error
  ) {
    diagnostics.append(Diagnostic(problem, severity: severity, at: location(source, offset), path: path))
  }

  public func location(_ source: Int, _ offset: Int) -> SourceLocation? {
    sources.indices.contains(source) ? sources[source].location(of: offset) : nil
  }

  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// What can be wrong with the shape of a JSON value that is well formed.
public enum ShapeProblem: Hashable, Sendable {
  case unknownKey(String, known: [String])
  case missingKey(String)
  case wrongType(expected: String, found: String)
}

extension ShapeProblem: DiagnosticFact {
  public var code: String {
    switch self {
    case .unknownKey: "unknown_key"
    case .missingKey: "missing_key"
    case .wrongType: "wrong_type"
    }
  }
  public var sentence: String {
    switch self {
    case .unknownKey(let key, _): "unknown key '\(key)'"
    case .missingKey(let key): "key '\(key)' is missing"
    case .wrongType(let expected, let found): "expected \(expected), found \(found)"
    }
  }
  public var help: String? {
    switch self {
    case .unknownKey(let key, let known):
      Suggestion.help(for: key, among: known) ?? (known.isEmpty ? nil : "known keys: \(known.joined(separator: ", "))")
    case .missingKey, .wrongType: nil
    }
  }
}

extension JSONNode: CustomStringConvertible {
  /// The value in a few words for messages: scalars as written, arrays and objects by kind.
  public var description: String {
    switch value {
    case .number(let number): number.text
    case .string(let text): text.unicodeScalars.count > 40 ? "'\(String(text.prefix(40)))…'" : "'\(text)'"
    case .boolean(let flag): flag ? "true" : "false"
    case .null, .array, .object: value.kind
    }
  }
}
