/// The names that scenarios may use and that stand in registries above this module: handed in by the pipeline.
public struct Vocabulary: Sendable {
  /// The traffic patterns, sorted by id.
  public var patterns: [PatternDescriptor]
  /// The incident kinds, sorted by id; empty where this version has none.
  public var incidents: [IncidentDescriptor]
  /// The metrics that thresholds may name.
  public var metrics: [MetricName]
  /// The columns of the usage CSV that `where` may name.
  public var columns: [String]

  public init(
    patterns: [PatternDescriptor] = [], incidents: [IncidentDescriptor] = [], metrics: [MetricName] = [],
    columns: [String] = []
  ) {
    self.patterns = patterns.sorted { $0.id < $1.id }
    self.incidents = incidents.sorted { $0.id < $1.id }
    self.metrics = metrics.sorted { $0.text < $1.text }
    self.columns = columns
  }
}

/// A traffic pattern as scenario files name it: `{ "pattern": "burst", "probability": 0.1 }`.
public struct PatternDescriptor: Sendable {
  /// Stable, snake_case.
  public var id: String
  /// One sentence in plain words, without a final period.
  public var summary: String
  public var parameters: [ParameterDescriptor]

  public init(id: String, summary: String, parameters: [ParameterDescriptor] = []) {
    self.id = id
    self.summary = summary
    self.parameters = parameters
  }
}

/// A kind of incident as scenario files name it: `{ "kind": "outage", "at": "3d" }`.
public struct IncidentDescriptor: Sendable {
  /// Stable, snake_case.
  public var id: String
  /// One sentence in plain words, without a final period.
  public var summary: String
  public var parameters: [ParameterDescriptor]

  public init(id: String, summary: String, parameters: [ParameterDescriptor] = []) {
    self.id = id
    self.summary = summary
    self.parameters = parameters
  }
}

/// The name of a metric: `understanding.total_cost_usd`, or with a hole for an id `understanding.budget.<budget>.burn_usd`.
///
/// `<budget>` stands for the id of a budget of the scenario.
public struct MetricName: Hashable, Sendable, ExpressibleByStringLiteral {
  public var text: String

  public init(_ text: String) { self.text = text }
  public init(stringLiteral text: String) { self.text = text }

  static let budgetPlaceholder = "<budget>"

  /// The names that it stands for in a scenario with these budgets.
  func names(budgets: [String]) -> [String] {
    guard let hole = text.firstRange(of: Self.budgetPlaceholder) else { return [text] }
    return budgets.map { text.replacingCharacters(in: hole, with: $0) }
  }
}

extension String {
  /// The text with one range replaced.
  fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
