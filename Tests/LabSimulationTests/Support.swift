import LabCore
import LabJSON
import LabPrices
import LabScenario
import LabTestSupport
import Testing

@testable import LabSimulation

/// Scenarios from JSON text, with the shipped price books, and their rows read back.
enum Lab {
  /// Keys that take everything random out of the expected counts but the Poisson arrivals.
  static let calm = """
    "population": { "customers": 60, "organizations": 20, "signups_per_day": 0, "monthly_churn": 0, "monthly_upgrades": 0,
                    "monthly_downgrades": 0 },
    "providers": [ { "id": "openai", "share": 1, "error_rate": 0,
                     "models": [ { "id": "gpt-4o", "weight": 0.6 }, { "id": "gpt-4o-mini", "weight": 0.4 } ] } ]
    """
  static func traffic(_ callsPerHour: Double, _ patterns: String = "") -> String {
    """
    "traffic": { "calls_per_hour": \(callsPerHour), "arrival_cv": 1, "day_cv": 0, "retries": 0,
                 "patterns": [ \(patterns) ] }
    """
  }

  private static let vocabulary = Vocabulary(
    patterns: PatternRegistry.descriptors, incidents: IncidentRegistry.descriptors)

  static func load(_ keys: String) throws -> LoadedScenario {
    let files = ScenarioFiles(
      read: { path throws(LabFailure) in throw LabFailure(.notFound, code: "no_file", "no file '\(path)'") },
      prices: { path throws(LabFailure) in
        let name = path.map { $0.split(separator: "/").last.map { String($0) } ?? $0 } ?? "2026-11.json"
        guard let bytes = try? PackageRoot.bytes(of: "scenarios/prices/" + name) else {
          throw LabFailure(.notFound, code: "no_book", "no book '\(name)'")
        }
        return try PriceBook.read(bytes: bytes, name: name)
      })
    let text = "{ \"format\": \"finops-lab/scenario/1\", \(keys) }"
    return try ScenarioLoader(files: files, vocabulary: vocabulary)
      .load(Array(text.utf8), name: "test.json")
  }

  static func simulation(_ keys: String) throws -> Simulation {
    let loaded = try load(keys)
    return try Simulation(scenario: loaded.scenario, prices: loaded.prices)
  }

  /// The file's bytes, header included, and the outcome.
  static func file(
    _ simulation: Simulation, threads: Int = 2, batchRows: Int = 5000
  ) throws -> (bytes: [UInt8], outcome: SimulationOutcome) {
    var bytes = simulation.header
    let outcome = try simulation.run(threads: threads, cancellation: CancellationFlag(), batchRows: batchRows) {
      (batch: borrowing SimulationBatch) throws(LabFailure) in
      let span = batch.bytes
      for index in span.indices { bytes.append(span[index]) }
      return true
    }
    return (bytes, outcome)
  }

  static func calls(_ keys: String) throws -> [Call] { try Call.read(file(simulation(keys)).bytes) }
}

/// A row of a simulated file, read without the lab's own reader.
struct Call {
  var fields: [Substring]
  var time: Int64

  static let columns = [
    "timestamp", "organization_id", "product_id", "feature_id", "customer_id", "customer_archetype",
    "subscription_tier", "tier_price_usd", "provider", "model", "region", "input_tokens", "output_tokens",
    "total_tokens", "latency_ms", "cost_usd", "status", "error_type", "metadata", "call_id", "cached_input_tokens",
    "cache_write_tokens", "cache_write_1h_tokens", "reasoning_tokens", "service_tier", "environment", "ttft_ms",
    "retry_of", "finish_reason", "cacheable_input_tokens",
  ]
  private static let places = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1, $0) })

  /// Fields without quotes alone, which is what scenarios without tags give.
  static func read(_ bytes: [UInt8]) throws -> [Call] {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines.first.map(String.init) == columns.joined(separator: ","))
    return try lines.dropFirst().map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      try #require(fields.count == columns.count)
      return Call(fields: fields, time: try #require(Instant(String(fields[0]))).microseconds)
    }
  }

  subscript(_ column: String) -> Substring { fields[Self.places[column] ?? 0] }
  func number(_ column: String) -> Int64 { Int64(self[column]) ?? -1 }
  func decimal(_ column: String) -> Double { Double(self[column]) ?? .nan }
  func hours(since start: Instant) -> Double { Double(time - start.microseconds) / 3.6e9 }
  var isFailed: Bool { self["status"] == "error" }
}

enum Check {
  /// How far counts are from their Poisson expectations, in standard deviations of chi-square (df = bins): beyond 4 they
  /// don't follow, between −4 and 4 they do.
  static func distance(_ counts: [Int], from expected: [Double]) -> Double {
    var square = 0.0
    var bins = 0.0
    for (count, mean) in zip(counts, expected) where mean > 0 {
      square += (Double(count) - mean) * (Double(count) - mean) / mean
      bins += 1
    }
    // A call where none can be is infinitely far.
    if zip(counts, expected).contains(where: { $0 > 0 && $1 == 0 }) { return .infinity }
    return (square - bins) / (2 * bins).squareRoot()
  }

  /// Expected calls per hour: the mean of a rate, given the hours since the start, over each hour.
  static func expected(_ hours: Int, _ rate: (Double) -> Double) -> [Double] {
    var means: [Double] = []
    for hour in 0..<hours {
      var sum = 0.0
      for minute in 0..<60 { sum += rate(Double(hour) + (Double(minute) + 0.5) / 60) }
      means.append(sum / 60)
    }
    return means
  }

  /// Counts of calls per hour since the start.
  static func hourly(_ calls: [Call], from start: Instant, hours: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: hours)
    for call in calls { counts[min(hours - 1, Int(call.hours(since: start)))] += 1 }
    return counts
  }
}

let monday = Instant(date: CivilDate(year: 2026, month: 1, day: 5))
