import LabTable

extension UsageColumn {
  /// The head of a report's column that groups by it: `Customer` for `customer_id`.
  var title: String {
    switch self {
    case .subscriptionTier: "Tier"
    case .customerArchetype: "Archetype"
    default:
      name.split(separator: "_").filter { $0 != "id" }.enumerated()
        .map { $0.offset == 0 ? $0.element.prefix(1).uppercased() + $0.element.dropFirst() : String($0.element) }
        .joined(separator: " ")
    }
  }
}
