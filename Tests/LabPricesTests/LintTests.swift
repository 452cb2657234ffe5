import LabCore
import LabPrices
import LabTestSupport
import Testing

struct LintTests {
  private func warnings(row: String, head: String = "") throws -> [Diagnostic] {
    let text = """
      { "format": "finops-lab/prices/1", \(head)"models": [ { "provider": "p", "model": "m", "prices": [
      \(row) ] } ] }
      """
    return try PriceBook.lint(bytes: Array(text.utf8), name: "book.json")
  }

  @Test(arguments: [
    #"{ "input": 3, "cached_input": 0.3, "cache_write": 3.75, "cache_write_1h": 6, "output": 15 }"#,
    #"{ "input": 2, "cached_input": 1, "cache_write": 2, "output": 8 }"#,
    #"{ "input": 2, "output": 8, "tiers": { "batch": { "input": 1, "output": 4 }, "flex": { "input": 1, "output": 4 } } }"#,
    #"{ "input": 2, "output": 8, "tiers": { "priority": { "input": 9, "output": 40 } } }"#,
    #"{ "input": 1.25, "output": 10, "above": [ { "input_tokens": 200000, "input": 2.5, "output": 15 } ] }"#,
    #"{ "input": 0, "cached_input": 0, "output": 0 }"#,
  ]) func `prices of the usual kind give no warning`(row: String) throws {
    #expect(try warnings(row: row).isEmpty)
  }

  @Test(arguments: [
    (#"{ "input": 3, "cached_input": 0.03, "output": 15 }"#, "unusual_cache_read", "cached_input", "0.01"),
    (#"{ "input": 3, "cached_input": 3, "output": 15 }"#, "unusual_cache_read", "cached_input", "1.0"),
    (#"{ "input": 3, "cache_write": 6, "output": 15 }"#, "unusual_cache_write", "cache_write", "2.0"),
    (#"{ "input": 3, "cache_write_1h": 3.75, "output": 15 }"#, "unusual_cache_write_1h", "cache_write_1h", "1.25"),
    (
      #"{ "input": 3, "output": 15, "tiers": { "batch": { "input": 3 } } }"#, "unusual_batch_price",
      "tiers.batch.input", "1.0"
    ),
    (
      #"{ "input": 3, "output": 15, "tiers": { "batch": { "output": 1.5 } } }"#, "unusual_batch_price",
      "tiers.batch.output", "0.1"
    ),
    (
      #"{ "input": 3, "output": 15, "tiers": { "flex": { "input": 0.3 } } }"#, "unusual_flex_price", "tiers.flex.input",
      "0.1"
    ),
    (
      #"{ "input": 3, "output": 15, "above": [ { "input_tokens": 200000, "input": 30 } ] }"#, "unusual_above_price",
      "above[0].input", "10.0"
    ),
    (
      #"{ "input": 3, "output": 15, "above": [ { "input_tokens": 9, "input": 6, "cached_input": 6 } ] }"#,
      "unusual_cache_read", "above[0].cached_input", "1.0"
    ),
    (
      #"{ "tiered": [ { "range": [0, 9], "input": 6, "cached_input": 6, "output": 1 } ] }"#, "unusual_cache_read",
      "tiered[0].cached_input", "1.0"
    ),
  ]) func `a ratio far from the field's habits is a warning with its place`(
    row: String, code: String, path: String, ratio: String
  ) throws {
    let found = try warnings(row: row)
    #expect(found.map(\.code) == [code])
    #expect(found.first?.severity == .warning)
    #expect(found.first?.path == "models[0].prices[0]." + path)
    #expect(found.first?.location?.line == 2)
    #expect(found.first?.sentence.contains(" \(ratio) of ") == true, "\(found)")
  }

  @Test func `a price finer than a femtodollar is a warning that says what is kept`() throws {
    let found = try warnings(row: #"{ "per": 1, "input": 1.0000000000000001e-07, "output": 1e-6 }"#)
    #expect(found.map(\.code) == ["price_too_fine"])
    #expect(found.first?.sentence.contains("is rounded to 0.0000001") == true)
  }

  @Test func `a model without prices on the book's own date is a warning`() throws {
    let row = #"{ "to": "2026-01-01", "input": 1, "output": 1 }"#
    #expect(try warnings(row: row, head: #""as_of": "2026-11-20", "#).map(\.code) == ["no_row_in_force"])
    #expect(try warnings(row: row, head: #""as_of": "2025-11-20", "#).isEmpty)
    #expect(try warnings(row: row).isEmpty)
  }

  @Test func `a price that is a million times too high is a warning that names the model`() throws {
    let found = try warnings(row: #"{ "per": 1, "input": 0.15, "output": 0.6 }"#)
    #expect(found.map(\.code) == ["very_high_price"])
    #expect(found.first?.sentence == "p/m: the input price is 150000 USD per million tokens")
    #expect(found.first?.path == "models[0].prices[0].input")
    #expect(try warnings(row: #"{ "input": 10000, "output": 10000 }"#).isEmpty)
  }

  @Test func `a price map is told from a broken book in one line`() throws {
    let map = #"{ "gpt-4o": { "input_cost_per_token": 1e-06 }, "sample_spec": {}, "x": { "litellm_provider": "y" } }"#
    let bytes = Array(map.utf8)
    for read in [
      { try PriceBook.lint(bytes: bytes, name: "m.json").count },
      { try PriceBook.read(bytes: bytes, name: "m.json").models.count },
    ] {
      do {
        _ = try read()
        Issue.record("a price map was read as a book")
      } catch let failure as LabFailure {
        #expect(failure.diagnostics.map(\.sentence) == ["this is a price map, not a price book"])
        #expect(failure.diagnostics.first?.help == "'finops-lab prices import' makes a book of it")
        #expect(failure.diagnostics.first?.location?.file == "m.json")
      }
    }
  }

  @Test func `a book that can't be read is an error, not a list of warnings`() {
    #expect(throws: LabFailure.self) { try PriceBook.lint(bytes: Array("{}".utf8), name: "x") }
  }

  @Test func `the shipped books warn of nothing but real prices that are unusual`() throws {
    let classic = try PriceBook.lint(
      bytes: PackageRoot.bytes(of: "scenarios/prices/classic.json"), name: "classic.json")
    #expect(classic.isEmpty)
    let current = try PriceBook.lint(
      bytes: PackageRoot.bytes(of: "scenarios/prices/2026-11.json"), name: "2026-11.json")
    let codes = Set(current.map(\.code))
    #expect(codes.isSubset(of: ["unusual_cache_read", "unusual_above_price"]), "\(current)")
    #expect(current.count < 12, "\(current)")
  }
}
