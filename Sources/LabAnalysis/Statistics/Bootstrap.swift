import LabCore

/// An interval of a figure with its level, such as 0.8 for 80 %.
public struct Interval: Hashable, Sendable, Encodable {
  public var low: Double
  public var high: Double
  public var level: Double

  public init(low: Double, high: Double, level: Double) {
    self.low = low
    self.high = high
    self.level = level
  }

  /// Whether two intervals share no value: the difference of the figures is beyond both.
  public func isApart(from other: Interval) -> Bool { high < other.low || other.high < low }
}

/// Percentile bootstrap intervals over units that vary independently: days or customers, never single calls.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), section 13.3 (percentile interval) and 8.6
/// (resampling whole units of dependent data). The numbers come from a stream of our own, so that the same data give the
/// same interval everywhere.
public enum Bootstrap {
  /// Enough that the ends of a 95 % interval rest on 25 draws on either side (ibid., section 14.3 asks for 1,000).
  public static let draws = 1000
  /// Rule 4 of the analyzers: below seven days (or customers) there is no interval.
  public static let minimumUnits = 7
  private static let seed: UInt64 = 0x0b00_7574_7261_7021
  private static let purpose: UInt64 = 0xb007

  /// What is resampled; each has a stream of its own.
  public enum Unit: UInt64, Sendable { case days = 1, customers = 2, hours = 3 }

  /// The interval of a statistic of a resampled list of `count` units.
  ///
  /// - Parameters:
  ///   - level: the share of draws inside, such as 0.95.
  ///   - statistic: the figure for a multiset of units, given how often each was drawn; nil where it is not defined.
  /// - Returns: nil below ``minimumUnits`` or when the statistic is undefined in more than one draw of twenty.
  public static func interval(
    over unit: Unit, count: Int, level: Double, draws: Int = Bootstrap.draws, minimum: Int = Bootstrap.minimumUnits,
    statistic: (_ timesDrawn: [Int]) -> Double?
  ) -> Interval? {
    guard count >= max(1, minimum), draws > 0, level > 0, level < 1 else { return nil }
    var random = RandomStream(seed: seed, purpose: purpose, key: unit.rawValue)
    var timesDrawn = [Int](repeating: 0, count: count)
    var figures: [Double] = []
    figures.reserveCapacity(draws)
    for _ in 0..<draws {
      for index in timesDrawn.indices { timesDrawn[index] = 0 }
      for _ in 0..<count { timesDrawn[random.below(count)] += 1 }
      if let figure = statistic(timesDrawn), figure.isFinite { figures.append(figure) }
    }
    guard figures.count * 20 >= draws * 19 else { return nil }
    figures.sort()
    let tail = (1 - level) / 2
    guard let low = NearestRank.quantile(tail, ofSorted: figures),
      let high = NearestRank.quantile(1 - tail, ofSorted: figures)
    else { return nil }
    return Interval(low: low, high: high, level: level)
  }

  /// The interval of a ratio of sums over units, such as cost per call over days.
  public static func ratio(
    over unit: Unit, numerators: [Double], denominators: [Double], level: Double
  ) -> Interval? {
    let count = min(numerators.count, denominators.count)
    return interval(over: unit, count: count, level: level) { timesDrawn in
      var top = 0.0
      var bottom = 0.0
      for index in 0..<count where timesDrawn[index] > 0 {
        top += Double(timesDrawn[index]) * numerators[index]
        bottom += Double(timesDrawn[index]) * denominators[index]
      }
      return Ratio.of(top, bottom)
    }
  }
}
