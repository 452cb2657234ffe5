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

  /// The table as the bytes of a file.
  public func bytes(of table: ReportTable) -> [UInt8] { Array(text(of: table).utf8) }

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
