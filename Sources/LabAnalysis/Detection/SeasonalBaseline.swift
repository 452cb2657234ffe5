import LabCore

/// What an hour should bring, by level and hour of the week, learnt from past closed hours alone.
///
/// The level is that of the median of the last seven days, each told from what its weekday made of earlier weeks, so that an
/// incident of a day or three neither lifts it nor, once over, leaves it low. The pattern is the mean of an hour relative to its own week, over at most
/// four weeks; the few hours of a week at the same time are shrunk towards the hour of day times the weekday (a running
/// mean over the day around it), which is what holds alone under three weeks. Growth moves the level, not the pattern.
///
/// A flagged hour is to be appended with what was expected instead of what was there, so that it teaches nothing; but
/// after a whole week of flags the level has changed for good, and is learnt anew.
struct SeasonalBaseline: Sendable {
  static let hoursPerWeek = 168
  /// Past hours before the first verdict: two weeks (rule 11 of the analyzers).
  static let minimumHours = 14 * 24
  /// Trailing hours that are looked at: four weeks.
  static let trailingHours = 28 * 24
  /// Whole weeks from which on the hour of the week has a mean of its own.
  private static let weeksForHourOfWeek = 3
  /// The weight of hour of day times weekday, in weeks of the hour's own.
  private static let priorWeeks = 4.0

  private(set) var values: ContiguousArray<Double> = []
  /// Sums before each value: any mean is a difference.
  private var sums: ContiguousArray<Double> = [0]
  private var flaggedInARow = 0

  init() {}

  /// Closes the next hour.
  ///
  /// - Parameter expected: given when the hour was flagged: what takes its place.
  mutating func append(_ value: Double, insteadOf expected: Double? = nil) {
    flaggedInARow = expected == nil ? 0 : flaggedInARow + 1
    let kept = flaggedInARow > Self.hoursPerWeek ? value : expected ?? value
    values.append(kept)
    sums.append(sums[sums.count - 1] + kept)
  }

  private func sum(_ range: Range<Int>) -> Double { sums[range.upperBound] - sums[range.lowerBound] }

  /// The mean of an hour of the last week, by its median day; by its mean while there is no week before to tell what each
  /// day's part of a week is.
  var level: Double? {
    let end = values.count
    guard end >= Self.hoursPerWeek else { return nil }
    let mean = max(0, sum(end - Self.hoursPerWeek..<end)) / Double(Self.hoursPerWeek)
    let weeks = min(end, Self.trailingHours) / Self.hoursPerWeek
    guard weeks >= 2 else { return mean }
    var levels: [Double] = []
    for day in 0..<7 {
      let block = end - (day + 1) * 24..<end - day * 24
      var (part, whole) = (0.0, 0.0)
      for week in 1..<weeks {
        let shift = week * Self.hoursPerWeek
        part += sum(block.lowerBound - shift..<block.upperBound - shift)
        whole += sum(end - shift - Self.hoursPerWeek..<end - shift)
      }
      // The mean of an hour of the week of which this day makes its usual part.
      if part > 0, whole > 0 { levels.append(max(0, sum(block)) * whole / part / Double(Self.hoursPerWeek)) }
    }
    guard levels.count == 7 else { return mean }
    return levels.sorted()[3]
  }

  /// What the next hour should bring; nil before two weeks of past.
  var next: Double? { values.count >= Self.minimumHours ? estimate : nil }

  /// The same from one week of past on: not for a verdict, but to learn how far hours stray.
  var estimate: Double? {
    guard let level else { return nil }
    let end = values.count
    let weeks = min(end, Self.trailingHours) / Self.hoursPerWeek
    var (sameHour, weekday, hourOfDay) = (0.0, 0.0, 0.0)
    var (days, knownWeeks) = (0, 0)
    for week in 0..<weeks {
      let start = end - (week + 1) * Self.hoursPerWeek
      let mean = sum(start..<start + Self.hoursPerWeek) / Double(Self.hoursPerWeek)
      guard mean > 0 else { continue }
      knownWeeks += 1
      sameHour += values[start] / mean
      let around = max(0, start - 12)..<min(end, start + 12)
      weekday += sum(around) / Double(around.count) / mean
      for day in 0..<7 { hourOfDay += values[start + day * 24] / mean }
      days += 7
    }
    guard knownWeeks > 0 else { return level }
    let prior = max(0, weekday / Double(knownWeeks)) * hourOfDay / Double(days)
    guard knownWeeks >= Self.weeksForHourOfWeek else { return level * prior }
    return level * (sameHour + Self.priorWeeks * prior) / (Double(knownWeeks) + Self.priorWeeks)
  }
}
