/// A place in a file that a person can go to.
public struct SourceLocation: Hashable, Sendable {
  /// The file as the person named it.
  public var file: String
  /// From 1; nil when the whole file is meant.
  public var line: Int?
  /// From 1, in Unicode scalars; nil when the whole line is meant.
  public var column: Int?

  public init(file: String, line: Int? = nil, column: Int? = nil) {
    self.file = file
    self.line = line
    self.column = column
  }
}

extension SourceLocation: CustomStringConvertible {
  /// `file:line:column`, as far as known.
  public var description: String {
    file + (line.map { ":\($0)" } ?? "") + (line != nil ? column.map { ":\($0)" } ?? "" : "")
  }
}

/// What a module knows about a problem: a code and facts. The sentence stands with the type, in one file per module.
public protocol DiagnosticFact: Sendable {
  /// A stable snake_case name of the kind of problem, such as `unknown_key`.
  var code: String { get }
  /// One clause without a final period, in plain words, with names in single quotes.
  var sentence: String { get }
  /// What to do, as one clause, or nil.
  var help: String? { get }
}

/// One problem with its place.
public struct Diagnostic: Error, Hashable, Sendable {
  public enum Severity: String, Sendable { case error, warning, note }

  public var severity: Severity
  public var code: String
  public var sentence: String
  public var help: String?
  public var location: SourceLocation?
  /// The JSON path of the value (`traffic.patterns[1].multiplier`) or nil.
  public var path: String?

  public init(
    _ fact: some DiagnosticFact, severity: Severity = .error, at location: SourceLocation? = nil, path: String? = nil
  ) {
    self.init(
      severity, code: fact.code, sentence: fact.sentence, help: fact.help, at: location, path: path)
  }

  public init(
    _ severity: Severity = .error, code: String, sentence: String, help: String? = nil,
    at location: SourceLocation? = nil,
    path: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.sentence = sentence
    self.help = help
    self.location = location
    self.path = path
  }
}

extension Diagnostic: CustomStringConvertible {
  /// The form that is printed: `file:line:column: error: sentence`, then indented lines with path and help.
  public var description: String {
    var text = location.map { "\($0): " } ?? ""
    text += "\(severity.rawValue): \(sentence)"
    if let path, !path.isEmpty { text += "\n  at \(path)" }
    if let help { text += "\n  help: \(help)" }
    return text
  }
}
