import LabCore
import LabJSON
import LabReport
import LabTable
import LabTestSupport
import Testing

@testable import LabAnalysis

@Suite struct PerformanceTests {
  private func findings(_ csv: String, settings: AnalyzerSettings = .init()) throws -> (AnalyzerResult, JSONNode) {
    let context = AnalysisContext(prices: try AnalysisFixture.book(), settings: settings, threads: 2)
    let result = try AnalyzerRegistry.run("performance", on: try AnalysisFixture.table(csv), in: context)
    #expect(result.error == nil)
    return (result, try AnalysisFixture.findings(result))
  }

  /// 200 calls that take 1 to 200 ms, the last ten of which fail; each writes 10 tokens and costs 0.001.
  private var two: String {
    let lines = (1...200).map { index in
      let failed = index > 190
      return "2026-01-05T00:\(index / 60 + 10):\(index % 50 + 10)Z,o,p,f\(index % 2),c,a,t,1,alpha,big,us,10,10,20,"
        + "\(index),0.001,\(failed ? "error,timeout" : "success,"),,\(index),0,prod"
    }
    return AnalysisFixture.header + "\n" + lines.joined(separator: "\n") + "\n"
  }

  @Test func `figures of two hundred calls are those computed by hand`() throws {
    var settings = AnalyzerSettings(slaMilliseconds: 150)
    settings.slaTargetPercent = 90
    let (result, findings) = try findings(two, settings: settings)
    // Sorted 1...200: positions 100, 190 and 198; the mean is 100.5.
    #expect(result.value(of: "mean_latency_ms") == .number(100.5))
    #expect(result.value(of: "p50_latency_ms") == .number(100))
    #expect(result.value(of: "p95_latency_ms") == .number(190))
    #expect(result.value(of: "p99_latency_ms") == .number(198))
    // Above 150: 50 calls, the ten failed among them.
    #expect(result.value(of: "sla_violations") == .integer(50))
    #expect(result.value(of: "sla_compliance_pct") == .number(75))
    #expect(result.value(of: "error_rate_pct") == .number(5))
    #expect(result.value(of: "retry_cost_usd") == .money(Money(nanodollars: 10_000_000)))
    // 190 successful calls wrote 1,900 tokens in 1 + ... + 190 = 18,145 ms.
    #expect(result.value(of: "output_tokens_per_second") == .number(1_900_000_000 / 18_145_000))
    // A budget of 10 % is 20 calls; 50 are two and a half times that.
    #expect(findings["sla"]?["budget_used_pct"]?.double == 250)
    #expect(findings["sla"]?["burn_rate"]?.double == 2.5)
    let model = try #require(findings["by_model"]?.array?.first)
    #expect(model["errors_by_type"]?["timeout"]?.integer == 10)
    let histogram = try #require(findings["histogram"]?.array)
    #expect(histogram.reduce(0) { $0 + ($1["calls"]?.integer ?? 0) } == 200)
    #expect(findings["by_feature"]?.array?.count == 2)
  }

  @Test func `a group of 29 calls has no mean, one of 199 no p99, and neither is ranked`() throws {
    let lines = two.split(separator: "\n").map(String.init)
    let (few, _) = try findings(lines.prefix(30).joined(separator: "\n") + "\n")
    #expect(few.value(of: "mean_latency_ms") == nil)
    let (almost, _) = try findings(lines.prefix(200).joined(separator: "\n") + "\n")
    #expect(almost.value(of: "p95_latency_ms") != nil)
    #expect(almost.value(of: "p99_latency_ms") == nil)
  }

  @Test func `efficiency is one on the frontier, and less behind it by time and price together`() throws {
    func line(_ index: Int, _ provider: String, _ model: String, _ latency: Int, _ cost: String) -> String {
      "2026-01-05T00:10:\(index + 10)Z,o,p,f,c,a,t,1,\(provider),\(model),us,10,10,20,\(latency),\(cost),success,,,\(index),0,prod"
    }
    // Per call of 20 tokens 0.002, 0.001 and 0.002 are 100, 50 and 100 USD per million.
    let lines =
      (0..<40).map { line($0, "alpha", "big", 100, "0.002") }
      + (0..<40).map { line($0, "alpha", "small", 200, "0.001") }
      + (0..<40).map { line($0, "beta", "mid", 200, "0.002") }
      + (0..<40).map { line($0, "gamma", "near", 110, "0.0022") }
    let (_, findings) = try findings(AnalysisFixture.header + "\n" + lines.joined(separator: "\n") + "\n")
    let rows = try #require(findings["by_model"]?.array)
    func efficiency(_ model: String) -> Double? {
      rows.first { $0["model"]?.string == model }?["efficiency"]?.double
    }
    #expect(efficiency("big") == 1)
    #expect(efficiency("small") == 1)
    // max(min(100/200, 100/100), min(200/200, 50/100)) = 0.5.
    #expect(efficiency("mid") == 0.5)
    #expect(abs((efficiency("near") ?? 0) - 100.0 / 110) < 1e-12)
    #expect(rows.first { $0["model"]?.string == "mid" }?["efficiency_band"]?.string == "low")
    #expect(rows.first { $0["model"]?.string == "near" }?["efficiency_band"]?.string == "high")
  }

  /// Eighteen days of two providers in two regions, 12 calls an hour each, with trouble from day 15 on where it is asked for.
  private func days(slow: Bool, failing: Bool, storm: Bool) -> String {
    var random = RandomStream(seed: 11, purpose: 11)
    var lines = [AnalysisFixture.header]
    let start = Instant("2026-01-05T00:00:00Z")?.microseconds ?? 0
    for hour in 0..<(18 * 24) {
      let isBad = hour >= 15 * 24 + 3 && hour < 15 * 24 + 9
      for index in 0..<48 {
        let provider = index % 2 == 0 ? "alpha" : "beta"
        let region = index % 4 < 2 ? "us" : "eu"
        let time = start + Int64(hour) * 3_600_000_000 + Int64(index) * 70_000_000
        var latency = 800 * DeterministicMath.exp(0.25 * random.normal())
        var failed = random.chance(0.02)
        if isBad, slow, provider == "alpha", region == "eu" { latency *= 4 }
        if isBad, failing, provider == "beta" { failed = failed || random.chance(0.4) }
        lines.append(
          "\(Instant(microseconds: time)),o,p,f,cust-\(index % 3),a,t,1,\(provider),m,\(region),100,50,150,"
            + "\(NumberFormat.fixed(latency, places: 3).filter { $0 != "," }),0.001,"
            + "\(failed ? "error,server_error" : "success,"),,\(hour)-\(index),0,prod")
      }
      guard storm, isBad else { continue }
      for index in 0..<40 {
        let time = start + Int64(hour) * 3_600_000_000 + Int64(index) * 80_000_000 + 1
        let limited = index % 4 > 0
        lines.append(
          "\(Instant(microseconds: time)),o,p,f,cust-1,a,t,1,alpha,m,us,100,0,100,50,0,"
            + "\(limited ? "error,rate_limit" : "success,"),,storm-\(hour)-\(index),0,prod")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func events(_ csv: String) throws -> [Detection] {
    let context = AnalysisContext(threads: 2)
    return try AnalyzerRegistry.run("performance", on: try AnalysisFixture.table(csv), in: context).detections
  }

  @Test func `quiet weeks have no incident`() throws {
    #expect(try events(days(slow: false, failing: false, storm: false)) == [])
  }

  @Test func `a slow provider in one region, a failing one and a storm are found where and when they were`() throws {
    let found = try events(days(slow: true, failing: true, storm: true))
    let start = try #require(Instant("2026-01-20T03:00:00Z"))
    let end = try #require(Instant("2026-01-20T09:00:00Z"))
    #expect(found.map(\.kind) == ["latency_incident", "outage", "retry_storm"])
    #expect(found.map { $0.keys.map(\.value) } == [["alpha", "eu"], ["beta"], ["cust-1"]])
    for detection in found {
      #expect(detection.start <= start && detection.start >= start - .hours(3))
      #expect(detection.end >= end && detection.end <= end + .hours(3))
      #expect(detection.detectedAt > start && detection.detectedAt <= start + .hours(2))
    }
  }

  @Test func `a verdict rests on rows before it alone`() throws {
    let csv = days(slow: true, failing: true, storm: false)
    let whole = try events(csv)
    // Without the rows after the incident's second hour the same events are seen to begin.
    let cut = csv.split(separator: "\n").filter { $0 < "2026-01-20T05:00" || $0.hasPrefix("timestamp") }
    let early = try events(cut.joined(separator: "\n") + "\n")
    #expect(early.map(\.kind) == whole.map(\.kind))
    #expect(early.map(\.detectedAt) == whole.map(\.detectedAt))
  }

  @Test func `what a file can't tell of failures and durations is unknown, not zero`() throws {
    var lines = ["timestamp,provider,model,latency_ms,output_tokens"]
    for day in 1...9 { lines.append("2026-0\(day)-01T00:00:00Z,alpha,big,\(day),1") }
    let (_, findings) = try findings(lines.joined(separator: "\n") + "\n")
    #expect(findings["overall"]?["errors"]?.isNull == true && findings["overall"]?["sla_violations"]?.integer == 0)
    // Eight months are more than 4,096 hours: the series is one of days, and called so.
    #expect(findings["by_hour"] == nil && findings["by_day"]?.array?.count == 9)
    let (_, untimed) = try self.findings(
      "timestamp,provider,model,status\n2026-01-01T00:00:00Z,alpha,big,error\n2026-01-01T02:00:00Z,alpha,big,success\n")
    #expect(untimed["sla"]?["violations"]?.isNull == true && untimed["overall"]?["errors"]?.integer == 1)
    #expect(untimed["by_hour"]?.array?.count == 2 && untimed["by_day"] == nil)
  }
}
