import LabAnalysis
import LabCore
import LabPrices
import LabReport
import LabTable
import LabTestSupport
import Testing

@testable import LabPipeline

@Suite struct ComparisonTests {
  private static let header =
    "timestamp,provider,model,feature_id,organization_id,subscription_tier,tier_price_usd,input_tokens,output_tokens,cost_usd\n"

  private static func environment(_ folder: TemporaryFolder) -> LabEnvironment {
    var environment = LabEnvironment(
      threads: 2, project: Project(workingDirectory: folder.path),
      now: { Instant(microseconds: 1_767_571_200_000_000) },
      version: "test", binary: { Fingerprint.of("test") })
    environment.runs = RunArchive(folder: folder.file("runs"))
    return environment
  }

  /// One model at 1 USD a thousand tokens before, at 2 after, and half as many tokens again.
  private static func pair() throws -> (TemporaryFolder, Comparison) {
    let folder = try TemporaryFolder("compare")
    try folder.write(
      header + "2026-01-05T00:00:00Z,p,m,chat,o1,pro,199,1000,0,1\n2026-01-05T01:00:00Z,p,n,chat,o2,pro,199,1000,0,3\n",
      to: "a.csv")
    try folder.write(
      header + "2026-01-05T00:00:00Z,p,m,chat,o1,pro,199,1500,0,3\n2026-01-06T00:00:00Z,p,n,code,o2,pro,199,1000,0,3\n",
      to: "b.csv")
    return (folder, try environment(folder).compare(folder.file("a.csv"), folder.file("b.csv")))
  }

  @Test func `the cost difference is volume, mix and price, and they sum to it`() throws {
    let (_, comparison) = try Self.pair()
    let parts = try #require(comparison.decomposition)
    #expect(parts.before.dollars == 4 && parts.after.dollars == 6)
    // By hand: volume 4 · 500/2000 = 1; price of m: 3 − 1 · 1.5 = 1.5, of n: 0; mix the rest.
    #expect(parts.volume.dollars == 1 && parts.price.dollars == 1.5 && parts.mix.dollars == -0.5)
  }

  @Test func `dimensions name what changed, largest first, and sum to the difference`() throws {
    let (_, comparison) = try Self.pair()
    let models = try #require(comparison.dimensions.first { $0.name == "model" })
    #expect(models.parts.map(\.label) == ["m", "n"] && models.parts.map { $0.difference.dollars } == [2, 0])
    let features = try #require(comparison.dimensions.first { $0.name == "feature_id" })
    #expect(features.parts.map(\.label) == ["code", "chat"])
    for dimension in comparison.dimensions {
      #expect(dimension.parts.reduce(0) { $0 + $1.difference.nanodollars } == 2_000_000_000, "\(dimension.name)")
    }
  }

  @Test(
    arguments: [
      ("understanding.total_cost_usd > +5%", 0, true), ("understanding.total_cost_usd > +50%", 0, false),
      ("understanding.total_cost_usd>=+50%", 0, true), ("understanding.total_cost_usd > 1.99", 0, true),
      ("understanding.total_cost_usd > +5%", 3, false), ("understanding.total_calls != 0", 0, false),
      ("understanding.total_calls > 0", 0, false), ("understanding.cost_per_call_usd < -1%", 0, false),
    ] as [(String, Double, Bool)])
  func `a rule fails when the change meets it and is above the floor`(text: String, floor: Double, fails: Bool) throws {
    let (_, comparison) = try Self.pair()
    guard !text.contains("!=") else {
      #expect(throws: LabFailure.self) { try ChangeRule(text) }
      return
    }
    let outcome = try ChangeRule(text).outcome(in: comparison, floor: floor)
    #expect(outcome.fails == fails, "\(outcome.sentence)")
  }

  @Test func `something where nothing was is more than any percentage`() throws {
    let folder = try TemporaryFolder("compare")
    try folder.write(Self.header + "2026-01-05T00:00:00Z,p,m,chat,o1,pro,199,1000,0,0\n", to: "a.csv")
    try folder.write(Self.header + "2026-01-05T00:00:00Z,p,m,chat,o1,pro,199,1000,0,0.5\n", to: "b.csv")
    let comparison = try Self.environment(folder).compare(folder.file("a.csv"), folder.file("b.csv"))
    #expect(try ChangeRule("understanding.total_cost_usd > +900%").outcome(in: comparison, floor: 0).fails)
    #expect(try !ChangeRule("understanding.total_cost_usd > +900%").outcome(in: comparison, floor: 1).fails)
  }

  @Test(arguments: [
    "understanding.total_cost_usd", "> 5", "understanding.total_cost_usd > x", "understanding.total > 5",
  ])
  func `a rule that is none is refused`(text: String) {
    #expect(throws: LabFailure.self) { try ChangeRule(text) }
  }

  @Test func `a cube is read from its file as it was, and a damaged one is none`() throws {
    let (folder, _) = try Self.pair()
    let data = try Self.environment(folder).load(DataRequest(path: folder.file("b.csv")))
    let cube = try RunCube(of: data.table, .init())
    let bytes = cube.fileBytes
    let read = try #require(RunCube(fileBytes: bytes))
    #expect(read.names == cube.names && read.texts == cube.texts && read.keys == cube.keys && read.sums == cube.sums)
    #expect(read.overall.cost.dollars == 6 && read.overall.calls == 2 && read.overall.totalTokens == 2500)
    for length in 0..<bytes.count { #expect(RunCube(fileBytes: Array(bytes[..<length])) == nil) }
    #expect(RunCube(fileBytes: bytes + [0]) == nil)
    // Any byte may be another: what is read then sums up without a crash.
    for place in bytes.indices {
      for byte: UInt8 in [0, 1, 0x7f, 0x80, 0xfe, 0xff] {
        var damaged = bytes
        damaged[place] = byte
        _ = RunCube(fileBytes: damaged)?.totals(by: [])
      }
    }
    // The greatest number there is, ten bytes long, in the place of any of one byte.
    let greatest: [UInt8] = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
    for place in bytes.indices {
      _ = RunCube(fileBytes: Array(bytes[..<place]) + greatest + bytes[(place + 1)...])?.overall
    }
  }

  @Test func `kept runs are numbered, found, limited, and survive what crashed ones leave`() throws {
    let folder = try TemporaryFolder("archive")
    let archive = RunArchive(folder: folder.file("runs"))
    func keep(_ unique: String) throws -> Int {
      let run = KeptRun(
        scenarioName: "s", seed: 1, startedAt: Instant(microseconds: 0), rows: 1, fingerprint: "f", isPartial: false,
        thresholds: (2, 1), figures: [])
      return try archive.keep(
        [(KeptRunFiles.record, KeptRunFiles.record(of: run)), (KeptRunFiles.summary, Array("{}".utf8))],
        unique: unique, now: Instant(microseconds: 0))
    }
    #expect(try keep("a") == 1)
    try archive.setBaseline(1)
    try folder.write("half", to: "runs/.new-9-9/run.json")
    try folder.write("half", to: "runs/0002/run.json")
    #expect(try keep("b") == 3, "a number that a crashed run took is not taken again")
    try folder.write("odd", to: "runs/9223372036854775807/run.json")
    try folder.write("odd", to: "runs/5/run.json")
    #expect(archive.list().map(\.number) == [3, 1] && archive.numbers == [1, 2, 3], "no names but ours")
    #expect(throws: LabFailure.self) { try archive.run(2) }
    for number in 4...(RunArchive.limit + 10) { #expect(try keep("\(number)") == number) }
    #expect(archive.numbers.count <= RunArchive.limit + 1 && archive.numbers.first == 1, "the baseline stays")
    #expect(try archive.find("@")?.number == RunArchive.limit + 10)
    #expect(try archive.find("@-1")?.number == RunArchive.limit + 9)
    #expect(try archive.find("baseline")?.number == 1)
    #expect(try archive.find("usage.csv") == nil)
    #expect(throws: LabFailure.self) { try archive.find("@-500") }
  }

  @Test func `bands are compared when both sides have several seeds`() throws {
    func side(_ values: [Double]) -> ComparedSide {
      let name = "understanding.total_cost_usd"
      var run = KeptRun(
        scenarioName: "s", seed: 1, startedAt: Instant(microseconds: 0), rows: 1, fingerprint: "", isPartial: false,
        thresholds: (0, 0),
        figures: [.init(name: name, label: "Total cost", unit: .usd, value: .number(values[0]))])
      run.seeds = SeedFigures(seeds: values.indices.map { UInt64($0) }, values: [name: values])
      return ComparedSide(run)
    }
    #expect(Comparison(of: side([1, 2, 3, 4, 5]), and: side([6, 7, 8, 9, 10])).changes[0].isApart == true)
    #expect(Comparison(of: side([1, 2, 3, 4, 5]), and: side([4, 5, 6, 7, 8])).changes[0].isApart == false)
    #expect(Comparison(of: side([1, 2]), and: side([6, 7, 8])).changes[0].isApart == nil)
  }

  @Test func `tokens of failed calls that nobody bills are no lower price`() throws {
    let folder = try TemporaryFolder("compare")
    let header = Self.header.dropLast() + ",status\n"
    func rows(_ succeeded: Int, _ failed: Int) -> String {
      let start = "2026-01-05T00:00:00Z,p,m,chat,o1,pro,199,1000,0,"
      return header + String(repeating: start + "1,success\n", count: succeeded)
        + String(repeating: start + "0,error\n", count: failed)
    }
    try folder.write(rows(8, 2), to: "a.csv")
    try folder.write(rows(5, 5), to: "b.csv")
    let comparison = try Self.environment(folder).compare(folder.file("a.csv"), folder.file("b.csv"))
    let parts = try #require(comparison.decomposition)
    #expect(parts.change.dollars == -3)
    #expect(parts.price == .zero && parts.volume == .zero && parts.mix.dollars == -3)
  }

  private static func kept(_ scenario: String, changes: [String] = []) -> KeptRun {
    KeptRun(
      number: 3, scenarioName: scenario, changes: changes, seed: 1, startedAt: Instant(microseconds: 0), rows: 1,
      fingerprint: "f", isPartial: false, thresholds: (0, 0), figures: [])
  }

  @Test func `a kept run knows what was changed for it`() throws {
    let folder = try TemporaryFolder("changes")
    let run = Self.kept("peak", changes: ["seed=5", "features[chat].share=0.5"])
    #expect(run.title == "run 3 (peak with seed=5, features[chat].share=0.5)")
    #expect(Self.kept("peak").title == "run 3 (peak)")
    try folder.write(String(decoding: KeptRunFiles.record(of: run), as: UTF8.self), to: "run.json")
    #expect(KeptRunFiles.recordOnly(in: folder.path, number: 3)?.changes == run.changes)
    try folder.write(String(decoding: KeptRunFiles.record(of: Self.kept("peak")), as: UTF8.self), to: "run.json")
    #expect(KeptRunFiles.recordOnly(in: folder.path, number: 3)?.changes == [])
  }

  @Test func `different scenarios are told as such, and the same one isn't`() {
    func warnings(_ before: KeptRun, _ after: KeptRun) -> Int {
      let comparison = Comparison(of: ComparedSide(before), and: ComparedSide(after))
      return ComparisonReport.blocks(comparison).count {
        if case .callout(let callout) = $0 { callout.text.contains("different scenarios") } else { false }
      }
    }
    #expect(warnings(Self.kept("peak"), Self.kept("calm")) == 1)
    #expect(warnings(Self.kept("peak"), Self.kept("peak", changes: ["seed=5"])) == 0)
  }

  @Test func `what several analyzers tell alike stands in a comparison once`() throws {
    let (_, comparison) = try Self.pair()
    let tables = ComparisonReport.blocks(comparison).compactMap {
      if case .table(let table) = $0 { table } else { nil }
    }
    let figures = try #require(tables.first { $0.id == "figures" })
    let names = figures.rows.map { if case .text(let name) = $0[0] { name } else { "" } }
    #expect(names.filter { $0.hasSuffix(".total_cost_usd") } == ["understanding.total_cost_usd"])
  }
}
