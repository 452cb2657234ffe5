import LabCore

/// Writes rows as CSV lines of a chosen list of columns into a ``UsageBuffer``.
///
/// An encoder remembers the date that it wrote last, so each thread uses its own.
public struct UsageRowEncoder: Sendable {
  /// The columns of a line, in order.
  public let columns: [UsageColumn]
  let plan: ContiguousArray<UsageColumn>
  var cachedDay = Int64.min
  /// The first eight and the last three bytes of `2026-01-05T` of the cached day.
  var cachedDate: (first: UInt64, last: UInt64) = (0, 0)

  /// An encoder for these columns; by default all, in the order of the contract.
  public init(columns: [UsageColumn] = UsageColumn.allCases) {
    self.columns = columns
    plan = ContiguousArray(columns)
  }

  /// The header line with its line feed.
  public var header: [UInt8] { Array((columns.map(\.name).joined(separator: ",") + "\n").utf8) }

  /// Remembers the date of a day as the bytes that a line begins with.
  mutating func cacheDate(ofDay day: Int64) {
    var bytes = Array(CivilDate(daysSinceEpoch: Int(day)).description.utf8.prefix(10))
    while bytes.count < 10 { bytes.append(UInt8(ascii: "0")) }
    bytes.append(UInt8(ascii: "T"))
    cachedDate.first = bytes[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    cachedDate.last = bytes[8...].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    cachedDay = day
  }
}
