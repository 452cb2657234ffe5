import LabCore

/// Cost by whole day, without gaps: what forecasts and budgets are made from.
struct DailySeries: Sendable {
  /// Days since 1970 UTC that lie wholly inside the data.
  let days: Range<Int>
  /// One per day, zero where there was no call.
  private(set) var costs: [Money]

  /// Longer files have stray timestamps; nothing is forecast from them.
  static let mostDays = 100_000

  /// Nil without a whole day, or with more than ``mostDays``.
  init?(days: Range<Int>) {
    guard !days.isEmpty, days.count <= Self.mostDays else { return nil }
    self.days = days
    costs = Array(repeating: .zero, count: days.count)
  }

  mutating func add(_ cost: Money, day: Int) {
    if days.contains(day) { costs[day - days.lowerBound].nanodollars &+= cost.nanodollars }
  }

  /// In USD, oldest first.
  var dollars: [Double] { costs.map(\.dollars) }

  /// The cost of the series' days that are in a range.
  func total(of range: Range<Int>) -> Money {
    let common = range.clamped(to: days)
    return Money(nanodollars: common.reduce(0) { $0 &+ costs[$1 - days.lowerBound].nanodollars })
  }
}
