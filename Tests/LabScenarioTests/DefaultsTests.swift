import LabCore
import LabJSON
import LabScenario
import Testing

@Suite struct DefaultsTests {
  @Test func `a file with only the format is a runnable scenario`() throws {
    let loaded = try Desk.line("").load()
    let scenario = loaded.scenario
    #expect(scenario.name == "s")
    #expect(scenario.seed == 42)
    #expect(scenario.start == Instant("2026-01-05T00:00:00Z"))
    #expect(scenario.phases.map(\.name) == ["main"])
    #expect(scenario.duration == .days(14))
    #expect(scenario.features.map(\.id) == ["chat", "summarization", "translation", "code-generation", "analysis"])
    #expect(scenario.products.map(\.id) == ["saas-platform", "api-service", "mobile-app"])
    #expect(scenario.population.customers == 500)
    #expect(scenario.population.tiers.map(\.monthlyPrice.dollars) == [49, 199, 999])
    #expect(scenario.population.regions.map(\.latencyFactor) == [1, 1.1, 1.3, 1.5])
    #expect(scenario.population.regions.map(\.utcOffset.hours) == [-5, -8, 1, 8])
    #expect(scenario.traffic.callsPerHour == 1000)
    #expect(scenario.pricesPath == nil)
    #expect(loaded.warnings.isEmpty)
  }

  @Test func `the default providers have the shares of the design and two to four models each`() throws {
    let providers = try Desk.line("").load().scenario.providers
    #expect(providers.map(\.id) == ["openai", "anthropic", "google", "aws-bedrock", "azure", "mistral", "cohere"])
    #expect(
      zip(providers.map(\.share), [0.40, 0.25, 0.15, 0.10, 0.07, 0.02, 0.01]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(providers.allSatisfy { (2...4).contains($0.models.count) })
    #expect(providers.allSatisfy { provider in abs(provider.models.reduce(0) { $0 + $1.weight } - 1) < 1e-9 })
    #expect(providers.allSatisfy { $0.errors.map(\.id) == ["timeout", "rate_limit", "auth_error", "server_error"] })
  }

  @Test func `the default sizes are those of published traces`() throws {
    let features = try Desk.line("").load().scenario.features
    guard case .lognormal(let median, let sigma, let low, let high) = features[0].inputTokens else {
      Issue.record("chat input is lognormal")
      return
    }
    #expect(median == 1020 && sigma == 0.99 && low == 1 && high == 128_000)
    guard case .lognormal(let output, let spread, _, _) = features[3].outputTokens else {
      Issue.record("code output is lognormal")
      return
    }
    #expect(output == 13 && spread == 0.85)
  }

  @Test func `a pattern gets its fixed defaults and lacks those that depend on the phase`() throws {
    let loaded = try Desk.line(
      #""traffic":{"patterns":[{"pattern":"burst"},{"pattern":"feature_launch","feature":"chat"}]}"#
    ).load()
    let patterns = loaded.scenario.phases[0].patterns
    #expect(patterns.map(\.id) == ["burst", "feature_launch"])
    #expect(patterns[0].number("probability") == 0.05)
    #expect(patterns[0].interval("multiplier") == 5...20)
    #expect(patterns[1].text("feature") == "chat")
    #expect(patterns[1].number("peak") == 3)
    #expect(patterns[1].span("at") == nil)
    #expect(patterns[1].parameters["pattern"] == nil)
  }

  @Test func `a name comes from the file and loses what a name can't hold`() throws {
    let text = #"{"format":"finops-lab/scenario/1"}"#
    let desk = Desk(["a/peak load.json": text, "[x].json": text, "shipped:calm.json": text])
    #expect(try desk.load("a/peak load.json").scenario.name == "peak load")
    #expect(try desk.load("[x].json").scenario.name == "-x-")
    #expect(try desk.load("shipped:calm.json").scenario.name == "calm")
  }

  @Test func `a name and an output are not inherited`() throws {
    let base = #"{"format":"finops-lab/scenario/1","name":"first","seed":7,"output":{"data":"a.csv"}}"#
    let desk = Desk([
      "base.json": base, "mine.json": #"{"format":"finops-lab/scenario/1","extends":"base.json"}"#,
      "own.json": #"{"format":"finops-lab/scenario/1","extends":"mine.json","name":"given","output":{"report":"r"}}"#,
    ])
    #expect(try desk.load("base.json").scenario.name == "first")
    let mine = try desk.load("mine.json").scenario
    #expect(mine.name == "mine" && mine.seed == 7 && mine.output.data == nil)
    let own = try desk.load("own.json").scenario
    #expect(own.name == "given" && own.seed == 7 && own.output.data == nil && own.output.report == "r")
  }

  @Test func `a default item can't be deleted, and the error says where to start`() throws {
    let head = #"{"format":"finops-lab/scenario/1""#
    let desk = Desk([
      "empty.json": head + "}",
      "s.json": head + #","extends":"empty.json","features":[{"id":"chat","$delete":true}]}"#,
      "t.json": head + #","population":{"tiers":[{"id":"pro","$delete":true}]},"budgets":[{"id":"x","$delete":true}]}"#,
    ])
    let failure = try desk.failure("s.json")
    let deletion = failure.diagnostics.first { $0.code == "bad_merge" }
    #expect(deletion?.sentence.contains("there is no 'chat' to delete: it is a default") == true)
    #expect(
      deletion?.help
        == "'features' of a file replaces the default list; to change single items of it, start from \"extends\": \"base.json\""
    )
    let problems = try desk.problems("t.json")
    #expect(problems.contains { $0.contains("'pro' to delete: it is a default") })
    #expect(problems.contains { $0.contains("'x' to delete in the scenario") })
  }

  @Test func `gaps more regular than chance are refused`() throws {
    let problems = try Desk.line(#""traffic":{"arrival_cv":0.5}"#).problems()
    #expect(problems == ["s.json:2:25: 'arrival_cv' must be between 1 and 100, found 0.5"])
  }

  @Test func `shares that nobody wrote are equal, and weights are normalised`() throws {
    let loaded = try Desk.line(
      #""products":[{"id":"a"},{"id":"b"},{"id":"c"},{"id":"d"}],"population":{"tiers":[{"id":"x","weight":1,"monthly_price_usd":0},{"id":"y","weight":3,"monthly_price_usd":"12.345678901"}]}"#
    ).load()
    #expect(loaded.scenario.products.map(\.share) == [0.25, 0.25, 0.25, 0.25])
    #expect(loaded.scenario.population.tiers.map(\.share) == [0.25, 0.75])
    #expect(loaded.scenario.population.tiers[1].monthlyPrice == Money(nanodollars: 12_345_678_901))
  }
}
