import LabCore
import LabTable

/// Numbers the hours that occur, so that sums by hour stand in an array.
///
/// Hours of a normal file are dense. A file with stray timestamps centuries apart gets numbers as hours occur.
struct HourIndex: Sendable {
  /// Somewhat over two years: sums by hour and provider then take a few megabytes a thread.
  static let denseLimit = 20_000

  private let first: Int64
  private let denseCount: Int
  private var numbers: [Int64: Int] = [:]
  private(set) var hours: [Int64] = []
  private var lastHour = Int64.min
  private var lastNumber = 0

  /// - Parameters: the earliest and latest instant that may come.
  init(first: Instant, last: Instant) {
    self.first = floorDivide(first.microseconds, 3_600_000_000)
    let span = floorDivide(last.microseconds, 3_600_000_000) - self.first + 1
    denseCount = span >= 0 && span <= Int64(Self.denseLimit) ? Int(span) : 0
  }

  /// How many numbers have been given so far.
  var count: Int { denseCount > 0 ? denseCount : hours.count }

  /// The hour (since 1970) of a number.
  func hour(_ number: Int) -> Int64 { denseCount > 0 ? first + Int64(number) : hours[number] }

  @inline(__always)
  mutating func number(of microseconds: Int64) -> Int {
    let hour = floorDivide(microseconds, 3_600_000_000)
    if denseCount > 0 { return Int(truncatingIfNeeded: min(max(hour &- first, 0), Int64(denseCount &- 1))) }
    return sparse(hour)
  }

  /// Writes the number of the hour of every row to the front of `keys`; ``RowLoops/noKey`` where the time is unknown.
  mutating func number(_ times: borrowing ContiguousArray<Int64>, count: Int, into keys: inout ContiguousArray<UInt32>)
  {
    RowLoops.forEachRun(of: times, count: count, width: 3_600_000_000) { rows, hour in
      let number = hour == nil ? RowLoops.noKey : UInt32(truncatingIfNeeded: number(of: times[rows.lowerBound]))
      RowLoops.fill(&keys, rows, number)
    }
  }

  @inline(never)
  private mutating func sparse(_ hour: Int64) -> Int {
    if hour == lastHour { return lastNumber }
    lastHour = hour
    if let known = numbers[hour] {
      lastNumber = known
    } else {
      lastNumber = hours.count
      numbers[hour] = lastNumber
      hours.append(hour)
    }
    return lastNumber
  }
}
