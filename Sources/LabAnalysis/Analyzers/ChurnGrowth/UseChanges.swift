import LabCore
import LabTable

/// Customers whose calls fell or rose beyond what such counts vary by, week by week.
///
/// At the end of each whole week the last one, two and three weeks are compared with up to eight before them (``CountRatio``):
/// the longer the past, the less of what is not known is its part, and the less of a slow fall is in it. What customers do
/// together is taken out first, as the ratio of the median customer: of all calls together one large customer's good month
/// would make a fall of everybody else. All tests up to then that could be made are corrected together (Benjamini and
/// Hochberg) at the family's share of the error budget. Verdicts look back only, the first four weeks are there to learn
/// from, and flagged weeks that follow each other are one decline.
struct UseChanges {
  /// The recent weeks, and the most before them; never fewer before than since.
  static let scales = [1, 2, 3]
  static let mostBefore = 8
  /// The design's limits: calls on both sides together, and the ratios that matter.
  static let minimumCalls: Int64 = 20
  static let fallen = 0.7
  static let risen = 1.4
  /// Fewer customers have no median to speak of; then all calls together are the portfolio.
  private static let leastCustomers = 10

  /// One comparison of one customer.
  struct Test: Sendable {
    var customer: Int
    /// The last week.
    var week: Int
    var weeks: Int
    var weeksBefore: Int
    /// Calls of the weeks before, each at most twice their median.
    var before: Int64
    var after: Int64
    var pValue: Double

    /// Calls a week over those before; nil after none.
    var ratio: Double? { Ratio.of(Double(after) * Double(weeksBefore), Double(before) * Double(weeks)) }
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

  /// One customer's counts around the end of a week.
  private struct Pair {
    var customer: Int
    var weeksBefore: Int
    var before: Int64
    var after: Int64
    /// How much the customer's own weeks before vary beyond chance, with its degrees of freedom.
    var ownDispersion: Double
    var degrees: Double

    /// The dispersion of a week: that of all such volumes, or more where the customer's own weeks have more.
    func dispersion(of all: Double) -> Double {
      max(all, (degrees * ownDispersion + UseChanges.priorDegrees * all) / (degrees + UseChanges.priorDegrees))
    }
  }

  /// What is known of all customers weighs as much as so many weeks of one's own.
  private static let priorDegrees = 4.0

  /// The customers with enough calls around the end of a week, with as many weeks before as they were there.
  private func pairs(week: Int, weeks scale: Int) -> [Pair] {
    let recent = (week + 1 - scale)..<(week + 1)
    return (0..<weeks.customers).compactMap { customer in
      guard let inside = subscribed[customer], inside.contains(week) else { return nil }
      let start = max(inside.lowerBound, recent.lowerBound - Self.mostBefore)
      guard recent.lowerBound - start >= scale else { return nil }
      let past = usualCalls(of: customer, weeks: start..<recent.lowerBound)
      let (before, after) = (past.reduce(0, +), weeks.calls(of: customer, weeks: recent))
      guard before + after >= Self.minimumCalls else { return nil }
      let mean = Double(before) / Double(past.count)
      let degrees = Double(past.count - 1)
      let squares = past.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      return Pair(
        customer: customer, weeksBefore: past.count, before: before, after: after,
        ownDispersion: degrees > 0 && mean > 0 ? max(0, squares / degrees - mean) / (mean * mean) : 0, degrees: degrees)
    }
  }

  /// The calls of some weeks, each at most twice their median: what came down from an incident has not fallen.
  private func usualCalls(of customer: Int, weeks range: Range<Int>) -> [Int64] {
    let calls = range.map { weeks.calls(of: customer, week: $0) }
    let most = 2 * (NearestRank.quantile(0.5, ofSorted: calls.sorted()) ?? 0)
    return most > 0 ? calls.map { min($0, most) } : calls
  }

  /// What the median customer makes a week of what it made before, by how many weeks there were.
  private func portfolio(_ pairs: [Pair], week: Int, weeks scale: Int) -> Double? {
    guard pairs.count >= Self.leastCustomers else { return portfolio(week: week, weeks: scale) }
    let ratios = pairs.compactMap { pair in
      Ratio.of(Double(pair.after) * Double(pair.weeksBefore), Double(pair.before) * Double(scale))
    }
    return NearestRank.quantile(0.5, ofSorted: ratios.sorted()).flatMap { $0 > 0 ? $0 : nil }
  }

  /// The significant falls, or rises, of the whole data.
  func significant(falls: Bool, level: Double) -> [Test] {
    var dispersions = Self.scales.map { _ in CountRatio.Dispersion() }
    var learnt = Self.scales.map { _ in [(pair: Pair, factor: Double)]() }
    var (tests, count): ([Test], Int) = ([], 0)
    for week in weeks.mondays.indices {
      for (index, scale) in Self.scales.enumerated() where week + 1 >= 2 * scale {
        let pairs = pairs(week: week, weeks: scale)
        guard let change = portfolio(pairs, week: week, weeks: scale) else { continue }
        // Only pairs of weeks before these say how counts vary; of shorter ones where there are none of this length yet.
        let known = dispersions[...index].last { !$0.isEmpty }
        for pair in pairs {
          let factor = change * Double(scale) / Double(pair.weeksBefore)
          var test = Test(
            customer: pair.customer, week: week, weeks: scale, weeksBefore: pair.weeksBefore, before: pair.before,
            after: pair.after, pValue: 1)
          var isFlagged = false
          if let known, week >= ChurnGrowth.minimumWeeks {
            count += 1
            if Self.matters(test.ratio, falls: falls) {
              let sum = pair.before + pair.after
              // Of a sum of independent weeks the dispersion is that of one by their number.
              let dispersion = 2 * pair.dispersion(of: known.value(at: sum)) / Double(scale + pair.weeksBefore)
              test.pValue =
                falls
                ? CountRatio.atMost(pair.after, of: sum, factor: factor, dispersion: dispersion)
                : CountRatio.atLeast(pair.after, of: sum, factor: factor, dispersion: dispersion)
              tests.append(test)
              isFlagged = test.pValue * Double(count) <= level
            }
          }
          // Flagged pairs say nothing about how others vary, and windows that overlap nothing new.
          if !isFlagged, (week + 1) % scale == 0 { learnt[index].append((pair, factor)) }
        }
      }
      for (index, scale) in Self.scales.enumerated() {
        for (pair, factor) in learnt[index] {
          dispersions[index].add(
            pair.before, pair.after, factor: factor, weight: 2 / (1 / Double(scale) + 1 / Double(pair.weeksBefore)))
        }
        learnt[index] = []
      }
    }
    let rejected = Multiplicity.benjaminiHochberg(tests.map(\.pValue), rate: level, tests: count)
    return zip(tests, rejected).filter(\.1).map(\.0)
  }

  private static func matters(_ ratio: Double?, falls: Bool) -> Bool {
    guard let ratio else { return !falls }
    return falls ? ratio <= fallen : ratio >= risen
  }
}
