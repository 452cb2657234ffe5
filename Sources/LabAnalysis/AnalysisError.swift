import LabCore

/// Why an analysis could not be made; what merely can't be known is an abstention, not an error.
public enum AnalysisError: Error, Hashable, Sendable {
  /// A cancel flag was raised.
  case cancelled
  /// No analyzer has this id.
  case unknownAnalyzer(id: String, known: [String])
  /// A sum left the range of money.
  case sumOutOfRange(what: String)
  /// The findings could not be written as JSON: our own fault.
  case encoding(analyzer: String, problem: String)

  /// A scan of the table failed.
  case scan(sentence: String)

  init(_ failure: LabFailure) {
    self = failure.kind == .cancelled ? .cancelled : .scan(sentence: failure.description)
  }

  /// The failure that a command reports.
  public var failure: LabFailure {
    switch self {
    case .cancelled: .cancelled
    case .unknownAnalyzer: LabFailure(.notFound, Diagnostic(self))
    case .sumOutOfRange: LabFailure(.invalidInput, Diagnostic(self))
    case .encoding, .scan: LabFailure(.internalError, Diagnostic(self))
    }
  }
}

extension AnalysisError: DiagnosticFact {
  public var code: String {
    switch self {
    case .cancelled: "cancelled"
    case .unknownAnalyzer: "unknown_analyzer"
    case .sumOutOfRange: "sum_out_of_range"
    case .encoding: "findings_not_encodable"
    case .scan: "scan_failed"
    }
  }

  public var sentence: String {
    switch self {
    case .cancelled: "the analysis was stopped before its end"
    case .unknownAnalyzer(let id, _): "there is no analyzer '\(id)'"
    case .sumOutOfRange(let what): "the sum of \(what) is beyond nine billion dollars"
    case .scan(let sentence): sentence
    case .encoding(let analyzer, let problem): "the findings of '\(analyzer)' could not be written: \(problem)"
    }
  }

  public var help: String? {
    switch self {
    case .cancelled, .encoding, .scan: nil
    case .unknownAnalyzer(let id, let known):
      Suggestion.help(for: id, among: known) ?? "one of \(known.joined(separator: ", "))"
    case .sumOutOfRange: "analyse a part of the data with --where, --from or --to"
    }
  }
}
