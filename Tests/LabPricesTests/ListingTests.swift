import LabCore
import LabPrices
import Testing

struct ListingTests {
  private static let text = """
    { "format": "finops-lab/prices/1", "models": [
      { "provider": "b", "model": "x", "class": "frontier", "context_tokens": 1000, "prices": [
          { "to": "2026-01-01", "input": 1, "output": 2 },
          { "from": "2026-01-01", "input": 3, "output": 4, "tiers": { "batch": { "input": 1.5, "output": 2 }, "flex": { "input": 2 } },
            "above": [ { "input_tokens": 500, "input": 6 } ] } ] },
      { "provider": "a", "model": "y", "prices": [ { "to": "2026-01-01", "input": 1, "output": 2 } ] },
      { "provider": "a", "model": "z", "prices": [ { "input": 0.5, "output": 2 } ] } ] }
    """

  @Test func `a listing shows the prices in force, by provider and model`() throws {
    let listings = try book(Self.text).listings(at: anyTime)
    #expect(listings.map { "\($0.provider) \($0.model)" } == ["a z", "b x"])
    #expect(listings[1].modelClass == "frontier")
    #expect(listings[1].contextTokens == 1000)
    #expect(listings[1].rates.price(of: .input) == TokenPrice(femtodollars: 3_000_000_000))
    #expect(listings[1].rates.price(of: .input)?.perMillionText == "3")
    #expect(listings[0].rates.price(of: .cachedInput)?.perMillionText == "0.5")
  }

  @Test func `a tier has a line only where the book lists it for input and output`() throws {
    let listings = try book(Self.text).listings(at: anyTime, tiers: ServiceTier.allCases)
    #expect(listings.map { "\($0.model) \($0.tier.name)" } == ["z standard", "x standard", "x batch"])
  }

  @Test func `large requests have lines of their own when asked for`() throws {
    let listings = try book(Self.text).listings(at: anyTime, largeRequests: true)
    #expect(listings.map(\.leastInput) == [0, 0, 501])
    #expect(listings[2].rates.price(of: .input)?.perMillionText == "6")
  }

  @Test func `contracted prices have the discount taken off`() throws {
    let book = try bookOfOneModel(
      rows: #"{ "input": 3, "output": 4 }"#, rest: #""providers": [ { "id": "openai", "discount_percent": 25 } ]"#)
    #expect(book.listings(at: anyTime)[0].rates.contractedDollarsPerMillion(of: .output) == 3)
  }
}
