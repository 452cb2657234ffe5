import LabCore

/// Turns numbers into text the same way on every machine: a point for decimals, commas between thousands.
///
/// Rounding works on the shortest decimal form of a double, half to even, so that 2.675 shows as 2.68 and not as the 2.67
/// of its binary neighbour. A number that is none (NaN, an infinity) shows as `unknown`.
public enum NumberFormat {
  /// What stands where a figure is not known.
  public static let unknown = "unknown"

  /// A whole number with commas between thousands: `-1,234,567`.
  public static func grouped(_ number: some BinaryInteger) -> String {
    let digits = Array(String(number.magnitude).utf8)
    var bytes: [UInt8] = number < 0 ? [UInt8(ascii: "-")] : []
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(digit)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A number of things in words: `1 call`, `12,345 calls`.
  ///
  /// - Parameter plural: the word for all numbers but one; an `s` at the end unless given.
  public static func counted(_ number: some BinaryInteger, _ singular: String, _ plural: String? = nil) -> String {
    "\(grouped(number)) \(number == 1 ? singular : plural ?? singular + "s")"
  }

  /// A number with exactly `places` decimals: `1,234.50`. Beyond 10²⁴ it is written with an exponent.
  public static func fixed(_ number: Double, places: Int) -> String {
    guard number.isFinite, let decimal = ExactDecimal("\(number)") else { return unknown }
    let places = min(max(places, 0), 12)
    guard abs(number) < 1e24, let scaled = decimal.scaled(byPowerOfTen: places) else { return "\(number)" }
    return text(scaled: scaled, places: places)
  }

  /// A number rounded to `digits` significant digits, never to fewer than its whole part: `1,235`, `12.3`, `0.00123`.
  public static func significant(_ number: Double, digits: Int) -> String {
    guard number.isFinite, let decimal = ExactDecimal("\(number)") else { return unknown }
    if decimal.significand == 0 { return "0" }
    let leading = String(decimal.significand.magnitude).utf8.count + decimal.exponent
    let places = digits - leading
    if places > 12 { return "\(number)" }
    return trimmed(fixed(number, places: max(places, 0)))
  }

  /// A number in few characters for axes and bars: `950`, `12.4k`, `3.1M`, `2.0G`.
  public static func compact(_ number: Double) -> String {
    guard number.isFinite else { return unknown }
    let magnitude = abs(number)
    for (limit, size, name) in [(999.5, 1.0, ""), (999_500, 1e3, "k"), (9.995e8, 1e6, "M"), (9.995e11, 1e9, "G")]
    where magnitude < limit {
      let scaled = number / size
      if name.isEmpty { return significant(scaled, digits: 3) }
      return fixed(scaled, places: abs(scaled) < 99.95 ? 1 : 0) + name
    }
    return magnitude < 1e16 ? fixed(number / 1e12, places: 1) + "T" : exponential(number)
  }

  /// How many digits an amount of money shows.
  public enum MoneyStyle: Hashable, Sendable {
    /// Cents; below one dollar as many places as three significant digits need: `$1,234.57`, `$0.00425`.
    case adaptive
    /// Always two places.
    case cents
    /// At least two places, and all nanodollars that there are.
    case exact
  }

  /// An amount in USD: `$1,234.57`, `-$0.50`.
  public static func money(_ money: Money, style: MoneyStyle = .adaptive) -> String {
    let nanodollars = Int128(money.nanodollars)
    var places = 2
    if style == .exact {
      places = 9
    } else if style == .adaptive, money.nanodollars.magnitude < 1_000_000_000, money.nanodollars != 0 {
      places = min(9, max(2, 12 - String(money.nanodollars.magnitude).utf8.count))
    }
    var divisor: Int128 = 1
    for _ in places..<9 { divisor *= 10 }
    let scaled = nanodollars.dividedRoundingHalfToEven(by: divisor)
    var digits = text(scaled: scaled.magnitude, places: places)
    if style != .cents { digits = trimmed(digits, keeping: 2) }
    return (scaled < 0 ? "-$" : "$") + digits
  }

  /// A number of bytes in powers of 1000: `512 bytes`, `1.5 kB`, `2.1 GB`.
  public static func bytes(_ count: Int64) -> String {
    guard count.magnitude >= 1000 else { return "\(count) bytes" }
    var size = Double(count)
    for unit in ["kB", "MB", "GB", "TB", "PB"] {
      size /= 1000
      if abs(size) < 999.95 { return fixed(size, places: 1) + " " + unit }
    }
    return fixed(size / 1000, places: 1) + " EB"
  }

  /// A length of time in the two largest units that matter: `850 ms`, `12.3 s`, `4 min 05 s`, `3 h 20 min`, `12 d 3 h`.
  public static func duration(_ span: TimeSpan) -> String {
    let magnitude = span.microseconds.magnitude
    let sign = span.microseconds < 0 ? "-" : ""
    if magnitude < 1_000_000 { return sign + significant(Double(magnitude) / 1000, digits: 3) + " ms" }
    if magnitude < 60_000_000 { return sign + fixed(Double(magnitude) / 1e6, places: 1) + " s" }
    let seconds = (magnitude + 500_000) / 1_000_000
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
    if hours == 0 { return "\(sign)\(minutes) min \(twoDigits(seconds % 60)) s" }
    if days < 2 { return "\(sign)\(hours) h \(twoDigits(minutes % 60)) min" }
    return "\(sign)\(grouped(days)) d \(hours % 24) h"
  }

  private static func twoDigits(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// `1.23e+21` for what no grouping makes readable.
  private static func exponential(_ number: Double) -> String {
    guard let decimal = ExactDecimal("\(number)") else { return unknown }
    let digits = String(decimal.significand.magnitude)
    let exponent = digits.utf8.count - 1 + decimal.exponent
    guard let mantissa = Double("\(number < 0 ? "-" : "")\(digits.prefix(1)).\(digits.dropFirst())0") else {
      return unknown
    }
    return fixed(mantissa, places: 2) + "e+\(exponent)"
  }

  /// The text of `scaled × 10^-places`.
  private static func text(scaled: some BinaryInteger, places: Int) -> String {
    var digits = String(scaled.magnitude)
    if digits.utf8.count <= places { digits = String(repeating: "0", count: places + 1 - digits.utf8.count) + digits }
    let whole = UInt128(digits.dropLast(places)) ?? 0
    let sign = scaled < 0 ? "-" : ""
    return sign + grouped(whole) + (places > 0 ? "." + digits.suffix(places) : "")
  }

  /// The text without zeros at its end, but with at least `keeping` decimals.
  private static func trimmed(_ text: String, keeping: Int = 0) -> String {
    guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return text }
    var places = text.utf8.distance(from: point, to: text.endIndex) - 1
    var text = text
    while places > keeping, text.utf8.last == UInt8(ascii: "0") {
      text.removeLast()
      places -= 1
    }
    if places == 0, text.utf8.last == UInt8(ascii: ".") { text.removeLast() }
    return text
  }
}
