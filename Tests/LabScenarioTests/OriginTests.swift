import LabCore
import LabJSON
import LabScenario
import Testing

@Suite struct OriginTests {
  private let desk = Desk([
    "base.json":
      "{\"format\":\"finops-lab/scenario/1\",\n  \"seed\": 7,\n  \"traffic\": { \"calls_per_hour\": 50, \"retries\": 1 } }",
    "s.json":
      "{\"format\":\"finops-lab/scenario/1\",\n  \"extends\": \"base.json\",\n  \"traffic\": { \"calls_per_hour\": 60 } }",
  ])

  private func origins(_ loaded: LoadedScenario) -> [String: String] {
    Dictionary(loaded.entries.map { ($0.path, $0.origin.description) }, uniquingKeysWith: { first, _ in first })
  }

  @Test func `every effective value says whether it is a default, from a file, a flag or the session`() throws {
    let edits = [
      Edit(path: "population.customers", value: "9", place: .flag),
      Edit(path: "features[chat].cached_share", value: "0.25", place: .session),
    ]
    let loaded = try desk.loader.load("s.json", edits: edits)
    let origins = origins(loaded)
    #expect(origins["traffic.calls_per_hour"] == "s.json:3:34")
    #expect(origins["traffic.retries"] == "base.json:3:49")
    #expect(origins["seed"] == "base.json:2:11")
    #expect(origins["population.organizations"] == "default")
    #expect(origins["population.customers"] == "--set population.customers=9")
    #expect(origins["features[chat].cached_share"] == "set features[chat].cached_share 0.25")
    #expect(origins["name"] == "default")
    #expect(origins["features[chat].input_tokens.median"] == "default")
  }

  @Test func `entries follow the order of the reference and hold the values as JSON`() throws {
    let entries = try desk.load().entries
    #expect(entries.prefix(5).map(\.path) == ["format", "name", "description", "seed", "start"])
    #expect(entries.first { $0.path == "start" }?.value == "\"2026-01-05T00:00:00Z\"")
    #expect(entries.first { $0.path == "population.regions[us-west].latency_factor" }?.value == "1.1")
  }

  @Test func `a value is found by its path, and a wrong path names the nearest`() throws {
    let loaded = try desk.load()
    #expect(try loaded.value(at: "features[chat].share").number?.text == "0.4")
    #expect(try loaded.value(at: "traffic.calls_per_hour").number?.integer == 60)
    let failure = #expect(throws: LabFailure.self) { try loaded.value(at: "features[caht].share") }
    #expect(failure?.kind == .notFound)
    #expect(failure?.diagnostics.first?.help == "did you mean 'chat'?")
  }
}

@Suite struct RoundTripTests {
  static let scenarios = [
    "",
    #""traffic":{"phases":[{"name":"p","duration":"36h","patterns":[{"pattern":"burst","multiplier":3}]}]},"repeat_until":{"megabytes":5.5}"#,
    #""products":[{"id":"a","weight":1},{"id":"b","weight":2}],"prices":"p/book.json","features":[{"id":"f","tags":{"b":"1","a":"2"},"routes":[{"provider":"openai","model":"gpt-4o"}],"input_tokens":{"distribution":"empirical","quantiles":[1,5,9]}}]"#,
    #""budgets":[{"id":"x","monthly_usd":"12.000000001","where":{"feature_id":["chat","analysis"]}}],"output":{"data":"d.csv"},"traffic":{"latency":{"model":"classic"}}"#,
  ]

  @Test(arguments: scenarios) func `the printed scenario is a scenario file that reproduces it`(_ keys: String) throws {
    var desk = Desk.line(keys)
    desk.files["p/book.json"] = ""
    let first = try desk.load("s.json", ["seed=5"])
    desk.files["copy.json"] = first.text()
    let second = try desk.load("copy.json")
    #expect(second.text() == first.text())
    #expect(described(second.scenario) == described(first.scenario))
  }

  /// All of a scenario as text, the parameters of patterns sorted by key.
  private func described(_ scenario: Scenario) -> [String] {
    var bare = scenario
    var parameters: [String] = []
    for phase in bare.phases.indices {
      for pattern in bare.phases[phase].patterns.indices {
        let setting = bare.phases[phase].patterns[pattern]
        parameters += setting.parameters.map { "\(phase).\(pattern).\(setting.id).\($0.key)=\($0.value)" }.sorted()
        bare.phases[phase].patterns[pattern].parameters = [:]
      }
    }
    return ["\(bare)"] + parameters
  }

  @Test func `a scenario that is written elsewhere still finds its price book`() throws {
    var desk = Desk(["a/s.json": #"{"format":"finops-lab/scenario/1","prices":"p/book.json"}"#, "a/p/book.json": ""])
    let loaded = try desk.load("a/s.json")
    desk.files["b/c/copy.json"] = loaded.text(forFolder: "b/c")
    #expect(try desk.load("b/c/copy.json").scenario.pricesPath == "a/p/book.json")
    desk.files["a/copy.json"] = loaded.text(forFolder: "a")
    #expect(try desk.load("a/copy.json").scenario.pricesPath == "a/p/book.json")
    #expect(loaded.text(forFolder: "a").contains(#""prices": "p/book.json""#))
  }
}
