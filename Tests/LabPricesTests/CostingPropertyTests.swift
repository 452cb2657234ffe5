import LabCore
import LabPrices
import Testing

/// Properties that hold for any book and any call; the random books and calls are the same in every run.
struct CostingPropertyTests {
  private static let rounds = 2000

  /// A random decimal price from 0 to 99 USD per million tokens with up to nine decimals.
  private func price(_ random: inout RandomStream) -> String {
    let decimals = random.below(10)
    let whole = random.below(100)
    guard decimals > 0 else { return "\(whole)" }
    return "\(whole)." + (0..<decimals).map { _ in String(random.below(10)) }.joined()
  }

  private func prices(_ random: inout RandomStream, all: Bool) -> String {
    var fields: [String] = []
    for tokenClass in TokenClass.allCases where (all && tokenClass.standIn == nil) || random.chance(0.5) {
      fields.append("\"\(tokenClass.name)\": \(price(&random))")
    }
    var tiers: [String] = []
    for tier in ["batch", "flex", "priority"] where random.chance(0.4) {
      let inner = TokenClass.allCases.filter { _ in random.chance(0.4) }.map { "\"\($0.name)\": \(price(&random))" }
      tiers.append("\"\(tier)\": { \(inner.joined(separator: ", ")) }")
    }
    if !tiers.isEmpty { fields.append("\"tiers\": { \(tiers.joined(separator: ", ")) }") }
    return fields.joined(separator: ", ")
  }

  private func randomBook(_ random: inout RandomStream) throws -> PriceBook {
    var row = "\"per\": 1000000, " + prices(&random, all: true)
    if random.chance(0.5) {
      row += #", "above": [ { "input_tokens": 50000, \#(prices(&random, all: true)) } ]"#
    }
    return try bookOfOneModel(
      rows: "{ \(row) }",
      rest: #""providers": [ { "id": "openai", "discount_percent": \#(random.below(1001) / 10) } ]"#)
  }

  private func randomUsage(_ random: inout RandomStream) -> TokenUsage {
    let input = Int64(random.below(100_000))
    let cached = Int64(random.below(Int(input) + 1))
    let written = Int64(random.below(Int(input - cached) + 1))
    let writtenHour = Int64(random.below(Int(input - cached - written) + 1))
    let output = Int64(random.below(20_000))
    return TokenUsage(
      input: input, cachedInput: cached, cacheWrite: written, cacheWrite1h: writtenHour, output: output,
      reasoning: Int64(random.below(Int(output) + 1)))
  }

  @Test func `lines sum to the total exactly, at contract and at list prices`() throws {
    var random = RandomStream(seed: 1, purpose: 1)
    for _ in 0..<Self.rounds {
      let book = try randomBook(&random)
      let usage = randomUsage(&random)
      for tier in ServiceTier.allCases {
        for outcome in CallOutcome.allCases {
          let cost = try #require(book.cost(of: usage, model: 0, at: anyTime, tier: tier, outcome: outcome))
          let list = try #require(book.listCost(of: usage, model: 0, at: anyTime, tier: tier, outcome: outcome))
          let breakdown = try #require(book.breakdown(of: usage, model: 0, at: anyTime, tier: tier, outcome: outcome))
          #expect(breakdown.cost == cost)
          #expect(breakdown.listCost == list)
          #expect(breakdown.lines.reduce(0) { $0 + $1.cost.nanodollars } == cost.nanodollars)
          #expect(breakdown.lines.reduce(0) { $0 + $1.listCost.nanodollars } == list.nanodollars)
          #expect(breakdown.lines.allSatisfy { $0.cost >= .zero && $0.cost <= $0.listCost })
          #expect(cost <= list)
        }
      }
    }
  }

  @Test func `every line is within a nanodollar of tokens times price`() throws {
    var random = RandomStream(seed: 2, purpose: 1)
    for _ in 0..<Self.rounds {
      let book = try randomBook(&random)
      let breakdown = try #require(book.breakdown(of: randomUsage(&random), model: 0, at: anyTime))
      for line in breakdown.lines {
        let exact = Double(line.tokens) * line.price.dollarsPerToken * 1e9
        #expect(abs(Double(line.listCost.nanodollars) - exact) < 1.001)
      }
    }
  }

  @Test func `more tokens of any class never cost less, below a limit`() throws {
    var random = RandomStream(seed: 3, purpose: 1)
    for _ in 0..<Self.rounds {
      let book = try randomBook(&random)
      var usage = randomUsage(&random)
      usage.input = min(usage.input, 49_000)
      guard usage.uncachedInput != nil else { continue }
      let before = try #require(book.cost(of: usage, model: 0, at: anyTime))
      var longer = usage
      longer.output += Int64(random.below(1000))
      #expect(try #require(book.cost(of: longer, model: 0, at: anyTime)) >= before)
      var larger = usage
      larger.input += Int64(random.below(1000))
      #expect(try #require(book.cost(of: larger, model: 0, at: anyTime)) >= before)
    }
  }

  @Test func `the fast sum in 64 bits and the wide one in 128 agree`() throws {
    var random = RandomStream(seed: 4, purpose: 1)
    for _ in 0..<Self.rounds {
      let text = price(&random)
      // A discount makes the wide path: twice the tokens at half the price cost the same.
      let plain = try bookOfOneModel(rows: #"{ "per": 1, "input": \#(text)e-9, "output": 0 }"#)
      let discounted = try bookOfOneModel(
        rows: #"{ "per": 1, "input": \#(text)e-9, "output": 0 }"#,
        rest: #""providers": [ { "id": "openai", "discount_percent": 50 } ]"#)
      let tokens = Int64(random.below(1_000_000))
      let full = try #require(plain.cost(of: TokenUsage(input: tokens, output: 0), model: 0, at: anyTime))
      let half = try #require(discounted.cost(of: TokenUsage(input: tokens * 2, output: 0), model: 0, at: anyTime))
      #expect(full == half)
    }
  }
}
