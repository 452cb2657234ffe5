import LabCore
import Testing

@testable import LabAnalysis

@Suite struct WholePeriodsTests {
  private func instant(_ text: String) throws -> Instant { try #require(Instant(text)) }

  @Test func `days that the data cover to their first and last hour are whole`() throws {
    // 2026-01-05 is a Monday. Calls from Monday 00:20 to the Sunday after next 23:40: 14 whole days, two whole weeks.
    let periods = WholePeriods(first: try instant("2026-01-05T00:20:00Z"), last: try instant("2026-01-18T23:40:00Z"))
    #expect(periods.days.count == 14)
    #expect(periods.mondays.count == 2)
    let comparison = try #require(periods.comparison)
    #expect(comparison.weeks == 1)
    #expect(comparison.previousStart.description == "2026-01-05T00:00:00.000000Z")
    #expect(comparison.recentStart.description == "2026-01-12T00:00:00.000000Z")
    #expect(comparison.recentEnd.description == "2026-01-19T00:00:00.000000Z")
    // 00:20 leaves hour 0 out, 23:40 the last one.
    #expect(periods.hours.count == 14 * 24 - 2)
  }

  @Test func `a partial first or last day and week is left out`() throws {
    // Tuesday noon to the third Sunday noon: the first and last days are partial, one whole week lies inside.
    let periods = WholePeriods(first: try instant("2026-01-06T12:00:00Z"), last: try instant("2026-01-25T12:00:00Z"))
    #expect(periods.days.lowerBound == (try instant("2026-01-07")).day)
    #expect(periods.days.upperBound == (try instant("2026-01-25")).day)
    #expect(periods.mondays == [try instant("2026-01-12").day])
    #expect(periods.comparison == nil)
  }

  @Test func `of five whole weeks the last two are compared with the two before`() throws {
    let periods = WholePeriods(first: try instant("2026-01-05T00:00:00Z"), last: try instant("2026-02-08T23:59:59Z"))
    #expect(periods.mondays.count == 5)
    let comparison = try #require(periods.comparison)
    #expect(comparison.weeks == 2)
    #expect(comparison.previousStart == (try instant("2026-01-12")))
    #expect(comparison.recentEnd == (try instant("2026-02-09")))
  }

  @Test func `one moment and a reversed window have no whole day`() throws {
    let moment = try instant("2026-01-06T12:00:00Z")
    #expect(WholePeriods(first: moment, last: moment).days.isEmpty)
    #expect(WholePeriods(first: moment, last: Instant(microseconds: moment.microseconds - 5)).days.isEmpty)
    #expect(WholePeriods(first: .earliest, last: .latest).days.count == 3_652_059)
  }
}
