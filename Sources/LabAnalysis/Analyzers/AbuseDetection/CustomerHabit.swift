import LabCore

/// What a customer usually does: sums over its trailing 28 days without flagged hours, and moments of all its past.
struct CustomerHabit: Sendable {
  /// The next hour of ``CustomerHours`` to look at, and the oldest one inside the trailing window.
  var next: Int
  var oldest: Int
  /// The first hour with a call; nil before it.
  var firstHour: Int?

  // Of the trailing window, flagged hours left out.
  private(set) var calls = 0.0
  private(set) var activeHours = 0.0
  private(set) var flaggedHours = 0.0
  private(set) var callsByHourOfDay = SIMD32<Float>(repeating: 0)

  // Of all the past, flagged hours left out.
  var regions: UInt32 = 0
  var mostRegions = 0
  var hoursSeen = 0.0
  var hoursWithNewRegion = 0.0
  var hoursWithRecord = 0.0
  var longHours = 0.0
  var evenHours = 0.0
  var limits = ShareHabit()
  var dear = ShareHabit()
  var hourCost = LogHabit()
  var dayCost = LogHabit()
  var prompts = LogHabit()
  var outputPerInput = LogHabit()
  /// Squared residuals and expected calls of its own hours: its own dispersion.
  var squares = 0.0
  var means = 0.0
  /// Flagged days without a break.
  var flaggedDays = 0

  /// Hours without an end of a customer's night.
  static let nightHours = 8
  /// Calls below which nobody can say when a customer sleeps.
  static let leastCallsForNight = 50.0
  /// What a habit's rate is held up by: half a call, so that a silent past isn't taken for an impossibility.
  private static let pseudoCalls = 0.5

  init(first: Int) {
    next = first
    oldest = first
  }

  mutating func enter(_ cell: CustomerHours.Cell) {
    calls += Double(cell.calls)
    activeHours += 1
    callsByHourOfDay[Self.hourOfDay(cell)] += Float(cell.calls)
  }

  mutating func leave(_ cell: CustomerHours.Cell) {
    calls -= Double(cell.calls)
    activeHours -= 1
    callsByHourOfDay[Self.hourOfDay(cell)] -= Float(cell.calls)
  }

  var hasFlaggedHours: Bool { flaggedHours > 0 }
  mutating func enterFlagged() { flaggedHours += 1 }
  mutating func leaveFlagged() { flaggedHours -= 1 }

  static func hourOfDay(_ cell: CustomerHours.Cell) -> Int { Int(cell.hour) - cell.day * 24 }

  /// Hours of the trailing window before an hour that the rates rest on.
  func exposure(before hour: Int) -> Double {
    guard let firstHour, hour > firstHour else { return 0 }
    return max(1, Double(min(hour - firstHour, SeasonalBaseline.trailingHours)) - flaggedHours)
  }

  /// Usual calls per hour, the mean over all hours.
  func rate(before hour: Int) -> Double {
    let exposure = exposure(before: hour)
    return exposure > 0 ? (calls + Self.pseudoCalls) / exposure : 0
  }

  /// The eight hours of the day (UTC, the first of them) in which it calls least, and its usual calls in all of them in a
  /// night; nil while too few calls are known. The least of 24 windows looks quieter than it is: a tenth of what even
  /// calling would give is added.
  func night(before hour: Int) -> (start: Int, calls: Double)? {
    guard calls >= Self.leastCallsForNight else { return nil }
    var window: Float = 0
    for hour in 0..<Self.nightHours { window += callsByHourOfDay[hour] }
    var (best, least) = (0, window)
    for start in 1..<24 {
      window += callsByHourOfDay[(start + Self.nightHours - 1) % 24] - callsByHourOfDay[start - 1]
      if window < least { (best, least) = (start, window) }
    }
    let even = calls * Double(Self.nightHours) / 24
    return (best, (max(0, Double(least)) + 0.1 * even) / exposure(before: hour) * 24)
  }
}
