import Foundation
import LabCore
import Testing

@Suite struct CivilDateTests {
  @Test func `every day from 1970 to 2100 agrees with the system calendar`() throws {
    var calendar = Calendar(identifier: .gregorian)
    var iso = Calendar(identifier: .iso8601)
    let utc = try #require(TimeZone(secondsFromGMT: 0))
    calendar.timeZone = utc
    iso.timeZone = utc
    let last = CivilDate(year: 2100, month: 12, day: 31).daysSinceEpoch
    #expect(last == 47_846)
    for day in 0...last {
      let date = Date(timeIntervalSince1970: Double(day) * 86_400)
      let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
      let weeks = iso.dateComponents([.yearForWeekOfYear, .weekOfYear], from: date)
      let civil = CivilDate(daysSinceEpoch: day)
      guard civil.year == parts.year, civil.month == parts.month, civil.day == parts.day, civil.daysSinceEpoch == day,
        civil.isoWeekday == ((parts.weekday ?? 0) + 5) % 7 + 1, civil.isoWeek.year == weeks.yearForWeekOfYear,
        civil.isoWeek.week == weeks.weekOfYear
      else {
        Issue.record("day \(day): \(civil) \(civil.isoWeekday) \(civil.isoWeek), the calendar says \(parts) \(weeks)")
        return
      }
    }
  }

  @Test func `a date and its day number are inverse over ten thousand years`() {
    let first = CivilDate(year: 1, month: 1, day: 1).daysSinceEpoch
    #expect(first == -719_162)
    var before = CivilDate(daysSinceEpoch: first - 1)
    for day in stride(from: first, to: 2_932_897, by: 1) {
      let date = CivilDate(daysSinceEpoch: day)
      if date.daysSinceEpoch != day || !(before < date)
        || CivilDate(checkedYear: date.year, month: date.month, day: date.day) == nil
      {
        Issue.record("\(date) is not day \(day)")
        return
      }
      before = date
    }
    #expect(before == CivilDate(year: 9999, month: 12, day: 31))
  }

  @Test(arguments: [
    (2026, 2, 29), (2100, 2, 29), (2026, 4, 31), (2026, 0, 1), (2026, 13, 1), (2026, 1, 0), (2026, 1, 32),
  ])
  func `a day that doesn't exist is refused`(year: Int, month: Int, day: Int) {
    #expect(CivilDate(checkedYear: year, month: month, day: day) == nil)
  }

  @Test func `leap years keep the Gregorian rule`() {
    #expect(CivilDate.isLeap(2000) && CivilDate.isLeap(2024) && !CivilDate.isLeap(1900) && !CivilDate.isLeap(2026))
    #expect(CivilDate(checkedYear: 2000, month: 2, day: 29)?.description == "2000-02-29")
  }
}
