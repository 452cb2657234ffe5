import LabCore
import LabFiles

/// Reads a file in blocks on several threads and hands them, in order, to a builder.
///
/// A block's rows are those that start in it. Where its first row starts is guessed (behind the first line feed), since only
/// what comes before tells whether that line feed stands inside quotes; when the block before ends elsewhere, the block is
/// parsed once more from there. So the rows are those of a reading from front to back, whatever the blocks.
struct TableLoader: Sendable {
  let header: HeaderLine
  let start: ResumePoint
  let size: Int64
  let options: LoadOptions
  let cancellation: CancellationFlag

  /// Bytes that are read beyond a block, for the rest of its last row.
  private static let overlap = 64 << 10
  /// Bytes that are read at a time when the end of a row that is too long is looked for.
  private static let searchStep = 1 << 20
  /// The largest file whose offsets fit their 40 bits.
  private static let largestFile: Int64 = 1 << 40

  private var blockSize: Int64 { Int64(max(1, options.blockSize)) }

  /// A parsed block and the hash of its bytes.
  private struct Block: Sendable {
    var parser: BlockParser
    var hash: Fingerprint?
  }

  func run(
    _ file: SharedFile, _ builder: TableBuilder, tags: TagDictionary, _ progress: (LoadProgress) -> Void
  ) throws(LabFailure) -> CallTable {
    guard size < Self.largestFile else { throw .table(.fileTooLarge, at: SourceLocation(file: file.handle.path)) }
    var builder = builder
    let pool = ParserPool(header, longestRow: options.longestRow)
    var rejects = try openRejects()
    var expected = start.offset
    var isTorn = false
    var hashes = start.blockHashes
    let firstBlock = Int(Int64(hashes.count) * Int64(Fingerprint.blockSize) / blockSize)
    try Parallel.pipeline(
      width: options.width, inFlight: options.width + 2,
      produce: { (index: Int) throws(LabFailure) -> Block? in
        let blockStart = Int64(firstBlock + index) * blockSize
        guard blockStart < size else { return nil }
        try cancellation.check()
        return try parse(blockStart, pool.take(), file.handle)
      },
      consume: { (index: Int, block: Block) throws(LabFailure) -> Bool in
        if let hash = block.hash { hashes.append(hash) }
        let blockEnd = min(Int64(firstBlock + index + 1) * blockSize, size)
        if expected < blockEnd, !isTorn {
          if block.parser.start == expected {
            try accept(block.parser, &builder, &rejects)
            expected = block.parser.end
            isTorn = block.parser.ending == .torn
          }
          // What a guess got wrong, or what needs more bytes than were read, is parsed from its exact place.
          while expected < blockEnd, !isTorn {
            try cancellation.check()
            try parseExactly(block.parser, file.handle, from: expected, to: blockEnd)
            try accept(block.parser, &builder, &rejects)
            expected = block.parser.end
            isTorn = block.parser.ending == .torn
          }
        }
        pool.give(block.parser)
        progress(LoadProgress(bytes: blockEnd, totalBytes: size, rows: builder.rows))
        return true
      })
    try Self.finish(&rejects)
    if options.blockSize != Fingerprint.blockSize { hashes = try hashBlocks(file.handle) }
    let fingerprint = Fingerprint.combined(blocks: hashes, length: UInt64(size))
    var resume = start
    resume.offset = expected
    resume.blockHashes = Array(hashes.prefix(Int(size / Int64(Fingerprint.blockSize))))
    let source = SourceFacts(path: file.handle.path, bytes: size, fingerprint: fingerprint, isTorn: isTorn)
    return try builder.finish(source, resume: resume, tags: tags)
  }

  /// Parses the block at `blockStart` from where its first row seems to start.
  private func parse(
    _ blockStart: Int64, _ parser: BlockParser, _ handle: borrowing FileHandle
  ) throws(LabFailure) -> Block {
    let blockEnd = min(blockStart + blockSize, size)
    // One byte more in front tells whether a row starts with the block.
    let readStart = max(blockStart - 1, 0)
    let readEnd = min(blockEnd + Int64(Self.overlap), size)
    try fill(parser, handle, readStart, readEnd)
    let hash =
      unsafe options.blockSize == Fingerprint.blockSize
      ? Fingerprint.block(parser.content(blockStart..<blockEnd).bytes) : nil
    let first = blockStart <= start.offset ? start.offset : parser.firstRow(from: readStart, to: blockEnd)
    parser.parse(
      .init(first: min(first, readEnd), stop: blockEnd, isEnd: readEnd == size, endsInLineFeed: options.endsInLineFeed))
    return Block(parser: parser, hash: hash)
  }

  /// Parses the rows that start from `first` on and before `blockEnd`, reading as far as the last of them needs.
  private func parseExactly(
    _ parser: BlockParser, _ handle: borrowing FileHandle, from first: Int64, to blockEnd: Int64
  ) throws(LabFailure) {
    let limit = Int64(options.longestRow)
    var readEnd = min(max(blockEnd, first) + Int64(Self.overlap), size)
    while true {
      try fill(parser, handle, first, readEnd)
      let isLimit = readEnd - first >= limit
      parser.parse(
        .init(
          first: first, stop: blockEnd, isEnd: readEnd == size, endsInLineFeed: options.endsInLineFeed, isLimit: isLimit
        ))
      // Rows before one that needs more are progress; the next round starts at that one.
      if parser.ending != .needsMore || parser.end > first { return }
      if isLimit { return parser.rejectLine(from: first, to: try lineEnd(handle, from: first)) }
      readEnd = min(first + min((readEnd - first) * 4, limit), size)
    }
  }

  /// The offset behind the first line feed from `start` on, or the end of the file.
  private func lineEnd(_ handle: borrowing FileHandle, from start: Int64) throws(LabFailure) -> Int64 {
    var offset = start
    while offset < size {
      try cancellation.check()
      var bytes: [UInt8] = []
      let length = Int(min(Int64(Self.searchStep), size - offset))
      do throws(FileError) { try handle.read(into: &bytes, count: length, at: offset) } catch { throw error.failure }
      guard !bytes.isEmpty else { throw .table(.fileChanged, at: SourceLocation(file: handle.path)) }
      if let place = bytes.firstIndex(of: UInt8(ascii: "\n")) { return offset + Int64(place) + 1 }
      offset += Int64(bytes.count)
    }
    return size
  }

  private func fill(
    _ parser: BlockParser, _ handle: borrowing FileHandle, _ low: Int64, _ high: Int64
  ) throws(LabFailure) {
    do throws(FileError) { try parser.fill(handle, offset: low, length: Int(high - low)) } catch { throw error.failure }
    guard parser.count == Int(high - low) else { throw .table(.fileChanged, at: SourceLocation(file: handle.path)) }
  }

  private func accept(
    _ block: BlockParser, _ builder: inout TableBuilder, _ rejects: inout RejectsFile?
  ) throws(LabFailure) {
    do throws(FileError) { try rejects?.append(block, firstLine: builder.line) } catch { throw error.failure }
    try builder.add(block)
    if let limit = options.maxRejects, builder.rejectedRows > limit, let first = builder.firstReject {
      try Self.finish(&rejects)
      throw .table(
        .tooManyRejects(count: builder.rejectedRows, limit: limit, reason: first.reason, line: first.line))
    }
  }

  /// Completes the file of rejects, if there is one.
  private static func finish(_ rejects: inout RejectsFile?) throws(LabFailure) {
    guard let file = rejects.take() else { return }
    do throws(FileError) { try file.finish() } catch { throw error.failure }
  }

  private func openRejects() throws(LabFailure) -> RejectsFile? {
    guard let path = options.rejectsPath else { return nil }
    do throws(FileError) { return try RejectsFile(path, header: header) } catch { throw error.failure }
  }

  /// The hashes of the file's fixed blocks, for a block size that is not theirs.
  private func hashBlocks(_ handle: borrowing FileHandle) throws(LabFailure) -> [Fingerprint] {
    var hashes: [Fingerprint] = []
    var offset: Int64 = 0
    while offset < size {
      var bytes: [UInt8] = []
      let length = Int(min(Int64(Fingerprint.blockSize), size - offset))
      do throws(FileError) { try handle.read(into: &bytes, count: length, at: offset) } catch { throw error.failure }
      unsafe hashes.append(Fingerprint.block(bytes.span.bytes))
      offset += Int64(length)
    }
    return hashes
  }
}
