import LabCore
import LabJSON
import LabScenario
import Testing

@Suite struct MergeTests {
  private func desk(_ base: String, _ near: String, more: [String: String] = [:]) -> Desk {
    var files = more
    files["base.json"] = #"{"format":"finops-lab/scenario/1",\#(base)}"#
    files["s.json"] = #"{"format":"finops-lab/scenario/1","extends":"base.json",\#(near)}"#
    return Desk(files)
  }

  @Test func `keys of the nearer file win, objects merge, and null brings the default back`() throws {
    let scenario = try desk(
      #""seed":7,"traffic":{"calls_per_hour":50,"retries":5},"population":{"customers":9}"#,
      #""traffic":{"calls_per_hour":60},"population":{"customers":null}"#
    ).load().scenario
    #expect(scenario.seed == 7)
    #expect(scenario.traffic.callsPerHour == 60)
    #expect(scenario.traffic.retries == 5)
    #expect(scenario.population.customers == 500)
  }

  @Test func `items merge by id, new ones come last, and others stay`() throws {
    let scenario = try desk(
      #""budgets":[{"id":"a","monthly_usd":1},{"id":"b","monthly_usd":2}]"#,
      #""budgets":[{"id":"b","monthly_usd":3},{"id":"c","monthly_usd":4}]"#
    ).load().scenario
    #expect(scenario.budgets.map(\.id) == ["a", "b", "c"])
    #expect(scenario.budgets.map(\.monthly.dollars) == [1, 3, 4])
  }

  @Test func `an item with $delete goes and $replace replaces the array`() throws {
    let base = #""budgets":[{"id":"a","monthly_usd":1},{"id":"b","monthly_usd":2}]"#
    #expect(
      try desk(base, #""budgets":[{"id":"a","$delete":true}]"#).load().scenario.budgets.map(\.id) == ["b"])
    #expect(
      try desk(base, #""budgets":{"$replace":[{"id":"z","monthly_usd":9}]}"#).load().scenario.budgets.map(\.id) == ["z"]
    )
    #expect(try desk(base, #""budgets":[]"#).load().scenario.budgets.isEmpty)
  }

  @Test func `what $delete and $replace can't do is reported in its place`() throws {
    let base = #""budgets":[{"id":"ai","monthly_usd":1}]"#
    #expect(
      try desk(base, "\n\"budgets\":[{\"id\":\"a\",\"$delete\":true}]").failure().description
        == "s.json:2:12: error: there is no 'a' to delete in the scenario that this one extends\n  at budgets[a]\n  help: did you mean 'ai'?"
    )
    #expect(
      try desk(base, "\n\"budgets\":[{\"id\":\"ai\",\"$delete\":1}]").problems() == [
        "s.json:2:33: '$delete' must be true, found 1"
      ])
    #expect(
      try desk(base, "\n\"budgets\":{\"$replace\":5}").problems() == [
        "s.json:2:23: '$replace' must be an array, found 5"
      ])
    #expect(
      try desk(base, "\n\"budgets\":{\"$replace\":[],\"x\":1}").problems() == [
        "s.json:2:26: 'x' stands beside '$replace', which replaces the whole array"
      ])
  }

  @Test func `an item that says weight gives up the share that it inherits`() throws {
    let scenario = try desk(
      #""products":[{"id":"a","share":0.5},{"id":"b","share":0.5}]"#, #""products":[{"id":"a","weight":1.5}]"#
    ).load().scenario
    #expect(scenario.products.map(\.share) == [0.75, 0.25])
  }

  @Test func `a distribution of another kind drops what the former one was given`() throws {
    let scenario = try desk(
      #""features":[{"id":"f","input_tokens":{"distribution":"lognormal","median":5,"sigma":1}}]"#,
      #""features":[{"id":"f","input_tokens":{"distribution":"constant","value":70}}]"#
    ).load().scenario
    guard case .constant(70) = scenario.features[0].inputTokens else {
      Issue.record("\(scenario.features[0].inputTokens)")
      return
    }
    let same = try desk(
      #""features":[{"id":"f","input_tokens":{"distribution":"lognormal","median":5,"sigma":1}}]"#,
      #""features":[{"id":"f","input_tokens":{"median":6}}]"#
    ).load().scenario
    guard case .lognormal(6, 1, 1, 1_000_000) = same.features[0].inputTokens else {
      Issue.record("\(same.features[0].inputTokens)")
      return
    }
  }

  @Test func `of phases and duration the nearer file's choice wins`() throws {
    let phases =
      #""traffic":{"phases":[{"name":"p","duration":"2d"},{"name":"q","duration":"3d","patterns":[{"pattern":"burst"}]}]}"#
    let flat = #""duration":"9d","traffic":{"patterns":[{"pattern":"base"}]}"#
    let nearPhases = try desk(flat, phases).load()
    #expect(nearPhases.scenario.phases.map(\.name) == ["p", "q"])
    #expect(nearPhases.scenario.duration == .days(5))
    #expect(nearPhases.tree["duration"] == nil)
    let nearFlat = try desk(phases, flat).load().scenario
    #expect(nearFlat.phases.map(\.name) == ["main"])
    #expect(nearFlat.duration == .days(9))
    let onlyPatterns = try desk(phases, #""traffic":{"patterns":[{"pattern":"base"}]}"#).load().scenario
    #expect(onlyPatterns.phases.map(\.name) == ["main"])
    #expect(onlyPatterns.duration == .days(14))
    #expect(onlyPatterns.phases[0].patterns.map(\.id) == ["base"])
  }

  @Test func `repeat_until may stand beside the phases and is one and the same key`() throws {
    #expect(try Desk.line(#""traffic":{"repeat_until":{"rows":5}}"#).load().scenario.repeatUntil == .rows(5))
    let scenario = try desk(#""repeat_until":{"rows":5}"#, #""traffic":{"repeat_until":{"rows":8}}"#).load().scenario
    #expect(scenario.repeatUntil == .rows(8))
    #expect(
      try Desk.line(#""repeat_until":{"rows":5},"traffic":{"repeat_until":{"rows":6}}"#).problems() == [
        "s.json:2:53: 'repeat_until' stands in two places; the other is at the top level"
      ])
  }

  @Test func `a chain is relative to each file, and a problem is told where it stands`() throws {
    let desk = Desk([
      "a/s.json": #"{"format":"finops-lab/scenario/1","extends":"../b/mid.json"}"#,
      "b/mid.json": #"{"format":"finops-lab/scenario/1","extends":"base.json","prices":"p.json"}"#,
      "b/base.json": "{\"format\":\"finops-lab/scenario/1\",\n \"traffic\":{\"calls_per_hour\":-5}}", "b/p.json": "",
    ])
    #expect(
      try desk.problems("a/s.json") == ["b/base.json:2:30: 'calls_per_hour' must be between 0 and 100000000, found -5"])
    let mended = try desk.load("a/s.json", ["traffic.calls_per_hour=5"])
    #expect(mended.scenario.pricesPath == "b/p.json")
    #expect(mended.files == ["a/s.json", "b/mid.json", "b/base.json"])
    #expect(mended.scenario.name == "s")
  }

  @Test func `a file that is not beside the scenario is looked for among the shipped ones`() throws {
    let desk = Desk([
      "mine/s.json": #"{"format":"finops-lab/scenario/1","extends":"base.json"}"#,
      "shipped:base.json":
        #"{"format":"finops-lab/scenario/1","seed":9,"extends":"deeper/root.json","prices":"prices/x.json"}"#,
      "shipped:deeper/root.json": #"{"format":"finops-lab/scenario/1","description":"below"}"#,
      "shipped:prices/x.json": "",
    ])
    let loaded = try desk.load("mine/s.json")
    #expect(loaded.scenario.seed == 9)
    #expect(loaded.scenario.description == "below")
    #expect(loaded.scenario.pricesPath == "shipped:prices/x.json")
  }

  @Test func `a circle is refused and named`() throws {
    func file(_ next: String) -> String { "{\"format\":\"finops-lab/scenario/1\",\n\"extends\":\"\(next)\"}" }
    let desk = Desk([
      "a.json": file("b.json"), "b.json": file("./c.json"), "c.json": file("b.json"), "me.json": file("me.json"),
    ])
    #expect(
      try desk.problems("a.json") == ["c.json:2:11: 'extends' goes round in a circle: b.json → c.json → b.json"])
    #expect(try desk.problems("me.json") == ["me.json:2:11: 'extends' goes round in a circle: me.json → me.json"])
  }

  @Test func `a chain is bounded`() throws {
    var files: [String: String] = [:]
    for index in 0...40 {
      files["\(index).json"] = #"{"format":"finops-lab/scenario/1","extends":"\#(index + 1).json"}"#
    }
    #expect(try Desk(files).problems("0.json") == ["31.json:1:45: more than 32 files extend one another"])
  }

  @Test func `a base that is no JSON is told with its own place`() throws {
    let desk = Desk([
      "s.json": #"{"format":"finops-lab/scenario/1","extends":"b.json"}"#, "b.json": "{\n  \"format\": \"x\",\n}",
    ])
    #expect(try desk.problems() == ["b.json:2:16: a comma stands before '}'; JSON has no trailing commas"])
  }
}
