import LabCore
import LabTable

/// Customers whose calls fell or rose beyond what such counts vary by, week by week.
///
/// At the end of each whole week the last one, two and three weeks are compared with as many before (``CountRatio``); what
/// all customers did together is taken out first, since a fall that all share is no customer's own. All tests up to then
/// that could be made are corrected together (Benjamini and Hochberg) at the family's share of the error budget. Verdicts
/// look back only, and flagged weeks that follow each other are one decline.
struct UseChanges {
  /// The weeks on either side.
  static let scales = [1, 2, 3]
  /// The design's limits: calls on both sides together, and the ratios that matter.
  static let minimumCalls: Int64 = 20
  static let fallen = 0.7
  static let risen = 1.4

  /// One comparison of one customer.
  struct Test: Sendable {
    var customer: Int
    /// The last week.
    var week: Int
    var weeks: Int
    var before: Int64
    var after: Int64
    var pValue: Double
  }

  private let weeks: CustomerWeeks
  /// By customer the first and the last week that it was subscribed all through; nil for a customer that is not judged.
  private let subscribed: [ClosedRange<Int>?]

  init(_ weeks: CustomerWeeks, subscribed: [ClosedRange<Int>?]) {
    self.weeks = weeks
    self.subscribed = subscribed
  }

  /// The calls of all customers in the recent weeks over those before.
  func portfolio(week: Int, weeks count: Int) -> Double? {
    guard week + 1 >= 2 * count else { return nil }
    let recent = weeks.callsByWeek[(week + 1 - count)...week].reduce(0, +)
    let before = weeks.callsByWeek[(week + 1 - 2 * count)..<(week + 1 - count)].reduce(0, +)
    return Ratio.of(recent, before).flatMap { $0 > 0 ? $0 : nil }
  }

  /// The significant falls, or rises, of the whole data.
  func significant(falls: Bool, level: Double) -> [Test] {
    var dispersions = Self.scales.map { _ in CountRatio.Dispersion() }
    var learnt = Self.scales.map { _ in [(before: Int64, after: Int64, factor: Double)]() }
    var (tests, count): ([Test], Int) = ([], 0)
    for week in weeks.mondays.indices {
      for (index, scale) in Self.scales.enumerated() where week + 1 >= 2 * scale {
        guard let factor = portfolio(week: week, weeks: scale) else { continue }
        let (recent, before) = ((week + 1 - scale)..<(week + 1), (week + 1 - 2 * scale)..<(week + 1 - scale))
        // Only pairs of weeks before these say how counts vary; of shorter ones where there are none of this length yet.
        let known = dispersions[...index].last { !$0.isEmpty }
        for customer in 0..<weeks.customers {
          guard let inside = subscribed[customer], inside.contains(before.lowerBound), inside.contains(week) else {
            continue
          }
          let (x, y) = (weeks.calls(of: customer, weeks: before), weeks.calls(of: customer, weeks: recent))
          guard x + y >= Self.minimumCalls else { continue }
          var isFlagged = false
          if let known {
            count += 1
            if Self.matters(x, y, falls: falls) {
              let dispersion = known.value(at: x + y)
              let p =
                falls
                ? CountRatio.atMost(y, of: x + y, factor: factor, dispersion: dispersion)
                : CountRatio.atLeast(y, of: x + y, factor: factor, dispersion: dispersion)
              tests.append(Test(customer: customer, week: week, weeks: scale, before: x, after: y, pValue: p))
              isFlagged = p * Double(count) <= level
            }
          }
          // Flagged pairs say nothing about how others vary, and windows that overlap nothing new.
          if !isFlagged, (week + 1) % scale == 0 { learnt[index].append((x, y, factor)) }
        }
      }
      for index in learnt.indices {
        for pair in learnt[index] { dispersions[index].add(pair.before, pair.after, factor: pair.factor) }
        learnt[index] = []
      }
    }
    let rejected = Multiplicity.benjaminiHochberg(tests.map(\.pValue), rate: level, tests: count)
    return zip(tests, rejected).filter(\.1).map(\.0)
  }

  private static func matters(_ before: Int64, _ after: Int64, falls: Bool) -> Bool {
    falls ? Double(after) <= fallen * Double(before) : Double(after) >= risen * Double(before)
  }
}
