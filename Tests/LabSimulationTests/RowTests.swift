import LabCore
import LabPrices
import LabScenario
import Testing

@testable import LabSimulation

/// What must hold for every row of any run.
struct RowTests {
  private static let keys = """
    "seed": 11, "duration": "2d", "population": { "customers": 120, "signups_per_day": 20, "monthly_churn": 0.5 },
    "features": [
      { "id": "chat", "share": 0.6, "cached_share": 0.3, "cache_write_share": 0.2, "cache_write_1h_share": 0.1,
        "cacheable_share": 0.6, "reasoning_share": 0.4, "batch_share": 0.2, "flex_share": 0.1, "priority_share": 0.1,
        "output_tokens": { "distribution": "lognormal", "median": 129, "sigma": 0.86, "min": 1, "max": 400 } },
      { "id": "uniform", "share": 0.2, "input_tokens": { "distribution": "uniform", "min": 100, "max": 300 } },
      { "id": "empirical", "share": 0.2, "input_tokens": { "distribution": "empirical", "quantiles": [10, 20, 400] } } ],
    "traffic": { "calls_per_hour": 250, "arrival_cv": 2, "retries": 3 }
    """

  @Test func `rows ascend, add up, conserve tokens, and cost what the price book says`() throws {
    let loaded = try Lab.load(Self.keys)
    let simulation = try Simulation(scenario: loaded.scenario, prices: loaded.prices)
    let (bytes, outcome) = try Lab.file(simulation)
    let calls = try Call.read(bytes)
    #expect(calls.count == Int(outcome.rows))
    #expect(bytes.count == Int(outcome.bytes))
    #expect(outcome.skippedCalls == 0)
    #expect(outcome.first?.microseconds == calls.first?.time)
    #expect(outcome.last?.microseconds == calls.last?.time)
    var failed: [Substring: Call] = [:]
    var ids: Set<Substring> = []
    var before = Int64.min
    var retries = 0
    var kinds: Set<Substring> = []
    var tiers: Set<Substring> = []
    for call in calls {
      try #require(call.time >= before)
      before = call.time
      try #require(ids.insert(call["call_id"]).inserted)
      let input = call.number("input_tokens")
      let output = call.number("output_tokens")
      let cached = call.number("cached_input_tokens")
      let written = call.number("cache_write_tokens")
      let writtenHour = call.number("cache_write_1h_tokens")
      let reasoning = call.number("reasoning_tokens")
      let cacheable = call.number("cacheable_input_tokens")
      try #require(min(input, output, cached, written, writtenHour, reasoning) >= 0)
      try #require(call.number("total_tokens") == input + output)
      try #require(cached + written + writtenHour <= input)
      try #require(reasoning <= output)
      try #require(cacheable >= cached && cacheable <= input)
      try #require(call.decimal("latency_ms") > 0)
      try #require(call.isFailed == !call["error_type"].isEmpty)
      try #require((call["finish_reason"] == "error") == call.isFailed)
      if !call.isFailed {
        try #require((call["finish_reason"] == "length") == (output == 400 && call["feature_id"] == "chat"))
      }
      if !call["ttft_ms"].isEmpty { try #require(call.decimal("ttft_ms") <= call.decimal("latency_ms")) }
      let model = try #require(
        loaded.prices.index(provider: String(call["provider"]), model: String(call["model"])))
      let tier = try #require(ServiceTier(name: String(call["service_tier"])))
      let outcome = try #require(CallOutcome(errorName: String(call["error_type"])))
      let cost = loaded.prices.cost(
        of: TokenUsage(
          input: input, cachedInput: cached, cacheWrite: written, cacheWrite1h: writtenHour, output: output,
          reasoning: reasoning), model: model, at: Instant(microseconds: call.time),
        tier: tier, outcome: outcome)
      try #require(cost == ExactDecimal(String(call["cost_usd"])).flatMap { Money(dollars: $0) })
      if call["feature_id"] == "uniform" { try #require((100...300).contains(input)) }
      if call["feature_id"] == "empirical" { try #require((10...400).contains(input)) }
      if !call["retry_of"].isEmpty {
        let origin = try #require(failed[call["retry_of"]], "a retry names an earlier failed call")
        retries += 1
        for column in ["customer_id", "feature_id", "product_id", "model", "region", "input_tokens", "metadata"] {
          try #require(call[column] == origin[column])
        }
        try #require(call.time - origin.time <= CallGenerator.retryWindow)
      }
      if call.isFailed { failed[call["call_id"]] = call }
      kinds.insert(call["error_type"])
      tiers.insert(call["service_tier"])
    }
    #expect(retries > 50)
    #expect(kinds == ["", "timeout", "rate_limit", "auth_error", "server_error"])
    #expect(tiers == ["standard", "batch", "flex", "priority"])
  }

  @Test func `no call exceeds its model, and output that the model cuts off says so`() throws {
    // gpt-4o holds 128,000 tokens and gives 16,384; both are far inside these distributions.
    let loaded = try Lab.load(
      """
      "duration": "1d", \(Lab.calm), \(Lab.traffic(50)), "features": [ { "id": "chat", "cached_share": 0.5,
        "cacheable_share": 0.8, "reasoning_share": 0.4,
        "input_tokens": { "distribution": "uniform", "min": 100000, "max": 200000 },
        "output_tokens": { "distribution": "uniform", "min": 10000, "max": 30000 } } ]
      """)
    let (bytes, outcome) = try Lab.file(Simulation(scenario: loaded.scenario, prices: loaded.prices))
    #expect(outcome.skippedCalls == 0)
    var cutInputs = 0
    var cutOutputs = 0
    for call in try Call.read(bytes) {
      let index = try #require(
        loaded.prices.index(provider: String(call["provider"]), model: String(call["model"])))
      let model = loaded.prices.models[index]
      let context = try #require(model.contextTokens)
      let most = try #require(model.maxOutputTokens)
      try #require(call.number("input_tokens") <= context && call.number("output_tokens") <= most)
      try #require(call.number("cacheable_input_tokens") <= call.number("input_tokens"))
      try #require(call.number("reasoning_tokens") <= call.number("output_tokens"))
      if call.number("input_tokens") == context { cutInputs += 1 }
      if call.number("output_tokens") == most { cutOutputs += 1 }
      try #require((call["finish_reason"] == "length") == (call.number("output_tokens") == most))
    }
    #expect(cutInputs > 300 && cutOutputs > 300)
  }

  @Test func `shares of a call are kept on average`() throws {
    let calls = try Lab.calls(Self.keys).filter { $0["feature_id"] == "chat" && !$0.isFailed }
    func share(_ part: String, of whole: String) -> Double {
      let sums = calls.reduce((0.0, 0.0)) { ($0.0 + $1.decimal(part), $0.1 + $1.decimal(whole)) }
      return sums.0 / sums.1
    }
    #expect(abs(share("cached_input_tokens", of: "input_tokens") - 0.3) < 0.02)
    #expect(abs(share("cache_write_tokens", of: "input_tokens") - 0.2) < 0.02)
    #expect(abs(share("cache_write_1h_tokens", of: "input_tokens") - 0.1) < 0.02)
    #expect(abs(share("cacheable_input_tokens", of: "input_tokens") - 0.6) < 0.02)
    #expect(abs(share("reasoning_tokens", of: "output_tokens") - 0.4) < 0.02)
    let batch = Double(calls.count { $0["service_tier"] == "batch" }) / Double(calls.count)
    #expect(abs(batch - 0.2) < 0.03)
  }

  @Test func `tokens keep the median and spread that the feature states, customers of any size included`() throws {
    let calls = try Lab.calls(
      "\"seed\": 5, \"duration\": \"3d\", \(Lab.calm), \(Lab.traffic(300)), \"features\": [ { \"id\": \"chat\" } ]")
    let logs = calls.map { DeterministicMath.log($0.decimal("input_tokens")) }.sorted()
    let count = Double(logs.count)
    let mean = logs.reduce(0, +) / count
    let deviation = (logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    #expect(abs(mean - DeterministicMath.log(1020)) < 0.05)
    #expect(abs(deviation - 0.99) < 0.05)
    // Customers differ: the spread of their means is the larger part of it.
    var sums: [Substring: (Double, Double)] = [:]
    for call in calls {
      let log = DeterministicMath.log(call.decimal("input_tokens"))
      sums[call["customer_id"], default: (0, 0)].0 += log
      sums[call["customer_id"], default: (0, 0)].1 += 1
    }
    let between = sums.values.reduce(0.0) { $0 + $1.1 * ($1.0 / $1.1 - mean) * ($1.0 / $1.1 - mean) } / count
    #expect(abs(between.squareRoot() - 0.8) < 0.08)
  }

  @Test func `a call without a price is counted and left out`() throws {
    let simulation = try Lab.simulation(
      """
      "start": "2001-01-01T00:00:00Z", "duration": "6h", "traffic": { "calls_per_hour": 50 },
      "providers": [ { "id": "openai", "models": [ { "id": "gpt-4o" } ] } ]
      """)
    var prices = simulation.blueprint.prices
    let model = try #require(prices.index(provider: "openai", model: "gpt-4o"))
    let priced = prices.row(of: model, at: simulation.blueprint.scenario.start) != nil
    let outcome = try Lab.file(simulation).outcome
    #expect(priced ? outcome.skippedCalls == 0 : outcome.rows == 0 && outcome.skippedCalls > 100)
    prices = PriceBook(name: "empty", models: [])
    let unpriced = try Simulation(scenario: simulation.blueprint.scenario, prices: prices)
    let nothing = try Lab.file(unpriced)
    #expect(nothing.outcome.rows == 0)
    #expect(nothing.outcome.skippedCalls > 100)
    #expect(nothing.bytes == unpriced.header)
  }
}
