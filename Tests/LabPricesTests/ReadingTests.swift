import LabCore
import LabPrices
import Testing

struct ReadingTests {
  private func withRow(_ row: String) -> String {
    #"{ "format": "finops-lab/prices/1", "models": [ { "provider": "p", "model": "m", "prices": [ \#(row) ] } ] }"#
  }
  private func withModels(_ models: String) -> String {
    #"{ "format": "finops-lab/prices/1", "models": [ \#(models) ] }"#
  }
  private func withRest(_ rest: String) -> String {
    """
    { "format": "finops-lab/prices/1", "models": [ { "provider": "openai", "model": "m", "prices": [ { "input": 1, "output": 1 } ] },
      { "provider": "google", "model": "m", "prices": [ { "input": 1, "output": 1 } ] },
      { "provider": "google", "model": "g", "prices": [ { "input": 1, "output": 1 } ] } ], \(rest) }
    """
  }

  @Test func `the example of the design is read whole`() throws {
    let book = try book(
      """
      { "format": "finops-lab/prices/1", "currency": "USD", "as_of": "2026-11-20",
        "models": [
          { "provider": "openai", "model": "gpt-4o", "aliases": ["gpt-4o-2024-08-06"],
            "class": "frontier", "context_tokens": 128000, "max_output_tokens": 16384,
            "prices": [
              { "from": "2024-10-01", "per": 1000000, "input": 2.50, "cached_input": 1.25, "output": 10.00,
                "tiers": { "batch": { "input": 1.25, "output": 5.00 }, "priority": { "input": 4.25, "cached_input": 2.125, "output": 17.00 } } } ] },
          { "provider": "google", "model": "gemini-2.5-pro",
            "prices": [ { "from": "2025-06-17", "per": 1000000, "input": 1.25, "output": 10.00,
                          "above": [ { "input_tokens": 200000, "input": 2.50, "output": 15.00 } ] } ] } ] }
      """)
    #expect(book.asOf == CivilDate(year: 2026, month: 11, day: 20))
    let model = book.models[0]
    #expect(model.provider == "openai")
    #expect(model.aliases == ["gpt-4o-2024-08-06"])
    #expect(model.modelClass == "frontier")
    #expect(model.contextTokens == 128_000)
    #expect(model.maxOutputTokens == 16_384)
    #expect(model.rows[0].from == Instant("2024-10-01"))
    #expect(model.rows[0].prices.standard.cachedInput == TokenPrice(femtodollars: 1_250_000_000))
    #expect(model.rows[0].prices.priority.output == TokenPrice(femtodollars: 17_000_000_000))
    #expect(book.models[1].rows[0].above.map(\.limit) == [200_000])
  }

  @Test func `prices may be strings and are read exactly`() throws {
    let book = try bookOfOneModel(rows: #"{ "per": 1, "input": "0.000000000000001", "output": "1e-15" }"#)
    #expect(book.models[0].rows[0].prices.standard.input == TokenPrice(femtodollars: 1))
    #expect(book.models[0].rows[0].prices.standard.output == TokenPrice(femtodollars: 1))
  }

  @Test func `a price finer than a femtodollar is rounded half to even`() throws {
    let book = try bookOfOneModel(rows: #"{ "per": 1, "input": 1.0000000000000001e-07, "output": 2.5e-15 }"#)
    #expect(book.models[0].rows[0].prices.standard.input == TokenPrice(femtodollars: 100_000_000))
    #expect(book.models[0].rows[0].prices.standard.output == TokenPrice(femtodollars: 2))
  }

  @Test func `all problems of a file come together, in its order, each with its place`() throws {
    let found = problems(
      of: """
        { "format": "finops-lab/prices/1", "as_of": "soon", "modles": 1,
          "models": [
            { "provider": "openai", "model": "a", "clas": "frontier",
              "prices": [ { "input": -1, "output": "cheap" } ] },
            { "provider": "openai", "model": "a",
              "prices": [ { "input": 1, "output": 1, "ouptut": 2 } ] } ] }
        """)
    #expect(
      found.map(\.code) == [
        "bad_date", "unknown_key", "unknown_key", "negative_price", "wrong_type", "duplicate_model", "unknown_key",
      ])
    #expect(found[3].path == "models[0].prices[0].input")
    #expect(found[3].location == SourceLocation(file: "test.json", line: 4, column: 30))
    #expect(found[2].help == "did you mean 'class'?")
    #expect(found[1].help == "did you mean 'models'?")
  }

  @Test(arguments: [
    (#"{ "input": 1 }"#, "missing_price"),
    (#"{ "output": 1 }"#, "missing_price"),
    (#"{ "input": 1, "output": -0.000001 }"#, "negative_price"),
    (#"{ "per": 1, "input": 1000.01, "output": 1 }"#, "price_too_high"),
    (#"{ "input": 1e300, "output": 1 }"#, "price_too_high"),
    (#"{ "input": null, "output": 1 }"#, "wrong_type"),
    (#"{ "input": true, "output": 1 }"#, "wrong_type"),
    (#"{ "input": [1], "output": 1 }"#, "wrong_type"),
    (#"{ "per": 0, "input": 1, "output": 1 }"#, "bad_per"),
    (#"{ "per": 1.5, "input": 1, "output": 1 }"#, "bad_per"),
    (#"{ "per": 1000000001, "input": 1, "output": 1 }"#, "bad_per"),
    (#"{ "from": "2025-02-30", "input": 1, "output": 1 }"#, "bad_instant"),
    (#"{ "from": 2025, "input": 1, "output": 1 }"#, "wrong_type"),
    (#"{ "from": "2025-02-01", "to": "2025-02-01", "input": 1, "output": 1 }"#, "row_ends_before_start"),
    (#"{ "input": 1, "output": 1 }, { "input": 1, "output": 1 }"#, "row_without_start"),
    (
      #"{ "from": "2025-02-01", "input": 1, "output": 1 }, { "from": "2025-01-01", "input": 1, "output": 1 }"#,
      "rows_out_of_order"
    ),
    (
      #"{ "from": "2025-02-01", "input": 1, "output": 1 }, { "from": "2025-02-01", "input": 1, "output": 1 }"#,
      "rows_out_of_order"
    ),
    (
      #"{ "to": "2025-02-02", "input": 1, "output": 1 }, { "from": "2025-02-01", "input": 1, "output": 1 }"#,
      "rows_overlap"
    ),
    (#"{ "input": 1, "output": 1, "tiers": { "bacth": {} } }"#, "unknown_key"),
    (#"{ "input": 1, "output": 1, "tiers": { "standard": { "input": 1 } } }"#, "unknown_key"),
    (#"{ "input": 1, "output": 1, "tiers": [] }"#, "wrong_type"),
    (#"{ "input": 1, "output": 1, "tiers": { "batch": { "input": -1 } } }"#, "negative_price"),
    (#"{ "input": 1, "output": 1, "above": [ { "input": 2 } ] }"#, "missing_key"),
    (#"{ "input": 1, "output": 1, "above": [ { "input_tokens": 0, "input": 2 } ] }"#, "bad_token_count"),
    (#"{ "input": 1, "output": 1, "above": [ { "input_tokens": "200k", "input": 2 } ] }"#, "bad_token_count"),
    (#"{ "input": 1, "output": 1, "above": [ { "input_tokens": 9e99, "input": 2 } ] }"#, "bad_token_count"),
    (#"{ "input": 1, "output": 1, "above": [ { "input_tokens": 10 } ] }"#, "empty_above_row"),
    (
      #"{ "input": 1, "output": 1, "above": [ { "input_tokens": 10, "input": 2 }, { "input_tokens": 10, "input": 2 } ] }"#,
      "limits_out_of_order"
    ),
    (#"{ "input": 1, "output": 1, "above": [ 5 ] }"#, "wrong_type"),
    (#"{ "input": 1, "output": 1, "above": {} }"#, "wrong_type"),
    (#"{ "tiered": [] }"#, "ranges_not_joined"),
    (#"{ "tiered": [ { "input": 1, "output": 1 } ] }"#, "missing_key"),
    (#"{ "tiered": [ { "range": [5, 3], "input": 1, "output": 1 } ] }"#, "bad_range"),
    (#"{ "tiered": [ { "range": [0], "input": 1, "output": 1 } ] }"#, "bad_range"),
    (#"{ "tiered": [ { "range": [10, 20], "input": 1, "output": 1 } ] }"#, "ranges_not_joined"),
    (
      #"{ "tiered": [ { "range": [0, 10], "input": 1, "output": 1 }, { "range": [11, 20], "input": 1, "output": 1 } ] }"#,
      "ranges_not_joined"
    ),
    (
      #"{ "tiered": [ { "range": [0, null], "input": 1, "output": 1 }, { "range": [11, 20], "input": 1, "output": 1 } ] }"#,
      "range_after_open_end"
    ),
    (#"{ "tiered": [ { "range": [0, 10], "input": 1 } ] }"#, "missing_price"),
    (
      #"{ "input": 1, "output": 1, "above": [ { "input_tokens": 10, "input": 2 } ], "tiered": [ { "range": [0, 10], "input": 1, "output": 1 } ] }"#,
      "above_and_tiered"
    ),
    ("5", "wrong_type"),
  ]) func `a faulty price row is refused`(row: String, code: String) {
    #expect(codes(of: withRow(row)) == [code])
  }

  @Test(arguments: [
    (#"{ "provider": "p", "model": "m", "prices": [] }"#, ["no_price_rows"]),
    (#"{ "provider": "p", "model": "m" }"#, ["missing_key"]),
    (#"{ "provider": "", "model": "m", "prices": [ { "input": 1, "output": 1 } ] }"#, ["empty_name"]),
    (#"{ "model": 7, "prices": [ { "input": 1, "output": 1 } ] }"#, ["missing_key", "wrong_type"]),
    (
      #"{ "provider": "p", "model": "m", "aliases": ["m"], "prices": [ { "input": 1, "output": 1 } ] }"#,
      ["duplicate_alias"]
    ),
    (
      #"{ "provider": "p", "model": "m", "aliases": ["n", "n"], "prices": [ { "input": 1, "output": 1 } ] }"#,
      ["duplicate_alias"]
    ),
    (#"{ "provider": "p", "model": "m", "aliases": [7], "prices": [ { "input": 1, "output": 1 } ] }"#, ["wrong_type"]),
    (
      #"{ "provider": "p", "model": "m", "context_tokens": -5, "prices": [ { "input": 1, "output": 1 } ] }"#,
      ["bad_token_count"]
    ),
    ("", ["no_models"]), ("[]", ["wrong_type"]),
  ]) func `a faulty model is refused`(model: String, expected: [String]) {
    #expect(codes(of: withModels(model)) == expected)
  }

  @Test func `a name is given once within a provider, and may come again with another`() {
    let row = #""prices": [ { "input": 1, "output": 1 } ]"#
    let first = #"{ "provider": "p", "model": "a", "aliases": ["b"], \#(row) }"#
    #expect(codes(of: withModels(first + #", { "provider": "p", "model": "b", \#(row) }"#)) == ["duplicate_alias"])
    #expect(
      codes(of: withModels(first + #", { "provider": "p", "model": "c", "aliases": ["b"], \#(row) }"#)) == [
        "duplicate_alias"
      ])
    #expect(codes(of: withModels(first + #", { "provider": "q", "model": "b", "aliases": ["a"], \#(row) }"#)).isEmpty)
  }

  @Test(arguments: [
    (#""providers": [ { "id": "opnai" } ]"#, "unknown_provider"),
    (#""providers": [ { "id": "openai" }, { "id": "openai" } ]"#, "duplicate_provider"),
    (#""providers": [ { "id": "openai", "discount_percent": 101 } ]"#, "percent_out_of_range"),
    (#""providers": [ { "id": "openai", "discount_percent": -1 } ]"#, "percent_out_of_range"),
    (#""providers": [ { "id": "openai", "discount_percent": 1.23456 } ]"#, "percent_too_fine"),
    (#""providers": [ { "id": "openai", "bill_errors": { "timeout": "half" } } ]"#, "unknown_billing_rule"),
    (#""providers": [ { "id": "openai", "bill_errors": { "timeouts": "full" } } ]"#, "unknown_key"),
    (
      #""commitments": [ { "scope": "aws", "ratio": 0.6, "term": "1y", "unit_usd_per_hour": 1, "minimum": 1 } ]"#,
      "unknown_scope"
    ),
    (
      #""commitments": [ { "scope": "m", "ratio": 0.6, "term": "1y", "unit_usd_per_hour": 1, "minimum": 1 } ]"#,
      "ambiguous_scope"
    ),
    (
      #""commitments": [ { "scope": "openai", "ratio": 0, "term": "1y", "unit_usd_per_hour": 1, "minimum": 1 } ]"#,
      "bad_ratio"
    ),
    (
      #""commitments": [ { "scope": "openai", "ratio": 1.1, "term": "1y", "unit_usd_per_hour": 1, "minimum": 1 } ]"#,
      "bad_ratio"
    ),
    (#""commitments": [ { "scope": "openai", "ratio": 0.6, "term": "a year", "unit_usd_per_hour": 1 } ]"#, "bad_term"),
    (#""commitments": [ { "scope": "openai", "ratio": 0.6, "term": "1y", "unit_usd_per_hour": -1 } ]"#, "bad_amount"),
    (#""commitments": [ { "scope": "openai", "ratio": 0.6, "term": "1y" } ]"#, "missing_key"),
    (#""volume_tiers": [ { "provider": "openai", "from_annual_usd": 5 } ]"#, "missing_key"),
    (
      #""volume_tiers": [ { "provider": "openai", "from_annual_usd": 5, "percent": 1 }, { "provider": "openai", "from_annual_usd": 5, "percent": 2 } ]"#,
      "volume_tiers_out_of_order"
    ),
    (#""currency": "EUR""#, "unknown_currency"),
    (#""format": "finops-lab/prices/1""#, "duplicate_key"),
  ]) func `faulty terms are refused`(rest: String, code: String) {
    #expect(codes(of: withRest(rest)) == [code])
  }

  @Test func `offers and terms are read`() throws {
    let book = try book(
      withRest(
        """
        "providers": [ { "id": "google", "discount_percent": "12.5", "bill_errors": { "server_error": "input" } } ],
        "commitments": [ { "scope": "openai", "ratio": 0.6, "term": "1y", "unit_usd_per_hour": 1, "minimum": 3 },
                         { "scope": "google/m", "ratio": 0.7, "term": "6mo", "unit_usd_per_hour": 0.5 },
                         { "scope": "g", "ratio": 0.5, "term": "3y", "unit_usd_per_hour": 2 } ],
        "volume_tiers": [ { "provider": "openai", "from_annual_usd": 100000, "percent": 5 } ]
        """))
    #expect(book.terms(of: "google").discountPercent == 12.5)
    #expect(book.terms(of: "google").billErrors.serverError == .input)
    #expect(book.terms(of: "google").billErrors.timeout == .full)
    #expect(book.terms(of: "openai") == ProviderTerms(id: "openai"))
    #expect(
      book.commitments.map(\.scope) == [
        .provider("openai"), .model(provider: "google", model: "m"), .model(provider: "google", model: "g"),
      ])
    #expect(book.commitments.map(\.minimumUnits) == [3, 1, 1])
    #expect(book.commitments[1].unitPerHour == Money("0.5"))
    #expect(book.volumeTiers == [VolumeTier(provider: "openai", fromAnnual: Money("100000"), percent: 5)])
  }

  @Test(arguments: [
    "", "null", "[]", "7", "\"book\"", "{", "{}", "{\"models\": 1}", "{\"format\": null, \"models\": null}",
    "{\"format\": \"finops-lab/prices/2\", \"models\": []}", "{\"models\": [null, [], {}, {\"prices\": {}}]}",
    "{\"models\": [{\"prices\": [null, {\"tiers\": {\"batch\": 3}, \"above\": [null], \"tiered\": 7}]}], \"providers\": 4}",
  ]) func `JSON of any other shape is refused with reasons, never a crash`(text: String) {
    let found = problems(of: text)
    #expect(!found.isEmpty)
    #expect(found.allSatisfy { $0.severity == .error && !$0.sentence.isEmpty && $0.location != nil })
  }

  @Test func `JSON nested ten thousand deep is refused`() {
    let deep = String(repeating: "[", count: 10_000)
    #expect(codes(of: withRow(#"{ "input": 1, "output": 1, "above": \#(deep)"#)) == ["json_too_deep"])
  }

  @Test func `cutting or corrupting a valid book anywhere never crashes the reader`() throws {
    let valid = Array(
      withRest(#""commitments": [ { "scope": "openai", "ratio": 0.6, "term": "1y", "unit_usd_per_hour": 1 } ]"#).utf8)
    var random = RandomStream(seed: 5, purpose: 1)
    for _ in 0..<3000 {
      var bytes = valid
      for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      if random.chance(0.3) { bytes.removeLast(random.below(bytes.count)) }
      do {
        let book = try PriceBook.read(bytes: bytes, name: "x")
        #expect(!book.models.isEmpty)
      } catch { #expect(!error.diagnostics.isEmpty) }
    }
  }
}
