import LabCore

/// One cell of a table: a value that every renderer writes in its own way.
public enum Cell: Hashable, Sendable {
  case text(String)
  case integer(Int64)
  case money(Money)
  case number(Double, Unit)
  /// Percentage points.
  case percent(Double)
  case instant(Instant)
  case date(CivilDate)
  /// A small series, drawn as a sparkline.
  case spark([Double])
  /// A figure that is not known, with the reason in a few words: `too few`.
  case missing(String)
  case empty

  /// A whole number of any width.
  public static func count(_ number: some BinaryInteger) -> Cell { .integer(Int64(clamping: number)) }

  /// Money, or the reason why it is not known.
  public static func money(_ money: Money?, else reason: String) -> Cell {
    money.map { .money($0) } ?? .missing(reason)
  }

  /// A number, or the reason why it is not known.
  public static func number(_ number: Double?, _ unit: Unit, else reason: String) -> Cell {
    guard let number, number.isFinite else { return .missing(reason) }
    return .number(number, unit)
  }

  /// The value as a person reads it; sparklines are the renderer's, so theirs is empty.
  public var text: String {
    switch self {
    case .text(let text): text
    case .integer(let number): NumberFormat.grouped(number)
    case .money(let money): NumberFormat.money(money)
    case .number(let number, let unit): unit.text(of: number)
    case .percent(let number): Unit.percent.text(of: number)
    case .instant(let instant): instant.shortDescription
    case .date(let date): date.description
    case .missing(let reason): reason
    case .spark, .empty: ""
    }
  }

  /// The number behind the cell for sorting and drawing; nil for text and for what is not known.
  public var double: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .money(let money): money.dollars
    case .number(let number, _), .percent(let number): number.isFinite ? number : nil
    case .instant(let instant): Double(instant.microseconds) / 1e6
    case .date(let date): Double(date.daysSinceEpoch)
    case .text, .spark, .missing, .empty: nil
    }
  }

  /// Whether the cell holds a figure, which stands to the right.
  public var isFigure: Bool {
    switch self {
    case .integer, .money, .number, .percent: true
    default: false
    }
  }
}
