import LabCore

extension Setting {
  /// A parameter as a number, or nil when it was left out and has no fixed default.
  public func number(_ key: String) -> Double? {
    if case .number(let value) = parameters[key] { value } else { nil }
  }
  public func text(_ key: String) -> String? {
    if case .text(let value) = parameters[key] { value } else { nil }
  }
  public func span(_ key: String) -> TimeSpan? {
    if case .span(let value) = parameters[key] { value } else { nil }
  }
  public func boolean(_ key: String) -> Bool? {
    if case .boolean(let value) = parameters[key] { value } else { nil }
  }
  /// The items of a list parameter.
  public func list(_ key: String) -> [ParameterValue]? {
    if case .list(let items) = parameters[key] { items } else { nil }
  }
  /// The ends of an interval parameter (``Shape/interval(_:)``).
  public func interval(_ key: String) -> ClosedRange<Double>? {
    guard let ends = list(key)?.compactMap(\.number), ends.count == 2, ends[0] <= ends[1] else { return nil }
    return ends[0]...ends[1]
  }
  /// The numbers of a list parameter.
  public func numbers(_ key: String) -> [Double]? { list(key)?.compactMap(\.number) }
  /// The provider and model of a model reference (``Reference/model``).
  public func model(_ key: String) -> (provider: String, model: String)? {
    guard case .object(let keys) = parameters[key], let provider = keys["provider"]?.text,
      let model = keys["model"]?.text
    else { return nil }
    return (provider, model)
  }
}

extension ParameterValue {
  public var number: Double? { if case .number(let value) = self { value } else { nil } }
  public var text: String? { if case .text(let value) = self { value } else { nil } }
  public var span: TimeSpan? { if case .span(let value) = self { value } else { nil } }
  public subscript(key: String) -> ParameterValue? { if case .object(let keys) = self { keys[key] } else { nil } }
}
