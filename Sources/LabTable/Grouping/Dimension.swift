import LabCore

/// What calls are grouped by.
public enum Dimension: Hashable, Sendable {
  /// A text column.
  case column(UsageColumn)
  /// A tag of the metadata; calls without it are the empty text.
  case tag(String)
  /// Whole days since 1970-01-01 UTC.
  case day
  /// Whole hours since 1970-01-01T00 UTC.
  case hour

  public static let organization = Dimension.column(.organizationID)
  public static let product = Dimension.column(.productID)
  public static let feature = Dimension.column(.featureID)
  public static let customer = Dimension.column(.customerID)
  public static let archetype = Dimension.column(.customerArchetype)
  public static let tier = Dimension.column(.subscriptionTier)
  public static let provider = Dimension.column(.provider)
  public static let model = Dimension.column(.model)
  public static let region = Dimension.column(.region)
  public static let status = Dimension.column(.status)
  public static let errorType = Dimension.column(.errorType)
  public static let serviceTier = Dimension.column(.serviceTier)
  public static let environment = Dimension.column(.environment)
  public static let finishReason = Dimension.column(.finishReason)

  /// The name in results: the column's, `day`, `hour` or `metadata.TAG`.
  public var name: String {
    switch self {
    case .column(let column): column.name
    case .tag(let tag): "metadata." + tag
    case .day: "day"
    case .hour: "hour"
    }
  }

  /// The column that the dimension is read from.
  public var source: UsageColumn {
    switch self {
    case .column(let column): column
    case .tag: .metadata
    case .day, .hour: .timestamp
    }
  }
}

/// A figure that a group can sum.
public enum Measure: UInt8, CaseIterable, Hashable, Sendable {
  case errors, cost, unpricedCalls, inputTokens, outputTokens, totalTokens, cachedInputTokens, cacheWriteTokens
  case cacheWrite1hTokens, reasoningTokens, cacheableInputTokens, latency, latencyCalls, timeToFirstToken
  case timeToFirstTokenCalls

  /// The column that is read for it.
  var source: UsageColumn {
    switch self {
    case .errors: .status
    case .cost, .unpricedCalls: .cost
    case .inputTokens: .inputTokens
    case .outputTokens: .outputTokens
    case .totalTokens: .totalTokens
    case .cachedInputTokens: .cachedInputTokens
    case .cacheWriteTokens: .cacheWriteTokens
    case .cacheWrite1hTokens: .cacheWrite1hTokens
    case .reasoningTokens: .reasoningTokens
    case .cacheableInputTokens: .cacheableInputTokens
    case .latency, .latencyCalls: .latency
    case .timeToFirstToken, .timeToFirstTokenCalls: .timeToFirstToken
    }
  }
}

/// The sums over a set of calls. Unknown numbers add nothing; a measure that was not asked for, or whose column the file
/// lacks, is 0.
public struct CallTotals: Hashable, Sendable {
  public var calls = 0
  /// Calls whose status is error.
  public var errors = 0
  public var cost = Money.zero
  /// Calls without a cost.
  public var unpricedCalls = 0
  public var inputTokens: Int64 = 0
  public var outputTokens: Int64 = 0
  public var totalTokens: Int64 = 0
  public var cachedInputTokens: Int64 = 0
  public var cacheWriteTokens: Int64 = 0
  public var cacheWrite1hTokens: Int64 = 0
  public var reasoningTokens: Int64 = 0
  public var cacheableInputTokens: Int64 = 0
  /// Microseconds, over ``latencyCalls``.
  public var latencyMicroseconds: Int64 = 0
  /// Calls whose latency is known.
  public var latencyCalls = 0
  /// Microseconds, over ``timeToFirstTokenCalls``.
  public var timeToFirstTokenMicroseconds: Int64 = 0
  public var timeToFirstTokenCalls = 0

  public init() {}

  mutating func set(_ measure: Measure, _ value: Int64) {
    switch measure {
    case .errors: errors = Int(value)
    case .cost: cost = Money(nanodollars: value)
    case .unpricedCalls: unpricedCalls = Int(value)
    case .inputTokens: inputTokens = value
    case .outputTokens: outputTokens = value
    case .totalTokens: totalTokens = value
    case .cachedInputTokens: cachedInputTokens = value
    case .cacheWriteTokens: cacheWriteTokens = value
    case .cacheWrite1hTokens: cacheWrite1hTokens = value
    case .reasoningTokens: reasoningTokens = value
    case .cacheableInputTokens: cacheableInputTokens = value
    case .latency: latencyMicroseconds = value
    case .latencyCalls: latencyCalls = Int(value)
    case .timeToFirstToken: timeToFirstTokenMicroseconds = value
    case .timeToFirstTokenCalls: timeToFirstTokenCalls = Int(value)
    }
  }

  /// Adds the sums of other calls of the same table.
  public static func += (left: inout CallTotals, right: CallTotals) {
    left.calls += right.calls
    left.errors += right.errors
    left.cost.nanodollars += right.cost.nanodollars
    left.unpricedCalls += right.unpricedCalls
    left.inputTokens += right.inputTokens
    left.outputTokens += right.outputTokens
    left.totalTokens += right.totalTokens
    left.cachedInputTokens += right.cachedInputTokens
    left.cacheWriteTokens += right.cacheWriteTokens
    left.cacheWrite1hTokens += right.cacheWrite1hTokens
    left.reasoningTokens += right.reasoningTokens
    left.cacheableInputTokens += right.cacheableInputTokens
    left.latencyMicroseconds += right.latencyMicroseconds
    left.latencyCalls += right.latencyCalls
    left.timeToFirstTokenMicroseconds += right.timeToFirstTokenMicroseconds
    left.timeToFirstTokenCalls += right.timeToFirstTokenCalls
  }
}
