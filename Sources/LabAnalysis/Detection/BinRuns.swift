/// Joins flagged bins to what a person calls one event or one case.
enum BinRuns {
  /// Runs of rising bin numbers, [first, last + 1); bins with fewer than `gap` others between them belong together.
  ///
  /// - Parameters:
  ///   - bins: in rising order.
  ///   - gap: 1 joins neighbours only (an event); 24 hourly bins join what lies under a day apart (a case).
  static func merged(_ bins: some Sequence<Int>, gap: Int = 1) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for bin in bins {
      if let last = runs.last, bin - last.upperBound < gap {
        runs[runs.count - 1] = last.lowerBound..<max(last.upperBound, bin + 1)
      } else {
        runs.append(bin..<bin + 1)
      }
    }
    return runs
  }
}
