import LabCore

/// Shares for display that sum to the whole: each rounded down, the missing units given to the largest remainders.
///
/// Source: the method of Hare and Hamilton; Balinski and Young, "Fair Representation" (1982), appendix A.
public enum LargestRemainder {
  /// Shares in hundredths of a percent that sum to 10,000, or all zero when there is nothing to share.
  ///
  /// - Parameter amounts: those below zero count as zero.
  public static func basisPoints(of amounts: [Int64]) -> [Int] {
    let weights = amounts.map { UInt64(max($0, 0)) }
    guard weights.contains(where: { $0 > 0 }) else { return amounts.map { _ in 0 } }
    return Money(nanodollars: 10_000).allocated(over: weights).map { Int($0.nanodollars) }
  }
}
