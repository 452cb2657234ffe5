import LabCore
import LabTable

/// Levels that have changed for good: daily cost, and each feature's part of all calls, by ``CumulativeSum``.
///
/// Of features the logarithm of their calls over all others' is looked at: what moves all of them on a day, such as how busy
/// customers are, is no drift of one.
struct DriftSearch: Sendable {
  /// A level that rose.
  struct Drift: Sendable {
    /// Nil for the cost of all calls.
    var feature: String?
    /// Days since 1970.
    var start: Int
    var detected: Int
    var end: Int
    /// How many times the baseline the days since the start bring, in cost or in calls relative to the other features'.
    var factor: Double
    var sum: Double
    var limit: Double
    /// USD a day beyond the baseline; nil for features.
    var excessPerDay: Double?
  }

  /// One series with its sums, for the report.
  struct Series: Sendable {
    var feature: String?
    var firstDay: Int
    var sums: [Double]
    var limit: Double
  }

  private(set) var drifts: [Drift] = []
  private(set) var series: [Series] = []
  /// Why nothing was tested; nil when it was.
  private(set) var reason: String?

  /// A level must stay up for so many days: what is over within a week is an event.
  static let lastingDays = 7
  /// Smaller changes matter to nobody, however certain they are (rule 4).
  static let leastFactor = 1.2
  /// A feature with fewer calls a day isn't tested.
  private static let leastCallsPerDay = 30.0

  /// - Parameters:
  ///   - costs: of whole days, in USD.
  ///   - days: whole days since 1970.
  ///   - features: by name the calls of these days.
  init(costs: [Double], days: Range<Int>, features: [(name: String, calls: [Double])]) {
    guard days.count >= CumulativeSum.baselineDays + Self.lastingDays else {
      reason = "drift needs three whole weeks of data"
      return
    }
    let isWeekend = days.map { CivilDate.isoWeekday(daysSinceEpoch: $0) >= 6 }
    let total = days.indices.map { day in features.reduce(0) { $0 + $1.calls[day - days.lowerBound] } }
    // A feature that hardly anybody used in the weeks to hold it against was launched since: that is no drift.
    let tested = features.filter { feature in
      feature.calls.reduce(0, +) >= Self.leastCallsPerDay * Double(days.count)
        && feature.calls.prefix(CumulativeSum.baselineDays).count { $0 > 0 } * 2 > CumulativeSum.baselineDays
    }
    let level = ErrorBudget.familyLevel / Double(tested.count + 1)
    let limit = CumulativeSum.limit(
      days: days.count, firstWeekday: CivilDate.isoWeekday(daysSinceEpoch: days.lowerBound), level: level)
    if costs.allSatisfy({ $0 > 0 }) {
      look(nil, costs.map { DeterministicMath.log($0) }, isWeekend, days, limit, costs: costs)
    }
    guard tested.count > 1 else { return }
    for feature in tested {
      let values = zip(feature.calls, total).map { calls, all in
        DeterministicMath.log((calls + 0.5) / (all - calls + 0.5))
      }
      look(feature.name, values, isWeekend, days, limit, costs: nil)
    }
  }

  private mutating func look(
    _ feature: String?, _ values: [Double], _ isWeekend: [Bool], _ days: Range<Int>, _ limit: Double, costs: [Double]?
  ) {
    guard let sum = CumulativeSum(values, isWeekend: isWeekend) else { return }
    series.append(Series(feature: feature, firstDay: days.lowerBound, sums: sum.sums, limit: limit))
    guard let passing = sum.passing(limit) else { return }
    // The days after the start must be up by themselves, the week that confirms it included.
    let end = min(values.count, max(passing.at + 1, passing.from + Self.lastingDays))
    guard end - passing.from >= Self.lastingDays else { return }
    let rises = (passing.from..<end).map { values[$0] - sum.expected[$0] }.sorted()
    let factor = DeterministicMath.exp(rises[rises.count / 2])
    guard factor >= Self.leastFactor else { return }
    var excess: Double?
    if let costs {
      let later = passing.from..<values.count
      let usual = later.reduce(0) { $0 + DeterministicMath.exp(sum.expected[$1]) }
      excess = (later.reduce(0) { $0 + costs[$1] } - usual) / Double(later.count)
    }
    drifts.append(
      Drift(
        feature: feature, start: days.lowerBound + passing.from, detected: days.lowerBound + end - 1,
        end: days.upperBound, factor: factor, sum: sum.sums[end - 1], limit: limit, excessPerDay: excess))
  }
}
