import LabCore

/// A sentence that should be seen, with how much it matters.
public struct Callout: Hashable, Sendable {
  public enum Level: String, Hashable, Sendable, CaseIterable {
    case info, good, warning, critical
    /// The word that stands before the text, so that no colour is needed.
    public var word: String {
      switch self {
      case .info: "note"
      case .good: "good"
      case .warning: "warning"
      case .critical: "critical"
      }
    }
  }
  public var level: Level
  public var text: String

  public init(_ level: Level, _ text: String) {
    self.level = level
    self.text = text
  }
}

/// What could be done, with the evidence that it rests on.
public struct Recommendation: Hashable, Sendable {
  /// One line of evidence.
  public struct Evidence: Hashable, Sendable {
    public var key: String
    public var value: Cell
    public init(_ key: String, _ value: Cell) {
      self.key = key
      self.value = value
    }
  }

  /// The stable id of the rule, such as `cache_prefix`.
  public var rule: String
  /// The sentence with its numbers.
  public var text: String
  /// The effect in USD per month (positive saves or earns), with a range; nil when it can't be known.
  public var monthlyEffect: Money?
  public var low: Money?
  public var high: Money?
  /// The rows and figures that it rests on, in order.
  public var evidence: [Evidence]
  /// What to check before acting.
  public var check: String

  public init(
    rule: String, text: String, monthlyEffect: Money? = nil, low: Money? = nil, high: Money? = nil,
    evidence: [Evidence] = [], check: String
  ) {
    self.rule = rule
    self.text = text
    self.monthlyEffect = monthlyEffect
    self.low = low
    self.high = high
    self.evidence = evidence
    self.check = check
  }

  /// The order in which recommendations are read: largest effect first, those without one last, then by rule and text.
  public static func ordered(_ recommendations: [Recommendation]) -> [Recommendation] {
    recommendations.sorted { left, right in
      let (first, second) = (left.monthlyEffect?.nanodollars ?? .min, right.monthlyEffect?.nanodollars ?? .min)
      if first != second { return first > second }
      return (left.rule, left.text) < (right.rule, right.text)
    }
  }
}

/// A section that says nothing, and why.
public struct Abstention: Hashable, Sendable {
  public var section: String
  public var reason: String

  public init(section: String, reason: String) {
    self.section = section
    self.reason = reason
  }
}
