import LabCore
import LabPrices
import LabTestSupport
import Testing

struct ImportTests {
  private func imported(
    _ json: String, renaming names: [String: String] = [:]
  ) throws -> (book: PriceBook, report: PriceMapImport.Report) {
    var options = PriceMapImport.Options()
    options.providerNames = names
    return try PriceMapImport.read(bytes: Array(json.utf8), name: "map.json", options: options)
  }

  private func model(_ entry: String, key: String = "m", provider: String = "p") throws -> PricedModel {
    let (book, _) = try imported(
      #"{ "\#(key)": { "litellm_provider": "\#(provider)", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06 \#(entry) } }"#
    )
    return try #require(book.models.first)
  }

  private static let micro = TokenPrice(femtodollars: 1_000_000_000)

  @Test func `a new name for a provider that the map lacks is a wrong command line`() throws {
    let map =
      #"{ "m": { "litellm_provider": "bedrock", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06 } }"#
    do {
      _ = try imported(map, renaming: ["bedrok": "aws", "bedrock": "aws"])
      Issue.record("an unknown provider was accepted")
    } catch let failure as LabFailure {
      #expect(failure.kind == .usage)
      #expect(
        failure.description == "error: price map 'map.json' has no provider 'bedrok'\n  help: did you mean 'bedrock'?")
    }
  }

  // MARK: Grammar

  @Test func `every class, cache lifetime, threshold and tier of the grammar is read, in any combination`() throws {
    let classes: [(key: String, tokenClass: TokenClass)] = [
      ("input_cost_per_token", .input), ("output_cost_per_token", .output),
      ("cache_read_input_token_cost", .cachedInput),
      ("cache_creation_input_token_cost", .cacheWrite), ("cache_creation_input_token_cost_above_1hr", .cacheWrite1h),
      ("output_cost_per_reasoning_token", .reasoning), ("input_cost_per_token_cache_hit", .cachedInput),
    ]
    for (key, tokenClass) in classes {
      for thousands in [32, 100, 128, 200, 256, 272, 512, 7, 1050] {
        for (suffix, tier) in [
          ("", ServiceTier.standard), ("_batches", .batch), ("_flex", .flex), ("_priority", .priority),
        ] {
          let model = try model(#", "\#(key)_above_\#(thousands)k_tokens\#(suffix)": 3e-06"#)
          let above = try #require(model.rows[0].above.first)
          #expect(above.limit == Int64(thousands) * 1000)
          #expect(
            above.prices[tier][tokenClass] == TokenPrice(femtodollars: 3_000_000_000), "\(key) \(thousands) \(suffix)")
        }
      }
    }
  }

  @Test(arguments: [("_batches", ServiceTier.batch), ("_flex", .flex), ("_priority", .priority)])
  func `a tier without a threshold is a tier of the row`(suffix: String, tier: ServiceTier) throws {
    let model = try model(
      #", "input_cost_per_token\#(suffix)": 3e-06, "cache_creation_input_token_cost_above_1hr\#(suffix)": 4e-6"#)
    #expect(model.rows[0].prices[tier].input == TokenPrice(femtodollars: 3_000_000_000))
    #expect(model.rows[0].prices[tier].cacheWrite1h == TokenPrice(femtodollars: 4_000_000_000))
    #expect(model.rows[0].above.isEmpty)
  }

  @Test(arguments: [
    ("cache_creation_input_token_cost_above_12hr", "_above_12hr"),
    ("cache_creation_input_token_cost_above_12hr_above_272k_tokens_flex", "_above_12hr"),
    ("input_cost_per_token_balanced", "_balanced"), ("output_cost_per_token_ultrafast", "_ultrafast"),
    ("input_cost_per_token_above_272k_tokens_ultrafast", "_ultrafast"),
    ("output_cost_per_token_above_1hr", "_above_1hr"),
    ("input_cost_per_token_above_k_tokens", "_above_k"), ("input_cost_per_token_above_200k_tokens_batch", "_batch"),
    ("input_cost_per_token_above_99999999999999999999k_tokens", "_above_99999999999999999999k"),
    ("input_cost_per_image", "input_cost_per_image"), ("off_peak_pricing", "off_peak_pricing"),
  ]) func `a price that the lab has no use for is counted under its family's name, not read as something else`(
    key: String, family: String
  ) throws {
    let (book, report) = try imported(
      #"{ "m": { "litellm_provider": "p", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "\#(key)": 9 } }"#
    )
    #expect(report.leftOut == [.init(name: family, isPrice: true, keys: 1, models: 1)])
    #expect(book.models[0].rows == [try model("").rows[0]])
  }

  @Test func `what is no price is counted too`() throws {
    let (_, report) = try imported(
      #"{ "m": { "litellm_provider": "p", "input_cost_per_token": 1, "output_cost_per_token": 1, "supports_vision": true, "supports_pdf_input": true, "rpm": 5 } }"#
    )
    #expect(
      report.leftOut == [
        .init(name: "rpm", isPrice: false, keys: 1, models: 1),
        .init(name: "supports_*", isPrice: false, keys: 2, models: 1),
      ])
  }

  @Test func `the usual cache-read key goes before the cache-hit key, whichever comes first`() throws {
    for entry in [
      #", "cache_read_input_token_cost": 1e-06, "input_cost_per_token_cache_hit": 2e-06"#,
      #", "input_cost_per_token_cache_hit": 2e-06, "cache_read_input_token_cost": 1e-06"#,
    ] { #expect(try model(entry).rows[0].prices.standard.cachedInput == Self.micro) }
    #expect(try model(#", "input_cost_per_token_cache_hit": 1e-06"#).rows[0].prices.standard.cachedInput == Self.micro)
  }

  @Test func `only xAI's thresholds are reached at the limit itself`() throws {
    let entry = #", "input_cost_per_token_above_128k_tokens": 3e-06"#
    #expect(try model(entry, provider: "xai").rows[0].above.map(\.isInclusive) == [true])
    #expect(try model(entry, provider: "azure_ai").rows[0].above.map(\.isInclusive) == [false])
  }

  @Test func `tiered pricing becomes ranges`() throws {
    let (book, report) = try imported(
      """
      { "q": { "litellm_provider": "p", "mode": "chat", "tiered_pricing": [
          { "range": [256000.0, 1000000.0], "input_cost_per_token": 3e-06, "output_cost_per_token": 4e-06 },
          { "range": [0, 256000.0], "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
            "output_cost_per_reasoning_token": 5e-06, "cache_read_input_token_cost": 1e-07 } ] },
        "s": { "litellm_provider": "p", "mode": "search", "tiered_pricing": [ { "max_results_range": [0, 25], "input_cost_per_query": 0.005 } ] } }
      """)
    let row = try #require(book.models.first).rows[0]
    #expect(row.tiered.map(\.from) == [0, 256_000])
    #expect(row.tiered.map(\.to) == [256_000, 1_000_000])
    #expect(row.tiered[0].prices.standard.reasoning == TokenPrice(femtodollars: 5_000_000_000))
    #expect(row.tiered[1].prices.standard.cachedInput == nil)
    #expect(report.withoutTokenPrices == [.init(name: "search", count: 1)])
    #expect(report.leftOut == [.init(name: "tiered_pricing", isPrice: true, keys: 1, models: 1)])
  }

  @Test func `a reasoning price equal to the output price is left to its default`() throws {
    #expect(try model(#", "output_cost_per_reasoning_token": 2e-06"#).rows[0].prices.standard.reasoning == nil)
    #expect(try model(#", "output_cost_per_reasoning_token": 1e-06"#).rows[0].prices.standard.reasoning == Self.micro)
  }

  @Test func `prices may be text, and null is no price`() throws {
    let model = try model(#", "cache_read_input_token_cost": "1e-06", "cache_creation_input_token_cost": null"#)
    #expect(model.rows[0].prices.standard.cachedInput == Self.micro)
    #expect(model.rows[0].prices.standard.cacheWrite == nil)
  }

  // MARK: Names

  @Test(arguments: [
    ("azure/gpt-4o", "azure", "gpt-4o", ["azure/gpt-4o"]), ("gpt-4o", "openai", "gpt-4o", []),
    ("azure/eu/gpt-4o", "azure", "eu/gpt-4o", ["azure/eu/gpt-4o"]),
    ("vertex_ai/meta/llama", "vertex_ai-llama_models", "meta/llama", ["vertex_ai/meta/llama"]),
    ("other/gpt-4o", "openai", "other/gpt-4o", []), ("azure/", "azure", "azure/", []),
  ]) func `the provider's prefix is taken off a key, which stays as an alias`(
    key: String, provider: String, name: String, aliases: [String]
  ) throws {
    let model = try model("", key: key, provider: provider)
    #expect(model.provider == provider)
    #expect(model.model == name)
    #expect(model.aliases == aliases)
  }

  private func entry(_ input: String, provider: String) -> String {
    #"{ "litellm_provider": "\#(provider)", "mode": "chat", "input_cost_per_token": \#(input), "output_cost_per_token": 2e-06 }"#
  }

  @Test func `two keys of one model with equal prices become a model and an alias`() throws {
    let (book, report) = try imported(
      #"{ "a/x": \#(entry("1e-6", provider: "a")), "x": \#(entry("0.000001", provider: "a")) }"#)
    #expect(book.models.map(\.model) == ["x"])
    #expect(book.models[0].aliases == ["a/x"])
    #expect(report.merged == 1)
    #expect(report.collisions.isEmpty)
  }

  @Test func `two keys of one name with different prices both stay, and the report says so`() throws {
    let (book, report) = try imported(
      #"{ "a/x": \#(entry("1e-6", provider: "a")), "x": \#(entry("2e-6", provider: "a")) }"#)
    #expect(book.models.map(\.model) == ["a/x", "x"])
    #expect(report.collisions == [.init(key: "a/x", wanted: "x", given: "a/x")])
    #expect(book.index(provider: "a", model: "x") == 1)
  }

  @Test func `renamed providers that meet in one name lose nothing`() throws {
    let (book, report) = try imported(
      #"{ "x": \#(entry("1e-6", provider: "b")), "a/x": \#(entry("2e-6", provider: "a")), "y": \#(entry("1e-6", provider: "c")) }"#,
      renaming: ["a": "all", "b": "all"])
    #expect(book.models.map { "\($0.provider): \($0.model)" } == ["all: a/x", "all: x", "c: y"])
    #expect(report.collisions.map(\.key) == ["a/x"])
  }

  // MARK: Report

  @Test func `entries are counted by what became of them, and the counts add up`() throws {
    let (book, report) = try imported(
      """
      { "sample_spec": { "litellm_provider": "one of …", "input_cost_per_token": 0, "output_cost_per_token": 0, "mode": "one of …" },
        "rules": { "rules": [] },
        "good": \(entry("1e-6", provider: "p")), "free": { "litellm_provider": "p", "input_cost_per_token": 0, "output_cost_per_token": 0.0 },
        "image": { "litellm_provider": "p", "mode": "image_generation", "output_cost_per_image": 0.04 },
        "half": { "litellm_provider": "p", "mode": "chat", "output_cost_per_token": 1e-6 },
        "embedding": { "litellm_provider": "p", "mode": "embedding", "input_cost_per_token": 1e-7 },
        "negative": \(entry("-1e-6", provider: "p")), "huge": \(entry("1e9", provider: "p")), "odd": \(entry("\"cheap\"", provider: "p")),
        "fine": \(entry("1.0000000000000001e-07", provider: "p")), "array": [] }
      """)
    #expect(book.models.map(\.model) == ["embedding", "fine", "free", "good"])
    #expect(report.entries == 12)
    #expect(report.documentation == ["sample_spec", "rules"])
    #expect(report.imported == 4)
    #expect(report.free == 1)
    #expect(report.withoutOutput == 1)
    #expect(report.roundedPrices == 1)
    #expect(report.withoutTokenPrices == [.init(name: "image_generation", count: 1)])
    #expect(report.partlyPriced == [.init(name: "chat", count: 1)])
    #expect(report.invalid == 4)
    #expect(report.problems.map(\.code) == ["bad_price", "bad_price", "bad_price", "bad_price_map_entry"])
    #expect(report.problems.allSatisfy { $0.severity == .warning && $0.location?.line != nil })
    #expect(report.entries == report.imported + report.merged + report.notImported + report.documentation.count)
    #expect(book.cost(of: TokenUsage(input: 1000, output: 0), model: 0, at: anyTime) == Money("0.0001"))
  }

  @Test(arguments: [
    ("[]", "not_a_price_map"), ("{}", "no_token_prices"), ("{ \"a\": 1 }", "bad_price_map_entry"), ("", "json_empty"),
    (
      #"{ "a": { "litellm_provider": "p", "tiered_pricing": [ { "range": [0, 5] }, { "range": [9, 8] } ] } }"#,
      "bad_ranges"
    ),
    (#"{ "a": { "litellm_provider": "p", "tiered_pricing": [ { "range": [3, 5] } ] } }"#, "bad_ranges"),
    (#"{ "a": { "litellm_provider": "p", "tiered_pricing": [ { "range": "x" } ] } }"#, "bad_ranges"),
    (#"{ "a": { "litellm_provider": 5, "mode": [], "tiered_pricing": 7 } }"#, "no_token_prices"),
  ]) func `a map that gives no model is refused with the reason`(text: String, code: String) {
    do {
      _ = try imported(text)
      Issue.record("\(text) was taken")
    } catch let failure as LabFailure {
      #expect(failure.kind == .invalidInput)
      #expect(failure.diagnostics.first?.code == code)
    } catch { Issue.record("\(error)") }
  }

  @Test func `an imported book is valid, and reads back the same after it was written`() throws {
    let (book, _) = try imported(
      #"{ "a/x": \#(entry("1e-6", provider: "a")), "x": \#(entry("2e-6", provider: "a")), "z/é": \#(entry("3.00000001e-6", provider: "z")) }"#
    )
    #expect(try PriceBook.read(bytes: book.written(), name: "b").models == book.models)
  }

  @Test func `an entry without a name or without a provider's name is left out with its place`() throws {
    let prices = #""mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06 }"#
    let (book, report) = try imported(
      #"{ "": { "litellm_provider": "p", \#(prices), "a": { "litellm_provider": "", \#(prices), "#
        + #""m": { "litellm_provider": "p", \#(prices) }"#)
    #expect(book.models.map(\.model) == ["m"])
    #expect(report.invalid == 2)
    #expect(report.problems.map(\.code) == ["bad_price_map_entry", "bad_price_map_entry"])
    #expect(report.problems.allSatisfy { $0.location?.line == 1 })
  }
}

/// The import of the real map.
@Suite(.enabled(if: SharedData.isPresent, SharedData.absence))
struct RealMapImportTests {
  private static func imported(
    renaming names: [String: String] = [:]
  ) throws -> (book: PriceBook, report: PriceMapImport.Report) {
    var options = PriceMapImport.Options()
    options.providerNames = names
    return try PriceMapImport.read(
      bytes: SharedData.bytes(of: "prices/litellm-model-prices-1.109.1.json"), name: "map.json", options: options)
  }

  @Test func `all 4,553 entries are accounted for`() throws {
    let (book, report) = try Self.imported()
    #expect(report.entries == 4553)
    #expect(report.imported == book.models.count)
    #expect(report.imported > 3600)
    #expect(report.invalid == 0)
    #expect(report.entries == report.imported + report.merged + report.notImported + report.documentation.count)
    let families = Dictionary(report.leftOut.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    #expect(families["_above_12hr"]?.models == 11)
    #expect(families["_balanced"]?.models == 10)
    #expect(families["_ultrafast"]?.models == 8)
    #expect(families["off_peak_pricing"]?.models == 10)
    #expect(families["input_cost_per_token"] == nil)
    #expect(report.leftOut.allSatisfy { $0.isPrice || !$0.name.contains("cost") })
  }

  @Test func `the imported book is valid and reads back the same after it was written`() throws {
    let (book, _) = try Self.imported()
    let bytes = book.written()
    let again = try PriceBook.read(bytes: bytes, name: "again.json")
    #expect(again.models == book.models)
    #expect(again.written() == bytes)
  }

  @Test func `renaming providers loses no model`() throws {
    let (_, plain) = try Self.imported()
    let (book, renamed) = try Self.imported(renaming: [
      "gemini": "google", "vertex_ai-language-models": "google", "vertex_ai": "google", "bedrock": "aws-bedrock",
      "bedrock_converse": "aws-bedrock",
    ])
    #expect(renamed.imported + renamed.merged == plain.imported + plain.merged)
    #expect(book.index(provider: "google", model: "gemini-2.5-pro") != nil)
    #expect(book.index(provider: "aws-bedrock", model: "anthropic.claude-sonnet-4-5-20250929-v1:0") != nil)
    #expect(try PriceBook.read(bytes: book.written(), name: "again.json").models == book.models)
  }

  @Test func `the current shipped book has the map's figures`() throws {
    let (map, _) = try Self.imported()
    let names = [
      "google": ["gemini", "vertex_ai"], "aws-bedrock": ["bedrock_converse", "bedrock"], "cohere": ["cohere_chat"],
    ]
    let book = try PriceBook.read(bytes: PackageRoot.bytes(of: "scenarios/prices/2026-11.json"), name: "2026-11.json")
    for model in book.models {
      let providers = names[model.provider] ?? [model.provider]
      let entries = ([model.model] + model.aliases).compactMap { name in
        providers.lazy.compactMap { map.index(provider: $0, model: name) }.first
      }
      let entry = try #require(entries.first, "\(model.provider) \(model.model) is not in the map")
      #expect(map.models[entry].rows == model.rows, "\(model.provider) \(model.model)")
      #expect(map.models[entry].contextTokens == model.contextTokens, "\(model.provider) \(model.model)")
      #expect(map.models[entry].maxOutputTokens == model.maxOutputTokens, "\(model.provider) \(model.model)")
      for alias in entries {
        #expect(map.models[alias].rows == model.rows, "an alias of \(model.model) is priced otherwise")
      }
    }
  }
}
