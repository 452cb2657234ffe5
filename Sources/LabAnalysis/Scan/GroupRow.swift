import LabCore
import LabJSON

/// One row of a grouped finding: the CSV's own column names as keys, the five sums that all have, then an analyzer's own.
public struct GroupRow<Own: Encodable & Sendable>: Encodable, Sendable {
  /// Column names with the row's values, in order.
  public var keys: [Key]
  public var calls: Int64
  /// Nil when the file has no costs.
  public var cost: Money?
  public var inputTokens: Int64?
  public var outputTokens: Int64?
  public var totalTokens: Int64?
  public var own: Own

  /// The name and value of one key.
  public struct Key: Hashable, Sendable {
    public var name: String
    public var value: String
  }

  /// The values of the keys, joined for a person.
  public var label: String { keys.map { $0.value.isEmpty ? "(none)" : $0.value }.joined(separator: " / ") }

  public func encode(to encoder: any Encoder) throws {
    try encoder.writeMembers(of: self) { writer in
      for key in keys { writer.member(key.name, key.value) }
      writer.member("calls", calls)
      writer.member("cost_usd", cost)
      writer.member("input_tokens", inputTokens)
      writer.member("output_tokens", outputTokens)
      writer.member("total_tokens", totalTokens)
    }
    try own.encode(to: encoder)
  }
}

/// A key of findings, named as it is written.
struct FindingKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// The order of grouped findings: most calls' cost first, equal costs by calls, then by key, so that the order of a file's
/// rows doesn't matter.
func isOrderedBefore<Own>(_ left: GroupRow<Own>, _ right: GroupRow<Own>) -> Bool {
  let (leftCost, rightCost) = (left.cost ?? .zero, right.cost ?? .zero)
  if leftCost != rightCost { return leftCost > rightCost }
  if left.calls != right.calls { return left.calls > right.calls }
  for (first, second) in zip(left.keys, right.keys) where first.value != second.value {
    return first.value.utf8.lexicographicallyPrecedes(second.value.utf8)
  }
  return false
}

extension Array {
  /// Rows in the order of grouped findings. Costs and calls alone are moved while they are sorted: rows are large, and their texts
  /// are counted references.
  func inOrder<Own>() -> [Element] where Element == GroupRow<Own> {
    let places = indices.map { (cost: self[$0].cost ?? .zero, calls: self[$0].calls, row: $0) }
    return places.sorted { left, right in
      if left.cost != right.cost { return left.cost > right.cost }
      if left.calls != right.calls { return left.calls > right.calls }
      return isOrderedBefore(self[left.row], self[right.row])
    }.map { self[$0.row] }
  }
}
