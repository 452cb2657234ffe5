/// A moment as whole microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Instant: Hashable, Comparable, Sendable {
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }
  public static func + (instant: Instant, span: TimeSpan) -> Instant {
    Instant(microseconds: instant.microseconds + span.microseconds)
  }
  public static func - (instant: Instant, span: TimeSpan) -> Instant {
    Instant(microseconds: instant.microseconds - span.microseconds)
  }
  public static func - (left: Instant, right: Instant) -> TimeSpan {
    TimeSpan(microseconds: left.microseconds - right.microseconds)
  }

  /// 0001-01-01 and the end of 9999: what the lab reads and writes.
  public static let earliest = Instant(date: CivilDate(year: 1, month: 1, day: 1))
  public static let latest = Instant(
    microseconds: Instant(date: CivilDate(year: 10_000, month: 1, day: 1)).microseconds - 1)

  /// Midnight UTC of a date.
  public init(date: CivilDate) { microseconds = Int64(date.daysSinceEpoch) * 86_400_000_000 }

  /// Days since 1970-01-01 UTC, rounded down.
  public var day: Int { Int(floorDivide(microseconds, 86_400_000_000)) }
  /// Hours since 1970-01-01T00 UTC, rounded down.
  public var hour: Int { Int(floorDivide(microseconds, 3_600_000_000)) }
  /// The date in UTC.
  public var date: CivilDate { CivilDate(daysSinceEpoch: day) }
  /// Microseconds since midnight UTC.
  public var microsecondOfDay: Int64 {
    let rest = microseconds % 86_400_000_000
    return rest < 0 ? rest + 86_400_000_000 : rest
  }

  /// The instant whose UTC clock shows what a clock `offset` ahead of UTC shows now: for hours and weekdays in a zone.
  public func shifted(toOffset offset: TimeSpan) -> Instant { self + offset }
}

/// The quotient rounded towards negative infinity.
@inlinable public func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
  let quotient = value / divisor
  return value % divisor < 0 ? quotient - 1 : quotient
}

extension Instant: CustomStringConvertible {
  /// ISO 8601 in UTC with six fraction digits, the form of the CSV: `2026-01-05T09:13:45.123456Z`.
  public var description: String { formatted(fractionDigits: 6) }

  /// ISO 8601 in UTC with 0 to 6 fraction digits (cut, not rounded).
  public func formatted(fractionDigits: Int) -> String {
    let ofDay = microsecondOfDay
    let second = ofDay / 1_000_000
    var text = "\(date)T\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
    if fractionDigits > 0 { text += "." + pad(ofDay % 1_000_000, 6).prefix(fractionDigits) }
    return text + "Z"
  }

  /// The shortest exact form: no fraction when it is zero.
  public var shortDescription: String { formatted(fractionDigits: microseconds % 1_000_000 == 0 ? 0 : 6) }
}

func pad(_ value: Int64, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

extension Instant {
  /// The instant that ISO 8601 text spells: `2026-01-05`, `2026-01-05T09:13`, with seconds, with 0 to 9 fraction digits
  /// (cut to microseconds), with a blank for the T, with `Z`, an offset (`+01:00`, `+0100`, `+01`) or none, taken as UTC.
  ///
  /// Nil when it is none of these, names no real date or time of day, or lies outside the years 1 to 9999.
  public init?(_ text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2), scanner.take("-"),
      let day = scanner.digits(2), year >= 1, let date = CivilDate(checkedYear: year, month: month, day: day)
    else { return nil }
    var microseconds = Instant(date: date).microseconds
    if scanner.isAtEnd {
      self.microseconds = microseconds
      return
    }
    guard scanner.take("T") || scanner.take("t") || scanner.take(" "), let hour = scanner.digits(2), hour < 24,
      scanner.take(":"), let minute = scanner.digits(2), minute < 60
    else { return nil }
    var second = 0
    if scanner.take(":") {
      guard let value = scanner.digits(2), value < 60 else { return nil }
      second = value
      if scanner.take(".") || scanner.take(",") {
        guard let fraction = scanner.fraction(atMost: 9) else { return nil }
        microseconds += Int64(fraction / 1000)
      }
    }
    microseconds += Int64(hour * 3600 + minute * 60 + second) * 1_000_000
    if !(scanner.take("Z") || scanner.take("z")), !scanner.isAtEnd {
      let sign: Int64
      if scanner.take("+") { sign = 1 } else if scanner.take("-") { sign = -1 } else { return nil }
      guard let hours = scanner.digits(2), hours < 24 else { return nil }
      let colon = scanner.take(":")
      var minutes = 0
      if colon || !scanner.isAtEnd {
        guard let value = scanner.digits(2), value < 60 else { return nil }
        minutes = value
      }
      microseconds -= sign * Int64(hours * 60 + minutes) * 60_000_000
    }
    guard scanner.isAtEnd else { return nil }
    self.microseconds = microseconds
    guard self >= .earliest, self <= .latest else { return nil }
  }
}

/// Reads fixed runs of digits from the front of ASCII text.
private struct DigitScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func digits(_ count: Int) -> Int? {
    guard position + count <= bytes.count else { return nil }
    var value = 0
    for index in position..<(position + count) {
      guard bytes[index] >= 0x30, bytes[index] <= 0x39 else { return nil }
      value = value * 10 + Int(bytes[index] - 0x30)
    }
    position += count
    return value
  }

  /// The fraction that follows a point, in 10⁻⁹, of one to `limit` digits.
  mutating func fraction(atMost limit: Int) -> Int? {
    var value = 0
    var count = 0
    while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 {
      guard count < limit else { return nil }
      value = value * 10 + Int(bytes[position] - 0x30)
      count += 1
      position += 1
    }
    guard count > 0 else { return nil }
    for _ in count..<9 { value *= 10 }
    return value
  }
}
