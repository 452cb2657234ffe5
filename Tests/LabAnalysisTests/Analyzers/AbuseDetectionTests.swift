import LabCore
import LabJSON
import LabReport
import LabTable
import Testing

@testable import LabAnalysis

/// Calls of twelve customers over 24 days from Monday, 2026-01-05, half a call an hour each; one of them goes astray.
private struct AbuseCalls {
  static let start = Instant(date: CivilDate(year: 2026, month: 1, day: 5)).microseconds
  static let header =
    "timestamp,customer_id,subscription_tier,provider,model,region,input_tokens,output_tokens,total_tokens,cost_usd,status,"
    + "error_type"

  struct Call {
    var time: Int64
    var customer: Int
    var model = "small"
    var region = "us"
    var input: Int
    var output = 100
    var error = ""
  }

  var calls: [Call] = []
  var random: RandomStream

  init(seed: UInt64 = 1, customers: Int = 12, days: Int = 24) {
    random = RandomStream(seed: seed, purpose: 99)
    for customer in 0..<customers {
      for hour in 0..<days * 24 { add(customer, hour, Double(random.poisson(mean: 0.5))) }
    }
  }

  mutating func add(
    _ customer: Int, _ hour: Int, _ count: Double, model: String = "small", region: String = "us", longer: Double = 1,
    isEven: Bool = false, limited: Double = 0.01, output: Int = 100
  ) {
    for number in 0..<Int(count) {
      let place = isEven ? (Double(number) + 0.4 + 0.2 * random.unit()) / count : random.unit()
      let input = random.lognormal(median: 1000, sigma: 1) * longer
      calls.append(
        Call(
          time: Self.start + Int64((Double(hour) + place) * 3.6e9), customer: customer, model: model, region: region,
          input: Int(min(100_000, input)), output: output, error: random.chance(limited) ? "rate_limit" : ""))
    }
  }

  var csv: String {
    var lines = [Self.header]
    for call in calls.sorted(by: { $0.time < $1.time }) {
      let price = call.model == "small" ? (1000, 2000) : (10_000, 30_000)
      let cost = call.error.isEmpty ? call.input * price.0 + call.output * price.1 : 0
      lines.append(
        "\(Instant(microseconds: call.time)),cust-\(call.customer),starter,alpha,\(call.model),\(call.region),"
          + "\(call.input),\(call.output),\(call.input + call.output),"
          + "\(Money(nanodollars: Int64(cost)).decimalString(minimumPlaces: 6)),"
          + "\(call.error.isEmpty ? "success" : "error"),\(call.error)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  func findings(threads: Int = 2) throws -> AbuseFindings {
    try AbuseDetection().analyze(
      AnalysisFixture.table(csv), in: AnalysisContext(prices: AnalysisFixture.book(), threads: threads))
  }
}

@Suite struct AbuseDetectionTests {
  private func only(_ findings: AbuseFindings) throws -> AbuseFindings.Case {
    #expect(Set(findings.cases.map(\.customerId)) == ["cust-3"])
    return try #require(findings.cases.first)
  }

  private func day(_ day: Int, hour: Int = 0) -> Instant {
    Instant(microseconds: AbuseCalls.start + Int64(day * 24 + hour) * 3_600_000_000)
  }

  @Test func `calls at night from a new region on dear models are a stolen key`() throws {
    var calls = AbuseCalls()
    for hour in 20 * 24 + 2..<20 * 24 + 6 { calls.add(3, hour, 40, model: "big", region: "far") }
    let found = try only(try calls.findings())
    #expect(found.kind == .stolenKey && found.newRegions == ["far"])
    #expect(found.start == day(20, hour: 2) && found.end == day(20, hour: 6))
    #expect(found.detectedAt == day(20, hour: 3))
    #expect(found.evidence.contains { $0.signal == .newRegion } && found.evidence.contains { $0.signal == .dearModels })
    // What was spent beyond half a call an hour is at stake.
    #expect(found.costAtStakeUsd < found.costUsd && found.costAtStakeUsd.dollars > 0.9 * found.costUsd.dollars)
  }

  @Test func `calls that are turned away and come again are a retry storm`() throws {
    var calls = AbuseCalls()
    for hour in 20 * 24 + 10..<20 * 24 + 13 { calls.add(3, hour, 60, limited: 0.9) }
    let findings = try calls.findings()
    let found = try only(findings)
    #expect(found.kind == .retryStorm && found.rateLimitErrors > 120)
    #expect(findings.limitedHours.count == 3 && findings.limitedHours.allSatisfy { $0.customerId == "cust-3" })
    #expect(found.evidence.contains { $0.signal == .rateLimits && $0.observed > 40 })
  }

  @Test func `inputs twenty times as long are a prompt flood, though calls stay as they were`() throws {
    var calls = AbuseCalls()
    for index in calls.calls.indices where calls.calls[index].customer == 3 {
      if calls.calls[index].time >= day(20).microseconds, calls.calls[index].time < day(22).microseconds {
        calls.calls[index].input *= 20
      }
    }
    let found = try only(try calls.findings())
    #expect(found.kind == .promptFlood)
    #expect(found.start >= day(20) && found.end <= day(22))
    #expect(found.evidence.first { $0.signal == .longPrompts }?.decides == true)
  }

  @Test func `even gaps around the clock are a scraper`() throws {
    var calls = AbuseCalls()
    for hour in 19 * 24..<21 * 24 { calls.add(3, hour, 90, isEven: true, output: 500) }
    let found = try only(try calls.findings())
    #expect(found.kind == .scraper && found.hours == 48)
    #expect(found.evidence.contains { $0.signal == .evenGaps && $0.observed < 0.3 })
  }

  @Test func `a week of calls from four regions at once is a shared seat`() throws {
    var calls = AbuseCalls()
    for hour in 16 * 24..<23 * 24 {
      for region in ["us", "eu", "asia", "south"] { calls.add(3, hour, 4, region: region) }
    }
    let found = try only(try calls.findings())
    #expect(found.kind == .seatSharing && found.regions.count == 4 && found.hours >= 150)
  }

  @Test func `what all customers do at once, and a day three times as busy, are nobody's abuse`() throws {
    var calls = AbuseCalls(seed: 2)
    for customer in 0..<12 {
      for hour in 20 * 24..<20 * 24 + 3 { calls.add(customer, hour, 10) }
    }
    for hour in 18 * 24..<19 * 24 { calls.add(5, hour, Double(calls.random.poisson(mean: 1))) }
    #expect(try calls.findings().cases.isEmpty)
  }

  @Test func `nothing is judged before two weeks, and a storm within them is no case`() throws {
    var calls = AbuseCalls(days: 13)
    for hour in 200..<204 { calls.add(3, hour, 60) }
    let findings = try calls.findings()
    #expect(findings.cases.isEmpty && findings.testedCustomers == 0)
    #expect(findings.abstentions.contains { $0.section == "cases" })
    #expect(AbuseDetection().summary(of: findings).first { $0.id == "cases" }?.value == nil)
  }

  @Test func `findings, report and detections say the same at any width`() throws {
    var calls = AbuseCalls()
    for hour in 20 * 24 + 2..<20 * 24 + 6 { calls.add(3, hour, 40, model: "big", region: "far") }
    let table = try AnalysisFixture.table(calls.csv)
    let book = try AnalysisFixture.book()
    let results = [1, 2, 8].map { AbuseDetection().result(for: table, in: AnalysisContext(prices: book, threads: $0)) }
    let texts = try results.map { result in
      var writer = JSONWriter()
      try result.encodeFindings(into: &writer)
      return writer.text
    }
    #expect(Set(texts).count == 1)
    let result = results[0]
    #expect(result.detections.count == 1 && result.detections[0].kind == "stolen_key")
    #expect(result.detections[0].keys == [.init(column: "customer_id", value: "cust-3")])
    #expect(result.value(of: "cases") == .integer(1) && result.value(of: "precision") == nil)
    #expect(result.recommendations.map(\.rule) == ["revoke_key"])
    #expect(result.recommendations[0].evidence.count >= 2)
    #expect(Set(result.report.tables.map(\.id)).isSuperset(of: ["cases", "evidence"]))
  }

  /// Runs the sweep on simulated hours without a file.
  private func hits(_ seed: UInt64, dayShape: Double?) -> (hits: [AbuseHit], tested: ContiguousArray<Int>) {
    sweep(hours(seed, dayShape: dayShape, customers: 25, days: 30, median: 0.4), customers: 25)
  }

  private func hours(
    _ seed: UInt64, dayShape: Double?, customers: Int, days: Int, median: Double
  ) -> ContiguousArray<CustomerHours.Cell> {
    var random = RandomStream(seed: seed, purpose: 123)
    var cells: ContiguousArray<CustomerHours.Cell> = []
    for customer in 0..<customers {
      let rate = random.lognormal(median: median, sigma: 1.2)
      for day in 0..<days {
        let factor = dayShape.map { random.gamma(shape: $0) / $0 } ?? 1
        for hour in 0..<24 {
          let calls = random.poisson(mean: rate * factor * (hour < 12 ? 0.5 : 1.5))
          guard calls > 0 else { continue }
          var cell = CustomerHours.Cell(customer: UInt32(customer), hour: Int32(day * 24 + hour))
          cell.calls = UInt32(calls)
          cell.regions = 1
          cell.last = 3_000_000
          for _ in 0..<calls {
            let input = Int64(random.lognormal(median: 1000, sigma: 1.2))
            cell.inputTokens += input
            cell.add(levels: CustomerHours.Cell.level(of: input))
            cell.outputTokens += Int64(random.lognormal(median: 100, sigma: 1))
            cell.cost += input * 1000
            cell.dearCalls += random.chance(0.3) ? 1 : 0
            cell.rateLimits += random.chance(0.01) ? 1 : 0
          }
          cells.append(cell)
        }
      }
    }
    return cells
  }

  private func sweep(
    _ cells: ContiguousArray<CustomerHours.Cell>, customers: Int, names: (Int) -> String = { "c\($0)" },
    threads: Int = 1
  ) -> (hits: [AbuseHit], tested: ContiguousArray<Int>) {
    var sweep = AbuseSweep(
      CustomerHours(cells, customers: customers), names: (0..<customers).map(names),
      .init(hasCost: true, hasTokens: true, hasRegions: true, hasErrorTypes: true, hasDearModels: true))
    do throws(AnalysisError) { try sweep.run(AnalysisContext(threads: threads)) } catch { Issue.record("\(error)") }
    return (sweep.hits, sweep.testedDays)
  }

  @Test func `so many hours that threads share the days give the same hits with one thread and with four`() throws {
    var cells = hours(7, dayShape: 2.78, customers: 200, days: 17, median: 4)
    // More than a thread's share of hours a day, and something to find: two customers on the same day, and one twice.
    #expect(cells.count / 17 > 4000 / 2)
    for index in cells.indices where [3, 150].contains(cells[index].customer) && cells[index].hour / 24 >= 15 {
      cells[index].calls *= 40
      cells[index].cost *= 40
    }
    let (one, four) = (sweep(cells, customers: 200), sweep(cells, customers: 200, threads: 4))
    #expect(Set(one.hits.map(\.customer)).isSuperset(of: [3, 150]))
    #expect(one.tested == four.tested && one.hits.map { "\($0)" } == four.hits.map { "\($0)" })
    // Nobody's p-value hangs on where its name stands among the others'.
    let backwards = sweep(cells, customers: 200, names: { "c\(1000 - $0)" })
    for customer in [3, 150] {
      let (own, other) = (
        one.hits.filter { $0.customer == customer }, backwards.hits.filter { $0.customer == customer }
      )
      #expect(own.map(\.signal) == other.map(\.signal) && !own.isEmpty)
      for (left, right) in zip(own, other) {
        #expect(abs(DeterministicMath.log(left.pValue) - DeterministicMath.log(right.pValue)) < 1e-6)
      }
    }
  }

  @Test func `on calm customers, Poisson or with varying days, no p-value passes the level of a case`() {
    for seed in 1...6 {
      for shape in [nil, 2.78] as [Double?] {
        let (hits, tested) = hits(UInt64(seed), dayShape: shape)
        let tests = tested.reduce(0, +) * AbuseSignal.testsPerDay
        let least = hits.map(\.pValue).min() ?? 1
        #expect(least * Double(tests) > ErrorBudget.familyLevel, "seed \(seed), shape \(shape ?? 0)")
        // Of so many tests a few are expected below 1e-4; ten times as many would be a tail that lies.
        #expect(hits.count <= 10 + tests / 1000, "seed \(seed), shape \(shape ?? 0): \(hits.count) of \(tests)")
      }
    }
  }

  @Test func `a level of tokens rises with them and is exact at powers of two`() {
    #expect(CustomerHours.Cell.level(of: 0) == 0)
    #expect(CustomerHours.Cell.level(of: 1) == 64 && CustomerHours.Cell.level(of: 1023) == 640)
    #expect(CustomerHours.Cell.level(of: 2) == 96)
    let levels = (0..<5000).map { CustomerHours.Cell.level(of: Int64($0)) }
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(CustomerHours.Cell.level(of: -5) == 0 && CustomerHours.Cell.level(of: .max) >= 63 * 64)
  }
}
