import LabCore

/// Rule 2 of the analyzers: a month is 30.4375 days, and amounts go from months to windows and back by whole microseconds.
enum Months {
  static let days = 30.4375
  /// The length of a month.
  static let microseconds: Int128 = 2_629_800_000_000
  /// The microseconds of a day.
  static let microsecondsPerDay: Int64 = 86_400_000_000

  /// The part of a monthly amount that a span of time has, rounded half to even; nil beyond what money holds.
  ///
  /// - Parameter span: in microseconds, at least 0.
  static func prorated(_ monthly: Money, over span: Int64) -> Money? {
    Money(exactly: (Int128(monthly.nanodollars) * Int128(span)).dividedRoundingHalfToEven(by: microseconds))
  }

  /// What an amount of a span of time makes in a month; nil for an empty span or beyond what money holds.
  static func monthly(_ amount: Money, from span: some BinaryInteger) -> Money? {
    guard span > 0 else { return nil }
    return Money(exactly: (Int128(amount.nanodollars) * microseconds).dividedRoundingHalfToEven(by: Int128(span)))
  }

  /// A count of a span of time per month; nil for an empty span.
  static func monthly(_ count: Int64, from span: Int64) -> Double? {
    Ratio.of(Double(count) * Double(microseconds), Double(span))
  }
}
