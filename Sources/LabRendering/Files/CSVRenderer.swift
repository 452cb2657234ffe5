import LabCore
import LabReport

/// Writes a table as CSV by RFC 4180, with line feeds as line ends, as all files of the lab have them.
///
/// Numbers are plain and exact (money with its nanodollars), so that programs read them. Text that a spreadsheet would take
/// for a formula gets an apostrophe in front.
public struct CSVRenderer: Sendable {
  public init() {}

  /// The table with all its rows: column ids in the first line, then the rows, without the row of totals.
  public func text(of table: ReportTable) -> String {
    text(header: table.columns.map(\.id), rows: table.rows.map { row in row.map(Self.field) })
  }

  /// The table as the bytes of a file: those of ``text(of:)``, made without a string per cell, since tables of a report have
  /// up to hundreds of thousands of rows.
  public func bytes(of table: ReportTable) -> [UInt8] {
    var bytes = Array(Self.line(table.columns.map(\.id)).utf8)
    bytes.reserveCapacity(bytes.count + table.rows.count * table.columns.count * 12)
    for row in table.rows {
      for column in table.columns.indices {
        if column > 0 { bytes.append(UInt8(ascii: ",")) }
        if column < row.count { Self.append(row[column], to: &bytes) }
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  private static func append(_ cell: Cell, to bytes: inout [UInt8]) {
    switch cell {
    case .text(let text):
      if isPlain(text) { bytes.append(contentsOf: text.utf8) } else { bytes.append(contentsOf: escaped(text).utf8) }
    case .integer(let number): append(number.magnitude, isNegative: number < 0, to: &bytes)
    case .money(let money): append(money, to: &bytes)
    case .missing, .empty: break
    case .number, .percent, .instant, .date: bytes.append(contentsOf: field(cell).utf8)
    case .spark: bytes.append(contentsOf: escaped(field(cell)).utf8)
    }
  }

  /// Whether a text can stand in a field as it is: letters, digits and signs that mean nothing to CSV or a spreadsheet.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, first > 0x20, first < 0x7f, !"=+-@".utf8.contains(first) else {
      return text.isEmpty
    }
    return text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") }
  }

  private static func append(_ magnitude: UInt64, isNegative: Bool, to bytes: inout [UInt8]) {
    if isNegative { bytes.append(UInt8(ascii: "-")) }
    var divisor: UInt64 = 1
    while magnitude / divisor >= 10 { divisor *= 10 }
    var rest = magnitude
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor))
      rest %= divisor
      divisor /= 10
    }
  }

  /// USD with two decimals, and as many more as the nanodollars need.
  private static func append(_ money: Money, to bytes: inout [UInt8]) {
    let (dollars, nanodollars) = money.nanodollars.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    append(dollars, isNegative: money.nanodollars < 0, to: &bytes)
    bytes.append(UInt8(ascii: "."))
    var (rest, divisor, places) = (nanodollars, UInt64(100_000_000), 0)
    while rest > 0 || places < 2 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor))
      rest %= divisor
      divisor /= 10
      places += 1
    }
  }

  /// Any table of texts; short rows are filled with empty fields.
  public func text(header: [String], rows: [[String]]) -> String {
    var text = Self.line(header)
    for row in rows {
      text += Self.line(header.indices.map { $0 < row.count ? row[$0] : "" })
    }
    return text
  }

  private static func line(_ fields: [String]) -> String { fields.map(escaped).joined(separator: ",") + "\n" }

  /// A cell's value as a program reads it; what is unknown is empty.
  public static func field(_ cell: Cell) -> String {
    switch cell {
    case .text(let text): text
    case .integer(let number): String(number)
    case .money(let money): money.decimalString(minimumPlaces: 2)
    case .number(let number, _), .percent(let number): number.isFinite ? plain(number) : ""
    case .instant(let instant): instant.description
    case .date(let date): date.description
    case .spark(let values): values.map { $0.isFinite ? plain($0) : "" }.joined(separator: " ")
    case .missing, .empty: ""
    }
  }

  /// The shortest text that reads back the same, without a point for whole numbers.
  private static func plain(_ number: Double) -> String {
    Int64(exactly: number).map { String($0) } ?? "\(number)"
  }

  /// A field with its formula taken away, and in quotes where it needs them.
  public static func escaped(_ field: String) -> String {
    let text = neutralised(field)
    let needsQuotes =
      text.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
      || text.utf8.first == 0x20 || text.utf8.last == 0x20
    guard needsQuotes else { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { quoted += "\"" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }

  /// The text with an apostrophe in front when a spreadsheet would take it for a formula: it starts with `=`, `+`, `-`,
  /// `@`, a tab or a carriage return (OWASP, CSV injection; also their full-width forms) and is no number.
  public static func neutralised(_ field: String) -> String {
    guard let first = field.unicodeScalars.first else { return field }
    switch first {
    case "=", "+", "-", "@", "\t", "\r", "\n", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}":
      return ExactDecimal(field) != nil ? field : "'" + field
    default: return field
    }
  }
}
