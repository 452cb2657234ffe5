import LabCore
import LabJSON
import LabScenario
import Testing

@Suite struct EditTests {
  @Test func `every kind of value is set by its path, also where only a default stands`() throws {
    let loaded = try Desk.line(#""traffic":{"patterns":[{"pattern":"burst"}]}"#).load(
      "s.json",
      [
        "traffic.calls_per_hour=250", "features[chat].cached_share=0.5", "providers[openai].models[gpt-4o].weight=3",
        "population.tiers[0].monthly_price_usd=59.5", "traffic.patterns[burst].multiplier=[2,4]", "name=2026",
        "traffic.patterns[0].probability=0.2", "output.data=data/x.csv", "repeat_until.rows=1000",
        "features[chat].tags.team=search",
        #"thresholds=[{"id":"t","metric":"understanding.total_calls","must":"> 0","where":{"region":"us-east"}}]"#,
      ])
    let scenario = loaded.scenario
    #expect(scenario.traffic.callsPerHour == 250)
    #expect(scenario.features[0].cachedShare == 0.5)
    #expect(scenario.providers[0].models.map(\.weight).first == 3 / 3.7)
    #expect(scenario.population.tiers[0].monthlyPrice == Money(nanodollars: 59_500_000_000))
    #expect(scenario.phases[0].patterns[0].interval("multiplier") == 2...4)
    #expect(scenario.phases[0].patterns[0].number("probability") == 0.2)
    #expect(scenario.name == "2026")
    #expect(scenario.output.data == "data/x.csv")
    #expect(scenario.repeatUntil == .rows(1000))
    #expect(scenario.features[0].tags.map { "\($0.key)=\($0.value)" } == ["team=search"])
    #expect(scenario.thresholds[0].must == .greater(0))
  }

  @Test func `all edits are one change, checked after the last of them`() throws {
    let desk = Desk.line(#""products":[{"id":"a","share":0.5},{"id":"b","share":0.5}]"#)
    #expect(throws: LabFailure.self) { try desk.load("s.json", ["products[a].share=0.7"]) }
    let scenario = try desk.load("s.json", ["products[a].share=0.7", "products[b].share=0.3"]).scenario
    #expect(scenario.products.map(\.share) == [0.7, 0.3])
  }

  @Test func `a share that makes the sum wrong is told at the edit, with what to do`() throws {
    let failure = try Desk.line("").failure("s.json", ["seed=3", "features[chat].share=0.5"])
    #expect(
      failure.description
        == "--set features[chat].share=0.5: error: the shares of 'features' now sum to 1.1, not to 1\n  at features[chat].share\n  help: set the other shares too, or 'features[chat].weight', with which all of them are normalised"
    )
    let equal = try Desk.line(#""products":[{"id":"a"},{"id":"b"}]"#).failure("s.json", ["products[a].share=0.5"])
    #expect(
      equal.description
        == "--set products[a].share=0.5: error: the other items of 'products' have no share\n  at products[a].share\n  help: set the other shares too"
    )
  }

  @Test func `a weight may be set where the file has shares`() throws {
    let scenario = try Desk.line(#""products":[{"id":"a","share":0.5},{"id":"b","share":0.5}]"#).load(
      "s.json", ["products[a].weight=1.5"]
    ).scenario
    #expect(scenario.products.map(\.share) == [0.75, 0.25])
  }

  @Test(
    arguments: [
      (
        "traffic.call_per_hour=5",
        "--set traffic.call_per_hour=5: error: there is no key 'call_per_hour' in 'traffic'\n  at traffic.call_per_hour\n  help: did you mean 'traffic.calls_per_hour'?"
      ),
      (
        "trafic.calls_per_hour=5",
        "--set trafic.calls_per_hour=5: error: there is no key 'trafic' in a scenario\n  at trafic.calls_per_hour\n  help: did you mean 'traffic'?"
      ),
      (
        "features[caht].share=1",
        "--set features[caht].share=1: error: there is no item 'caht' in 'features'\n  at features[caht].share\n  help: did you mean 'chat'?"
      ),
      (
        "features[9].share=1",
        "--set features[9].share=1: error: there is no item '9' in 'features'\n  at features[9].share\n  help: items: chat, summarization, translation, code-generation, analysis"
      ),
      (
        "budgets[0].monthly_usd=1",
        "--set budgets[0].monthly_usd=1: error: 'budgets' is empty, so that it has no item '0'\n  at budgets[0].monthly_usd"
      ),
      ("seed.x=1", "--set seed.x=1: error: 'seed' is a number, which has nothing inside\n  at seed.x"),
      (
        "a..b=1",
        "--set a..b=1: error: 'a..b' is no path\n  at a..b\n  help: paths look like traffic.calls_per_hour and features[chat].routes[0].weight"
      ),
      (
        "extends=x.json",
        "--set extends=x.json: error: there is no key 'extends' in a scenario\n  at extends\n  help: keys there: analysis, budgets, description, duration, features, incidents, name, output, population, prices, products, providers, repeat_until, seed, start, thresholds, traffic"
      ),
      (
        "traffic.calls_per_hour=many",
        "--set traffic.calls_per_hour=many: error: expected a number, found 'many'\n  at traffic.calls_per_hour"
      ),
      (
        "features[chat].input_tokens.meadian=5",
        "--set features[chat].input_tokens.meadian=5: error: there is no key 'meadian' in 'features[chat].input_tokens'\n  at features[chat].input_tokens.meadian\n  help: did you mean 'features[chat].input_tokens.median'?"
      ),
    ]) func `a wrong path or value is invalid input, told with the flag and the nearest names`(
      _ set: String, _ words: String
    ) throws
  {
    let failure = try Desk.line("").failure("s.json", [set])
    #expect(failure.kind == .invalidInput)
    let found = failure.description
    #expect(found == words)
  }

  @Test func `all wrong paths come out together with the problems of the file`() throws {
    let problems = try Desk.line(#""sed":1"#).problems("s.json", ["x=1", "y=2"])
    #expect(
      problems == [
        "s.json:2:1: unknown key 'sed'", "--set x=1: there is no key 'x' in a scenario",
        "--set y=2: there is no key 'y' in a scenario",
      ])
  }

  @Test func `null and unset bring the default back`() throws {
    let desk = Desk.line(#""seed":7,"traffic":{"calls_per_hour":5}"#)
    #expect(try desk.load("s.json", ["seed=null"]).scenario.seed == 42)
    let unset = Edit(path: "traffic.calls_per_hour", value: nil, place: .session)
    #expect(try desk.loader.load("s.json", edits: [unset]).scenario.traffic.callsPerHour == 1000)
  }

  @Test func `another pattern or distribution drops what the former was given`() throws {
    let desk = Desk.line(#""traffic":{"patterns":[{"pattern":"burst","probability":0.5}]}"#)
    let scenario = try desk.load(
      "s.json",
      [
        "traffic.patterns[0].pattern=base", "features[chat].input_tokens.distribution=constant",
        "features[chat].input_tokens.value=9",
      ]
    ).scenario
    #expect(scenario.phases[0].patterns.map(\.id) == ["base"])
    #expect(scenario.phases[0].patterns[0].parameters.isEmpty)
    guard case .constant(9) = scenario.features[0].inputTokens else {
      Issue.record("\(scenario.features[0].inputTokens)")
      return
    }
  }

  @Test func `a duration set over phases takes their place, with a warning`() throws {
    let desk = Desk.line(#""traffic":{"phases":[{"name":"p","duration":"2d"}]}"#)
    let loaded = try desk.load("s.json", ["duration=3d"])
    #expect(loaded.scenario.phases.map(\.name) == ["main"])
    #expect(loaded.scenario.duration == .days(3))
    #expect(
      loaded.warnings.map(\.description) == [
        "--set duration=3d: warning: 'duration' takes the place of 'traffic.phases'\n  at duration"
      ])
    #expect(try desk.load("s.json", ["traffic.phases[p].duration=5d"]).scenario.duration == .days(5))
  }

  @Test func `setting one size of repeat_until takes the other out`() throws {
    let desk = Desk.line(#""repeat_until":{"megabytes":50}"#)
    #expect(try desk.load("s.json", ["repeat_until.rows=7"]).scenario.repeatUntil == .rows(7))
    #expect(try desk.load("s.json", ["traffic.repeat_until.megabytes=7"]).scenario.repeatUntil == .megabytes(7))
    #expect(try desk.load("s.json", ["repeat_until=null"]).scenario.repeatUntil == nil)
  }

  @Test func `an assignment is split at its first equals sign outside brackets`() throws {
    let edit = try #require(Edit(assignment: "thresholds[a=b].must=== 5"))
    #expect(edit.path == "thresholds[a=b].must")
    #expect(edit.value == "== 5")
    #expect(Edit(assignment: "seed") == nil)
    #expect(Edit(assignment: "=5") == nil)
    #expect(Edit(assignment: "name=")?.value == "")
  }
}
