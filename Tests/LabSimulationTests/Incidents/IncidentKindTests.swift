import LabCore
import LabScenario
import Testing

@testable import LabSimulation

/// Every kind shows in simulated calls, and does not show in the same run without it.
struct IncidentKindTests {
  @Test func `a stolen key multiplies a customer's calls in its night, from a new region, on the dearest models`()
    throws
  {
    let lab = try IncidentFixture(#"{ "kind": "stolen_key", "at": "1d", "customer": "acme", "multiplier": 100 }"#)
    let planned = try lab.planned
    let customer = lab.simulation.base.customers[try #require(planned.customer)]
    let scenario = lab.simulation.blueprint.scenario
    let offset = scenario.population.regions[customer.region].utcOffset
    let start = Instant(microseconds: planned.start)
    #expect(start >= monday + .days(1) && start < monday + .days(2))
    #expect(start.shifted(toOffset: offset).microsecondOfDay == TimeSpan.hours(23).microseconds)
    let home = scenario.population.regions[customer.region].id
    // One call an hour for six hours, 99 more for each of them, two in a hundred of them tried again.
    let touched = try lab.touched(lab.with)
    #expect(Check.agrees(touched.count, with: 6 * 100 * 1.02))
    #expect(Check.agrees(try lab.touched(lab.without).count, with: 6 * 1.02))
    #expect(!Check.agrees(try lab.touched(lab.without).count, with: 6 * 100 * 1.02))
    let stolen = touched.filter { $0["region"] != home }
    #expect(Set(stolen.map { $0["region"] }).count == 1 && stolen.count > 500)
    #expect(lab.without.allSatisfy { $0["customer_id"] != "acme" || $0["region"] == home })
    let dearest = lab.simulation.blueprint.catalog.priceStages[0].map { lab.simulation.blueprint.catalog.models[$0] }
    #expect(
      stolen.allSatisfy { call in dearest.contains { $0.model == call["model"] && $0.provider == call["provider"] } })
  }

  @Test func `extra calls leave the usual ones as they would be without the incident`() throws {
    for incident in [
      #"{ "kind": "stolen_key", "at": "1d", "customer": "acme" }"#,
      #"{ "kind": "scraper", "at": "30h", "for": "1d" }"#,
      #"{ "kind": "seat_sharing", "at": "1d", "for": "1d" }"#,
    ] {
      let lab = try IncidentFixture(incident)
      #expect(lab.with.count > lab.without.count + 100)
      let pairs = lab.pairs()
      #expect(pairs.count == lab.without.count)
      #expect(pairs.allSatisfy { $0.with.fields == $0.without.fields })
    }
  }

  @Test func `a retry storm tries without a pause until it gets through, and rate limits follow`() throws {
    let lab = try IncidentFixture(#"{ "kind": "retry_storm", "at": "1d", "for": "1d", "customer": "acme" }"#)
    let touched = try lab.touched(lab.with)
    // 24 usual calls, 59 attempts for each: in chains of ten, whose lengths spread as widely as they are long.
    #expect(Check.agrees(touched.count, with: 24 * 60, groupSize: 20))
    let limited = touched.count { $0["error_type"] == "rate_limit" }
    #expect(abs(Double(limited) / Double(touched.count) - 0.9) < 4 * (0.09 / Double(touched.count)).squareRoot() + 0.01)
    #expect(lab.without.count { $0["error_type"] == "rate_limit" && $0["customer_id"] == "acme" } < 10)
    let byID = Dictionary(touched.map { ($0["call_id"], $0) }) { first, _ in first }
    let pauses = touched.compactMap { call in byID[call["retry_of"]].map { call.time - $0.time } }
    #expect(pauses.count > 1000)
    #expect(pauses.sorted()[pauses.count / 2] < 1_000_000, "the median pause is under a second")
    let models = Dictionary(grouping: touched) { "\($0["provider"]) \($0["model"]) \($0["region"])" }
    #expect(models.values.filter { $0.count > 100 }.count == 1, "the storm is one client's; usual calls are few")
  }

  @Test func `a prompt flood makes inputs twenty times as long and changes nothing else but what follows from it`()
    throws
  {
    let lab = try IncidentFixture(#"{ "kind": "prompt_flood", "at": "1d", "for": "1d", "customer": "acme" }"#)
    #expect(lab.with.count == lab.without.count)
    let planned = try lab.planned
    var flooded = 0
    for (call, usual) in lab.pairs() {
      guard call["customer_id"] == "acme", call.time >= planned.start, call.time < planned.end else {
        #expect(call.fields == usual.fields)
        continue
      }
      flooded += 1
      #expect(call["output_tokens"] == usual["output_tokens"] && call["status"] == usual["status"])
      // The context of every model here is 128,000 tokens at least.
      let long = 20 * usual.number("input_tokens")
      #expect(call.number("input_tokens") == long || (long > 128_000 && call.number("input_tokens") >= 128_000))
      #expect(call.decimal("cost_usd") > usual.decimal("cost_usd") || call.isFailed)
    }
    #expect(flooded > 10)
  }

  @Test func `a scraper calls at even gaps around the clock with long outputs and no cache`() throws {
    let lab = try IncidentFixture(#"{ "kind": "scraper", "at": "1d", "for": "2d", "customer": "acme" }"#)
    let known = Set(lab.without.map { $0["call_id"] })
    let script = lab.with.filter { !known.contains($0["call_id"]) && $0["retry_of"].isEmpty }
    #expect(script.count == 300 * 48)
    #expect(Self.gapVariation(script) < 0.2)
    #expect(Self.gapVariation(lab.without) > 0.8, "usual calls come at random")
    #expect(script.allSatisfy { $0.number("cached_input_tokens") == 0 })
    let hours = Check.hourly(script, from: monday + .days(1), hours: 48)
    #expect(hours.allSatisfy { (299...301).contains($0) })
    func output(_ calls: [Call]) -> Double {
      let done = calls.filter { !$0.isFailed && $0["feature_id"] == "chat" }
      return Double(done.reduce(0) { $0 + $1.number("output_tokens") }) / Double(done.count)
    }
    #expect(output(script) > 3 * output(lab.without))
  }

  private static func gapVariation(_ calls: [Call]) -> Double {
    let gaps = zip(calls, calls.dropFirst()).map { Double($1.time - $0.time) }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    return (gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)).squareRoot() / mean
  }

  @Test func `a shared seat of the cheapest tier is used from all regions at once`() throws {
    let lab = try IncidentFixture(#"{ "kind": "seat_sharing", "at": "1d", "for": "2d" }"#)
    let touched = try lab.touched(lab.with)
    #expect(touched.allSatisfy { $0["subscription_tier"] == "starter" })
    #expect(Check.agrees(touched.count, with: 48 * 30 * 1.02))
    #expect(Check.agrees(try lab.touched(lab.without).count, with: 48 * 1.02))
    let regions = lab.simulation.blueprint.scenario.population.regions.count
    for hour in stride(from: 24.0, to: 72, by: 6) {
      let seen = Set(
        touched.filter { ($0.hours(since: monday)) >= hour && $0.hours(since: monday) < hour + 1 }.map { $0["region"] })
      #expect(seen.count == regions)
    }
    #expect(Set(try lab.touched(lab.without).map { $0["region"] }).count == 1)
  }

  @Test func `a jump multiplies one feature's calls for good, or after a ramp`() throws {
    let lab = try IncidentFixture(#"{ "kind": "rate_jump", "at": "2d", "feature": "chat", "multiplier": 3 }"#)
    func chat(_ calls: [Call], _ from: Double, _ to: Double) -> Int {
      calls.count { $0["feature_id"] == "chat" && $0.hours(since: monday) >= from && $0.hours(since: monday) < to }
    }
    #expect(chat(lab.with, 0, 48) == chat(lab.without, 0, 48), "before it nothing is different")
    let share = try #require(lab.simulation.blueprint.scenario.features.first { $0.id == "chat" }).share
    let mean = 48 * 40 * share * 1.02
    #expect(Check.agrees(chat(lab.with, 48, 96), with: 3 * mean))
    #expect(Check.agrees(chat(lab.without, 48, 96), with: mean))
    #expect(!Check.agrees(chat(lab.without, 48, 96), with: 3 * mean))
    let others = lab.with.count { $0["feature_id"] != "chat" && $0.hours(since: monday) >= 48 }
    #expect(Check.agrees(others, with: 48 * 40 * (1 - share) * 1.02))
    let ramp = try IncidentFixture(
      #"{ "kind": "rate_jump", "at": "1d", "feature": "chat", "multiplier": 3, "ramp": "2d" }"#)
    // Half-way up the mean factor is 2 over the two days, and 3 after them.
    #expect(Check.agrees(chat(ramp.with, 24, 72), with: 2 * mean))
    #expect(Check.agrees(chat(ramp.with, 72, 96), with: 1.5 * mean))
  }

  @Test func `a slow provider takes four times as long in its region, for the same calls`() throws {
    let lab = try IncidentFixture(
      #"{ "kind": "latency_incident", "at": "1d", "for": "1d", "provider": "openai", "region": "us-east" }"#)
    var slow = 0
    for (call, usual) in lab.pairs() where call.time == usual.time && usual["error_type"] != "timeout" {
      let isMeant =
        call["provider"] == "openai" && call["region"] == "us-east" && call.hours(since: monday) >= 24
        && call.hours(since: monday) < 48
      let ratio = call.decimal("latency_ms") / usual.decimal("latency_ms")
      #expect(abs(ratio - (isMeant ? 4 : 1)) < 0.01)
      if isMeant { slow += 1 }
    }
    #expect(slow > 100)
  }

  @Test func `an outage fails its share of one provider's calls with server errors`() throws {
    let lab = try IncidentFixture(#"{ "kind": "outage", "at": "1d", "for": "1d", "provider": "openai" }"#)
    func failing(_ calls: [Call], _ provider: String) -> (share: Double, spread: Double) {
      let meant = calls.filter {
        $0["provider"] == provider && $0.hours(since: monday) >= 24 && $0.hours(since: monday) < 48
      }
      let share = Double(meant.count { $0.isFailed }) / Double(meant.count)
      return (share, 4 * (share * (1 - share) / Double(meant.count)).squareRoot())
    }
    let down = failing(lab.with, "openai")
    #expect(abs(down.share - (0.4 + 0.6 * 0.02)) < down.spread)
    #expect(failing(lab.with, "anthropic").share < 0.06)
    #expect(failing(lab.without, "openai").share < 0.06)
    #expect(try lab.touched(lab.with).count { $0["error_type"] == "server_error" } > 100)
  }

  @Test func `a declining customer fades to a share of its use, then leaves for good`() throws {
    let keys = #""kind": "decline", "at": "1d", "customer": "acme", "to": 0.2"#
    let lab = try IncidentFixture("{ \(keys), \"for\": \"10d\" }", days: 14)
    func calls(_ calls: [Call], _ from: Double, _ to: Double) -> Int {
      calls.count { $0["customer_id"] == "acme" && $0.hours(since: monday) >= from && $0.hours(since: monday) < to }
    }
    #expect(calls(lab.with, 264, 336) == 0)
    #expect(Check.agrees(calls(lab.with, 24, 264), with: 240 * 0.6 * 1.02))
    #expect(Check.agrees(calls(lab.without, 24, 264), with: 240 * 1.02))
    #expect(Check.agrees(calls(lab.with, 216, 264), with: 48 * 0.28 * 1.02))
    let people = lab.simulation.firstPlan.people
    #expect(people.first { $0.id == "acme" }?.left == monday + .days(11))
    let truth = String(decoding: try lab.simulation.truthJSON(until: lab.simulation.firstPlan.end), as: UTF8.self)
    #expect(truth.contains("\"kind\": \"decline\"") && !truth.contains("\"kind\": \"churn\""))
  }
}
