import LabCore
import LabPrices
import LabTestSupport
import Testing

struct WritingTests {
  private func expectRoundTrip(_ book: PriceBook, sourceLocation: Testing.SourceLocation = #_sourceLocation) throws {
    let bytes = book.written()
    let again = try PriceBook.read(bytes: bytes, name: book.name)
    #expect(again.models == book.models, sourceLocation: sourceLocation)
    #expect(again.providers == book.providers, sourceLocation: sourceLocation)
    #expect(again.commitments == book.commitments, sourceLocation: sourceLocation)
    #expect(again.volumeTiers == book.volumeTiers, sourceLocation: sourceLocation)
    #expect(again.asOf == book.asOf, sourceLocation: sourceLocation)
    #expect(again.description == book.description, sourceLocation: sourceLocation)
    #expect(again.source == book.source, sourceLocation: sourceLocation)
    #expect(again.written() == bytes, sourceLocation: sourceLocation)
  }

  @Test(arguments: ["2026-11.json", "classic.json"])
  func `a shipped book that is written and read again is the same`(name: String) throws {
    try expectRoundTrip(try PriceBook.read(bytes: PackageRoot.bytes(of: "scenarios/prices/" + name), name: name))
  }

  @Test func `everything that a book can hold survives writing`() throws {
    try expectRoundTrip(
      try book(
        """
        { "format": "finops-lab/prices/1", "as_of": "2026-11-20", "description": "a \\"quoted\\" line\\nand more", "source": "me",
          "models": [
            { "provider": "openai", "model": "m", "aliases": ["n", "ü"], "class": "frontier", "context_tokens": 1, "max_output_tokens": 2,
              "prices": [
                { "to": "2025-01-01T00:00:00.5Z", "per": 1, "input": 0.000000000000001, "output": 999.999999999999999 },
                { "from": "2025-06-01", "to": "2026-01-01", "per": 1000, "input": 0.1, "cached_input": 0.2, "cache_write": 0.3, "cache_write_1h": 0.4,
                  "output": 0.5, "reasoning": 0.6, "tiers": { "batch": { "input": 0 }, "flex": { "reasoning": 1 }, "priority": { "output": 2 } },
                  "above": [ { "input_tokens": 5, "inclusive": true, "input": 7, "tiers": { "batch": { "cache_write": 3 } } }, { "input_tokens": 6, "output": 1 } ] },
                { "from": "2026-02-01", "per": 7, "tiered": [ { "range": [0, 5], "input": 7, "output": 14 }, { "range": [5, null], "input": 21, "output": 28 } ] } ] } ],
          "providers": [ { "id": "openai", "discount_percent": 12.3456, "bill_errors": { "timeout": "free", "rate_limit": "full" } } ],
          "commitments": [ { "scope": "openai/n", "ratio": 0.3333, "term": "6mo", "unit_usd_per_hour": 0.123456789, "minimum": 9 } ],
          "volume_tiers": [ { "provider": "openai", "from_annual_usd": 0, "percent": 0.5 }, { "provider": "openai", "from_annual_usd": 1e6, "percent": 7 } ] }
        """))
  }
}
