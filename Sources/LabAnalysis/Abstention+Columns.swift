import LabReport
import LabTable

extension Abstention {
  /// The reason of a section that needs a column which the file lacks.
  static func reason(missing column: UsageColumn) -> String { "the data has no column '\(column.name)'" }

  /// A section without one of its columns.
  static func missing(_ column: UsageColumn, section: String) -> Abstention {
    Abstention(section: section, reason: reason(missing: column))
  }
}
