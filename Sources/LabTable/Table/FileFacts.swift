import LabCore

/// What is known about a usage file beside its rows.
public struct FileFacts: Sendable {
  /// The file as the person named it.
  public var path: String
  public var bytes: Int64
  public var fingerprint: Fingerprint
  /// Data rows that were accepted.
  public var rows: Int
  /// The bad rows, by reason, most frequent first; equal counts in the order of ``RejectReason``.
  public var rejects: [RejectCount]
  /// Lines without any byte, which are no rows.
  public var blankLines: Int
  /// The header's columns that the lab doesn't know, in order.
  public var unknownColumns: [String]
  /// The header's columns that it knows, in order.
  public var columns: [UsageColumn]
  /// The earliest and the latest timestamp, or nil without one.
  public var timeRange: ClosedRange<Instant>?
  /// Rows whose timestamp lies before that of the row above.
  public var outOfOrderRows: Int
  /// The line of an unterminated last row that was left out as torn, or nil.
  public var tornLine: Int?

  /// Rows that were rejected.
  public var rejectedRows: Int { rejects.reduce(0) { $0 + $1.count } }
  /// Accepted and rejected rows.
  public var allRows: Int { rows + rejectedRows }
}

/// How many rows were rejected for one reason, and where the first stand.
public struct RejectCount: Hashable, Sendable {
  /// How many line numbers are kept.
  public static let keptLines = 5

  public var reason: RejectReason
  public var count: Int
  /// The line numbers (from 1, the header's first) of the first rows, at most ``keptLines``.
  public var firstLines: [Int]
}

/// Why a row was rejected.
public enum RejectReason: UInt8, CaseIterable, Hashable, Sendable {
  case fieldCount, unclosedQuote, strayQuote, rowTooLong, invalidUTF8, nulByte
  case badTimestamp, badNumber, negativeNumber, numberTooLarge
  case totalMismatch, badStatus, statusErrorMismatch, cacheAboveInput, tierWithoutPrice

  /// A stable snake_case name, as it stands in findings and in the rejects file.
  public var name: String {
    switch self {
    case .fieldCount: "field_count"
    case .unclosedQuote: "unclosed_quote"
    case .strayQuote: "stray_quote"
    case .rowTooLong: "row_too_long"
    case .invalidUTF8: "invalid_utf8"
    case .nulByte: "nul_byte"
    case .badTimestamp: "bad_timestamp"
    case .badNumber: "bad_number"
    case .negativeNumber: "negative_number"
    case .numberTooLarge: "number_too_large"
    case .totalMismatch: "total_mismatch"
    case .badStatus: "bad_status"
    case .statusErrorMismatch: "status_error_mismatch"
    case .cacheAboveInput: "cache_above_input"
    case .tierWithoutPrice: "tier_without_price"
    }
  }

  /// What is wrong, as a clause.
  public var sentence: String {
    switch self {
    case .fieldCount: "the row has more or fewer fields than the header"
    case .unclosedQuote: "a quoted field is never closed"
    case .strayQuote: "text follows a closing quote"
    case .rowTooLong: "the row is too long"
    case .invalidUTF8: "the text is not valid UTF-8"
    case .nulByte: "the text holds a NUL byte"
    case .badTimestamp: "the timestamp is no ISO 8601 time such as 2026-01-05T09:13:00Z"
    case .badNumber: "a number can't be read"
    case .negativeNumber: "a number is negative"
    case .numberTooLarge: "a number is too large"
    case .totalMismatch: "total_tokens is not input_tokens + output_tokens"
    case .badStatus: "the status is neither success nor error"
    case .statusErrorMismatch: "status and error_type are at odds"
    case .cacheAboveInput: "cached and written tokens exceed the input"
    case .tierWithoutPrice: "a subscription tier has no price"
    }
  }
}
