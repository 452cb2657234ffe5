import LabCore
import LabScenario
import Testing

@testable import LabSimulation

struct ArrivalTests {
  private static func gapVariation(_ times: [Int64]) -> Double {
    let gaps = zip(times, times.dropFirst()).map { Double($1 - $0) }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    return variance.squareRoot() / mean
  }

  private static func variations(_ calls: [Call], least: Int) -> [Double] {
    Dictionary(grouping: calls) { $0["customer_id"] }.values.filter { $0.count >= least }
      .map { gapVariation($0.map(\.time)) }.sorted()
  }

  /// Variance of hourly counts over their mean: 1 for Poisson.
  private static func dispersion(_ counts: [Int]) -> Double {
    let mean = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(counts.count - 1) / mean
  }

  @Test func `arrival_cv 1 with day_cv 0 is Poisson, in the hours and in the gaps of each customer`() throws {
    let simulation = try Lab.simulation("\"seed\": 3, \"duration\": \"8d\", \(Lab.calm), \(Lab.traffic(100))")
    let calls = try Call.read(Lab.file(simulation).bytes)
    let hours = Check.hourly(calls, from: monday, hours: 192)
    // The dispersion of 192 Poisson counts has a standard deviation of √(2/191), about 0.1.
    #expect(abs(Self.dispersion(hours) - 1) < 0.35)
    #expect(abs(Check.distance(hours, from: [Double](repeating: 100, count: 192))) < 4)
    let variations = Self.variations(calls, least: 200)
    #expect(variations.count > 5)
    #expect(abs(variations[variations.count / 2] - 1) < 0.1)
  }

  @Test func `gaps vary as asked and hours are over-dispersed when days and sessions vary`() throws {
    let calls = try Lab.calls(
      """
      "seed": 3, "duration": "8d", \(Lab.calm),
      "traffic": { "calls_per_hour": 100, "arrival_cv": 3, "day_cv": 0.3, "retries": 0 }
      """)
    let variations = Self.variations(calls, least: 150)
    #expect(variations.count > 5)
    #expect(abs(variations[variations.count / 2] - 3) < 0.8)
    #expect(Self.dispersion(Check.hourly(calls, from: monday, hours: 192)) > 3)
  }

  @Test func `the starting population makes calls_per_hour, unevenly`() throws {
    let simulation = try Lab.simulation(
      "\"duration\": \"1d\", \"population\": { \"customers\": 500 }, \"traffic\": { \"calls_per_hour\": 1000 }")
    let starting = simulation.firstPlan.people.prefix(500).map(\.rate).sorted()
    let total = starting.reduce(0, +)
    #expect(abs(total - 1000) < 1e-6)
    let ranked = starting.enumerated().reduce(0.0) { $0 + Double($1.offset + 1) * $1.element }
    let gini = 2 * ranked / (500 * total) - 501.0 / 500
    #expect(gini > 0.6)
    #expect(abs(simulation.expectedCalls / 24000 - 1) < 0.05)
  }

  @Test func `a scenario without traffic gives a header and no row`() throws {
    let simulation = try Lab.simulation("\"duration\": \"1d\", \"traffic\": { \"calls_per_hour\": 0 }")
    let (bytes, outcome) = try Lab.file(simulation)
    #expect(bytes == simulation.header)
    #expect(outcome.rows == 0)
    #expect(outcome.first == nil)
    #expect(outcome.end == simulation.firstPlan.end)
    #expect(try !simulation.customersCSV(until: outcome.end).isEmpty)
    #expect(try !simulation.truthJSON(until: outcome.end).isEmpty)
  }

  @Test func `failures come in clusters with the stated mean, and independently when the factor is 1`() throws {
    func hourlyShares(_ factor: Int) throws -> (mean: Double, spread: Double) {
      let calls = try Lab.calls(
        """
        "seed": 9, "duration": "6d", "population": { "customers": 60, "signups_per_day": 0, "monthly_churn": 0 },
        "providers": [ { "id": "openai", "error_rate": 0.08, "cluster_length": "40m", "cluster_factor": \(factor),
                         "models": [ { "id": "gpt-4o" } ] } ],
        "traffic": { "calls_per_hour": 200, "arrival_cv": 1, "day_cv": 0, "retries": 0 }
        """)
      let hours = Check.hourly(calls, from: monday, hours: 144)
      let failed = Check.hourly(calls.filter(\.isFailed), from: monday, hours: 144)
      let mean = Double(failed.reduce(0, +)) / Double(calls.count)
      // Variance of failures over that of a binomial: 1 for independent failures.
      let excess = zip(failed, hours).reduce(0.0) {
        $0 + (Double($1.0) - Double($1.1) * mean) * (Double($1.0) - Double($1.1) * mean)
          / (Double($1.1) * mean * (1 - mean))
      }
      return (mean, excess / 144)
    }
    let independent = try hourlyShares(1)
    #expect(abs(independent.mean - 0.08) < 0.008)
    #expect(abs(independent.spread - 1) < 0.45)
    let clustered = try hourlyShares(8)
    #expect(abs(clustered.mean - 0.08) < 0.04)
    #expect(clustered.spread > 3)
  }

  @Test func `load makes queues and rate limits grow`() throws {
    func run(_ capacity: Int) throws -> (firstToken: Double, limited: Double) {
      let calls = try Lab.calls(
        """
        "seed": 9, "duration": "1d", "population": { "customers": 60, "signups_per_day": 0 },
        "providers": [ { "id": "openai", "error_rate": 0, "capacity_per_hour": \(capacity),
                         "models": [ { "id": "gpt-4o" } ] } ],
        "traffic": { "calls_per_hour": 200, "retries": 0 }
        """)
      let times = calls.filter { !$0["ttft_ms"].isEmpty }.map { $0.decimal("ttft_ms") }.sorted()
      return (times[times.count / 2], Double(calls.count { $0["error_type"] == "rate_limit" }) / Double(calls.count))
    }
    let idle = try run(20_000)
    let busy = try run(160)
    #expect(idle.limited < 0.001)
    #expect(abs(busy.limited - (0.02 + 0.2)) < 0.04)
    #expect(busy.firstToken > 4 * idle.firstToken)
  }
}
