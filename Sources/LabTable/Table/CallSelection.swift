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

  /// The rows that are in this selection and in another of the same table.
  public func intersection(_ other: CallSelection, in table: CallTable) -> CallSelection {
    CallSelection(choices: zip(choices, other.choices).map { $0.intersection($1) }, in: table)
  }
}

extension RowChoice {
  /// The rows that both choose; both ascend, so one walk finds them.
  fileprivate func intersection(_ other: RowChoice) -> RowChoice {
    guard case .some(let left) = self else { return other }
    guard case .some(let right) = other else { return self }
    var common: ContiguousArray<UInt16> = []
    var place = 0
    for row in left {
      while place < right.count, right[place] < row { place += 1 }
      if place < right.count, right[place] == row { common.append(row) }
    }
    return .some(common)
  }
}
