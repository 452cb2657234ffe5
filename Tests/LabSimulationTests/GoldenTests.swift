import LabCore
import Testing

@testable import LabSimulation

/// A small run whose bytes are known: whatever changes them changes everyone's data for the same seed.
struct GoldenTests {
  private static let keys = """
    "seed": 42, "start": "2026-01-05T00:00:00Z", "duration": "3h", "prices": "classic.json",
    "population": { "customers": 12, "organizations": 3, "customer_ids": [ "acme" ], "organization_ids": [ "org-acme" ],
      "activity": { "distribution": "lognormal", "sigma": 1 },
      "archetypes": [ { "id": "light", "share": 0.75, "rate": 0.5 }, { "id": "heavy", "share": 0.25, "rate": 3 } ],
      "tiers": [ { "id": "starter", "share": 0.5, "monthly_price_usd": 49 }, { "id": "pro", "share": 0.5, "monthly_price_usd": 199 } ],
      "regions": [ { "id": "us-east", "utc_offset": "-05:00", "latency_factor": 1 } ],
      "signups_per_day": 0, "monthly_churn": 0, "monthly_upgrades": 0, "monthly_downgrades": 0, "token_sigma": 0.8,
      "roaming_share": 0 },
    "products": [ { "id": "app" } ],
    "features": [ { "id": "chat",
      "input_tokens": { "distribution": "lognormal", "median": 1000, "sigma": 1, "min": 1, "max": 100000 },
      "output_tokens": { "distribution": "lognormal", "median": 100, "sigma": 1, "min": 1, "max": 1000 } } ],
    "providers": [ { "id": "openai", "error_rate": 0.05, "cluster_length": "10m", "cluster_factor": 4,
                     "models": [ { "id": "gpt-4o", "ttft_ms": 350, "tokens_per_second": 85 } ] } ],
    "traffic": { "calls_per_hour": 60, "arrival_cv": 2, "day_cv": 0.5, "sessions": { "calls": 3, "gap": "45s" },
                 "retries": 2, "latency": { "model": "tokens", "noise_sigma": 0.25 }, "environment": "production",
                 "patterns": [ { "pattern": "seasonal", "amplitude": 0.2, "period": "3h" } ] }
    """

  @Test func `a small run has the bytes that it always had`() throws {
    let bytes = try Lab.file(Lab.simulation(Self.keys)).bytes
    #expect(SHA256.hexDigest(of: bytes) == "fee9b9ddd56774242806c8e783a479a9aec983030b02afdf5914c922b04e6ee8")
  }

  @Test func `a small run's rows cost five dollars per million tokens in and fifteen out`() throws {
    let calls = try Lab.calls(Self.keys)
    #expect(calls.count > 60)
    for call in calls {
      // openai's gpt-4o in the classic book: 0.005 and 0.015 USD per 1,000 tokens, so 5,000 and 15,000 nanodollars each.
      let full = call.number("input_tokens") * 5_000 + call.number("output_tokens") * 15_000
      let billed = !call.isFailed || call["error_type"] == "timeout" ? full : 0
      let cost = try #require(ExactDecimal(String(call["cost_usd"])).flatMap { Money(dollars: $0) })
      try #require(cost.nanodollars == billed)
      try #require(call["region"] == "us-east" && call["model"] == "gpt-4o" && call["product_id"] == "app")
    }
  }
}
