import Testing

@testable import LabSimulation

struct ClassicTests {
  @Test func `classic keeps the older system's formulas: latency, token limits, five percent of failures`() throws {
    let calls = try Lab.calls(
      """
      "seed": 2, "duration": "2d", "prices": "classic.json",
      "population": { "customers": 100, "token_sigma": 0,
        "regions": [ { "id": "us-east", "share": 0.4, "latency_factor": 1 }, { "id": "us-west", "share": 0.3, "latency_factor": 1.1 },
                     { "id": "eu-west", "share": 0.2, "latency_factor": 1.3 }, { "id": "ap-southeast", "share": 0.1, "latency_factor": 1.5 } ] },
      "features": [ { "id": "chat",
        "input_tokens": { "distribution": "normal", "mean": 500, "sd": 400, "min": 50, "max": 2000 },
        "output_tokens": { "distribution": "normal", "mean": 300, "sd": 200, "min": 50, "max": 1000 } } ],
      "providers": [ { "id": "openai", "error_rate": 0.05, "cluster_factor": 1, "models": [ { "id": "gpt-4o" } ] } ],
      "traffic": { "calls_per_hour": 200, "arrival_cv": 1, "day_cv": 0, "retries": 0, "latency": { "model": "classic" } }
      """)
    let factors: [Substring: Double] = ["us-east": 1, "us-west": 1.1, "eu-west": 1.3, "ap-southeast": 1.5]
    var low = Double.infinity
    var high = 0.0
    for call in calls {
      let factor = try #require(factors[call["region"]])
      let tokens = call.decimal("total_tokens") / 10
      let latency = call.decimal("latency_ms")
      try #require(latency >= (tokens + 50) * factor * 0.8 - 0.001)
      try #require(latency <= (tokens + 200) * factor * 1.2 + 0.001)
      let position = (latency / factor - (tokens + 50) * 0.8) / ((tokens + 200) * 1.2 - (tokens + 50) * 0.8)
      low = min(low, position)
      high = max(high, position)
      try #require((50...2000).contains(call.number("input_tokens")))
      if !call.isFailed { try #require((50...1000).contains(call.number("output_tokens"))) }
    }
    #expect(low < 0.05 && high > 0.95, "the whole range is used")
    let failed = Double(calls.count { $0.isFailed }) / Double(calls.count)
    #expect(abs(failed - 0.05) < 0.01)
    let timeouts = Double(calls.count { $0["error_type"] == "timeout" }) / Double(calls.count { $0.isFailed })
    #expect(abs(timeouts - 0.4) < 0.1)
  }
}
