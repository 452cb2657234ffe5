@testable import LabAnalysis

extension CustomerHours {
  /// Of cells in the order of a file.
  init(_ cells: ContiguousArray<Cell>, customers: Int) {
    var store = HourCellStore<Cell>(customers: customers)
    for cell in cells { store.put(cell) }
    self.init(store)
  }

  /// The cells with calls, by customer, then by hour.
  var all: [Cell] { (0..<customerCount).flatMap { cells(of: $0) } }
}

extension CustomerLimits {
  /// The cells with calls, by customer, then by hour.
  var all: [Cell] { (0..<customerCount).flatMap { range(of: $0).map { cells[$0] } } }
}
