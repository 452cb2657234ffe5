import LabCore
import LabReport
import LabScenario

/// The outcome of one threshold.
public struct Verdict: Sendable {
  public var threshold: Threshold
  /// The measured figure, or nil when it can't be known.
  public var value: MetricValue?
  public var unit: Unit
  /// Why there is no figure.
  public var unknownBecause: String?
  public var passed: Bool

  /// - Parameter metric: nil when no call fits the threshold's filter.
  public init(_ threshold: Threshold, metric: Metric?) {
    self.threshold = threshold
    value = metric?.value
    unit = metric?.unit ?? .none
    unknownBecause = metric == nil ? "no call fits" : metric?.unknownBecause
    passed = value.map { threshold.must.isMet(by: $0.double) } ?? threshold.passesWithoutData
  }

  /// Whether it makes the run fail.
  public var fails: Bool { !passed && threshold.severity == .fail }

  /// The distance to the nearest limit in the metric's unit, positive on the good side; nil for `==`, `!=` and no figure.
  public var margin: Double? { value.flatMap { threshold.must.margin(of: $0.double) } }

  /// `passed`, `FAILED` or `warning`.
  public var word: String { passed ? "passed" : threshold.severity == .warn ? "warning" : "FAILED" }
}

extension Requirement {
  func margin(of value: Double) -> Double? {
    switch self {
    case .less(let limit), .lessOrEqual(let limit): limit - value
    case .greater(let limit), .greaterOrEqual(let limit): value - limit
    case .within(let low, let high): min(value - low, high - value)
    case .equal, .notEqual: nil
    }
  }

  /// The limit in words for a report: `<= 12,000`.
  public func text(formatting format: (Double) -> String) -> String {
    switch self {
    case .less(let limit): "< " + format(limit)
    case .lessOrEqual(let limit): "<= " + format(limit)
    case .greater(let limit): "> " + format(limit)
    case .greaterOrEqual(let limit): ">= " + format(limit)
    case .equal(let limit): "== " + format(limit)
    case .notEqual(let limit): "!= " + format(limit)
    case .within(let low, let high): format(low) + " to " + format(high)
    }
  }
}

extension CallFilter {
  /// `feature_id=chat, region=us-east|us-west`.
  public var text: String {
    terms.map { "\($0.key)=\($0.values.joined(separator: "|"))" }.joined(separator: ", ")
  }
}
