import LabReport
import LabTable

extension Abstention {
  /// The reason of a section that needs a column which the file lacks.
  static func reason(missing column: UsageColumn) -> String { "the data has no column '\(column.name)'" }

  /// A section without one of its columns.
  static func missing(_ column: UsageColumn, section: String) -> Abstention {
    Abstention(section: section, reason: reason(missing: column))
  }

  /// The section of cost where no call has one: unknown, and never zero.
  static func missingCost(in calls: CallTable) -> Abstention {
    calls.has(.cost)
      ? Abstention(section: "cost", reason: "no call has a recorded cost") : missing(.cost, section: "cost")
  }
}

extension CallTable {
  /// Whether at least one call has a recorded cost; a table without calls has, if it has the column.
  var hasRecordedCosts: Bool {
    guard has(.cost) else { return false }
    return isEmpty || segments.contains { ($0.integers(.cost)?.unknownCount ?? $0.rowCount) < $0.rowCount }
  }
}
