import LabCore

/// Months that are drawn with replacement from a customer's own days: 30 of them and 0.4375 of one more.
///
/// The draws are balanced: over all months every day comes up equally often, so that the mean month is the mean day × 30.4375
/// and only what is bent in a bill has a sampling error (Davison, Hinkley and Schechtman, "Efficient Bootstrap Simulation",
/// Biometrika 73, 1986). All customers share the same draws, so that days on which everybody calls more stay together, and
/// the sum over customers varies as the business does.
struct BootstrappedMonths: Sendable {
  static let wholeDays = 30
  /// The part of a day that makes 30.4375.
  static let partOfDay = Months.days - Double(wholeDays)
  /// A few tens of milliseconds of work.
  private static let dayLimit = 12_000_000
  private static let seed: UInt64 = 0x6d6f_6e74_6873_2131
  private static let purpose: UInt64 = 0xb111

  /// How many months are drawn: 200 for up to 2,000 customers, fewer for more, never under 16.
  let count: Int
  /// Where in its days a customer's draw lies, 0 to 1: 30 a month, then one a month.
  private let whole: [Double]
  private let part: [Double]

  init(customers: Int) {
    count = min(200, max(16, Self.dayLimit / (Self.wholeDays * max(1, customers))))
    var random = RandomStream(seed: Self.seed, purpose: Self.purpose)
    whole = Self.balanced(count * Self.wholeDays, &random)
    part = Self.balanced(count, &random)
  }

  /// The middles of equal parts of 0 to 1, in random order (Fisher and Yates).
  private static func balanced(_ count: Int, _ random: inout RandomStream) -> [Double] {
    var values = (0..<count).map { (Double($0) + 0.5) / Double(count) }
    for index in values.indices.reversed() { values.swapAt(index, random.below(index + 1)) }
    return values
  }

  /// The sum over each month of a figure of days.
  ///
  /// - Parameters:
  ///   - days: at least one.
  ///   - months: room for ``count`` sums.
  func sums(of days: [Double], into months: inout [Double]) {
    let size = Double(days.count)
    let (days, whole, part) = (days.span, self.whole.span, self.part.span)
    for month in 0..<count {
      var sum = days[Int(part[month] * size)] * Self.partOfDay
      for draw in (month * Self.wholeDays)..<((month + 1) * Self.wholeDays) { sum += days[Int(whole[draw] * size)] }
      months[month] = sum
    }
  }
}
