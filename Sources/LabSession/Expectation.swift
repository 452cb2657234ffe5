import LabCore
import LabPipeline
import LabScenario

/// What `expect` asks for.
enum Expectation {
  case metric(String, Condition)
  /// `pass`, `warn` or `fail`.
  case threshold(String, String)

  enum Condition {
    case requirement(Requirement)
    /// A value with a tolerance on either side, in the same unit.
    case near(Double, tolerance: Double, text: String)

    func isMet(by value: Double) -> Bool {
      switch self {
      case .requirement(let requirement): requirement.isMet(by: value)
      case .near(let wanted, let tolerance, _): abs(value - wanted) <= tolerance
      }
    }

    var text: String {
      switch self {
      case .requirement(let requirement): requirement.description
      case .near(_, _, let text): text
      }
    }
  }

  static let operators = ["<", "<=", ">", ">=", "==", "!=", "~"]

  /// Reads the words behind `expect`.
  ///
  /// - Throws: ``LabFailure`` of kind `usage`.
  init(_ words: [String]) throws(LabFailure) {
    if words.first == "threshold" {
      guard words.count == 3, ["pass", "warn", "fail"].contains(words[2]) else { throw Self.failure(words) }
      self = .threshold(words[1], words[2])
      return
    }
    guard words.count >= 2 else { throw Self.failure(words) }
    let rest = words.dropFirst().joined(separator: " ")
    if rest.first == "~" {
      self = .metric(words[0], try Self.near(String(rest.dropFirst()), words))
    } else {
      guard let requirement = Requirement(rest) else { throw Self.failure(words) }
      self = .metric(words[0], .requirement(requirement))
    }
  }

  private static func near(_ text: String, _ words: [String]) throws(LabFailure) -> Condition {
    let plain = text.filter { $0 != " " }
    guard let sign = plain.firstRange(of: "+-") ?? plain.firstRange(of: "±"),
      let wanted = ExactDecimal(String(plain[..<sign.lowerBound]))?.double
    else { throw failure(words) }
    var size = plain[sign.upperBound...]
    let isPercent = size.last == "%"
    if isPercent { size = size.dropLast() }
    guard let tolerance = ExactDecimal(String(size))?.double, tolerance >= 0 else { throw failure(words) }
    return .near(
      wanted, tolerance: isPercent ? abs(wanted) * tolerance / 100 : tolerance, text: "~ " + text.trimmed)
  }

  private static func failure(_ words: [String]) -> LabFailure {
    LabFailure(
      .usage, code: "bad_expectation", "'expect \(words.joined(separator: " "))' expects nothing that can be checked",
      help: "for example: expect understanding.total_cost_usd ~ 11840 +-2%, or expect threshold budget pass")
  }
}
