import LabReport
import LabTable

/// What an analyzer is, for the command line, completion, documents and the scenario's check of metric names.
public struct AnalyzerDescriptor: Sendable {
  /// The fields that the thirteen analyzers belong to.
  public enum Domain: String, Sendable, CaseIterable {
    case finops, revenue, advanced

    /// The heading in menus and documents.
    public var title: String {
      switch self {
      case .finops: "FinOps"
      case .revenue: "Usage-based revenue"
      case .advanced: "Advanced"
      }
    }
  }

  /// A column that the analyzer reads, and what it is for.
  public struct ColumnUse: Sendable {
    public var column: UsageColumn
    /// A noun phrase, such as `cost by region`; the section that abstains without the column.
    public var purpose: String

    public init(_ column: UsageColumn, for purpose: String) {
      self.column = column
      self.purpose = purpose
    }
  }

  /// One summary metric: what thresholds and `expect` may name.
  public struct MetricMeaning: Sendable {
    /// Stable, snake_case.
    public var id: String
    public var label: String
    public var unit: Unit
    /// A clause that says exactly what is counted.
    public var meaning: String

    public init(_ id: String, _ label: String, _ unit: Unit, _ meaning: String) {
      self.id = id
      self.label = label
      self.unit = unit
      self.meaning = meaning
    }
  }

  /// A number that the analyzer's rules contain, with the reason for it.
  public struct Limit: Sendable {
    public var name: String
    public var value: String
    public var reason: String

    public init(_ name: String, _ value: String, because reason: String) {
      self.name = name
      self.value = value
      self.reason = reason
    }
  }

  /// Stable, snake_case: what people type.
  public var id: String
  public var title: String
  public var domain: Domain
  public var question: String
  /// Without one of these the analyzer abstains as a whole.
  public var needs: [ColumnUse]
  /// Without one of these a section abstains.
  public var uses: [ColumnUse]
  public var metrics: [MetricMeaning]
  /// What there is for each budget of the scenario; `<budget>` in an id stands for the budget's.
  public var budgetMetrics: [MetricMeaning]
  /// How the figures come about: one sentence each, with its source where it is a formula of others.
  public var method: [String]
  public var limits: [Limit]
  /// How well it does where the truth is known: what was measured on how many seeds, one sentence each.
  public var measured: [String]

  public init(
    id: String, title: String, domain: Domain, question: String, needs: [ColumnUse] = [], uses: [ColumnUse],
    metrics: [MetricMeaning], budgetMetrics: [MetricMeaning] = [], method: [String], limits: [Limit] = [],
    measured: [String] = []
  ) {
    self.id = id
    self.title = title
    self.domain = domain
    self.question = question
    self.needs = needs
    self.uses = uses
    self.metrics = metrics
    self.budgetMetrics = budgetMetrics
    self.method = method
    self.limits = limits
    self.measured = measured
  }

  /// The metric of an id that the descriptor declares, with a value.
  func metric(_ id: String, _ value: MetricValue?, unknownBecause reason: String? = nil) -> Metric {
    let known = metrics.first { $0.id == id }
    return Metric(
      id: id, label: known?.label ?? id, value: value, unit: known?.unit ?? .none, unknownBecause: reason)
  }
}
