import LabCore
import LabFiles

/// Parses the rows of one block of a file into columns of its own. It is emptied and used again for other blocks.
///
/// Invariant: `buffer` holds `capacity` bytes; the content is its first `count`, followed by a line feed and
/// ``FieldScanner/padding`` more bytes, so that every search stops and every load is inside. `fields` has one element per field
/// of a row, and those of known columns point to `rowCapacity` values, while `rows < rowCapacity` whenever one is stored;
/// `dictionaries` and `caches` have one element per known column of all; `errorFlags` and `tierFlags` have one
/// per row of a window at most. An object is used by one thread at a time; whoever holds it hands it
/// on as a whole.
@safe final class BlockParser: @unchecked Sendable {
  /// How parsing ended.
  enum Ending: Sendable {
    /// Every row that starts in the block was read.
    case complete
    /// The last row needs bytes beyond the buffer.
    case needsMore
    /// The last row of the file has no line feed and is left out.
    case torn
  }

  /// A row that was not accepted.
  struct Reject {
    var reason: RejectReason
    /// Counted from the first line that was parsed.
    var line: Int
    /// Where its bytes stand in the buffer, without the line feed.
    var range: Range<Int>
  }

  /// What to do with one field of a row.
  enum Step { case time, text, status, errorType, tier, tokens, duration, money, identifier, metadata, skip }

  /// One field of a row and where its values go.
  @unsafe struct Field {
    var step: Step
    var column: Int
    var codes: UnsafeMutablePointer<UInt32>?
    var integers: UnsafeMutablePointer<Int64>?
  }

  let header: HeaderLine
  let fields: UnsafeMutablePointer<Field>
  let fieldCount: Int
  let dictionaries: UnsafeMutablePointer<BlockDictionary>
  let checks: RowChecks
  /// A row of more bytes than this is rejected.
  let longestRow: Int

  var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// The bytes of the file in the buffer, and the file offset of the first.
  private(set) var count = 0
  private(set) var offset: Int64 = 0

  private(set) var rowCapacity = 1 << 13
  /// Texts of all columns that are kept from block to block.
  private static let keptTexts = 1 << 15
  /// Per field the codes that the table gave the dictionary's texts, by local code.
  private(set) var tableCodes: [ContiguousArray<UInt32>]
  var cachedDate: (first: UInt64, last: UInt16, start: Int64) = (0, 0, 0)

  /// For reading by columns: the fields of a window, recent texts by column, and flags of the window's rows.
  var separators = unsafe SeparatorIndex()
  let caches: UnsafeMutablePointer<TextCache>
  let keyMasks: UnsafeMutablePointer<TextCache.LongKey>
  /// Grows whenever codes that a cache may have lose their meaning; empty entries of the caches have 0.
  var generation: UInt64 = 1
  /// Whether status and error type are at odds, and whether there is a tier.
  let errorFlags: UnsafeMutablePointer<UInt8>
  let tierFlags: UnsafeMutablePointer<UInt8>

  var rows = 0
  var rejects: [Reject] = []
  var blankLines = 0
  /// Lines that the rows took.
  var lines = 0
  /// File offsets of the first row and of what follows the last.
  var start: Int64 = 0
  var end: Int64 = 0
  var ending = Ending.complete

  init(_ header: HeaderLine, longestRow: Int) {
    self.header = header
    self.longestRow = longestRow
    fieldCount = header.fields.count
    checks = RowChecks(header)
    tableCodes = Array(repeating: [], count: header.fields.count)
    capacity = 1 << 12
    unsafe buffer = .allocate(capacity: capacity)
    unsafe fields = .allocate(capacity: fieldCount)
    unsafe dictionaries = .allocate(capacity: UsageColumn.allCases.count)
    for index in UsageColumn.allCases.indices { unsafe (dictionaries + index).initialize(to: BlockDictionary()) }
    unsafe caches = .allocate(capacity: UsageColumn.allCases.count)
    for index in UsageColumn.allCases.indices { unsafe (caches + index).initialize(to: TextCache()) }
    unsafe keyMasks = TextCache.masks()
    unsafe errorFlags = .allocate(capacity: SeparatorIndex.window)
    unsafe tierFlags = .allocate(capacity: SeparatorIndex.window)
    for (index, column) in header.fields.enumerated() {
      var field = unsafe Field(step: Self.step(of: column), column: 0, codes: nil, integers: nil)
      if let column {
        unsafe field.column = Int(column.rawValue)
        if column.isCoded { unsafe field.codes = .allocate(capacity: rowCapacity) }
        // Metadata has its code and its place in the file.
        if !column.isCoded || column == .metadata { unsafe field.integers = .allocate(capacity: rowCapacity) }
      }
      unsafe (fields + index).initialize(to: field)
    }
  }

  deinit {
    unsafe buffer.deallocate()
    for index in 0..<fieldCount {
      unsafe fields[index].codes?.deallocate()
      unsafe fields[index].integers?.deallocate()
    }
    unsafe fields.deallocate()
    for index in UsageColumn.allCases.indices { unsafe dictionaries[index].deallocate() }
    unsafe dictionaries.deallocate()
    unsafe separators.deallocate()
    for index in UsageColumn.allCases.indices { unsafe caches[index].deallocate() }
    unsafe caches.deallocate()
    unsafe keyMasks.deallocate()
    unsafe errorFlags.deallocate()
    unsafe tierFlags.deallocate()
  }

  private static func step(of column: UsageColumn?) -> Step {
    switch column {
    case nil: .skip
    case .status: .status
    case .errorType: .errorType
    case .subscriptionTier: .tier
    case .some(let column):
      switch column.kind {
      case .time: .time
      case .text: .text
      case .tokens: .tokens
      case .duration: .duration
      case .money: .money
      case .identifier: .identifier
      case .metadata: .metadata
      }
    }
  }

  // MARK: - Content

  /// Reads `length` bytes of a file from `offset` on into the buffer; fewer only at the end of the file.
  func fill(_ handle: borrowing FileHandle, offset: Int64, length: Int) throws(FileError) {
    if capacity < length + 1 + FieldScanner.padding {
      unsafe buffer.deallocate()
      capacity = length + 1 + FieldScanner.padding
      unsafe buffer = .allocate(capacity: capacity)
    }
    let (count, error) = unsafe handle.readFully(
      UnsafeMutableRawBufferPointer(start: buffer, count: length), at: offset)
    self.count = count
    self.offset = offset
    unsafe buffer[count] = FieldScanner.lineFeed
    unsafe (buffer + count + 1).update(repeating: 0, count: FieldScanner.padding)
    if error != 0 { throw FileError(.read, handle.path, number: error) }
  }

  /// The content between two file offsets, cut to what the buffer has.
  @_lifetime(borrow self)
  func content(_ range: Range<Int64>) -> Span<UInt8> {
    let low = min(max(Int(range.lowerBound - offset), 0), count)
    let high = min(max(Int(range.upperBound - offset), low), count)
    let bytes = unsafe Span(_unsafeStart: UnsafePointer(buffer + low), count: high - low)
    return unsafe _overrideLifetime(bytes, borrowing: self)
  }

  /// Makes room for more rows.
  func growRows() {
    let larger = rowCapacity * 2
    for index in 0..<fieldCount {
      if let former = unsafe fields[index].codes {
        let copy = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
        unsafe copy.update(from: former, count: rowCapacity)
        unsafe former.deallocate()
        unsafe fields[index].codes = copy
      }
      if let former = unsafe fields[index].integers {
        let copy = UnsafeMutablePointer<Int64>.allocate(capacity: larger)
        unsafe copy.update(from: former, count: rowCapacity)
        unsafe former.deallocate()
        unsafe fields[index].integers = copy
      }
    }
    rowCapacity = larger
  }

  // MARK: - Results

  /// Forgets the rows of the block before. Its texts are kept, so that most of those that come have codes already; not when some
  /// of them were in no row that was taken into the table, or when they have become many.
  func reset() {
    rows = 0
    rejects.removeAll(keepingCapacity: true)
    blankLines = 0
    lines = 0
    var texts = 0
    for (index, column) in header.fields.enumerated() {
      guard let column, column.isCoded else { continue }
      let count = unsafe dictionaries[Int(column.rawValue)].count
      texts += count
      guard count == tableCodes[index].count, texts <= Self.keptTexts else { return forgetTexts() }
    }
  }

  private func forgetTexts() {
    generation &+= 1
    for (index, column) in header.fields.enumerated() {
      guard let column, column.isCoded else { continue }
      unsafe dictionaries[Int(column.rawValue)].removeAll()
      tableCodes[index].removeAll(keepingCapacity: true)
    }
  }

  /// Gives the texts of the field at `index`, a text column's, that have no code in the table yet theirs, in the order in which they
  /// came.
  ///
  /// - Parameter code: the code of a field and its hash. One that begins with a quote is still quoted.
  func giveCodes(field index: Int, _ column: UsageColumn, _ code: (Span<UInt8>, UInt64) -> UInt32) {
    let first = tableCodes[index].count
    unsafe dictionaries[Int(column.rawValue)].forEach(from: first) { tableCodes[index].append(code($0, $1)) }
  }

  /// The local codes of the rows in the field at `index`, which is a text column's.
  @_lifetime(borrow self)
  func codes(field index: Int) -> Span<UInt32> {
    guard let start = unsafe fields[index].codes else { return Span() }
    let values = unsafe Span(_unsafeStart: UnsafePointer(start), count: rows)
    return unsafe _overrideLifetime(values, borrowing: self)
  }

  /// The numbers of the rows in the field at `index`; of metadata the places in the file.
  @_lifetime(borrow self)
  func integers(field index: Int) -> Span<Int64> {
    guard let start = unsafe fields[index].integers else { return Span() }
    let values = unsafe Span(_unsafeStart: UnsafePointer(start), count: rows)
    return unsafe _overrideLifetime(values, borrowing: self)
  }
}

/// Which checks across columns a file allows, and in which fields their columns stand.
struct RowChecks: Sendable {
  let input: Int?
  let output: Int?
  let total: Int?
  let cacheParts: [Int]
  let comparesErrors: Bool
  let tierPrice: Int?

  init(_ header: HeaderLine) {
    func place(_ column: UsageColumn) -> Int? { header.fields.firstIndex(of: column) }
    input = place(.inputTokens)
    output = place(.outputTokens)
    total = place(.totalTokens)
    cacheParts = [.cachedInputTokens, .cacheWriteTokens, .cacheWrite1hTokens].compactMap(place)
    comparesErrors = place(.status) != nil && place(.errorType) != nil
    tierPrice = place(.subscriptionTier) == nil ? nil : place(.tierPrice)
  }
}
