import LabCore
import LabScenario
import LabTable

/// Collects rows into batches of a fixed number, and ends the run exactly at its target.
struct BatchWriter {
  private let batchRows: Int
  private let target: RepeatTarget?
  private let start: Instant
  private let end: Instant
  private let buffer = UsageBuffer(capacity: 4 << 20)
  private var rowsInBatch = 0
  private var lastTime: Int64 = 0
  private(set) var outcome: SimulationOutcome
  /// Whether the target is reached or the sink said no.
  private(set) var isFinished = false

  /// 10⁶.
  private static let bytesPerMegabyte = 1e6

  init(_ scenario: Scenario, headerBytes: Int, batchRows: Int) {
    self.batchRows = max(1, batchRows)
    target = scenario.repeatUntil
    start = scenario.start
    end = scenario.start + scenario.duration
    outcome = SimulationOutcome(bytes: Int64(headerBytes), end: end)
  }

  /// Takes a range of rows that lie one after another.
  ///
  /// - Returns: whether to go on.
  mutating func append(
    _ rows: EncodedRows, _ range: Range<Int>, sink: (borrowing SimulationBatch) throws(LabFailure) -> Bool
  ) throws(LabFailure) -> Bool {
    var next = range.lowerBound
    while next < range.upperBound, !isFinished {
      var last = min(range.upperBound, next + batchRows - rowsInBatch)
      var reachesTarget = false
      if let cut = rowsToTarget(rows, from: next), next + cut <= last {
        last = next + cut
        reachesTarget = true
      }
      let bytes = rows.start(of: next)..<rows.ends[last - 1]
      buffer.append(rows.buffer.span.extracting(bytes))
      if outcome.first == nil { outcome.first = Instant(microseconds: rows.times[next]) }
      lastTime = rows.times[last - 1]
      outcome.last = Instant(microseconds: lastTime)
      outcome.rows += Int64(last - next)
      outcome.bytes += Int64(bytes.count)
      rowsInBatch += last - next
      next = last
      if reachesTarget { isFinished = true }
      if rowsInBatch == batchRows || isFinished { try flush(sink: sink) }
    }
    return !isFinished
  }

  /// How many rows from one on make the target full; nil when there is none or these do not suffice.
  private func rowsToTarget(_ rows: EncodedRows, from next: Int) -> Int? {
    switch target {
    case nil: return nil
    case .rows(let wanted):
      let missing = max(1, wanted - outcome.rows)
      return missing <= Int64(rows.count - next) ? Int(missing) : nil
    case .megabytes(let megabytes):
      let missing = (megabytes * Self.bytesPerMegabyte).rounded(.up) - Double(outcome.bytes)
      let base = rows.start(of: next)
      guard let last = rows.ends.last, Double(last - base) >= missing else { return nil }
      var low = next
      var high = rows.count - 1
      while low < high {
        let middle = (low + high) / 2
        if Double(rows.ends[middle] - base) >= missing { high = middle } else { low = middle + 1 }
      }
      return low - next + 1
    }
  }

  /// Hands out what has been collected.
  mutating func flush(sink: (borrowing SimulationBatch) throws(LabFailure) -> Bool) throws(LabFailure) {
    guard rowsInBatch > 0 else { return }
    let batch = SimulationBatch(
      buffer: buffer, rows: rowsInBatch, totalRows: outcome.rows, totalBytes: outcome.bytes,
      simulatedUntil: Instant(microseconds: lastTime), fraction: fraction)
    if try !sink(batch) { isFinished = true }
    buffer.removeAll()
    rowsInBatch = 0
  }

  /// The part of the target that is done.
  private var fraction: Double {
    let part: Double
    switch target {
    case nil:
      let length = Double((end - start).microseconds)
      part = length > 0 ? Double(lastTime - start.microseconds) / length : 1
    case .rows(let wanted): part = wanted > 0 ? Double(outcome.rows) / Double(wanted) : 1
    case .megabytes(let wanted): part = wanted > 0 ? Double(outcome.bytes) / (wanted * Self.bytesPerMegabyte) : 1
    }
    return min(1, max(0, part))
  }

  mutating func addSkipped(_ calls: Int64) { outcome.skippedCalls += calls }

  /// The outcome of a run that ended here. A run of given length that came to its end ends there; any other ends with its
  /// last row, one microsecond after it, since ends don't belong to what they end.
  func finished(reachedEnd: Bool) -> SimulationOutcome {
    var outcome = outcome
    if !reachedEnd || target != nil { outcome.end = outcome.last.map { $0 + TimeSpan(microseconds: 1) } ?? start }
    return outcome
  }
}
