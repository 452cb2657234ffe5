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
  private var codes: [ContiguousArray<UInt32>]
  private var values: [ContiguousArray<Int64>]
  private var places: ContiguousArray<MetadataPlace> = []

  init(_ header: HeaderLine) {
    columns = header.columns
    codes = Array(repeating: [], count: UsageColumn.allCases.count)
    values = Array(repeating: [], count: UsageColumn.allCases.count)
  }

  func integers(_ column: UsageColumn) -> ContiguousArray<Int64> { values[Int(column.rawValue)] }

  /// Appends local codes as those of the whole file.
  ///
  /// - Returns: false when some text has no code there.
  mutating func append(
    codes source: Span<UInt32>, from start: Int, count: Int, _ column: UsageColumn, _ mapping: ContiguousArray<UInt32>
  ) -> Bool {
    let index = Int(column.rawValue)
    if mapping.isEmpty {
      // Metadata that stays in the file has no codes.
      codes[index].append(contentsOf: repeatElement(0, count: count))
      return true
    }
    let mapping = mapping.span
    codes[index].reserveCapacity(CallSegment.capacity)
    var isComplete = true
    for row in start..<(start + count) {
      let code = mapping[Int(source[row])]
      isComplete = isComplete && code != Self.noCode
      codes[index].append(code)
    }
    return isComplete
  }

  mutating func append(_ source: Span<Int64>, from start: Int, count: Int, _ column: UsageColumn) {
    let index = Int(column.rawValue)
    values[index].reserveCapacity(CallSegment.capacity)
    for row in start..<(start + count) { values[index].append(source[row]) }
  }

  mutating func append(places source: Span<Int64>, from start: Int, count: Int) {
    places.reserveCapacity(CallSegment.capacity)
    for row in start..<(start + count) { places.append(MetadataPlace(packed: UInt64(bitPattern: source[row]))) }
  }

  /// Takes the rows of a segment back.
  mutating func refill(_ segment: CallSegment) {
    count = segment.rowCount
    counted = count
    for column in columns {
      let index = Int(column.rawValue)
      if column.isCoded {
        codes[index] = ContiguousArray(repeating: 0, count: count)
        segment.codes(column)?.decode(.all, count: count, into: &codes[index])
      } else {
        values[index] = ContiguousArray(repeating: 0, count: count)
        segment.integers(column)?.decode(.all, count: count, into: &values[index])
      }
    }
    places = segment.metadataPlaces ?? segment.pendingPlaces
  }

  /// The rows as a segment, and the columns whose sum is beyond `Int64`.
  func packed(firstRow: Int, metadataInFile: Bool) -> (segment: CallSegment, overflowed: Set<UsageColumn>) {
    var packedCodes: [CodeColumn?] = Array(repeating: nil, count: UsageColumn.allCases.count)
    var packedValues: [IntegerColumn?] = Array(repeating: nil, count: UsageColumn.allCases.count)
    var overflowed: Set<UsageColumn> = []
    // total_tokens was checked row by row against its parts, which are kept.
    let skipsTotal = columns.contains(.inputTokens) && columns.contains(.outputTokens)
    for column in columns {
      let index = Int(column.rawValue)
      if column.isCoded {
        packedCodes[index] = column == .metadata && metadataInFile ? .constant(0) : CodeColumn(codes[index])
      } else if column != .totalTokens || !skipsTotal {
        var statistics = IntegerStatistics()
        statistics.add(values[index], summing: column.isNumeric)
        if statistics.overflowed { overflowed.insert(column) }
        packedValues[index] = IntegerColumn(values[index], statistics: statistics)
      }
    }
    let hasMetadata = columns.contains(.metadata)
    let segment = CallSegment(
      firstRow: firstRow, rowCount: count, codes: packedCodes, integers: packedValues,
      metadataPlaces: hasMetadata && metadataInFile ? places : nil,
      pendingPlaces: hasMetadata && !metadataInFile && count < CallSegment.capacity ? places : [])
    return (segment, overflowed)
  }

  mutating func clear() {
    count = 0
    counted = 0
    overflowed = false
    for index in codes.indices { codes[index].removeAll(keepingCapacity: true) }
    for index in values.indices { values[index].removeAll(keepingCapacity: true) }
    places = []
  }
}
