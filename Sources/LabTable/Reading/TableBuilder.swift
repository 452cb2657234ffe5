import LabCore
import LabFiles

/// Joins parsed blocks, in file order, into segments with shared dictionaries.
///
/// Codes are given in the order in which the file has the texts first, whoever parsed the blocks.
struct TableBuilder {
  let header: HeaderLine
  private let metadataLimit: Int
  var dictionaries: [TextDictionary]
  private(set) var segments: [CallSegment] = []
  var pending: PendingSegment
  private var metadataStaysInFile = false
  /// The running sum of every number column, to be sure that no sum of a group can overflow.
  private var sums: [Int64]

  var rows = 0
  private(set) var outOfOrderRows = 0
  private(set) var timeRange: ClosedRange<Int64>?
  private var lastTime = Int64.min

  private(set) var rejectCounts: [Int] = Array(repeating: 0, count: RejectReason.allCases.count)
  private(set) var firstRejectLines: [[Int]] = Array(repeating: [], count: RejectReason.allCases.count)
  private(set) var rejectedRows = 0
  private(set) var firstReject: (reason: RejectReason, line: Int)?
  private(set) var blankLines = 0
  /// The number of the line that comes next.
  var line: Int

  /// A builder for a file with this header.
  init(_ header: HeaderLine, metadataLimit: Int) {
    self.header = header
    self.metadataLimit = metadataLimit
    dictionaries = UsageColumn.allCases.map { _ in TextDictionary() }
    pending = PendingSegment(header)
    sums = Array(repeating: 0, count: UsageColumn.allCases.count)
    line = header.lines + 1
  }

  /// A builder that goes on behind the rows of a table. The last segment, when it isn't full, is filled up as a new one.
  init(_ header: HeaderLine, after table: CallTable, metadataLimit: Int) {
    self.init(header, metadataLimit: metadataLimit)
    dictionaries = table.dictionaries
    segments = table.segments
    rows = table.rowCount
    outOfOrderRows = table.facts.outOfOrderRows
    timeRange = table.facts.timeRange.map { $0.lowerBound.microseconds...$0.upperBound.microseconds }
    lastTime = table.resume.lastTime
    for reject in table.facts.rejects {
      rejectCounts[Int(reject.reason.rawValue)] = reject.count
      firstRejectLines[Int(reject.reason.rawValue)] = reject.firstLines
    }
    rejectedRows = table.facts.rejectedRows
    firstReject = table.resume.firstReject
    blankLines = table.facts.blankLines
    line = table.resume.line
    for segment in segments {
      for column in header.columns { sums[Int(column.rawValue)] += segment.sum(column) }
    }
    metadataStaysInFile = table.keepsMetadataInFile
    if let last = segments.last, last.rowCount < CallSegment.capacity {
      segments.removeLast()
      for column in header.columns { sums[Int(column.rawValue)] -= last.sum(column) }
      pending.refill(last)
    }
  }

  /// Takes the rows of the next block in.
  mutating func add(_ block: BlockParser) throws(LabFailure) {
    try mergeTexts(block)
    var taken = 0
    while taken < block.rows {
      let count = min(block.rows - taken, CallSegment.capacity - pending.count)
      for (index, column) in header.fields.enumerated() {
        guard let column else { continue }
        if column.isCoded {
          // Metadata that stays in the file has no codes.
          if column != .metadata || !metadataStaysInFile {
            let isComplete = pending.append(
              codes: block.codes(field: index), from: taken, count: count, column, block.tableCodes[index])
            if !isComplete { pending.overflowed = true }
          }
          if column == .metadata {
            pending.append(places: block.integers(field: index), from: taken, count: count)
          }
        } else if !pending.skips(column) {
          pending.append(block.integers(field: index), from: taken, count: count, column)
        }
      }
      pending.count += count
      rows += count
      taken += count
      if pending.count == CallSegment.capacity { try closeSegment() }
    }
    note(block)
  }

  /// Gives the texts that came with a block their codes in the whole file.
  private mutating func mergeTexts(_ block: BlockParser) throws(LabFailure) {
    for (index, column) in header.fields.enumerated() {
      guard let column, column.isCoded else { continue }
      if column == .metadata, metadataStaysInFile { continue }
      let limit = column == .metadata ? metadataLimit : TextDictionary.limit
      let dictionary = Int(column.rawValue)
      var isComplete = true
      block.giveCodes(field: index, column) { text, hash in
        let code =
          text.isEmpty || text[0] != UInt8(ascii: "\"")
          ? dictionaries[dictionary].insert(text, hash: hash, limit: limit)
          : dictionaries[dictionary].insert(CSVField.text(text), limit: limit)
        if code == nil { isComplete = false }
        return code ?? PendingSegment.noCode
      }
      if column != .metadata, !isComplete { throw .table(.tooManyTexts(column: column)) }
    }
  }

  private mutating func note(_ block: BlockParser) {
    for reject in block.rejects {
      let index = Int(reject.reason.rawValue)
      rejectCounts[index] += 1
      if firstRejectLines[index].count < RejectCount.keptLines { firstRejectLines[index].append(line + reject.line) }
      if firstReject == nil { firstReject = (reject.reason, line + reject.line) }
    }
    rejectedRows += block.rejects.count
    blankLines += block.blankLines
    line += block.lines
  }

  /// Packs the pending rows as a segment.
  mutating func closeSegment() throws(LabFailure) {
    guard pending.count > 0 else { return }
    if pending.overflowed { metadataStaysInFile = true }
    noteTimes()
    let segment = pending.packed(firstRow: rows - pending.count, metadataInFile: metadataStaysInFile)
    for column in header.columns where column.isNumeric {
      let index = Int(column.rawValue)
      let (sum, overflow) = sums[index].addingReportingOverflow(segment.segment.sum(column))
      if overflow || segment.overflowed.contains(column) { throw .table(.sumTooLarge(column: column)) }
      sums[index] = sum
    }
    let input = sums[Int(UsageColumn.inputTokens.rawValue)]
    let output = sums[Int(UsageColumn.outputTokens.rawValue)]
    if input.addingReportingOverflow(output).overflow { throw .table(.sumTooLarge(column: .totalTokens)) }
    segments.append(segment.segment)
    pending.clear()
  }

  private mutating func noteTimes() {
    guard header.columns.contains(.timestamp) else { return }
    let times = pending.integers(.timestamp)
    var last = lastTime
    var low = timeRange?.lowerBound ?? times[0]
    var high = timeRange?.upperBound ?? times[0]
    for index in pending.counted..<pending.count {
      let time = times[index]
      if time < last { outOfOrderRows += 1 }
      last = time
      low = min(low, time)
      high = max(high, time)
    }
    lastTime = last
    timeRange = low...high
  }

  /// The finished table.
  mutating func finish(_ source: SourceFacts, resume: ResumePoint, tags: TagDictionary) throws(LabFailure) -> CallTable
  {
    try closeSegment()
    var tags = tags
    tags.extend(to: dictionaries[Int(UsageColumn.metadata.rawValue)])
    let rejects = RejectReason.allCases.filter { rejectCounts[Int($0.rawValue)] > 0 }.map { reason in
      RejectCount(
        reason: reason, count: rejectCounts[Int(reason.rawValue)], firstLines: firstRejectLines[Int(reason.rawValue)])
    }
    let facts = FileFacts(
      path: source.path, bytes: source.bytes, fingerprint: source.fingerprint, rows: rows,
      rejects: rejects.sorted { $0.count == $1.count ? $0.reason.rawValue < $1.reason.rawValue : $0.count > $1.count },
      blankLines: blankLines, unknownColumns: header.unknownColumns, columns: header.columns,
      timeRange: timeRange.map { Instant(microseconds: $0.lowerBound)...Instant(microseconds: $0.upperBound) },
      outOfOrderRows: outOfOrderRows, tornLine: source.isTorn ? line : nil)
    var resume = resume
    resume.line = line
    resume.lastTime = lastTime
    resume.firstReject = firstReject
    return CallTable(facts: facts, segments: segments, dictionaries: dictionaries, tags: tags, resume: resume)
  }
}

/// What is known about a file beside its rows.
struct SourceFacts {
  var path: String
  var bytes: Int64
  var fingerprint: Fingerprint
  var isTorn: Bool
}

extension CallSegment {
  /// The sum of a number column's known values; 0 for other columns.
  func sum(_ column: UsageColumn) -> Int64 { column.isNumeric ? integers(column)?.sum ?? 0 : 0 }
}
