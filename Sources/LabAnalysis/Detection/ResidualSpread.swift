import LabCore

/// How far values stray from what was expected, robustly: the spread of the trailing residuals.
///
/// The median absolute deviation can't be moved by a few events, but says nothing of heavy tails; the standard deviation of
/// the residuals below zero, drawn in to three of them, does (winsorising: Huber and Ronchetti, "Robust Statistics" (2009),
/// 1.1). Above zero stand the incidents that were too small to be flagged, which say nothing of what is usual; how much
/// heavier the upper tail is by nature is for the distribution to tell. The greater of the two counts.
struct ResidualSpread: Sendable {
  private var residuals: [Double] = []
  private let capacity: Int

  /// Residuals of a standard normal variable have a median absolute deviation of 1/1.4826.
  private static let normalScale = 1.4826
  /// Beyond so many of the robust deviations a residual is drawn in.
  private static let drawnIn = 3.0
  /// Fewer residuals than a day has hours say nothing.
  static let minimumCount = 24

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { residuals.count }

  mutating func append(_ residual: Double) {
    residuals.append(residual)
    // Half is dropped at a time, so that the work stays linear.
    if residuals.count >= 2 * capacity { residuals.removeFirst(residuals.count - capacity) }
  }

  /// The standard deviation of the trailing residuals around zero; nil while there are too few.
  var deviation: Double? { Self.deviation(of: residuals.suffix(capacity)) }

  static func deviation(of residuals: some Collection<Double>) -> Double? {
    guard residuals.count >= minimumCount else { return nil }
    let magnitudes = residuals.map { abs($0) }.sorted()
    let robust = normalScale * magnitudes[magnitudes.count / 2]
    guard robust > 0 else {
      let squares = residuals.reduce(0) { $0 + $1 * $1 }
      return (squares / Double(residuals.count)).squareRoot()
    }
    var (squares, count) = (0.0, 0)
    for residual in residuals where residual < 0 {
      let drawn = min(-residual, drawnIn * robust)
      squares += drawn * drawn
      count += 1
    }
    return count >= minimumCount / 2 ? max(robust, (squares / Double(count)).squareRoot()) : robust
  }
}
