import LabCore
import LabPrices
import Testing

/// A book from JSON text, for tests that expect a valid one.
func book(_ json: String, sourceLocation: Testing.SourceLocation = #_sourceLocation) throws -> PriceBook {
  do {
    return try PriceBook.read(bytes: Array(json.utf8), name: "test.json")
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
    throw error
  }
}

/// A book with one provider and one model `m` whose price rows are the given JSON.
func bookOfOneModel(rows: String, provider: String = "openai", rest: String = "") throws -> PriceBook {
  try book(
    """
    { "format": "finops-lab/prices/1",
      "models": [ { "provider": "\(provider)", "model": "m", "prices": [ \(rows) ] } ]\(rest.isEmpty ? "" : ", " + rest) }
    """)
}

/// What reading a text reports, in the order of the report; empty when it is valid.
func problems(of json: String) -> [Diagnostic] {
  do {
    _ = try PriceBook.read(bytes: Array(json.utf8), name: "test.json")
    return []
  } catch { return error.diagnostics }
}

func codes(of json: String) -> [String] { problems(of: json).map(\.code) }

/// An instant inside every row without bounds.
let anyTime = Instant(date: CivilDate(year: 2026, month: 11, day: 20))

extension Money {
  /// The amount that a decimal text spells.
  init(_ text: String) {
    self = ExactDecimal(text).flatMap { Money(dollars: $0) } ?? Money(nanodollars: .min)
  }
}
