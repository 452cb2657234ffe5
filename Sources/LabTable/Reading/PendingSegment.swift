/// The rows of the segment that is being filled, unpacked.
struct PendingSegment {
  /// The code of a text that found no place in its dictionary.
  static let noCode = UInt32.max

  var count = 0
  /// Rows that another table had already counted.
  private(set) var counted = 0
  /// Whether some metadata found no place in the dictionary.
  var overflowed = false
  private let columns: [UsageColumn]
  private let hasBothTokens: Bool
  /// Of every column of the file ``CallSegment/capacity`` values, of which the first `count` are meant.
  private var codes: [ContiguousArray<UInt32>]
  private var values: [ContiguousArray<Int64>]
  private var places: ContiguousArray<MetadataPlace> = []

  init(_ header: HeaderLine) {
    columns = header.columns
    hasBothTokens = columns.contains(.inputTokens) && columns.contains(.outputTokens)
    codes = Array(repeating: [], count: UsageColumn.allCases.count)
    values = Array(repeating: [], count: UsageColumn.allCases.count)
    for column in columns {
      let index = Int(column.rawValue)
      if column.isCoded {
        codes[index] = ContiguousArray(repeating: 0, count: CallSegment.capacity)
      } else {
        values[index] = ContiguousArray(repeating: 0, count: CallSegment.capacity)
      }
    }
    if columns.contains(.metadata) { clearPlaces() }
  }

  private mutating func clearPlaces() {
    places = ContiguousArray(repeating: MetadataPlace(packed: 0), count: CallSegment.capacity)
  }

  /// Whether a column is not kept: total_tokens was checked row by row against its parts, which are.
  func skips(_ column: UsageColumn) -> Bool { column == .totalTokens && hasBothTokens }

  func integers(_ column: UsageColumn) -> ContiguousArray<Int64> { values[Int(column.rawValue)] }

  /// Writes local codes, as those of the whole file, behind the `count` rows.
  ///
  /// - Returns: false when some text has no code there.
  mutating func append(
    codes source: Span<UInt32>, from start: Int, count added: Int, _ column: UsageColumn,
    _ mapping: ContiguousArray<UInt32>
  ) -> Bool {
    let highest = ColumnCopy.translate(
      source, from: start, count: added, by: mapping, to: &codes[Int(column.rawValue)], at: count)
    return highest != Self.noCode
  }

  /// Writes numbers behind the `count` rows.
  mutating func append(_ source: Span<Int64>, from start: Int, count added: Int, _ column: UsageColumn) {
    ColumnCopy.copy(source, from: start, count: added, to: &values[Int(column.rawValue)], at: count)
  }

  /// Writes what `code` gives for each of the next `added` rows behind the `count` rows.
  @inline(__always)
  mutating func append(_ column: UsageColumn, count added: Int, code: (Int) -> UInt32) {
    let filled = count
    var target = codes[Int(column.rawValue)].mutableSpan
    for row in 0..<added { target[filled + row] = code(row) }
  }

  /// Writes the number that `value` gives for each of the next `added` rows behind the `count` rows.
  @inline(__always)
  mutating func append(_ column: UsageColumn, count added: Int, value: (Int) -> Int64) {
    let filled = count
    var target = values[Int(column.rawValue)].mutableSpan
    for row in 0..<added { target[filled + row] = value(row) }
  }

  /// Writes places of metadata behind the `count` rows.
  mutating func append(places source: Span<Int64>, from start: Int, count added: Int) {
    let filled = count
    var target = places.mutableSpan
    for index in 0..<added { target[filled + index] = MetadataPlace(packed: UInt64(bitPattern: source[start + index])) }
  }

  /// Takes the rows of a segment back.
  mutating func refill(_ segment: CallSegment) {
    count = segment.rowCount
    counted = count
    for column in columns {
      let index = Int(column.rawValue)
      if column.isCoded {
        segment.codes(column)?.decode(.all, count: count, into: &codes[index])
      } else {
        segment.integers(column)?.decode(.all, count: count, into: &values[index])
      }
    }
    let known = segment.metadataPlaces ?? segment.pendingPlaces
    for index in known.indices { places[index] = known[index] }
  }

  /// The rows as a segment, and the columns whose sum is beyond `Int64`.
  mutating func packed(firstRow: Int, metadataInFile: Bool) -> (segment: CallSegment, overflowed: Set<UsageColumn>) {
    var packedCodes: [CodeColumn?] = Array(repeating: nil, count: UsageColumn.allCases.count)
    var packedValues: [IntegerColumn?] = Array(repeating: nil, count: UsageColumn.allCases.count)
    var overflowed: Set<UsageColumn> = []
    for column in columns {
      let index = Int(column.rawValue)
      if column.isCoded {
        packedCodes[index] =
          column == .metadata && metadataInFile ? .constant(0) : CodeColumn(codes[index], count: count)
      } else if !skips(column) {
        var statistics = IntegerStatistics()
        statistics.add(values[index], count: count, summing: column.isNumeric)
        if statistics.overflowed { overflowed.insert(column) }
        let packed = IntegerColumn(values[index], count: count, statistics: statistics)
        packedValues[index] = packed
        // A wide column that is full has the very values: writing on would copy them first.
        if case .wide = packed.storage { values[index] = ColumnCopy.room(CallSegment.capacity) }
      }
    }
    let hasMetadata = columns.contains(.metadata)
    let segment = CallSegment(
      firstRow: firstRow, rowCount: count, codes: packedCodes, integers: packedValues,
      metadataPlaces: hasMetadata && metadataInFile ? ContiguousArray(places.prefix(count)) : nil,
      pendingPlaces: hasMetadata && !metadataInFile && count < CallSegment.capacity
        ? ContiguousArray(places.prefix(count)) : [])
    return (segment, overflowed)
  }

  mutating func clear() {
    count = 0
    counted = 0
    overflowed = false
  }
}
