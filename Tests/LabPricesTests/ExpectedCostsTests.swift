import LabCore
import LabJSON
import LabPrices
import LabTestSupport
import Testing

/// The lab's costs against those of LiteLLM's own calculator on the same price map; `Fixtures/make_expected_costs.py` made
/// the figures.
@Suite(.enabled(if: SharedData.isPresent, SharedData.absence))
struct ExpectedCostsTests {
  struct Case {
    var key: String
    var provider: String
    var tier: ServiceTier
    var usage: TokenUsage
    var charged: ExactDecimal
    /// The name of the rule by which the two differ, and the figure of an independent calculation by our rules.
    var deviation: (name: String, byOurRules: ExactDecimal)?

    var description: String { "\(key) of \(provider), \(tier.name), \(usage)" }
  }

  private static func cases() throws -> [Case] {
    let bytes = try PackageRoot.bytes(of: "Tests/LabPricesTests/Fixtures/expected_costs.json")
    let root = try JSONReader.read(bytes, name: "expected_costs.json").root
    return try #require(root["cases"]?.array).map { node in
      let row = try #require(node.array)
      let tokens = try row[3...8].map { try #require($0.number?.integer) }
      return Case(
        key: try #require(row[0].string), provider: try #require(row[1].string),
        tier: try #require(ServiceTier(name: row[2].string ?? "")),
        usage: TokenUsage(
          input: tokens[0], cachedInput: tokens[1], cacheWrite: tokens[2], cacheWrite1h: tokens[3], output: tokens[4],
          reasoning: tokens[5]),
        charged: try #require(ExactDecimal(row[9].string ?? "")),
        deviation: row.count > 10
          ? (try #require(row[10].string), try #require(ExactDecimal(row[11].string ?? ""))) : nil)
    }
  }

  private static func importedMap() throws -> PriceBook {
    try PriceMapImport.read(
      bytes: SharedData.bytes(of: "prices/litellm-model-prices-1.109.1.json"), name: "map.json"
    ).book
  }

  /// The map's prices are doubles in LiteLLM, and ours is rounded to the nanodollar: at most one nanodollar apart.
  private static func agrees(_ cost: Money?, with dollars: ExactDecimal) -> Bool {
    guard let cost, let picodollars = dollars.scaled(byPowerOfTen: 12) else { return false }
    return (Int128(cost.nanodollars) * 1000 - picodollars).magnitude <= 1000
  }

  @Test func `costs agree with LiteLLM to the nanodollar wherever the rules are the same`() throws {
    let book = try Self.importedMap()
    let cases = try Self.cases().filter { $0.deviation == nil }
    #expect(cases.count >= 300)
    #expect(Set(cases.map(\.provider)).count >= 50)
    for expected in cases {
      guard let model = book.index(provider: expected.provider, model: expected.key) else {
        Issue.record("\(expected.key) was not imported")
        continue
      }
      let cost = book.cost(of: expected.usage, model: model, at: anyTime, tier: expected.tier)
      #expect(
        Self.agrees(cost, with: expected.charged),
        "\(expected.description): \(expected.charged.double), ours \(String(describing: cost))")
    }
  }

  @Test(arguments: [
    "batch_class_without_batch_price", "batch_above_without_batch_price",
  ])
  func `where LiteLLM has another rule, costs follow ours`(rule: String) throws {
    let book = try Self.importedMap()
    let cases = try Self.cases().filter { $0.deviation?.name == rule }
    #expect(!cases.isEmpty)
    var different = 0
    for expected in cases {
      let model = try #require(book.index(provider: expected.provider, model: expected.key))
      let cost = book.cost(of: expected.usage, model: model, at: anyTime, tier: expected.tier)
      #expect(Self.agrees(cost, with: try #require(expected.deviation).byOurRules), "\(expected.description)")
      if !Self.agrees(cost, with: expected.charged) { different += 1 }
    }
    #expect(different > 0, "the rule is no deviation any more")
  }

  @Test func `no case deviates by a rule that is not documented`() throws {
    let documentation = String(decoding: try PackageRoot.bytes(of: "docs/prices.md"), as: UTF8.self)
    for name in Set(try Self.cases().compactMap { $0.deviation?.name }) {
      #expect(documentation.contains("`\(name)`"), "docs/prices.md says nothing of \(name)")
    }
  }
}
