import LabCore
import LabJSON
import LabPrices
import LabReport
import LabTable
import LabTestSupport
import Testing

@testable import LabAnalysis

@Suite struct GeographicLatencyTests {
  /// Two models of one class at two providers: per million tokens 10/30 and 5/15.
  private func book() throws -> PriceBook {
    try PriceBook.read(
      bytes: Array(
        """
        { "format": "finops-lab/prices/1", "currency": "USD", "as_of": "2026-01-01",
          "models": [
            { "provider": "alpha", "model": "big", "class": "frontier",
              "prices": [ { "from": "2025-01-01", "per": 1000000, "input": 10, "output": 30 } ] },
            { "provider": "beta", "model": "large", "class": "frontier",
              "prices": [ { "from": "2025-01-01", "per": 1000000, "input": 5, "output": 15 } ] } ] }
        """.utf8), name: "fixture prices")
  }

  /// Ten days; in `eu` beta takes `factor` times as long as alpha, in `us` both are alike.
  private func csv(factor: Double) -> String {
    var random = RandomStream(seed: 31, purpose: 31)
    let start = Instant("2026-01-05T00:00:00Z")?.microseconds ?? 0
    var lines = [AnalysisFixture.header]
    for index in 0..<4800 {
      let time = start + Int64(index) * 180_000_000
      let (provider, model) = index % 2 == 0 ? ("alpha", "big") : ("beta", "large")
      let region = index % 4 < 2 ? "us" : "eu"
      let output = index % 3 == 0 ? 20 : 300
      var latency = (400 + 10 * Double(output)) * DeterministicMath.exp(0.2 * random.normal())
      if provider == "beta", region == "eu" { latency *= factor }
      lines.append(
        "\(Instant(microseconds: time)),o,p,f,c,a,t,1,\(provider),\(model),\(region),1000,\(output),\(1000 + output),"
          + "\(Int(latency)),0.01,success,,,\(index),0,prod")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func run(_ csv: String, prices: PriceBook?) throws -> (AnalyzerResult, JSONNode) {
    let context = AnalysisContext(prices: prices, threads: 2)
    let result = try AnalyzerRegistry.run("geographic_latency", on: try AnalysisFixture.table(csv), in: context)
    #expect(result.error == nil)
    return (result, try AnalysisFixture.findings(result))
  }

  @Test func `a faster model of the same class is named where it is faster, with its price`() throws {
    let (result, findings) = try run(csv(factor: 0.6), prices: try book())
    #expect(result.value(of: "regions") == .integer(2))
    #expect(result.value(of: "reroutes") == .integer(1))
    let reroute = try #require(findings["reroutes"]?.array?.first)
    #expect(reroute["region"]?.string == "eu")
    #expect(reroute["provider"]?.string == "alpha")
    #expect(reroute["other_provider"]?.string == "beta")
    let ratio = try #require(reroute["ratio"]?.double)
    #expect(abs(ratio - 0.6) < 0.03)
    #expect((reroute["interval"]?["low"]?.double ?? 1) < 0.6 + 0.03)
    // 1,200 calls of 1,000 input and a third 20, the rest 300 output tokens would cost half of 10 · 1.2 + 30 · 0.248 in place of
    // the 12 that were paid, a month being 30.4375 days of 4799 · 3 minutes.
    let output = (0..<4800).filter { $0 % 2 == 0 && $0 % 4 >= 2 }.reduce(0) { $0 + ($1 % 3 == 0 ? 20 : 300) }
    let months = 30.4375 / (4799.0 * 3 / 60 / 24)
    let listed = 10 * 1.2 + 30 * Double(output) / 1e6
    #expect(abs((reroute["monthly_cost_change_usd"]?.double ?? 0) - (listed / 2 - 12) * months) < 1e-6)
    #expect(result.recommendations.first?.rule == "reroute")
    // Without recorded costs both sides are at list prices.
    let costless = try run(csv(factor: 0.6).replacing(",0.01,success", with: ",,success"), prices: try book()).1
    let change = try #require(costless["reroutes"]?.array?.first?["monthly_cost_change_usd"]?.double)
    #expect(abs(change + listed / 2 * months) < 1e-6)
  }

  @Test func `equal providers, and ones that differ by less than a tenth, give no reroute`() throws {
    for factor in [1, 0.95] {
      // A generous promise: below it a small advantage is not worth a change.
      var settings = AnalyzerSettings(slaMilliseconds: 60_000)
      settings.slaTargetPercent = 95
      let context = AnalysisContext(prices: try book(), settings: settings, threads: 2)
      let table = try AnalysisFixture.table(csv(factor: factor))
      let result = try AnalyzerRegistry.run("geographic_latency", on: table, in: context)
      #expect(result.value(of: "reroutes") == .integer(0))
    }
  }

  @Test func `without prices, or without regions, a sentence says what is missing`() throws {
    let (plain, _) = try run(csv(factor: 0.6), prices: nil)
    #expect(plain.value(of: "reroutes") == nil)
    #expect(plain.abstentions.contains { $0.section == "reroutes" && $0.reason.contains("price book") })
    let (bare, _) = try run("latency_ms,provider\n5,x\n", prices: nil)
    #expect(bare.value(of: "regions") == nil)
    #expect(bare.abstentions.contains { $0.section == "by_region" })
  }
}
