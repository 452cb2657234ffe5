import LabCore

/// How rows become group numbers: every dimension has a range of keys, and a group's number is mixed-radix over them.
struct GroupPlan: Sendable {
  /// Keys of one dimension run from `base` over `size` values; a group's number counts `stride` per step.
  struct Part: Sendable {
    var dimension: Dimension
    var base: Int64
    var size: UInt64
    var stride: UInt64
    var dictionary: TextDictionary?
    var tag: TagColumn?
  }

  private(set) var parts: [Part] = []
  /// The number of possible groups.
  private(set) var space: UInt64 = 1

  init(_ dimensions: [Dimension], of table: CallTable, _ context: ScanContext) throws(LabFailure) {
    for dimension in dimensions {
      guard table.has(dimension.source) else { throw .table(.missingColumn(dimension.source.name)) }
      var part = Part(dimension: dimension, base: 0, size: 1, stride: 0)
      switch dimension {
      case .column(let column):
        guard column.isCoded else { throw .question(.badValue(key: "group by", value: column.name)) }
        part.dictionary = table.dictionary(column)
        part.size = UInt64(max(1, table.dictionary(column).count))
      case .tag(let name):
        let tag = try table.tagColumn(name, context)
        part.dictionary = tag.values
        part.size = UInt64(max(1, tag.values.count))
        part.tag = tag
      case .day, .hour:
        if let range = table.facts.timeRange {
          let unit = Self.microseconds(of: dimension)
          part.base = floorDivide(range.lowerBound.microseconds, unit)
          part.size = UInt64(floorDivide(range.upperBound.microseconds, unit) - part.base) + 1
        }
      }
      parts.append(part)
    }
    for index in parts.indices.reversed() {
      parts[index].stride = space
      let (product, overflow) = space.multipliedReportingOverflow(by: parts[index].size)
      guard !overflow else { throw .question(.tooManyGroups) }
      space = product
    }
  }

  private static func microseconds(of dimension: Dimension) -> Int64 {
    dimension == .day ? 86_400_000_000 : 3_600_000_000
  }

  /// The keys of a group number, one per dimension.
  func keys(of number: UInt64) -> [Int64] {
    parts.map { part in part.base + Int64(truncatingIfNeeded: number / part.stride % part.size) }
  }

  /// Writes the group numbers of the chosen rows of a segment to the front of `numbers`.
  func number(
    _ segmentIndex: Int, _ segment: CallSegment, _ rows: RowChoice, count: Int, scratch: inout Scratch,
    into numbers: inout ContiguousArray<UInt64>
  ) {
    while numbers.count < count { numbers.append(0) }
    var sink = numbers.mutableSpan
    for index in 0..<count { sink[index] = 0 }
    for part in parts {
      let stride = part.stride
      switch part.dimension {
      case .column(let column):
        scratch.codes(count)
        (segment.codes(column) ?? .constant(0)).decode(rows, count: count, into: &scratch.codes)
        let codes = scratch.codes.span
        for index in 0..<count { sink[index] &+= UInt64(codes[index]) &* stride }
      case .tag:
        scratch.codes(count)
        part.tag?.decode(segmentIndex, segment, rows, count: count, into: &scratch.codes)
        let codes = scratch.codes.span
        for index in 0..<count { sink[index] &+= UInt64(codes[index]) &* stride }
      case .day, .hour:
        scratch.integers(count)
        segment.unpack(.timestamp, rows, count: count, into: &scratch.integers)
        let unit = Self.microseconds(of: part.dimension)
        let times = scratch.integers.span
        // Neighbours mostly fall into the same bin: divide only when they don't.
        var start = Int64.max
        var key: UInt64 = 0
        for index in 0..<count {
          let time = times[index]
          if time < start || time &- start >= unit {
            let bin = floorDivide(time, unit)
            start = bin &* unit
            key = UInt64(bitPattern: bin &- part.base) &* stride
          }
          sink[index] &+= key
        }
      }
    }
  }

  /// Arrays that a task uses again for every segment.
  struct Scratch {
    var codes: ContiguousArray<UInt32> = []
    var integers: ContiguousArray<Int64> = []

    mutating func codes(_ count: Int) {
      if codes.count < count { codes = ContiguousArray(repeating: 0, count: count) }
    }
    mutating func integers(_ count: Int) {
      if integers.count < count { integers = ContiguousArray(repeating: 0, count: count) }
    }
  }
}

/// The values of one tag over the rows of a table.
struct TagColumn: Sendable {
  var values: TextDictionary
  /// The value's code by metadata code.
  var tag: TagDictionary.Tag
  /// The codes of the rows of segments whose metadata stayed in the file.
  var codesBySegment: [ContiguousArray<UInt32>?]

  func decode(
    _ segmentIndex: Int, _ segment: CallSegment, _ rows: RowChoice, count: Int,
    into target: inout ContiguousArray<UInt32>
  ) {
    if let codes = codesBySegment[segmentIndex] {
      CodeColumn.wide(codes).decode(rows, count: count, into: &target)
      return
    }
    (segment.codes(.metadata) ?? .constant(0)).decode(rows, count: count, into: &target)
    for index in 0..<count { target[index] = tag.code(ofMetadata: target[index]) }
  }
}
