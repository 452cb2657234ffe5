import LabCore
import LabJSON
import LabTestSupport
import Testing

@testable import LabAnalysis

@Suite struct IndependentCostsTests {
  @Test(.enabled(if: DuckDB.python != nil, DuckDB.absence))
  func `token classes, sizes, charges and tags of twenty thousand random calls are what SQL computes`() throws {
    let folder = try TemporaryFolder("independent-costs")
    let path = try folder.write(CostFixture.csv(CostFixture.random(20_000)), to: "calls.csv")
    let run = try ProcessRun.run(
      try #require(DuckDB.python), [PackageRoot.file("Tests/Independent/duckdb_costs.py"), path], timeout: 120)
    try #require(run.exitCode == 0, "\(run.errors)")
    let expected = try JSONReader.read(run.outputBytes, name: "duckdb").root
    func wanted(_ name: String) -> Set<[String]> {
      Set((expected[name]?.array ?? []).map { ($0.array ?? []).compactMap(\.string) })
    }
    var settings = AnalyzerSettings()
    settings.requiredTags = ["team"]
    let context = AnalysisContext(prices: try CostFixture.book(), settings: settings, threads: 2)
    let table = try AnalysisFixture.table(try folder.text(of: "calls.csv"))
    let tokens = try AnalysisFixture.findings(try AnalyzerRegistry.run("token_economics", on: table, in: context))
    let charges = try AnalysisFixture.findings(try AnalyzerRegistry.run("alignment", on: table, in: context))

    var tiers: [String: [String]] = [:]
    for line in tokens["ledger_by_tier"]?.array ?? [] where line["token_class"]?.string != "cache_write_1h" {
      guard line["token_class"]?.string != "unsplit", let tier = line["service_tier"]?.string else { continue }
      tiers[tier, default: [tier]].append("\(line["tokens"]?.integer ?? -1)")
    }
    #expect(Set(tiers.values) == wanted("ledger_by_tier") && tiers.count == 4)

    var (quartiles, long): (Set<[String]>, Set<[String]>) = ([], [])
    for row in tokens["by_feature"]?.array ?? [] {
      let feature = row["feature_id"]?.string ?? "?"
      let values = ["p25", "p50", "p75"].map { "\(Int(row["input"]?[$0]?.double ?? -1))" }
      quartiles.insert([feature] + values + ["\(row["p99_input_tokens"]?.integer ?? -1)"])
      let prompts = row["long_prompts"]
      long.insert([feature, "\(prompts?["calls"]?.integer ?? -1)", "\(prompts?["tokens_beyond"]?.integer ?? -1)"])
    }
    #expect(quartiles == wanted("quartiles") && quartiles.count == 3)
    #expect(long == wanted("long_prompts"))

    var lines: Set<[String]> = []
    for statement in charges["statements"]?.array ?? [] {
      let organization = statement["organization_id"]?.string ?? "?"
      for line in statement["lines"]?.array ?? [] where line["kind"]?.string == "usage" {
        let names = ["product_id", "feature_id", "provider", "model"].map { line[$0]?.string ?? "?" }
        lines.insert([organization] + names + ["\(line["calls"]?.integer ?? -1)", "\(line["tokens"]?.integer ?? -1)"])
      }
    }
    #expect(lines == wanted("lines") && lines.count > 100)
    let organizations = (charges["by_organization"]?.array ?? []).map { row in
      [
        row["organization_id"]?.string ?? "?", "\(row["calls"]?.integer ?? -1)",
        "\(row["cost_usd"]?.money?.nanodollars ?? -1)",
      ]
    }
    #expect(Set(organizations) == wanted("by_organization"))
    let tagged = try #require(charges["tag_coverage"]?.array?.first)
    #expect(wanted("tagged") == [["team", "\(tagged["cost_usd"]?.money?.nanodollars ?? -1)"]])
  }
}
