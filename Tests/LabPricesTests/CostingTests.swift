import LabCore
import LabPrices
import Testing

struct CostingTests {
  private static let gpt4o = """
    { "from": "2024-10-01", "per": 1000000, "input": 2.50, "cached_input": 1.25, "output": 10.00,
      "tiers": { "batch": { "input": 1.25, "output": 5.00 },
                 "priority": { "input": 4.25, "cached_input": 2.125, "output": 17.00 } } }
    """
  private static let gemini = """
    { "from": "2025-06-17", "per": 1000000, "input": 1.25, "output": 10.00,
      "above": [ { "input_tokens": 200000, "input": 2.50, "output": 15.00 } ] }
    """

  private func cost(
    _ rows: String, _ usage: TokenUsage, tier: ServiceTier = .standard, outcome: CallOutcome = .success,
    at: Instant = anyTime,
    rest: String = ""
  ) throws -> Money? {
    try bookOfOneModel(rows: rows, rest: rest).cost(of: usage, model: 0, at: at, tier: tier, outcome: outcome)
  }

  // MARK: Classes

  @Test func `cached input is part of the input and has its own price`() throws {
    let usage = TokenUsage(input: 1000, cachedInput: 400, output: 100)
    // 600 · 2.5 + 400 · 1.25 + 100 · 10 = 3,000 millionths of a dollar.
    #expect(try cost(Self.gpt4o, usage) == Money("0.003"))
  }

  @Test func `every class has its price`() throws {
    let rows = """
      { "per": 1000000, "input": 1, "cached_input": 2, "cache_write": 3, "cache_write_1h": 5, "output": 7, "reasoning": 11 }
      """
    let usage = TokenUsage(
      input: 1111, cachedInput: 100, cacheWrite: 10, cacheWrite1h: 1, output: 11_000, reasoning: 10_000)
    // 1,000 + 2 · 100 + 3 · 10 + 5 · 1 + 7 · 1,000 + 11 · 10,000 millionths of a dollar.
    #expect(try cost(rows, usage) == Money("0.118235"))
  }

  @Test func `cache reads and writes without a price cost the input price`() throws {
    let rows = #"{ "per": 1000000, "input": 3, "output": 1 }"#
    let usage = TokenUsage(input: 1000, cachedInput: 300, cacheWrite: 200, cacheWrite1h: 100, output: 0)
    #expect(try cost(rows, usage) == Money("0.003"))
  }

  @Test func `a one-hour write without a price costs the short write's price`() throws {
    let rows = #"{ "per": 1000000, "input": 1, "cache_write": 4, "output": 1 }"#
    #expect(try cost(rows, TokenUsage(input: 1000, cacheWrite1h: 1000, output: 0)) == Money("0.004"))
  }

  @Test func `reasoning without a price costs the output price`() throws {
    let rows = #"{ "per": 1000000, "input": 1, "output": 8 }"#
    #expect(try cost(rows, TokenUsage(input: 0, output: 1000, reasoning: 900)) == Money("0.008"))
  }

  @Test func `reasoning beyond the output counts as all of it`() throws {
    let rows = #"{ "per": 1000000, "input": 1, "output": 8, "reasoning": 9 }"#
    #expect(try cost(rows, TokenUsage(input: 0, output: 1000, reasoning: 5000)) == Money("0.009"))
  }

  @Test(arguments: [1, 1000, 1_000_000, 1_000_000_000] as [Int64])
  func `prices may be for any number of tokens`(per: Int64) throws {
    let rows = #"{ "per": \#(per), "input": 0.002, "output": 0 }"#
    #expect(try cost(rows, TokenUsage(input: per, output: 0)) == Money("0.002"))
  }

  // MARK: Tiers

  @Test func `a tier has its own prices`() throws {
    #expect(try cost(Self.gpt4o, TokenUsage(input: 1000, output: 1000), tier: .priority) == Money("0.02125"))
    #expect(try cost(Self.gpt4o, TokenUsage(input: 1000, output: 1000), tier: .batch) == Money("0.00625"))
  }

  @Test func `a class that the batch tier lacks costs half of standard, and the breakdown says so`() throws {
    let book = try bookOfOneModel(rows: Self.gpt4o)
    let usage = TokenUsage(input: 1000, cachedInput: 1000, output: 100)
    let breakdown = try #require(book.breakdown(of: usage, model: 0, at: anyTime, tier: .batch))
    #expect(breakdown.cost == Money("0.001125"))
    #expect(breakdown.usedBatchFallback)
    #expect(breakdown.lines.map(\.tokenClass) == [.cachedInput, .output])
    #expect(breakdown.lines.map(\.isHalfOfStandard) == [true, false])
  }

  @Test func `batch without any batch price is half of standard`() throws {
    let usage = TokenUsage(input: 1000, cachedInput: 100, output: 100)
    let standard = try #require(try cost(Self.gemini, usage))
    #expect(try cost(Self.gemini, usage, tier: .batch)?.nanodollars == standard.nanodollars / 2)
    #expect(try bookOfOneModel(rows: Self.gemini).lists(.batch, of: 0, at: anyTime) == false)
    #expect(try bookOfOneModel(rows: Self.gpt4o).lists(.batch, of: 0, at: anyTime))
  }

  @Test func `half of an odd femtodollar is exact`() throws {
    // 3 femtodollars for each of 10⁶ tokens, halved: 1.5 nanodollars, rounded half to even.
    let rows = #"{ "per": 1000000, "input": 0.000000003, "output": 0 }"#
    #expect(try cost(rows, TokenUsage(input: 1_000_000, output: 0), tier: .batch) == Money(nanodollars: 2))
    #expect(try cost(rows, TokenUsage(input: 3_000_000, output: 0), tier: .batch) == Money(nanodollars: 4))
    #expect(try cost(rows, TokenUsage(input: 10_000_000, output: 0), tier: .batch) == Money(nanodollars: 15))
  }

  @Test(arguments: [ServiceTier.flex, .priority])
  func `flex and priority fall back to standard, and the breakdown says so`(tier: ServiceTier) throws {
    let usage = TokenUsage(input: 1000, output: 100)
    let book = try bookOfOneModel(rows: Self.gemini)
    let breakdown = try #require(book.breakdown(of: usage, model: 0, at: anyTime, tier: tier))
    #expect(breakdown.cost == book.cost(of: usage, model: 0, at: anyTime))
    #expect(breakdown.usedStandardFallback)
    #expect(!breakdown.usedBatchFallback)
  }

  @Test func `a class that neither tier nor standard states takes its stand-in from the tier`() throws {
    let rows = #"{ "input": 2, "output": 8, "tiers": { "priority": { "input": 4, "output": 16 } } }"#
    #expect(try cost(rows, TokenUsage(input: 1000, cachedInput: 1000, output: 0), tier: .priority) == Money("0.004"))
  }

  // MARK: Sizes

  @Test func `above the limit the whole request moves to the row, output too`() throws {
    #expect(try cost(Self.gemini, TokenUsage(input: 200_000, output: 1000)) == Money("0.26"))
    #expect(try cost(Self.gemini, TokenUsage(input: 200_001, output: 1000)) == Money("0.5150025"))
  }

  @Test func `cached tokens count towards the limit`() throws {
    let usage = TokenUsage(input: 200_001, cachedInput: 200_001, output: 0)
    // The row states no cache price: its own input price holds.
    #expect(try cost(Self.gemini, usage) == Money("0.5000025"))
  }

  @Test func `an inclusive limit is reached at the limit itself`() throws {
    let rows = #"{ "input": 1, "output": 1, "above": [ { "input_tokens": 1000, "inclusive": true, "input": 2 } ] }"#
    #expect(try cost(rows, TokenUsage(input: 999, output: 0)) == Money("0.000999"))
    #expect(try cost(rows, TokenUsage(input: 1000, output: 0)) == Money("0.002"))
  }

  @Test func `an above row inherits what it lacks, from the row with the next lower limit first`() throws {
    let rows = """
      { "input": 1, "cached_input": 0.5, "output": 10,
        "above": [ { "input_tokens": 1000, "input": 2, "output": 20 }, { "input_tokens": 2000, "input": 3 } ] }
      """
    let large = TokenUsage(input: 3000, cachedInput: 1000, output: 100)
    #expect(try cost(rows, large) == Money("0.0085"))  // 2000 · 3 + 1000 · 0.5 + 100 · 20
  }

  @Test func `a tier in an above row goes before the row's standard price, and that before the tier below the limit`()
    throws
  {
    let rows = """
      { "input": 1, "output": 10, "tiers": { "batch": { "input": 0.4, "output": 4 }, "flex": { "input": 0.6, "output": 6 } },
        "above": [ { "input_tokens": 1000, "input": 2, "tiers": { "flex": { "input": 1.1 } } } ] }
      """
    // Batch: half of the row's own input; output isn't in the row, so the tier's below the limit.
    #expect(try cost(rows, TokenUsage(input: 2000, output: 100), tier: .batch) == Money("0.0024"))
    #expect(try cost(rows, TokenUsage(input: 2000, output: 100), tier: .flex) == Money("0.0028"))
  }

  @Test func `the breakdown names the limit that was passed`() throws {
    let book = try bookOfOneModel(rows: Self.gemini)
    let small = try #require(book.breakdown(of: TokenUsage(input: 200_000, output: 1), model: 0, at: anyTime))
    let large = try #require(book.breakdown(of: TokenUsage(input: 200_001, output: 1), model: 0, at: anyTime))
    #expect(small.aboveLimit == nil)
    #expect(large.aboveLimit == 200_000)
  }

  @Test func `tiered rows price the whole request by the range that its input lies in`() throws {
    let rows = """
      { "tiered": [ { "range": [0, 1000], "input": 1, "output": 2 }, { "range": [1000, 5000], "input": 3, "output": 4 } ] }
      """
    #expect(try cost(rows, TokenUsage(input: 0, output: 1000)) == Money("0.002"))
    #expect(try cost(rows, TokenUsage(input: 1000, output: 1000)) == Money("0.003"))
    #expect(try cost(rows, TokenUsage(input: 1001, output: 1000)) == Money("0.007003"))
    // Beyond the last range its prices go on.
    #expect(try cost(rows, TokenUsage(input: 9000, output: 0)) == Money("0.027"))
  }

  // MARK: Time

  @Test func `a call is priced by the row in force at its timestamp`() throws {
    let rows = """
      { "from": "2025-01-01", "to": "2025-07-01", "input": 1, "output": 1 },
      { "from": "2025-07-01T12:00:00Z", "input": 2, "output": 2 }
      """
    func at(_ text: String) throws -> Money? {
      try cost(rows, TokenUsage(input: 1000, output: 0), at: try #require(Instant(text)))
    }
    #expect(try at("2024-12-31T23:59:59.999999Z") == nil)
    #expect(try at("2025-01-01") == Money("0.001"))
    #expect(try at("2025-06-30T23:59:59.999999Z") == Money("0.001"))
    #expect(try at("2025-07-01") == nil)
    #expect(try at("2025-07-01T11:59:59.999999Z") == nil)
    #expect(try at("2025-07-01T12:00:00Z") == Money("0.002"))
    #expect(try at("2099-01-01") == Money("0.002"))
  }

  @Test func `a row without an end is over when the next begins`() throws {
    let rows = #"{ "input": 1, "output": 1 }, { "from": "2025-07-01", "input": 2, "output": 2 }"#
    let usage = TokenUsage(input: 1000, output: 0)
    #expect(try cost(rows, usage, at: try #require(Instant("1999-01-01"))) == Money("0.001"))
    #expect(try cost(rows, usage, at: try #require(Instant("2025-06-30T23:59:59.999999Z"))) == Money("0.001"))
    #expect(try cost(rows, usage, at: try #require(Instant("2025-07-01"))) == Money("0.002"))
  }

  @Test func `a new price never changes an older call's cost`() throws {
    let old = #"{ "from": "2025-01-01", "input": 1.37, "output": 4.11 }"#
    let usage = TokenUsage(input: 12_345, output: 678)
    let time = try #require(Instant("2025-06-30"))
    let before = try cost(old, usage, at: time)
    let after = try cost(old + #", { "from": "2026-01-01", "input": 9, "output": 9 }"#, usage, at: time)
    #expect(before == after)
    #expect(before != nil)
  }

  @Test func `the latest prices of an ended model are those of its last moment`() throws {
    let book = try bookOfOneModel(rows: #"{ "to": "2026-01-01", "input": 1, "output": 1 }"#)
    #expect(book.cost(of: TokenUsage(input: 1000, output: 0), model: 0, at: anyTime) == nil)
    let latest = try #require(book.latestPricedInstant(of: 0))
    #expect(book.cost(of: TokenUsage(input: 1000, output: 0), model: 0, at: latest) == Money("0.001"))
  }

  // MARK: Terms

  @Test func `a discount lowers the contracted cost and leaves the list cost alone`() throws {
    let book = try bookOfOneModel(
      rows: Self.gpt4o, rest: #""providers": [ { "id": "openai", "discount_percent": 12.5 } ]"#)
    let usage = TokenUsage(input: 1000, output: 100)
    #expect(book.listCost(of: usage, model: 0, at: anyTime) == Money("0.0035"))
    #expect(book.cost(of: usage, model: 0, at: anyTime) == Money("0.0030625"))
    let breakdown = try #require(book.breakdown(of: usage, model: 0, at: anyTime))
    #expect(breakdown.discountPercent == 12.5)
    #expect(breakdown.lines.map(\.cost) == [Money("0.0021875"), Money("0.000875")])
    #expect(breakdown.lines.map(\.listCost) == [Money("0.0025"), Money("0.001")])
  }

  @Test func `a discounted cost is rounded once`() throws {
    // 1,000,001 femtodollars · 0.5 = 0.5000005 nanodollars: rounding the list cost first would give 0 or 1 by luck.
    let rows = #"{ "per": 1, "input": 0.000000001000001, "output": 0 }"#
    let rest = #""providers": [ { "id": "openai", "discount_percent": 50 } ]"#
    #expect(try cost(rows, TokenUsage(input: 1, output: 0), rest: rest) == Money(nanodollars: 1))
    let even = #"{ "per": 1, "input": 0.000000001, "output": 0 }"#
    #expect(try cost(even, TokenUsage(input: 1, output: 0), rest: rest) == Money(nanodollars: 0))
    #expect(try cost(even, TokenUsage(input: 3, output: 0), rest: rest) == Money(nanodollars: 2))
  }

  @Test(arguments: [
    (CallOutcome.success, "0.0035"), (.timeout, "0.0035"), (.rateLimit, "0"), (.authError, "0"), (.serverError, "0"),
  ])
  func `by default failed calls are free except for a timeout`(outcome: CallOutcome, expected: String) throws {
    #expect(try cost(Self.gpt4o, TokenUsage(input: 1000, output: 100), outcome: outcome) == Money(expected))
  }

  @Test(arguments: [
    (CallOutcome.timeout, "0.0025"), (.rateLimit, "0.0025"), (.authError, "0"), (.serverError, "0.0035"),
  ])
  func `a provider may bill failed calls otherwise`(outcome: CallOutcome, expected: String) throws {
    let rest = """
      "providers": [ { "id": "openai", "bill_errors": { "timeout": "input", "rate_limit": "input", "server_error": "full" } } ]
      """
    let usage = TokenUsage(input: 1000, output: 100)
    #expect(try cost(Self.gpt4o, usage, outcome: outcome, rest: rest) == Money(expected))
    let book = try bookOfOneModel(rows: Self.gpt4o, rest: rest)
    let breakdown = try #require(book.breakdown(of: usage, model: 0, at: anyTime, outcome: outcome))
    #expect(breakdown.cost == Money(expected))
    #expect(breakdown.lines.reduce(0) { $0 + $1.cost.nanodollars } == Money(expected).nanodollars)
  }

  // MARK: Names

  @Test func `a model is found by its name, then by an alias within its provider, else not at all`() throws {
    let book = try book(
      """
      { "format": "finops-lab/prices/1", "models": [
        { "provider": "a", "model": "x", "aliases": ["x-2025"], "prices": [ { "input": 1, "output": 1 } ] },
        { "provider": "b", "model": "x-2025", "prices": [ { "input": 2, "output": 2 } ] } ] }
      """)
    #expect(book.index(provider: "a", model: "x") == 0)
    #expect(book.index(provider: "a", model: "x-2025") == 0)
    #expect(book.index(provider: "b", model: "x-2025") == 1)
    #expect(book.index(provider: "b", model: "x") == nil)
    #expect(book.index(provider: "c", model: "x") == nil)
  }

  // MARK: Rounding and hostile numbers

  @Test func `a cost is rounded half to even to the nanodollar`() throws {
    func rounded(femtodollars: String) throws -> Money? {
      try cost(#"{ "per": 1, "input": \#(femtodollars)e-15, "output": 0 }"#, TokenUsage(input: 1, output: 0))
    }
    #expect(try rounded(femtodollars: "499999") == Money(nanodollars: 0))
    #expect(try rounded(femtodollars: "500000") == Money(nanodollars: 0))
    #expect(try rounded(femtodollars: "500001") == Money(nanodollars: 1))
    #expect(try rounded(femtodollars: "1500000") == Money(nanodollars: 2))
    #expect(try rounded(femtodollars: "2500000") == Money(nanodollars: 2))
  }

  @Test func `classes are summed before rounding`() throws {
    // Two classes of 0.4 nanodollars each: 0.8 rounds to 1, where 0.4 twice would round to 0.
    let rows = #"{ "per": 1, "input": 4e-10, "output": 4e-10 }"#
    let book = try bookOfOneModel(rows: rows)
    let breakdown = try #require(book.breakdown(of: TokenUsage(input: 1, output: 1), model: 0, at: anyTime))
    #expect(breakdown.cost == Money(nanodollars: 1))
    #expect(breakdown.lines.map(\.cost.nanodollars) == [1, 0])
  }

  @Test func `what rounding leaves over goes to the line with the largest remainder`() throws {
    // 0.3 and 0.9 nanodollars: 1.2 rounds to 1, which the second line gets.
    let book = try bookOfOneModel(rows: #"{ "per": 1, "input": 3e-10, "output": 9e-10 }"#)
    let breakdown = try #require(book.breakdown(of: TokenUsage(input: 1, output: 1), model: 0, at: anyTime))
    #expect(breakdown.lines.map(\.cost.nanodollars) == [0, 1])
    #expect(breakdown.cost == Money(nanodollars: 1))
  }

  @Test func `enormous counts and prices give the exact cost or none, never a trap`() throws {
    let book = try bookOfOneModel(rows: #"{ "per": 1, "input": 1000, "output": 1000 }"#)
    let most = TokenUsage(input: .max, output: .max, reasoning: .max)
    #expect(book.cost(of: most, model: 0, at: anyTime) == nil)
    #expect(book.breakdown(of: most, model: 0, at: anyTime) == nil)
    #expect(book.cost(of: TokenUsage(input: 9_000_000, output: 0), model: 0, at: anyTime) == Money("9000000000"))
    let cheap = try bookOfOneModel(rows: #"{ "per": 1000000, "input": 0.0025, "output": 0.01 }"#)
    let trillion = TokenUsage(input: 1_000_000_000_000, cachedInput: 999_999_999_999, output: 1_000_000_000_000)
    #expect(cheap.cost(of: trillion, model: 0, at: anyTime) == Money("12500"))
    #expect(cheap.breakdown(of: trillion, model: 0, at: anyTime)?.cost == Money("12500"))
  }

  @Test(arguments: [
    TokenUsage(input: -1, output: 0), TokenUsage(input: 0, output: -1),
    TokenUsage(input: 10, cachedInput: 11, output: 0),
    TokenUsage(input: 10, cachedInput: 6, cacheWrite: 5, output: 0), TokenUsage(input: 10, cacheWrite1h: -5, output: 0),
    TokenUsage(input: .max, cachedInput: .max, cacheWrite: .max, cacheWrite1h: .max, output: 0),
    TokenUsage(input: .min, cachedInput: .max, output: .min, reasoning: .min),
  ])
  func `counts that can't be true have no cost`(usage: TokenUsage) throws {
    let book = try bookOfOneModel(rows: #"{ "input": 1, "output": 1 }"#)
    #expect(book.cost(of: usage, model: 0, at: anyTime) == nil)
    #expect(book.breakdown(of: usage, model: 0, at: anyTime) == nil)
  }

  @Test(arguments: [-1, 1, Int.max, Int.min])
  func `an index that is none of the book's has no cost`(index: Int) throws {
    let book = try bookOfOneModel(rows: #"{ "input": 1, "output": 1 }"#)
    #expect(book.cost(of: TokenUsage(input: 1, output: 1), model: index, at: anyTime) == nil)
    #expect(book.row(of: index, at: anyTime) == nil)
    #expect(book.latestPricedInstant(of: index) == nil)
  }
}
