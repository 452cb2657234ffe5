import LabCore
import LabReport
import LabScenario

/// A value of a scenario that a sweep varies: `traffic.calls_per_hour=500..2000/500` or `seed=1,2,3`.
public struct VariedKey: Sendable {
  /// Such as `traffic.calls_per_hour`.
  public var path: String
  /// In the order of the sweep, as a `--set` would have them.
  public var values: [String]

  /// More values than this are a slip of the pen.
  static let limit = 10_000

  /// Reads `PATH=A..B/STEP` or `PATH=A,B,C`.
  ///
  /// - Throws: ``LabFailure`` of kind `usage`.
  public init(_ text: String) throws(LabFailure) {
    guard let edit = Edit(assignment: text), let value = edit.value, !value.isEmpty else {
      throw Self.failure("--vary wants PATH=A..B/STEP or PATH=A,B,C, found '\(text)'")
    }
    path = edit.path
    if let dots = value.firstRange(of: ".."), value.contains("/") {
      values = try Self.range(value, dots: dots, text)
    } else {
      values = Self.items(value)
    }
    if values.contains("") { throw Self.failure("'\(text)' has an empty value") }
    if Set(values).count < values.count { throw Self.failure("'\(text)' has a value twice") }
  }

  /// The values as numbers, for a plot; nil when one is none.
  public var numbers: [Double]? {
    let numbers = values.compactMap { ExactDecimal($0)?.double }
    return numbers.count == values.count ? numbers : nil
  }

  private static func failure(_ sentence: String) -> LabFailure {
    LabFailure(
      .usage, code: "bad_vary", sentence,
      help: "for example: --vary traffic.calls_per_hour=500..2000/500 --vary population.customers=100,400")
  }

  /// The values from `A` on in steps up to `B`, exact: 0.1..0.3/0.1 ends in 0.3.
  private static func range(_ value: String, dots: Range<String.Index>, _ text: String) throws(LabFailure) -> [String] {
    guard let slash = value.lastIndex(of: "/"), slash > dots.upperBound,
      let low = ExactDecimal(String(value[..<dots.lowerBound])),
      let high = ExactDecimal(String(value[dots.upperBound..<slash])),
      let step = ExactDecimal(String(value[value.index(after: slash)...]))
    else { throw failure("'\(text)' is no range A..B/STEP of numbers") }
    let places = max(0, -min(low.exponent, high.exponent, step.exponent))
    guard places <= 18, let first = low.scaledExactly(byPowerOfTen: places),
      let last = high.scaledExactly(byPowerOfTen: places), let width = step.scaledExactly(byPowerOfTen: places)
    else { throw failure("'\(text)' has numbers that are too large or too fine") }
    guard width > 0, last >= first else { throw failure("'\(text)' wants A at most B and a STEP above 0") }
    guard (last - first) / width < Int128(limit) else {
      throw failure("'\(text)' has more than \(NumberFormat.grouped(limit)) values")
    }
    return stride(from: Int64(0), through: Int64((last - first) / width), by: 1).map {
      decimal(first + Int128($0) * width, places: places)
    }
  }

  private static func decimal(_ scaled: Int128, places: Int) -> String {
    var digits = String(scaled.magnitude)
    if places > 0 {
      digits = String(repeating: "0", count: max(0, places + 1 - digits.utf8.count)) + digits
      var fraction = String(digits.suffix(places))
      while fraction.last == "0" { fraction.removeLast() }
      digits = String(digits.dropLast(places)) + (fraction.isEmpty ? "" : "." + fraction)
    }
    return (scaled < 0 ? "-" : "") + digits
  }

  /// The parts between commas that stand outside brackets, braces and quotes.
  private static func items(_ value: String) -> [String] {
    var items: [String] = [""]
    var depth = 0
    var quoted = false
    for character in value {
      switch character {
      case "\"": quoted.toggle()
      case "[", "{": depth += quoted ? 0 : 1
      case "]", "}": depth -= quoted ? 0 : 1
      default: break
      }
      if character == ",", depth == 0, !quoted { items.append("") } else { items[items.count - 1].append(character) }
    }
    return items
  }
}
