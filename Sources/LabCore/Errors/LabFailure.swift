/// An operation that could not be done: what kind of failure it was, and every problem that was found.
public struct LabFailure: Error, Sendable {
  /// The kinds of failure that a caller treats differently; the command line gives each its exit code.
  public enum Kind: Sendable, CaseIterable {
    /// The request makes no sense: an unknown option, a missing argument.
    case usage
    /// A scenario, price book or data file is wrong.
    case invalidInput
    /// A file or id does not exist or can't be read.
    case notFound
    /// A port is busy or a service can't start.
    case unavailable
    /// Our own fault.
    case internalError
    /// An output can't be created.
    case cannotCreate
    /// Reading or writing failed on the way.
    case inputOutput
    /// The output is locked by another run.
    case locked
    /// The user's own configuration is invalid.
    case configuration
    /// A cancel flag was raised.
    case cancelled
  }

  public var kind: Kind
  public var diagnostics: [Diagnostic]

  public init(_ kind: Kind, _ diagnostics: [Diagnostic]) {
    self.kind = kind
    self.diagnostics = diagnostics
  }

  public init(_ kind: Kind, _ diagnostic: Diagnostic) { self.init(kind, [diagnostic]) }

  /// A failure with a single sentence and no place.
  public init(_ kind: Kind, code: String, _ sentence: String, help: String? = nil, at location: SourceLocation? = nil) {
    self.init(kind, Diagnostic(code: code, sentence: sentence, help: help, at: location))
  }

  public static let cancelled = LabFailure(.cancelled, [])
}

extension LabFailure: CustomStringConvertible {
  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
