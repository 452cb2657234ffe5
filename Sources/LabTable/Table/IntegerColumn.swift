/// The whole numbers of one column in one segment, kept as offsets from a base in as few bytes as they need.
///
/// The largest value of a narrow form, and `Int64.min` of the wide one, stand for "unknown".
public struct IntegerColumn: Sendable {
  /// The number that stands for "unknown" wherever numbers leave the column.
  public static let unknown = Int64.min

  enum Storage: Sendable {
    /// Every row holds the base.
    case constant
    case narrow8(ContiguousArray<UInt8>)
    case narrow16(ContiguousArray<UInt16>)
    case narrow32(ContiguousArray<UInt32>)
    case wide(ContiguousArray<Int64>)
  }

  let base: Int64
  let storage: Storage
  /// How many rows are unknown.
  public let unknownCount: Int
  /// The sum of the known values.
  public let sum: Int64

  /// The smallest form for values between `low` and `high` (both nil when all are unknown).
  init(_ values: borrowing ContiguousArray<Int64>, count: Int, statistics: IntegerStatistics) {
    unknownCount = statistics.unknownCount
    sum = statistics.sum
    guard statistics.unknownCount < count, statistics.low <= statistics.high else {
      base = Self.unknown
      storage = .constant
      return
    }
    let low = statistics.low
    let span = UInt64(bitPattern: statistics.high &- low)
    let hasUnknown = statistics.unknownCount > 0
    if span == 0, !hasUnknown {
      base = low
      storage = .constant
    } else if span < UInt64(UInt8.max) {
      base = low
      storage = .narrow8(Self.narrowed(values, count, low))
    } else if span < UInt64(UInt16.max) {
      base = low
      storage = .narrow16(Self.narrowed(values, count, low))
    } else if span < UInt64(UInt32.max) {
      base = low
      storage = .narrow32(Self.narrowed(values, count, low))
    } else {
      base = 0
      storage = .wide(ContiguousArray(values[..<count]))
    }
  }

  private static func narrowed<Narrow: FixedWidthInteger & UnsignedInteger>(
    _ values: borrowing ContiguousArray<Int64>, _ count: Int, _ low: Int64
  ) -> ContiguousArray<Narrow> {
    let source = values.span.extracting(0..<count)
    var narrow: ContiguousArray<Narrow> = ColumnCopy.room(count)
    var target = narrow.mutableSpan
    for index in source.indices {
      let value = source[index]
      target[index] = value == unknown ? .max : Narrow(truncatingIfNeeded: value &- low)
    }
    return narrow
  }

  /// The value of a row of the segment, or nil when it is unknown. For single rows; loops use ``CallTable/mapBlocks``.
  public func value(at row: Int) -> Int64? {
    let value: Int64
    switch storage {
    case .constant: value = base
    case .narrow8(let values): value = values[row] == .max ? Self.unknown : base &+ Int64(values[row])
    case .narrow16(let values): value = values[row] == .max ? Self.unknown : base &+ Int64(values[row])
    case .narrow32(let values): value = values[row] == .max ? Self.unknown : base &+ Int64(values[row])
    case .wide(let values): value = values[row]
    }
    return value == Self.unknown ? nil : value
  }

  /// Writes the values of the chosen rows, from the chosen row `start`, to the front of `target`; unknown becomes `unknown`.
  func decode(
    _ rows: RowChoice, from start: Int = 0, count: Int, unknown: Int64 = IntegerColumn.unknown,
    into target: inout ContiguousArray<Int64>
  ) {
    switch storage {
    case .constant:
      let value = base == Self.unknown ? unknown : base
      for index in 0..<count { target[index] = value }
    case .narrow8(let values): widen(values, rows, start, count, unknown, &target)
    case .narrow16(let values): widen(values, rows, start, count, unknown, &target)
    case .narrow32(let values): widen(values, rows, start, count, unknown, &target)
    case .wide(let values):
      // As they are when unknown numbers keep their mark or there are none.
      if case .all = rows, unknown == Self.unknown || unknownCount == 0 {
        Widening.known(values, base: 0, from: start, count: count, into: &target)
        return
      }
      let source = values.span
      var sink = target.mutableSpan
      switch rows {
      case .all:
        for index in 0..<count {
          let value = source[start + index]
          sink[index] = value == Self.unknown ? unknown : value
        }
      case .some(let rows):
        for index in 0..<count {
          let value = source[Int(rows[start + index])]
          sink[index] = value == Self.unknown ? unknown : value
        }
      }
    }
  }

  private func widen<Narrow: FixedWidthInteger & UnsignedInteger>(
    _ values: borrowing ContiguousArray<Narrow>, _ rows: RowChoice, _ start: Int, _ count: Int, _ unknown: Int64,
    _ target: inout ContiguousArray<Int64>
  ) {
    switch rows {
    case .all where unknownCount == 0: Widening.known(values, base: base, from: start, count: count, into: &target)
    case .all: Widening.integers(values, base: base, from: start, count: count, unknown: unknown, into: &target)
    case .some(let rows):
      let source = values.span
      var sink = target.mutableSpan
      for index in 0..<count {
        let value = source[Int(rows[start + index])]
        sink[index] = value == .max ? unknown : base &+ Int64(truncatingIfNeeded: value)
      }
    }
  }
}

/// What the width of a column is chosen by.
struct IntegerStatistics: Sendable {
  var low = Int64.max
  var high = Int64.min
  var unknownCount = 0
  var sum: Int64 = 0
  /// Whether the sum left `Int64`.
  var overflowed = false

  /// Takes the first `count` values in; all known ones are at least 0 unless `summing` is off.
  mutating func add(_ values: borrowing ContiguousArray<Int64>, count: Int, summing: Bool) {
    let values = values.span.extracting(0..<count)
    if addKnown(values, summing: summing) { return }
    var (low, high, unknown) = (self.low, self.high, 0)
    for index in 0..<count {
      let value = values[index]
      let isUnknown = value == IntegerColumn.unknown
      unknown &+= isUnknown ? 1 : 0
      low = min(low, isUnknown ? low : value)
      high = max(high, value)
    }
    (self.low, self.high) = (low, high)
    unknownCount += unknown
    guard summing, unknown < count else { return }
    // When even `count` times the largest value fits, no step of the sum needs a check.
    let isSafe = !high.multipliedReportingOverflow(by: Int64(count)).overflow && sum == 0
    if isSafe {
      var total: Int64 = 0
      for index in 0..<count { total &+= values[index] == IntegerColumn.unknown ? 0 : values[index] }
      sum = total
    } else {
      for index in 0..<count where values[index] != IntegerColumn.unknown {
        let (next, overflow) = sum.addingReportingOverflow(values[index])
        sum = next
        overflowed = overflowed || overflow
      }
    }
  }
}

extension IntegerStatistics {
  /// Takes values in when all are known and their sum needs no check on its way, as nearly always; false otherwise.
  private mutating func addKnown(_ values: Span<Int64>, summing: Bool) -> Bool {
    guard unknownCount == 0, sum == 0, !values.isEmpty else { return false }
    var (low, high, total) = (self.low, self.high, Int64(0))
    for index in values.indices {
      let value = values[index]
      low = min(low, value)
      high = max(high, value)
      total &+= value
    }
    // Unknown is the least number of all.
    if low == IntegerColumn.unknown { return false }
    if summing {
      if high.multipliedReportingOverflow(by: Int64(values.count)).overflow { return false }
      sum = total
    }
    (self.low, self.high) = (low, high)
    return true
  }
}

/// The rows of one segment that a scan wants.
enum RowChoice: Sendable {
  case all
  /// Row numbers within the segment, ascending.
  case some(ContiguousArray<UInt16>)

  func count(of rowCount: Int) -> Int {
    switch self {
    case .all: rowCount
    case .some(let rows): rows.count
    }
  }
}
