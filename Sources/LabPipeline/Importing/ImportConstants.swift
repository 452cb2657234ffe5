import LabCore
import LabPrices
import LabTable

/// Values that all calls share.
struct ImportConstants {
  private var texts: [(UsageColumn, FieldID)] = []
  private var numbers: [(UsageColumn, Int64)] = []

  init(_ values: [UsageColumn: String], _ pool: inout UsageFieldPool) throws(LabFailure) {
    for (column, text) in values.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      if column.isCoded {
        if let allowed = Self.values(of: column), !allowed.contains(text) {
          throw LabFailure(
            .usage, code: "bad_constant", "--set \(column.name)=\(text): '\(text)' is no value of that column",
            help: Suggestion.help(for: text, among: allowed) ?? "values: \(allowed.joined(separator: ", "))")
        }
        texts.append((column, pool.intern(text)))
      } else if column == .tierPrice {
        guard let price = ExactDecimal(text).flatMap({ Money(dollars: $0) }) else { throw Self.bad(column, text) }
        texts.append((column, pool.intern(price)))
      } else {
        guard let number = Self.number(text, column) else { throw Self.bad(column, text) }
        numbers.append((column, number))
      }
    }
  }

  /// The values of a column that has a fixed few; nil for free text.
  private static func values(of column: UsageColumn) -> [String]? {
    switch column {
    case .status: ["success", "error"]
    case .errorType: CallOutcome.allCases.map(\.errorName).filter { !$0.isEmpty }
    case .serviceTier: ServiceTier.allCases.map(\.name)
    default: nil
    }
  }

  private static func number(_ text: String, _ column: UsageColumn) -> Int64? {
    guard let decimal = ExactDecimal(text), decimal.significand >= 0 else {
      return column.kind == .time ? Instant(text)?.microseconds : nil
    }
    switch column.kind {
    case .tokens: return decimal.scaledExactly(byPowerOfTen: 0).flatMap { Int64(exactly: $0) }
    case .duration: return decimal.scaled(byPowerOfTen: 3).flatMap { Int64(exactly: $0) }
    case .money: return Money(dollars: decimal)?.nanodollars
    case .time, .text, .identifier, .metadata: return nil
    }
  }

  private static func bad(_ column: UsageColumn, _ text: String) -> LabFailure {
    LabFailure(.usage, code: "bad_constant", "--set \(column.name)=\(text): '\(text)' is no value of that column")
  }

  func apply(to row: inout UsageRow) {
    for (column, field) in texts { row.set(column, to: field) }
    for (column, number) in numbers { row.set(column, to: number) }
  }
}
