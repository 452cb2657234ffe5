import LabCore

/// Ratios of sums, the lab's mean of a rate over a group; nil instead of a division by zero.
public enum Ratio {
  /// The quotient of two sums, or nil when the denominator is zero or the quotient no number.
  public static func of(_ numerator: Double, _ denominator: Double) -> Double? {
    guard denominator != 0 else { return nil }
    let quotient = numerator / denominator
    return quotient.isFinite ? quotient : nil
  }

  public static func of(_ numerator: Int64, _ denominator: Int64) -> Double? {
    of(Double(numerator), Double(denominator))
  }

  /// The quotient in percent.
  public static func percent(_ numerator: Int64, _ denominator: Int64) -> Double? {
    of(numerator, denominator).map { $0 * 100 }
  }

  /// The share that `part` is of `whole`, 0 to 1 for parts of a non-negative whole.
  public static func share(_ part: Money, of whole: Money) -> Double? { of(part.nanodollars, whole.nanodollars) }

  /// USD per million units: nanodollars per unit, divided by a thousand.
  public static func perMillion(_ cost: Money, _ units: Int64) -> Double? {
    of(cost.nanodollars, units).map { $0 / 1000 }
  }

  /// The change from `before` to `after` in percent of `before`; nil when there was nothing before.
  public static func changePercent(from before: Money, to after: Money) -> Double? {
    guard before.nanodollars > 0 else { return nil }
    return of(Double(after.nanodollars) - Double(before.nanodollars), Double(before.nanodollars)).map { $0 * 100 }
  }
}
