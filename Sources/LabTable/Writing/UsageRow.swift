import LabCore

/// One call as it is written to a usage file: text as fields of a ``UsageFieldPool``, numbers as they are.
///
/// A number that the source doesn't know is ``unknown`` and becomes an empty field; `total_tokens` is computed.
public struct UsageRow: Sendable {
  /// The number that stands for "not known".
  public static let unknown = Int64.min

  public var timestamp = Instant(microseconds: UsageRow.unknown)
  public var organization = FieldID.empty
  public var product = FieldID.empty
  public var feature = FieldID.empty
  public var customer = FieldID.empty
  public var archetype = FieldID.empty
  public var tier = FieldID.empty
  /// The monthly price of the tier, interned with ``UsageFieldPool/intern(_:)-(Money)``.
  public var tierPrice = FieldID.empty
  public var provider = FieldID.empty
  public var model = FieldID.empty
  public var region = FieldID.empty
  public var inputTokens = UsageRow.unknown
  public var outputTokens = UsageRow.unknown
  /// Start to last token, in microseconds.
  public var latencyMicroseconds = UsageRow.unknown
  public var cost = Money(nanodollars: UsageRow.unknown)
  /// ``FieldID/success`` or ``FieldID/error``.
  public var status = FieldID.empty
  /// ``FieldID/empty`` exactly when the call succeeded.
  public var errorType = FieldID.empty
  /// A JSON object, or empty.
  public var metadata = FieldID.empty
  /// Written as `call-` and 16 hexadecimal digits; 0 is an empty field.
  public var callID: UInt64 = 0
  public var cachedInputTokens = UsageRow.unknown
  public var cacheWriteTokens = UsageRow.unknown
  public var cacheWrite1hTokens = UsageRow.unknown
  public var reasoningTokens = UsageRow.unknown
  public var serviceTier = FieldID.empty
  public var environment = FieldID.empty
  /// Time to the first token, in microseconds.
  public var timeToFirstTokenMicroseconds = UsageRow.unknown
  /// The `callID` of the call that this one repeats; 0 is an empty field.
  public var retryOf: UInt64 = 0
  public var finishReason = FieldID.empty
  public var cacheableInputTokens = UsageRow.unknown

  public init() {}
}

/// A text field of a ``UsageFieldPool``.
///
/// The named ones are the same in every pool, so that code can set and compare them without a look-up.
public struct FieldID: Hashable, Sendable {
  public var rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let empty = FieldID(rawValue: 0)
  public static let success = FieldID(rawValue: 1)
  public static let error = FieldID(rawValue: 2)
  public static let timeout = FieldID(rawValue: 3)
  public static let rateLimit = FieldID(rawValue: 4)
  public static let authError = FieldID(rawValue: 5)
  public static let serverError = FieldID(rawValue: 6)
  public static let standard = FieldID(rawValue: 7)
  public static let batch = FieldID(rawValue: 8)
  public static let flex = FieldID(rawValue: 9)
  public static let priority = FieldID(rawValue: 10)
  public static let stop = FieldID(rawValue: 11)
  public static let length = FieldID(rawValue: 12)

  /// The texts of the named fields, by raw value.
  static let named = [
    "", "success", "error", "timeout", "rate_limit", "auth_error", "server_error", "standard", "batch", "flex",
    "priority", "stop", "length",
  ]
}
