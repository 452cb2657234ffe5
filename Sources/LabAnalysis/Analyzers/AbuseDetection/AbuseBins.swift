import LabCore

/// All customers in the hours of a day.
struct AbuseOthers: Sendable {
  /// Usual calls of all customers in an hour.
  private let usual: Double
  /// By hour of the day the calls of all customers (those of each drawn in to ``most(usual:)``), limited ones, and all.
  private var calls = Hours(repeating: 0)
  private var limits = Hours(repeating: 0)
  private var counted = Hours(repeating: 0)

  /// A number for each hour of a day.
  typealias Hours = InlineArray<24, Double>

  /// What a part of the customers adds.
  struct Sums: Sendable {
    var usual = 0.0
    fileprivate var calls = Hours(repeating: 0)
    fileprivate var limits = Hours(repeating: 0)
    fileprivate var counted = Hours(repeating: 0)

    /// Takes in an hour of a customer who has a past.
    ///
    /// - Parameter cap: the most of its calls that count as a rise.
    mutating func add(_ cell: CustomerHours.Cell, cap: Double) {
      let hour = CustomerHabit.hourOfDay(cell)
      calls[hour] += min(Double(cell.calls), cap)
      limits[hour] += Double(cell.rateLimits)
      counted[hour] += Double(cell.calls)
    }
  }

  /// - Parameter parts: in their order, so that sums are always the same.
  init(_ parts: [Sums]) {
    usual = parts.reduce(0) { $0 + $1.usual }
    for part in parts {
      for hour in 0..<24 {
        calls[hour] += part.calls[hour]
        limits[hour] += part.limits[hour]
        counted[hour] += part.counted[hour]
      }
    }
  }

  /// The others' rise is shrunk towards none by so many calls.
  private static let priorCalls = 10.0
  /// Of one customer's calls in an hour at most so many times its usual ones, and as many more, count as a rise of all.
  private static let mostOfOne = 10.0

  static func most(usual rate: Double) -> Double { mostOfOne * (rate + 1) }

  /// How many times their usual calls the others made in an hour; at least 1.
  @inline(__always)
  func rise(_ hour: Int, without calls: Double, usual rate: Double) -> Double {
    let own = rate > 0 ? min(calls, Self.most(usual: rate)) : 0
    return max(1, (self.calls[hour] - own + Self.priorCalls) / (max(0, usual - rate) + Self.priorCalls))
  }

  /// The share of the others' calls that were limited in an hour, shrunk towards none: one of six calls is no bad hour.
  func limitedShare(_ hour: Int, without cell: CustomerHours.Cell) -> Double {
    let calls = counted[hour] - Double(cell.calls)
    return max(0, limits[hour] - Double(cell.rateLimits)) / (max(0, calls) + AbuseDetection.leastCallsForLimits)
  }
}

/// A customer's day as one bin.
struct AbuseDay: Sendable {
  var calls = 0.0
  /// In nanodollars.
  var cost = 0.0
  var input = 0.0
  var output = 0.0
  /// Binary logarithms of the calls' input tokens.
  var levels = 0.0
  var dear = 0.0
  /// Usual calls, the others' rise reckoned in.
  var expected = 0.0
  /// Hours with more regions than ever before, of those with calls.
  var records = 0.0
  var active = 0.0
  var nightCalls = 0.0

  mutating func take(_ cell: CustomerHours.Cell, record: Bool) {
    calls += Double(cell.calls)
    cost += Double(cell.cost)
    input += Double(cell.inputTokens)
    output += Double(cell.outputTokens)
    levels += cell.levels
    dear += Double(cell.dearCalls)
    records += record ? 1 : 0
    active += 1
  }

  /// The mean binary logarithm of a call's input tokens.
  var level: Double { levels / max(calls, 1) }
  /// The binary logarithm of output over input tokens.
  var ratio: Double? { input > 0 && output > 0 ? AbuseSweep.log2(output / input) : nil }
}
