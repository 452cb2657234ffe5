import LabCore

/// How much greater a variance may be than the one that a few days show.
///
/// The hours of a day stray together, so days are what counts: two weeks of hours are fourteen values, not 336.
enum VarianceDoubt {
  /// The upper limit of a variance over its estimate with a confidence of 99 %, days / χ²₀.₀₁(days), by Wilson and Hilferty's
  /// approximation ("The Distribution of Chi-Square", PNAS 17 (1931)): 5.7 after seven days, 2.1 after 28.
  static func factor(days: Double) -> Double {
    let variance = 2 / (9 * max(days, 3))
    let root = 1 - variance - 2.326 * variance.squareRoot()
    return 1 / max(root * root * root, 0.02)
  }
}
