import LabCore
import LabPipeline
import LabReport
import LabTable

/// What `top` and `chart` can measure: sums of calls, rates, and latencies.
enum SessionMeasure: Hashable, Sendable {
  case sum(Sum)
  case errorRate
  case meanLatency
  /// In thousandths.
  case latencyPercentile(Int)

  enum Sum: String, CaseIterable, Sendable {
    case calls, errors
    case cost = "cost_usd"
    case inputTokens = "input_tokens"
    case outputTokens = "output_tokens"
    case totalTokens = "total_tokens"
    case cachedInputTokens = "cached_input_tokens"
    case cacheWriteTokens = "cache_write_tokens"
    case cacheWrite1hTokens = "cache_write_1h_tokens"
    case reasoningTokens = "reasoning_tokens"
    case cacheableInputTokens = "cacheable_input_tokens"
  }

  /// The names that people type, in the order in which they are listed.
  static let names: [String] =
    Sum.allCases.map(\.rawValue) + ["error_rate_pct", "mean_latency_ms"] + percentiles.map { "p\($0 / 10)_latency_ms" }
  private static let percentiles = [500, 900, 950, 990]

  /// The measure of a name.
  ///
  /// - Throws: ``LabFailure`` of kind `usage` with the nearest names.
  init(_ name: String) throws(LabFailure) {
    if let sum = Sum(rawValue: name == "cost" ? "cost_usd" : name) {
      self = .sum(sum)
    } else if name == "error_rate_pct" {
      self = .errorRate
    } else if name == "mean_latency_ms" {
      self = .meanLatency
    } else if let percentile = Self.percentiles.first(where: { name == "p\($0 / 10)_latency_ms" }) {
      self = .latencyPercentile(percentile)
    } else {
      throw LabFailure(
        .usage, code: "unknown_measure", "there is no measure '\(name)'",
        help: Suggestion.help(for: name, among: Self.names) ?? "one of \(Self.names.joined(separator: ", "))")
    }
  }

  var name: String {
    switch self {
    case .sum(let sum): sum.rawValue
    case .errorRate: "error_rate_pct"
    case .meanLatency: "mean_latency_ms"
    case .latencyPercentile(let perMille): "p\(perMille / 10)_latency_ms"
    }
  }

  /// The head of its column.
  var title: String {
    switch self {
    case .sum(.calls): "Calls"
    case .sum(.errors): "Errors"
    case .sum(.cost): "Cost"
    case .sum(let sum):
      sum.rawValue.prefix(1).uppercased() + sum.rawValue.dropFirst().map { $0 == "_" ? " " : String($0) }.joined()
    case .errorRate: "Error rate"
    case .meanLatency: "Mean latency"
    case .latencyPercentile(let perMille): "p\(perMille / 10) latency"
    }
  }

  var unit: Unit {
    switch self {
    case .sum(.calls), .sum(.errors): .calls
    case .sum(.cost): .usd
    case .sum: .tokens
    case .errorRate: .percent
    case .meanLatency, .latencyPercentile: .milliseconds
    }
  }

  /// Whether the parts of a whole sum to it, so that each has a share.
  var isSum: Bool { if case .sum = self { true } else { false } }

  /// The column that it is read from; nil for the number of calls.
  var column: UsageColumn? {
    switch self {
    case .sum(.calls): nil
    case .sum(.errors), .errorRate: .status
    case .sum(let sum): UsageColumn(name: sum.rawValue)
    case .meanLatency, .latencyPercentile: .latency
    }
  }

  fileprivate var measures: Set<Measure> {
    switch self {
    case .sum(.calls): []
    case .sum(.errors), .errorRate: [.errors]
    case .sum(.cost): [.cost]
    case .sum(.inputTokens): [.inputTokens]
    case .sum(.outputTokens): [.outputTokens]
    case .sum(.totalTokens): [.totalTokens]
    case .sum(.cachedInputTokens): [.cachedInputTokens]
    case .sum(.cacheWriteTokens): [.cacheWriteTokens]
    case .sum(.cacheWrite1hTokens): [.cacheWrite1hTokens]
    case .sum(.reasoningTokens): [.reasoningTokens]
    case .sum(.cacheableInputTokens): [.cacheableInputTokens]
    case .meanLatency: [.latency, .latencyCalls]
    case .latencyPercentile: []
    }
  }

  fileprivate func value(of totals: CallTotals) -> MetricValue? {
    switch self {
    case .sum(.calls): .integer(Int64(totals.calls))
    case .sum(.errors): .integer(Int64(totals.errors))
    case .sum(.cost): .money(totals.cost)
    case .sum(.inputTokens): .integer(totals.inputTokens)
    case .sum(.outputTokens): .integer(totals.outputTokens)
    case .sum(.totalTokens): .integer(totals.totalTokens)
    case .sum(.cachedInputTokens): .integer(totals.cachedInputTokens)
    case .sum(.cacheWriteTokens): .integer(totals.cacheWriteTokens)
    case .sum(.cacheWrite1hTokens): .integer(totals.cacheWrite1hTokens)
    case .sum(.reasoningTokens): .integer(totals.reasoningTokens)
    case .sum(.cacheableInputTokens): .integer(totals.cacheableInputTokens)
    case .errorRate: totals.calls > 0 ? .number(Double(totals.errors) * 100 / Double(totals.calls)) : nil
    case .meanLatency:
      totals.latencyCalls > 0
        ? .number(Double(totals.latencyMicroseconds) / 1000 / Double(totals.latencyCalls)) : nil
    case .latencyPercentile: nil
    }
  }
}

/// What was measured: for finding it again.
struct MeasureRequest: Hashable, Sendable {
  var measure: SessionMeasure
  var dimension: Dimension
  var filter: CallFilter
}

/// A group of calls with its figure.
struct MeasuredGroup: Sendable {
  var label: String
  /// A day or hour as a number.
  var key: Int64
  var calls: Int
  var value: MetricValue?
}

/// What calls can be grouped by.
enum SessionDimension {
  /// Short names of columns.
  private static let short = [
    "feature": "feature_id", "organization": "organization_id", "product": "product_id", "customer": "customer_id",
    "archetype": "customer_archetype", "tier": "subscription_tier",
  ]

  /// The names that people type.
  static func names(of table: CallTable?) -> [String] {
    let columns = UsageColumn.allCases.filter { $0.isCoded && $0 != .metadata }.map(\.name)
    return columns + ["day", "hour"] + (table?.tagNames.map { "metadata.\($0)" } ?? [])
  }

  /// - Throws: ``LabFailure`` of kind `usage` with the nearest names.
  static func named(_ name: String, in table: CallTable?) throws(LabFailure) -> Dimension {
    if name == "day" { return .day }
    if name == "hour" { return .hour }
    if name.hasPrefix("metadata.") { return .tag(String(name.dropFirst("metadata.".count))) }
    if let column = UsageColumn(name: short[name] ?? name), column.isCoded, column != .metadata {
      return .column(column)
    }
    throw LabFailure(
      .usage, code: "unknown_dimension", "calls can't be grouped by '\(name)'",
      help: Suggestion.help(for: name, among: names(of: table) + short.keys.sorted())
        ?? "one of \(names(of: table).joined(separator: ", "))")
  }
}

extension Session {
  /// The figures of every group; those that were measured before are not measured again.
  func measured(_ measure: SessionMeasure, by dimension: Dimension) throws(LabFailure) -> [MeasuredGroup] {
    let request = MeasureRequest(measure: measure, dimension: dimension, filter: state.filter)
    if let known = state.data?.figures[request] { return known }
    let selected = try selectedData()
    let context = ScanContext(width: environment.threads, cancellation: environment.cancellation)
    if let column = measure.column, !selected.table.has(column) {
      throw LabFailure(.invalidInput, code: "missing_column", "the data has no column '\(column.name)'")
    }
    let groups: [MeasuredGroup]
    if case .latencyPercentile(let perMille) = measure {
      let found = try selected.table.percentiles(
        of: .latency, perMille: [perMille], by: [dimension], where: selected.selection, context)
      groups = (0..<found.count).map {
        MeasuredGroup(
          label: found.label($0), key: found.key($0), calls: found.counts[$0],
          value: .number(Double(found.value($0, 0)) / 1000))
      }
    } else {
      let found = try selected.table.totals(
        by: [dimension], measuring: measure.measures, where: selected.selection, context)
      groups = (0..<found.count).map {
        MeasuredGroup(
          label: found.label($0), key: found.key($0), calls: found.totals[$0].calls,
          value: measure.value(of: found.totals[$0]))
      }
    }
    if var held = state.data {
      if held.figures.count >= SessionData.remembered { held.figures = [:] }
      held.figures[request] = groups
      state.data = held
    }
    return groups
  }
}
