/// The dictionary codes of one text column in one segment, as narrow as the largest code allows.
public enum CodeColumn: Sendable {
  /// Every row has this code.
  case constant(UInt32)
  case narrow8(ContiguousArray<UInt8>)
  case narrow16(ContiguousArray<UInt16>)
  case wide(ContiguousArray<UInt32>)

  /// The smallest form for the first `count` codes.
  init(_ codes: borrowing ContiguousArray<UInt32>, count: Int) {
    let source = codes.span.extracting(0..<count)
    var low = UInt32.max
    var high: UInt32 = 0
    for index in source.indices {
      low = min(low, source[index])
      high = max(high, source[index])
    }
    if count == 0 || low == high {
      self = .constant(count == 0 ? 0 : low)
    } else if high <= UInt32(UInt8.max) {
      self = .narrow8(Self.narrowed(codes, count))
    } else if high <= UInt32(UInt16.max) {
      self = .narrow16(Self.narrowed(codes, count))
    } else {
      self = .wide(Self.narrowed(codes, count))
    }
  }

  private static func narrowed<Narrow: FixedWidthInteger>(
    _ codes: borrowing ContiguousArray<UInt32>, _ count: Int
  ) -> ContiguousArray<Narrow> {
    let source = codes.span.extracting(0..<count)
    var narrow: ContiguousArray<Narrow> = ColumnCopy.room(count)
    var target = narrow.mutableSpan
    for index in source.indices { target[index] = Narrow(truncatingIfNeeded: source[index]) }
    return narrow
  }

  /// The code of a row of the segment.
  public func code(at row: Int) -> UInt32 {
    switch self {
    case .constant(let code): code
    case .narrow8(let codes): UInt32(codes[row])
    case .narrow16(let codes): UInt32(codes[row])
    case .wide(let codes): codes[row]
    }
  }

  /// Writes the codes of the chosen rows, from the chosen row `start`, to the front of `target`.
  func decode(_ rows: RowChoice, from start: Int = 0, count: Int, into target: inout ContiguousArray<UInt32>) {
    switch self {
    case .constant(let code): for index in 0..<count { target[index] = code }
    case .narrow8(let codes): Self.widen(codes, rows, start, count, &target)
    case .narrow16(let codes): Self.widen(codes, rows, start, count, &target)
    case .wide(let codes): Self.widen(codes, rows, start, count, &target)
    }
  }

  private static func widen<Narrow: FixedWidthInteger & UnsignedInteger>(
    _ codes: borrowing ContiguousArray<Narrow>, _ rows: RowChoice, _ start: Int, _ count: Int,
    _ target: inout ContiguousArray<UInt32>
  ) {
    switch rows {
    case .all: Widening.codes(codes, from: start, count: count, into: &target)
    case .some(let rows):
      let source = codes.span
      var sink = target.mutableSpan
      for index in 0..<count { sink[index] = UInt32(truncatingIfNeeded: source[Int(rows[start + index])]) }
    }
  }
}
