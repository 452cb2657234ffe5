import LabCore

/// The hours and costs of ``CustomerHours``' cells, close together: what is read day after day of every customer.
///
/// Both arrays have an element for every cell, in its place.
struct CellCosts: Sendable {
  /// Hours since 1970 UTC.
  let hours: ContiguousArray<Int32>
  /// At constant prices, in nanodollars.
  let costs: ContiguousArray<Int64>

  /// - Parameters:
  ///   - scales: by hour of the data from `firstHour` on what constant prices make of a recorded nanodollar; 1 elsewhere.
  init(_ all: CustomerHours, scales: ContiguousArray<Double>, firstHour: Int, threads: Int) {
    (hours, costs) = ParallelFill.pair(count: all.cells.count, width: threads) { index in
      let cell = all.cells[index]
      let place = Int(cell.hour) - firstHour
      let scale = scales.indices.contains(place) ? scales[place] : 1
      // Beyond 64 bits the recorded cost stands.
      let cost = scale == 1 ? cell.cost : Int64(exactly: (Double(cell.cost) * scale).rounded()) ?? cell.cost
      return (cell.hour, cost)
    }
  }

  /// Days since 1970 UTC.
  func day(_ index: Int) -> Int { Int(floorDivide(Int64(hours[index]), 24)) }
}
