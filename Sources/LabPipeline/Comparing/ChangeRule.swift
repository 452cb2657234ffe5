import LabAnalysis
import LabCore
import LabReport
import LabScenario

/// A rule on a change: `understanding.total_cost_usd > +5%` fails a comparison in which the cost grows by more than 5 %.
///
/// The number is a change in percent of the value before, or without the percent sign in the metric's own unit.
public struct ChangeRule: Sendable {
  public var metric: String
  var operation: Operation
  var limit: Double
  var isPercent: Bool
  /// As it was written.
  public var text: String

  enum Operation: String, CaseIterable {
    // The longer ones first: `>=` begins with `>`.
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case greater = ">"
    case less = "<"

    func holds(_ change: Double, _ limit: Double) -> Bool {
      switch self {
      case .greaterOrEqual: change >= limit
      case .lessOrEqual: change <= limit
      case .greater: change > limit
      case .less: change < limit
      }
    }
  }

  /// Reads a rule.
  ///
  /// - Throws: ``LabFailure``: `usage` for a text that is none, `notFound` for an unknown metric with the nearest names.
  public init(_ text: String) throws(LabFailure) {
    self.text = text
    let plain = text.filter { $0 != " " }
    let found = Operation.allCases.lazy.compactMap { operation in
      plain.firstRange(of: operation.rawValue).map { (operation, $0) }
    }.first
    guard let (operation, range) = found else { throw Self.failure(text) }
    var number = plain[range.upperBound...]
    isPercent = number.last == "%"
    if isPercent { number = number.dropLast() }
    if number.first == "+" { number = number.dropFirst() }
    guard let limit = ExactDecimal(number.utf8)?.double, limit.isFinite else { throw Self.failure(text) }
    metric = try LabEnvironment.measured(String(plain[..<range.lowerBound])).name
    self.operation = operation
    self.limit = limit
  }

  private static func failure(_ text: String) -> LabFailure {
    LabFailure(
      .usage, code: "bad_rule", "'\(text)' is no rule on a change",
      help: "a metric, one of > >= < <=, and a change: 'understanding.total_cost_usd > +5%' or '… > 100'")
  }

  /// What a comparison says to a rule.
  public struct Outcome: Sendable {
    public var rule: ChangeRule
    /// The change in percent or in the metric's unit; nil when a side doesn't know the figure.
    public var change: Double?
    /// Whether the change is below the absolute floor.
    public var isBelowFloor: Bool
    public var fails: Bool
    /// The rule and what was measured, in a sentence.
    public var sentence: String
  }

  /// Judges a comparison.
  ///
  /// A figure that a side doesn't know fails the rule, unless both don't. A change smaller than the floor never fails.
  ///
  /// - Parameter floor: in the metric's own unit.
  public func outcome(in comparison: Comparison, floor: Double) -> Outcome {
    guard let change = comparison.changes.first(where: { $0.name == metric }), let difference = change.difference else {
      let found = comparison.changes.first { $0.name == metric }
      let isUnknownTwice = found?.before == nil && found?.after == nil
      return Outcome(
        rule: self, change: nil, isBelowFloor: false, fails: !isUnknownTwice,
        sentence: "\(text): unknown on \(isUnknownTwice ? "both sides" : "one side")")
    }
    let measured = isPercent ? change.percent : difference
    let isBelowFloor = abs(difference) < floor
    // Something where nothing was is more than any percentage.
    let size = measured ?? (difference > 0 ? .infinity : difference < 0 ? -.infinity : 0)
    let fails = operation.holds(size, limit) && !isBelowFloor
    let shown =
      isPercent
      ? change.percent.map { ComparisonReport.signed($0, .percent) } ?? "from nothing"
      : ComparisonReport.signed(difference, change.unit)
    let amount = isPercent ? " (\(ComparisonReport.signed(difference, change.unit)))" : ""
    return Outcome(
      rule: self, change: measured, isBelowFloor: isBelowFloor, fails: fails,
      sentence: "\(text): changed by \(shown)\(amount)" + (isBelowFloor ? ", below the floor" : ""))
  }
}
