/// A length of time in whole microseconds; its text form is what scenario files write: `14d`, `6h`, `12d3h`, `90s`.
public struct TimeSpan: Hashable, Comparable, Sendable {
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static let zero = TimeSpan(microseconds: 0)
  public static func seconds(_ count: Int64) -> TimeSpan { TimeSpan(microseconds: count * 1_000_000) }
  public static func minutes(_ count: Int64) -> TimeSpan { .seconds(count * 60) }
  public static func hours(_ count: Int64) -> TimeSpan { .seconds(count * 3600) }
  public static func days(_ count: Int64) -> TimeSpan { .seconds(count * 86_400) }

  public var seconds: Double { Double(microseconds) / 1e6 }
  public var hours: Double { Double(microseconds) / 3.6e9 }
  public var days: Double { Double(microseconds) / 8.64e10 }

  public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.microseconds < right.microseconds }
  public static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(microseconds: left.microseconds + right.microseconds)
  }
  public static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(microseconds: left.microseconds - right.microseconds)
  }

  /// The units of the text form, largest first. A month is no unit: its length varies.
  private static let units: [(name: String, microseconds: Int64)] = [
    ("w", 604_800_000_000), ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000),
    ("ms", 1000), ("us", 1),
  ]

  /// The length that `text` spells: one or more whole numbers with a unit (w, d, h, m, s, ms, us), units falling, such as
  /// `1d12h`. Nil when it spells none or lies beyond 10,000 years.
  public init?(_ text: String) {
    var rest = Substring(text)
    var total: Int64 = 0
    var lastUnit = -1
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard !digits.isEmpty, digits.utf8.count <= 15, let count = Int64(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      guard let unit = Self.units.firstIndex(where: { $0.name == name }), unit > lastUnit else { return nil }
      rest = rest.dropFirst(name.count)
      lastUnit = unit
      let (part, overflow) = count.multipliedReportingOverflow(by: Self.units[unit].microseconds)
      let (sum, sumOverflow) = total.addingReportingOverflow(part)
      guard !overflow, !sumOverflow else { return nil }
      total = sum
    }
    guard total <= 10_000 * 366 * Self.days(1).microseconds else { return nil }
    microseconds = total
  }
}

extension TimeSpan: CustomStringConvertible {
  /// The shortest text form, such as `1d12h`; zero is `0s`.
  public var description: String {
    if microseconds == 0 { return "0s" }
    var rest = microseconds.magnitude
    var text = microseconds < 0 ? "-" : ""
    for unit in Self.units.dropFirst() {
      let size = UInt64(unit.microseconds)
      if rest >= size {
        text += "\(rest / size)\(unit.name)"
        rest %= size
      }
    }
    return text
  }
}
