import LabCore
import LabJSON

/// A value of a scenario after its shape was checked: typed, with the place that it came from.
struct Checked {
  enum Content {
    /// Wrong, and reported.
    case invalid
    case number(Double)
    case text(String)
    case boolean(Bool)
    case span(TimeSpan)
    case instant(Instant)
    case money(Money)
    case requirement(Requirement)
    case distribution(Distribution)
    case filter(CallFilter)
    case list([Checked])
    case object([String: Checked])
  }

  var content: Content
  var node: JSONNode
  var path: String
  /// Its share of its list, from 0 to 1, where its shape has one.
  var share: Double = 0

  subscript(key: String) -> Checked? { if case .object(let keys) = content { keys[key] } else { nil } }

  var number: Double? { if case .number(let value) = content { value } else { nil } }
  var text: String? { if case .text(let value) = content { value } else { nil } }
  var boolean: Bool? { if case .boolean(let value) = content { value } else { nil } }
  var span: TimeSpan? { if case .span(let value) = content { value } else { nil } }
  var instant: Instant? { if case .instant(let value) = content { value } else { nil } }
  var money: Money? { if case .money(let value) = content { value } else { nil } }
  var requirement: Requirement? { if case .requirement(let value) = content { value } else { nil } }
  var distribution: Distribution? { if case .distribution(let value) = content { value } else { nil } }
  var filter: CallFilter? { if case .filter(let value) = content { value } else { nil } }
  var items: [Checked]? { if case .list(let value) = content { value } else { nil } }

  /// The value as patterns and incidents read it; nil for what is invalid.
  var parameterValue: ParameterValue? {
    switch content {
    case .invalid, .requirement, .filter, .distribution: nil
    case .number(let value): .number(value)
    case .text(let value): .text(value)
    case .boolean(let value): .boolean(value)
    case .span(let value): .span(value)
    case .instant(let value): .instant(value)
    case .money(let value): .text(value.description)
    case .list(let items): .list(items.compactMap(\.parameterValue))
    case .object(let keys): .object(keys.compactMapValues(\.parameterValue))
    }
  }
}
