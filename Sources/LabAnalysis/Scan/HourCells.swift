import LabCore

/// What one customer did in one hour, as a pass over the calls sums it up.
protocol HourCell: Sendable, BitwiseCopyable {
  init(customer: UInt32, hour: Int32)
  /// The code of the customer in the table's dictionary.
  var customer: UInt32 { get }
  /// Hours since 1970 UTC.
  var hour: Int32 { get }
  /// Takes in a cell of the same customer and hour whose calls stand later in the file.
  mutating func add(_ later: Self)
}

/// The hour that the rows of a pass are in: rows mostly ascend in time.
struct HourCursor: Sendable {
  /// Since 1970 UTC.
  private(set) var hour = Int32.min
  /// Where it begins, in microseconds.
  private(set) var start = Int64.max
  /// The number of its first cell among all.
  private(set) var firstCell = 0

  /// Goes to the hour of a known time.
  ///
  /// - Parameter next: the number of the next cell, which is the first of an hour that begins here.
  @inline(__always)
  mutating func move(to time: Int64, next: Int) {
    guard time < start || time &- start >= 3_600_000_000 else { return }
    let number = floorDivide(time, 3_600_000_000)
    hour = Int32(clamping: number)
    start = number &* 3_600_000_000
    firstCell = next
  }
}
