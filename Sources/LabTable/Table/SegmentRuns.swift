import Synchronization

/// Deals the segments of a table out to workers in long runs of neighbours, so that each needs few partial results.
///
/// Every worker begins with an equal share. One that has finished takes the later half of the longest run that is left, so
/// that a worker whose core is busy elsewhere doesn't hold up the others.
final class SegmentRuns: Sendable {
  private let runs: Mutex<[Range<Int>]>

  init(segments: Int, width: Int) {
    runs = Mutex((0..<width).map { (segments * $0 / width)..<(segments * ($0 + 1) / width) })
  }

  /// The next segment of a worker, and whether it begins a run; nil when none is left.
  func next(for worker: Int, startsRun: Bool) -> (index: Int, isNew: Bool)? {
    runs.withLock { runs in
      var isNew = startsRun
      if runs[worker].isEmpty {
        guard let longest = runs.indices.max(by: { runs[$0].count < runs[$1].count }), !runs[longest].isEmpty else {
          return nil
        }
        let run = runs[longest]
        let middle = run.lowerBound + run.count / 2
        runs[longest] = run.lowerBound..<middle
        runs[worker] = middle..<run.upperBound
        isNew = true
      }
      let index = runs[worker].lowerBound
      runs[worker].removeFirst()
      return (index, isNew)
    }
  }
}
