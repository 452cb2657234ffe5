import LabCore

/// Chosen rows of one segment, unpacked: plain arrays of equal length for the columns that were asked for.
///
/// A scan reuses one block, so an array that is kept beyond the call is a copy.
public struct CallBlock {
  /// The most rows that ``CallTable/fold(reading:where:_:from:_:merge:)`` hands over at once: a few dozen columns of them
  /// stay in a core's second-level cache.
  public static let foldedRows = 2048

  /// The number of rows in the block; arrays may be longer, what lies beyond is meaningless.
  public fileprivate(set) var count = 0
  /// Which segment of the table its rows are of, and how many chosen rows of that lie before them.
  public private(set) var segment = 0
  public private(set) var start = 0
  private var rows = RowChoice.all
  private var firstRow = 0
  private var unpackedCodes: [ContiguousArray<UInt32>] = Array(repeating: [], count: UsageColumn.allCases.count)
  private var unpackedIntegers: [ContiguousArray<Int64>] = Array(repeating: [], count: UsageColumn.allCases.count)

  /// The dictionary codes of a text column, or nothing but zeros when the file lacks it.
  public func codes(_ column: UsageColumn) -> ContiguousArray<UInt32> { unpackedCodes[Int(column.rawValue)] }

  /// The numbers of a column: tokens, microseconds since 1970 or of duration, nanodollars, hashes.
  ///
  /// Unknown, and every row of a column that the file lacks, is ``IntegerColumn/unknown``.
  public func integers(_ column: UsageColumn) -> ContiguousArray<Int64> { unpackedIntegers[Int(column.rawValue)] }

  /// The number within the table of a row of the block.
  public func tableRow(_ index: Int) -> Int {
    switch rows {
    case .all: firstRow + start + index
    case .some(let rows): firstRow + Int(rows[start + index])
    }
  }

  /// - Parameter range: which of the chosen rows; nil for all.
  mutating func unpack(
    _ segment: CallSegment, number: Int, _ rows: RowChoice, _ columns: [UsageColumn], range: Range<Int>? = nil
  ) {
    self.rows = rows
    self.segment = number
    firstRow = segment.firstRow
    start = range?.lowerBound ?? 0
    count = range?.count ?? rows.count(of: segment.rowCount)
    let isWhole = if case .all = rows { true } else { false }
    let next = start + count..<min(start + count + Self.foldedRows, segment.rowCount)
    for column in columns {
      let index = Int(column.rawValue)
      if isWhole, !next.isEmpty { segment.prefetch(column, next) }
      if column.isCoded {
        Self.resize(&unpackedCodes[index], count, 0)
        (segment.codes(column) ?? .constant(0)).decode(
          rows, from: start, count: count, into: &unpackedCodes[index])
      } else {
        Self.resize(&unpackedIntegers[index], count, IntegerColumn.unknown)
        segment.unpack(column, rows, from: start, count: count, into: &unpackedIntegers[index])
      }
    }
  }

  private static func resize<Element>(_ array: inout ContiguousArray<Element>, _ count: Int, _ filler: Element) {
    if array.count < count { array.append(contentsOf: repeatElement(filler, count: count - array.count)) }
  }
}

extension CallSegment {
  /// Writes the numbers of the chosen rows, from the chosen row `start`, to the front of `target`, total tokens computed where they aren't kept.
  func unpack(
    _ column: UsageColumn, _ rows: RowChoice, from start: Int = 0, count: Int,
    unknown: Int64 = IntegerColumn.unknown, into target: inout ContiguousArray<Int64>
  ) {
    if let values = integers(column) {
      values.decode(rows, from: start, count: count, unknown: unknown, into: &target)
    } else if column == .totalTokens, let input = integers(.inputTokens), let output = integers(.outputTokens) {
      var other = ContiguousArray<Int64>(repeating: 0, count: count)
      input.decode(rows, from: start, count: count, into: &target)
      output.decode(rows, from: start, count: count, into: &other)
      for index in 0..<count {
        let isKnown = target[index] != IntegerColumn.unknown && other[index] != IntegerColumn.unknown
        target[index] = isKnown ? target[index] &+ other[index] : unknown
      }
    } else {
      for index in 0..<count { target[index] = unknown }
    }
  }
}

extension CallSegment {
  /// Asks for the values of rows to come near, while others are worked at.
  func prefetch(_ column: UsageColumn, _ rows: Range<Int>) {
    if column.isCoded {
      switch codes(column) {
      case nil, .constant: return
      case .narrow8(let codes): Prefetch.stretch(of: codes, rows)
      case .narrow16(let codes): Prefetch.stretch(of: codes, rows)
      case .wide(let codes): Prefetch.stretch(of: codes, rows)
      }
    } else {
      switch integers(column)?.storage {
      case nil, .constant: return
      case .narrow8(let values): Prefetch.stretch(of: values, rows)
      case .narrow16(let values): Prefetch.stretch(of: values, rows)
      case .narrow32(let values): Prefetch.stretch(of: values, rows)
      case .wide(let values): Prefetch.stretch(of: values, rows)
      }
    }
  }
}

extension CallTable {
  /// Runs `body` on the chosen rows of every segment, on several threads, and gives the results in row order.
  ///
  /// - Parameters:
  ///   - columns: what the blocks unpack; others are empty in them.
  ///   - selection: nil for all rows. A segment without chosen rows is a block of count 0.
  /// - Throws: what `body` throws, and ``LabFailure/cancelled``.
  public func mapBlocks<Output: Sendable>(
    reading columns: [UsageColumn], where selection: CallSelection? = nil, _ context: ScanContext,
    _ body: @Sendable (CallBlock) throws(LabFailure) -> Output
  ) throws(LabFailure) -> [Output] {
    let ranges = taskRanges(context)
    let parts = try Parallel.map(count: ranges.count, width: context.width) {
      (task: Int) throws(LabFailure) -> [Output] in
      var block = CallBlock()
      var outputs: [Output] = []
      for index in ranges[task] {
        try context.cancellation.check()
        block.unpack(segments[index], number: index, selection?.choices[index] ?? .all, columns)
        outputs.append(try body(block))
      }
      return outputs
    }
    return parts.flatMap { $0 }
  }

  /// Folds the chosen rows of all segments into one value.
  ///
  /// Each thread folds runs of segments, in blocks of at most ``CallBlock/foldedRows``, into partial results of its own,
  /// which `merge` joins in row order. The result may not depend on how the rows were grouped: use it for integers,
  /// ``mapBlocks`` for floats.
  public func fold<Partial: Sendable>(
    reading columns: [UsageColumn], where selection: CallSelection? = nil, _ context: ScanContext,
    from initial: @Sendable () -> Partial, _ body: @Sendable (inout Partial, CallBlock) throws(LabFailure) -> Void,
    merge: (inout Partial, Partial) -> Void
  ) throws(LabFailure) -> Partial {
    let width = max(1, min(context.width, segments.count))
    let runs = SegmentRuns(segments: segments.count, width: width)
    let parts = try Parallel.map(count: width, width: width) {
      (worker: Int) throws(LabFailure) -> [(start: Int, partial: Partial)] in
      var block = CallBlock()
      var parts: [(start: Int, partial: Partial)] = []
      while let (index, isNew) = runs.next(for: worker, startsRun: parts.isEmpty) {
        try context.cancellation.check()
        // A partial result leaves the list while it grows, so that it is never copied.
        let start = isNew ? index : parts[parts.count - 1].start
        var partial = isNew ? initial() : parts.removeLast().partial
        let rows = selection?.choices[index] ?? .all
        let count = rows.count(of: segments[index].rowCount)
        for first in stride(from: 0, to: count, by: CallBlock.foldedRows) {
          let range = first..<min(first + CallBlock.foldedRows, count)
          block.unpack(segments[index], number: index, rows, columns, range: range)
          try body(&partial, block)
        }
        parts.append((start, partial))
      }
      return parts
    }
    // Handed over one by one, the last first: whoever else still held them would make the first merge copy them.
    var waiting = (consume parts).flatMap { $0 }
    waiting.sort { $0.start > $1.start }
    guard var result = waiting.popLast()?.partial else { return initial() }
    while let part = waiting.popLast() { merge(&result, part.partial) }
    return result
  }

  /// The segments in runs, a few for every thread, so that none waits long for another.
  func taskRanges(_ context: ScanContext) -> [Range<Int>] {
    let count = min(segments.count, context.width == 1 ? 1 : context.width * 4)
    return (0..<count).map { task in (segments.count * task / count)..<(segments.count * (task + 1) / count) }
  }
}
