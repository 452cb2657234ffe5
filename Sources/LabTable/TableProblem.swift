import LabCore

/// What can be wrong with a usage file as a whole, or with a question to a table. The sentences of this module.
public enum TableProblem: Hashable, Sendable {
  case emptyFile
  case notUsage(firstHeaders: [String])
  case headerUnreadable
  /// Lines end in carriage returns alone.
  case carriageReturns
  case headerTooLong
  case duplicateColumn(String)
  case sumTooLarge(column: UsageColumn)
  case tooManyRejects(count: Int, limit: Int, reason: RejectReason, line: Int?)
  case fileChanged
  case fileTooLarge
  case tooManyTexts(column: UsageColumn)
  case unknownKey(String, help: String?)
  case unknownTag(String, help: String?)
  case missingColumn(String)
  case badValue(key: String, value: String)
  case tooManyGroups
  case badPercentile(Int)
  case metadataMoved
}

extension TableProblem: DiagnosticFact {
  public var code: String {
    switch self {
    case .emptyFile: "empty_file"
    case .notUsage: "not_a_usage_file"
    case .headerUnreadable: "unreadable_header"
    case .carriageReturns: "carriage_returns"
    case .headerTooLong: "header_too_long"
    case .duplicateColumn: "duplicate_column"
    case .sumTooLarge: "sum_too_large"
    case .tooManyRejects: "too_many_rejects"
    case .fileChanged: "file_changed"
    case .fileTooLarge: "file_too_large"
    case .tooManyTexts: "too_many_texts"
    case .unknownKey: "unknown_column"
    case .unknownTag: "unknown_tag"
    case .missingColumn: "missing_column"
    case .badValue: "bad_value"
    case .tooManyGroups: "too_many_groups"
    case .badPercentile: "bad_percentile"
    case .metadataMoved: "metadata_changed"
    }
  }

  public var sentence: String {
    switch self {
    case .emptyFile: "the file is empty; a usage file begins with a header line"
    case .notUsage(let headers):
      headers.isEmpty
        ? "this is not a usage file: its first line names no column"
        : "this is not a usage file: its first line (\(Self.list(headers))) names fewer than two usage columns"
    case .carriageReturns: "the lines end in carriage returns alone, which is no CSV; a line feed must end them"
    case .headerUnreadable: "the header line is not valid UTF-8 or has an unclosed quote"
    case .headerTooLong: "this is not a usage file: its first line is longer than 1 MiB"
    case .duplicateColumn(let name): "the header names column '\(name)' twice"
    case .sumTooLarge(let column): "the sum of column '\(column.name)' is too large to be computed exactly"
    case .tooManyRejects(let count, let limit, let reason, let line):
      "at least \(count) \(count == 1 ? "row was" : "rows were") rejected, more than the limit of \(limit); the first"
        + (line.map { " (line \($0))" } ?? "") + ": \(reason.sentence)"
    case .fileChanged: "the file is no longer the one that was loaded"
    case .fileTooLarge: "the file is larger than a table can hold"
    case .tooManyTexts(let column): "column '\(column.name)' has too many different texts"
    case .unknownKey(let key, _): "unknown column '\(key)'"
    case .unknownTag(let tag, _): "no call has a metadata tag '\(tag)'"
    case .missingColumn(let name): "the file has no column '\(name)'"
    case .badValue(let key, let value): "'\(value)' is no value of column '\(key)'"
    case .tooManyGroups: "the calls can't be grouped by so many dimensions at once"
    case .badPercentile(let perMille): "a percentile of \(perMille) thousandths does not exist"
    case .metadataMoved: "the metadata can't be read again from the file"
    }
  }

  public var help: String? {
    switch self {
    case .notUsage, .headerTooLong:
      "usage files have columns such as timestamp, provider, model, input_tokens and cost_usd; "
        + "'finops-lab import' turns other formats into one"
    case .emptyFile: "an empty result still has its header line"
    case .unknownKey(_, let help), .unknownTag(_, let help): help
    case .tooManyRejects: "raise --max-rejects to go on, or give --rejects FILE to see the rows"
    case .fileChanged: "load it again"
    default: nil
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(4).map { "'\($0.count > 40 ? String($0.prefix(40)) + "…" : $0)'" }.joined(separator: ", ")
      + (names.count > 4 ? ", …" : "")
  }
}

extension LabFailure {
  /// A problem of a file, at its place.
  static func table(_ problem: TableProblem, at location: SourceLocation? = nil) -> LabFailure {
    LabFailure(.invalidInput, Diagnostic(problem, at: location))
  }

  /// A question that makes no sense.
  static func question(_ problem: TableProblem) -> LabFailure { LabFailure(.usage, Diagnostic(problem)) }
}
