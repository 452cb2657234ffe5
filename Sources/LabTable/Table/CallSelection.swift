import LabCore

/// A part of a table's rows, as row numbers per segment; the rows themselves are not copied.
public struct CallSelection: Sendable {
  let choices: [RowChoice]
  /// How many rows are chosen.
  public let rowCount: Int

  init(choices: [RowChoice], in table: CallTable) {
    self.choices = choices
    rowCount = zip(choices, table.segments).reduce(0) { $0 + $1.0.count(of: $1.1.rowCount) }
  }
}
