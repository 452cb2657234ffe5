import LabCore

/// How much hourly load to commit to, when a committed dollar of load costs a share of one and is paid whether used or not.
///
/// Committing to a level K for n hours pays r·K·n and covers min(L, K) of each hour's load L. The saving Σ min(L, K) − r·K·n is
/// concave in K with bends at the loads, so that its greatest value lies at the level that the load exceeds in a share r of
/// the hours: the newsvendor's quantile (Arrow, Harris and Marschak, "Optimal Inventory Policy", Econometrica 19 (1951)).
public enum CommitmentChoice {
  /// The least level with the greatest saving: that which at most a share `ratio` of the hours exceeds.
  ///
  /// - Parameters:
  ///   - loads: of any hours in any order, in whole units, none negative.
  ///   - ratio: the committed price over the price without, above 0.
  /// - Returns: 0 without hours, or when the committed price is no lower.
  public static func level(for loads: [Int64], ratio: Double) -> Int64 {
    guard !loads.isEmpty, ratio > 0, ratio < 1 else { return 0 }
    let sorted = loads.sorted(by: >)
    // So many hours may exceed the level; a product that is whole up to rounding is whole.
    let share = Double(sorted.count) * ratio
    let whole = share.rounded(.toNearestOrEven)
    let exceeding = Int(abs(share - whole) <= share.ulp * 4 ? whole : share.rounded(.down))
    return exceeding < sorted.count ? max(0, sorted[exceeding]) : 0
  }

  /// Σ min(L, K) − r·K·n, in the unit of the loads.
  public static func saving(of level: Int64, over loads: some Collection<Int64>, ratio: Double) -> Double {
    let covered = loads.reduce(Int128(0)) { $0 + Int128(min($1, level)) }
    return Double(covered) - ratio * Double(level) * Double(loads.count)
  }

  /// The least level for hours that count several times, for resampled days.
  ///
  /// - Parameters:
  ///   - sorted: hours by falling load, as (load, day).
  ///   - timesDrawn: how often each day counts.
  static func level(
    forSorted sorted: [(load: Int64, day: Int)], timesDrawn: [Int], ratio: Double
  ) -> Int64 {
    let total = sorted.reduce(0) { $0 + timesDrawn[$1.day] }
    let allowed = Double(total) * ratio
    var exceeding = 0
    for hour in sorted where timesDrawn[hour.day] > 0 {
      exceeding += timesDrawn[hour.day]
      if Double(exceeding) > allowed + allowed.ulp * 4 { return max(0, hour.load) }
    }
    return 0
  }
}
