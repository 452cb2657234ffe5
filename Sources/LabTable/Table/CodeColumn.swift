/// The dictionary codes of one text column in one segment, as narrow as the largest code allows.
public enum CodeColumn: Sendable {
  /// Every row has this code.
  case constant(UInt32)
  case narrow8(ContiguousArray<UInt8>)
  case narrow16(ContiguousArray<UInt16>)
  case wide(ContiguousArray<UInt32>)

  init(_ codes: borrowing ContiguousArray<UInt32>) {
    var low = UInt32.max
    var high: UInt32 = 0
    for index in 0..<codes.count {
      low = min(low, codes[index])
      high = max(high, codes[index])
    }
    if codes.isEmpty || low == high {
      self = .constant(codes.isEmpty ? 0 : low)
    } else if high <= UInt32(UInt8.max) {
      self = .narrow8(Self.narrowed(codes))
    } else if high <= UInt32(UInt16.max) {
      self = .narrow16(Self.narrowed(codes))
    } else {
      self = .wide(copy codes)
    }
  }

  private static func narrowed<Narrow: FixedWidthInteger>(_ codes: borrowing ContiguousArray<UInt32>)
    -> ContiguousArray<Narrow>
  {
    var narrow = ContiguousArray<Narrow>(repeating: 0, count: codes.count)
    for index in 0..<codes.count { narrow[index] = Narrow(truncatingIfNeeded: codes[index]) }
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

  /// Writes the codes of the chosen rows to the front of `target`.
  func decode(_ rows: RowChoice, count: Int, into target: inout ContiguousArray<UInt32>) {
    switch self {
    case .constant(let code): for index in 0..<count { target[index] = code }
    case .narrow8(let codes): Self.widen(codes, rows, count, &target)
    case .narrow16(let codes): Self.widen(codes, rows, count, &target)
    case .wide(let codes): Self.widen(codes, rows, count, &target)
    }
  }

  private static func widen<Narrow: FixedWidthInteger>(
    _ codes: borrowing ContiguousArray<Narrow>, _ rows: RowChoice, _ count: Int, _ target: inout ContiguousArray<UInt32>
  ) {
    let source = codes.span
    var sink = target.mutableSpan
    switch rows {
    case .all: for index in 0..<count { sink[index] = UInt32(truncatingIfNeeded: source[index]) }
    case .some(let rows): for index in 0..<count { sink[index] = UInt32(truncatingIfNeeded: source[Int(rows[index])]) }
    }
  }
}
