import LabCore

extension Requirement {
  /// The requirement that text spells: `<`, `<=`, `>`, `>=`, `==` or `!=` and a number, or a range `100..200`; blanks around
  /// the parts don't matter. Nil when it spells none, or a range that ends before it begins.
  public init?(_ text: String) {
    let text = text.filter { $0 != " " }
    if let dots = text.firstRange(of: "..") {
      guard let low = Self.number(text[..<dots.lowerBound]), let high = Self.number(text[dots.upperBound...]),
        low <= high
      else { return nil }
      self = .within(low, high)
      return
    }
    // The longer operators first: `<=` begins with `<`.
    let operators: [(String, (Double) -> Requirement)] = [
      ("<=", Requirement.lessOrEqual), (">=", Requirement.greaterOrEqual), ("==", Requirement.equal),
      ("!=", Requirement.notEqual), ("<", Requirement.less), (">", Requirement.greater),
    ]
    guard let (symbol, make) = operators.first(where: { text.hasPrefix($0.0) }),
      let value = Self.number(text.dropFirst(symbol.count))
    else { return nil }
    self = make(value)
  }

  private static func number(_ text: Substring) -> Double? {
    guard let value = ExactDecimal(text.utf8)?.double, value.isFinite else { return nil }
    return value
  }

  /// Whether a value meets it; a value that is no number meets nothing.
  public func isMet(by value: Double) -> Bool {
    switch self {
    case .less(let limit): value < limit
    case .lessOrEqual(let limit): value <= limit
    case .greater(let limit): value > limit
    case .greaterOrEqual(let limit): value >= limit
    case .equal(let limit): value == limit
    case .notEqual(let limit): !value.isNaN && value != limit
    case .within(let low, let high): value >= low && value <= high
    }
  }
}

extension Requirement: CustomStringConvertible {
  /// The form that scenario files use.
  public var description: String {
    switch self {
    case .less(let limit): "< \(Self.text(limit))"
    case .lessOrEqual(let limit): "<= \(Self.text(limit))"
    case .greater(let limit): "> \(Self.text(limit))"
    case .greaterOrEqual(let limit): ">= \(Self.text(limit))"
    case .equal(let limit): "== \(Self.text(limit))"
    case .notEqual(let limit): "!= \(Self.text(limit))"
    case .within(let low, let high): "\(Self.text(low))..\(Self.text(high))"
    }
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
  }
}
