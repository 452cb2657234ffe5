import LabCore
import LabJSON
import LabTestSupport
import Testing

@testable import LabAnalysis

@Suite struct IndependentGroupsTests {
  @Test(.enabled(if: DuckDB.python != nil, DuckDB.absence))
  func `every group of fifty thousand random calls has the sums that SQL computes`() throws {
    let folder = try TemporaryFolder("independent")
    let path = try folder.write(AnalysisFixture.random(rows: 50_000), to: "calls.csv")
    let run = try ProcessRun.run(
      try #require(DuckDB.python), [PackageRoot.file("Tests/Independent/duckdb_groups.py"), path], timeout: 120)
    try #require(run.exitCode == 0, "\(run.errors)")
    let expected = try JSONReader.read(run.outputBytes, name: "duckdb").root
    let table = try AnalysisFixture.table(try folder.text(of: "calls.csv"))
    let result = try AnalyzerRegistry.run(
      "understanding", on: table, in: AnalysisContext(prices: try AnalysisFixture.book(), threads: 2))
    let findings = try AnalysisFixture.findings(result)
    let groups = try #require(expected.object)
    #expect(groups.count == 11)
    for group in groups {
      let wanted = Set((group.node.array ?? []).map { ($0.array ?? []).compactMap(\.string) })
      let rows = try #require(findings[group.key]?.array, "\(group.key)")
      let found = Set(rows.map { Self.row($0) })
      #expect(wanted == found, "\(group.key)")
      #expect(!wanted.isEmpty && rows.count == wanted.count, "\(group.key)")
    }
  }

  /// The keys, calls, nanodollars and tokens of a row, as the script writes them.
  private static func row(_ row: JSONNode) -> [String] {
    (row.object ?? []).prefix { $0.key != "total_tokens" }.map { member in
      if member.key == "cost_usd" { return "\(member.node.money?.nanodollars ?? -1)" }
      return member.node.string ?? "\(member.node.integer ?? -1)"
    }
  }
}
