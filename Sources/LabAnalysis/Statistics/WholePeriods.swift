import LabCore

/// The whole hours, days and weeks inside a window of time: trends leave a partial first or last one out.
///
/// A period is whole when the data reach into the first and the last 1/24 of it (a day: its first and last hour), since the
/// first call of a day that is fully there seldom falls on the stroke of midnight. Weeks are ISO weeks, Monday to Sunday UTC.
public struct WholePeriods: Hashable, Sendable {
  /// Whole days as day numbers since 1970 UTC.
  public let days: Range<Int>
  /// Whole hours since 1970 UTC.
  public let hours: Range<Int>
  /// The Mondays (day numbers) of whole ISO weeks.
  public let mondays: [Int]

  private static let microsecondsPerHour: Int64 = 3_600_000_000
  private static let microsecondsPerDay: Int64 = 86_400_000_000
  /// The share of a period, at either end, into which data must reach.
  private static let edge: Int64 = 24

  /// - Parameters:
  ///   - first: the first call, or the stated start of the window.
  ///   - last: the last call, or the last moment of the stated window.
  public init(first: Instant, last: Instant) {
    hours = Self.whole(first, last, size: Self.microsecondsPerHour)
    days = Self.whole(first, last, size: Self.microsecondsPerDay)
    var mondays: [Int] = []
    if !days.isEmpty {
      let weekday = CivilDate.isoWeekday(daysSinceEpoch: days.lowerBound)
      var monday = days.lowerBound + (8 - weekday) % 7
      while monday + 7 <= days.upperBound {
        mondays.append(monday)
        monday += 7
      }
    }
    self.mondays = mondays
  }

  private static func whole(_ first: Instant, _ last: Instant, size: Int64) -> Range<Int> {
    guard first <= last else { return 0..<0 }
    let tolerance = size / edge
    let lower = floorDivide(first.microseconds + size - 1 - tolerance, size)
    let upper = floorDivide(last.microseconds + tolerance, size)
    return Int(lower)..<Int(max(lower, upper))
  }

  /// The last k whole weeks and the k before them, k as large as the data allow; nil below two whole weeks.
  public var comparison: PeriodComparison? {
    let weeks = mondays.count / 2
    guard weeks >= 1, let lastMonday = mondays.last else { return nil }
    let end = lastMonday + 7
    return PeriodComparison(
      weeks: weeks, previousStart: Self.midnight(end - 14 * weeks), recentStart: Self.midnight(end - 7 * weeks),
      recentEnd: Self.midnight(end))
  }

  private static func midnight(_ day: Int) -> Instant { Instant(microseconds: Int64(day) * microsecondsPerDay) }
}

/// Two neighbouring spans of the same number of whole weeks: [previousStart, recentStart) and [recentStart, recentEnd).
public struct PeriodComparison: Hashable, Sendable, Encodable {
  public let weeks: Int
  public let previousStart: Instant
  public let recentStart: Instant
  public let recentEnd: Instant
}
