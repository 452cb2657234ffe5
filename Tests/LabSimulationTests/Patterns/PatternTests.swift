import Foundation
import LabCore
import LabJSON
import LabScenario
import LabTestSupport
import Testing

@testable import LabSimulation

/// Simulated counts follow each pattern's formula, and don't follow a flat line.
struct PatternTests {
  /// Hourly counts over a duration against a factor on 60 calls an hour: follows it, and is far from the mean.
  private func expectHourly(
    _ pattern: String, duration: Int = 72, rate: Double = 60, factor: (Double) -> Double
  ) throws {
    let calls = try Lab.calls(
      "\"seed\": 17, \"duration\": \"\(duration)h\", \(Lab.calm), \(Lab.traffic(rate, pattern))")
    let counts = Check.hourly(calls, from: monday, hours: duration)
    let expected = Check.expected(duration) { rate * factor($0) }
    let distance = Check.distance(counts, from: expected)
    #expect(abs(distance) < 4, "the counts follow the formula")
    let mean = expected.reduce(0, +) / Double(duration)
    let flat = Check.distance(counts, from: [Double](repeating: mean, count: duration))
    #expect(flat > 6, "and would not pass for flat traffic")
  }

  @Test func `base leaves traffic as it is`() throws {
    let calls = try Lab.calls(
      "\"seed\": 17, \"duration\": \"72h\", \(Lab.calm), \(Lab.traffic(60, "{ \"pattern\": \"base\" }"))")
    let counts = Check.hourly(calls, from: monday, hours: 72)
    #expect(abs(Check.distance(counts, from: [Double](repeating: 60, count: 72))) < 4)
    #expect(Check.distance(counts, from: [Double](repeating: 80, count: 72)) > 6)
  }

  @Test func `seasonal is a sine of its period, and several cycles add up`() throws {
    func sine(_ turns: Double) -> Double { DeterministicMath.sin(2 * Double.pi * (turns - turns.rounded(.down))) }
    try expectHourly("{ \"pattern\": \"seasonal\", \"amplitude\": 0.8, \"period\": \"24h\" }") {
      1 + 0.8 * sine($0 / 24)
    }
    try expectHourly(
      """
      { "pattern": "seasonal", "cycles": [ { "amplitude": 0.5, "period": "24h" }, { "amplitude": 0.4, "period": "60h" } ] }
      """
    ) { 1 + 0.5 * sine($0 / 24) + 0.4 * sine($0 / 60) }
  }

  @Test func `bursts last whole hours, multiply the calls, and begin as often as asked`() throws {
    let simulation = try Lab.simulation(
      """
      "seed": 17, "duration": "72h", \(Lab.calm), \(Lab.traffic(60, "{ \"pattern\": \"burst\", \"multiplier\": 8 }"))
      """)
    let traces = simulation.firstPlan.phases[0].patterns[0].traces
    #expect(!traces.isEmpty)
    let calls = try Call.read(Lab.file(simulation).bytes)
    let counts = Check.hourly(calls, from: monday, hours: 72)
    let expected = (0..<72).map { hour -> Double in
      traces.contains { $0.start <= .hours(Int64(hour)) && $0.end > .hours(Int64(hour)) } ? 480 : 60
    }
    #expect(abs(Check.distance(counts, from: expected)) < 4)
    #expect(Check.distance(counts, from: [Double](repeating: 60, count: 72)) > 6)
    // Over a long phase: bursts per hour outside bursts, lengths and multipliers with their defaults.
    let phase = PhaseContext(
      seed: 1, start: monday, length: .hours(20_000), featureIDs: [], organizationCount: 1,
      catalog: ModelCatalog(models: []))
    let long = BurstTraffic(Setting(id: "burst"), in: phase).traces
    let busy = long.reduce(0.0) { $0 + ($1.end - $1.start).hours }
    #expect(abs(Double(long.count) / (20_000 - busy) - 0.05) < 0.006)
    #expect(abs(busy / Double(long.count) - 2) < 0.1)
    #expect(long.allSatisfy { (5...20).contains($0.magnitude) })
    #expect(abs(long.reduce(0) { $0 + $1.magnitude } / Double(long.count) - 12.5) < 0.6)
  }

  @Test func `organizations are small, medium or large for good`() throws {
    let simulation = try Lab.simulation(
      """
      "seed": 17, "duration": "72h", \(Lab.calm), \(Lab.traffic(200, "{ \"pattern\": \"multi_tenant\" }"))
      """)
    let plan = simulation.firstPlan
    let factors = plan.phases[0].factors(of: plan.slots[0], in: simulation.blueprint).organizations
    #expect(Set(factors).isSubset(of: [0.3, 1, 3]) && Set(factors).count > 1)
    var expected = [Double](repeating: 0, count: 20)
    var even = expected
    for customer in plan.people {
      expected[customer.organization] += customer.rate * 72 * factors[customer.organization]
      even[customer.organization] += customer.rate * 72
    }
    let calls = try Call.read(Lab.file(simulation).bytes)
    let counts = simulation.blueprint.organizationIDs.map { id in calls.count { $0["organization_id"] == id } }
    #expect(abs(Check.distance(counts, from: expected)) < 4)
    #expect(Check.distance(counts, from: even) > 6)
    let phase = PhaseContext(
      seed: 1, start: monday, length: .days(1), featureIDs: [], organizationCount: 4000,
      catalog: ModelCatalog(models: []))
    let many = MultiTenant(Setting(id: "multi_tenant"), in: phase)
    let moment = SimulatedInstant(instant: monday, elapsed: .zero, length: .days(1))
    let drawn = (0..<4000).map { many.intensity(at: moment, for: .organization(index: $0)) }
    #expect(abs(Double(drawn.count { $0 == 0.3 }) / 4000 - 0.5) < 0.03)
    #expect(abs(Double(drawn.count { $0 == 3 }) / 4000 - 0.15) < 0.02)
  }

  @Test func `the calls of the old model move to the new one`() throws {
    let calls = try Lab.calls(
      """
      "seed": 17, "duration": "72h", \(Lab.calm),
      \(Lab.traffic(100, "{ \"pattern\": \"model_migration\", \"from\": \"openai/gpt-4o\", \"to\": \"openai/gpt-4o-mini\" }"))
      """)
    let counts = Check.hourly(calls, from: monday, hours: 72)
    let old = Check.hourly(calls.filter { $0["model"] == "gpt-4o" }, from: monday, hours: 72)
    let staying = Check.expected(72) { 1 - $0 / 72 }
    let moving = zip(counts, staying).map { Double($0) * 0.6 * $1 }
    #expect(Check.distance(old, from: moving) < 4)
    #expect(Check.distance(old, from: counts.map { Double($0) * 0.3 }) > 6)
    let phase = PhaseContext(
      seed: 1, start: monday, length: .days(1), featureIDs: [], organizationCount: 1,
      catalog: ModelCatalog(models: []))
    let logistic = ModelMigration(Setting(id: "model_migration", parameters: ["curve": .text("logistic")]), in: phase)
    #expect(logistic.movedShare(at: 0) == 0 && logistic.movedShare(at: 1) == 1)
    #expect(abs(logistic.movedShare(at: 0.5) - 0.5) < 1e-12 && logistic.movedShare(at: 0.25) < 0.06)
  }

  @Test func `weekends are quiet by the customer's own calendar`() throws {
    // Friday 00:00 UTC; all customers live nine hours ahead.
    try expectInTokyo("{ \"pattern\": \"weekend\" }", duration: 96, start: "2026-01-09T00:00:00Z") { hour in
      let local = hour + 9
      return local < 24 ? 1 : local < 48 ? 0.4 : local < 72 ? 0.3 : 1
    }
  }

  @Test func `the day has its rhythm by the customer's own clock`() throws {
    try expectInTokyo("{ \"pattern\": \"timezone\" }") { hour in
      let clock = (hour + 33).truncatingRemainder(dividingBy: 24)
      return clock >= 9 && clock < 17 ? 1.5 : clock >= 23 || clock < 6 ? 0.3 : 1
    }
  }

  /// As `expectHourly`, with all customers in a zone nine hours ahead of UTC.
  private func expectInTokyo(
    _ pattern: String, duration: Int = 72, start: String = "2026-01-05T00:00:00Z", factor: (Double) -> Double
  ) throws {
    let calls = try Lab.calls(
      """
      "seed": 17, "start": "\(start)", "duration": "\(duration)h",
      "population": { "customers": 60, "signups_per_day": 0, "monthly_churn": 0,
                      "regions": [ { "id": "tokyo", "utc_offset": "+09:00" } ] },
      "providers": [ { "id": "openai", "error_rate": 0, "models": [ { "id": "gpt-4o" } ] } ],
      \(Lab.traffic(60, pattern))
      """)
    let counts = Check.hourly(calls, from: try #require(Instant(start)), hours: duration)
    let expected = (0..<duration).map { 60 * factor(Double($0)) }
    #expect(abs(Check.distance(counts, from: expected)) < 4)
    let inUTC = (0..<duration).map { 60 * factor(Double($0) - 9) }
    #expect(Check.distance(counts, from: inUTC) > 6, "UTC's clock does not fit")
  }

  @Test func `a launched feature does not exist before, peaks, and settles`() throws {
    let calls = try Lab.calls(
      """
      "seed": 17, "duration": "100h", \(Lab.calm), "features": [ { "id": "chat", "share": 0.5 }, { "id": "new", "share": 0.5 } ],
      \(Lab.traffic(120, "{ \"pattern\": \"feature_launch\", \"feature\": \"new\", \"decay\": 0.1 }"))
      """)
    let new = calls.filter { $0["feature_id"] == "new" }
    #expect(new.allSatisfy { $0.hours(since: monday) >= 20 })
    let counts = Check.hourly(new, from: monday, hours: 100)
    let expected = Check.expected(100) { hour in
      let since = hour - 20
      if since < 0 { return 0 }
      if since < 5 { return 60 * 3 * since / 5 }
      return 60 * (1 + 2 * DeterministicMath.exp(DeterministicMath.log(0.9) * (since - 5)))
    }
    #expect(abs(Check.distance(counts, from: expected)) < 4)
    #expect(Check.distance(counts, from: [Double](repeating: 60, count: 100)) > 6)
    let other = Check.hourly(calls.filter { $0["feature_id"] == "chat" }, from: monday, hours: 100)
    #expect(abs(Check.distance(other, from: [Double](repeating: 60, count: 100))) < 4)
  }

  @Test func `cost optimization moves traffic down the price classes while volume falls`() throws {
    let calls = try Lab.calls(
      """
      "seed": 17, "duration": "100h", "population": { "customers": 60, "signups_per_day": 0, "monthly_churn": 0 },
      "providers": [ { "id": "openai", "error_rate": 0,
        "models": [ { "id": "gpt-4o", "weight": 0.2 }, { "id": "gpt-4.1", "weight": 0.3 }, { "id": "gpt-4o-mini", "weight": 0.5 } ] } ],
      \(Lab.traffic(
        100,
        """
        { "pattern": "cost_optimization", "expensive": [ "openai/gpt-4o" ], "middle": [ "openai/gpt-4.1" ],
          "efficient": [ "openai/gpt-4o-mini" ] }
        """))
      """)
    for call in calls {
      let hour = call.hours(since: monday)
      try #require(call["model"] == (hour < 30 ? "gpt-4o" : hour < 70 ? "gpt-4.1" : "gpt-4o-mini"))
    }
    let counts = Check.hourly(calls, from: monday, hours: 100)
    #expect(abs(Check.distance(counts, from: Check.expected(100) { 100 - 0.5 * $0 })) < 4)
    #expect(Check.distance(counts, from: [Double](repeating: 75, count: 100)) > 6)
  }

  @Test func `without lists the stages follow the price book's classes from dear to cheap`() throws {
    let simulation = try Lab.simulation("\"duration\": \"1h\"")
    let catalog = simulation.blueprint.catalog
    let stages = catalog.priceStages
    #expect(stages.count == 3 && stages.allSatisfy { !$0.isEmpty })
    let means = stages.map { stage in
      stage.reduce(0.0) { $0 + (catalog.models[$1].blendedPrice ?? 0) } / Double(stage.count)
    }
    #expect(means[0] > means[1] && means[1] > means[2])
  }

  @Test func `decline lets customers leave for good until the stated share of volume is gone`() throws {
    let simulation = try Lab.simulation(
      """
      "seed": 17, "duration": "100h", "population": { "customers": 600, "signups_per_day": 0, "monthly_churn": 0,
        "activity": { "distribution": "constant" } },
      \(Lab.traffic(100, "{ \"pattern\": \"gradual_decline\" }"))
      """)
    let calls = try Call.read(Lab.file(simulation).bytes)
    let counts = Check.hourly(calls, from: monday, hours: 100)
    #expect(abs(Check.distance(counts, from: Check.expected(100) { 100 - 0.7 * $0 })) < 4)
    #expect(Check.distance(counts, from: [Double](repeating: 65, count: 100)) > 6)
    let left = simulation.firstPlan.people.filter { $0.left != nil }
    #expect(left.count > 300 && left.allSatisfy { $0.reasonForLeaving == .decline })
    let truth = String(decoding: try simulation.truthJSON(until: simulation.firstPlan.end), as: UTF8.self)
    #expect(left.allSatisfy { truth.contains($0.id) })
  }

  @Test func `growth is linear and split between new customers and more use`() throws {
    let simulation = try Lab.simulation(
      """
      "seed": 17, "duration": "100h", "population": { "customers": 300, "signups_per_day": 0, "monthly_churn": 0,
        "activity": { "distribution": "constant" } },
      \(Lab.traffic(60, "{ \"pattern\": \"steady_growth\" }"))
      """)
    let calls = try Call.read(Lab.file(simulation).bytes)
    let counts = Check.hourly(calls, from: monday, hours: 100)
    #expect(abs(Check.distance(counts, from: Check.expected(100) { 60 + 1.2 * $0 })) < 4)
    #expect(Check.distance(counts, from: [Double](repeating: 120, count: 100)) > 6)
    let starting = Set(simulation.firstPlan.people.prefix(300).map(\.id))
    let old = Check.hourly(calls.filter { starting.contains(String($0["customer_id"])) }, from: monday, hours: 100)
    #expect(abs(Check.distance(old, from: Check.expected(100) { 60 + 0.6 * $0 })) < 4)
  }

  @Test func `a viral spike grows exponentially to its peak, stays, and fades if asked`() throws {
    try expectHourly("{ \"pattern\": \"viral_spike\", \"peak\": 20 }", duration: 60, rate: 10) { hour in
      hour < 18 ? DeterministicMath.exp(DeterministicMath.log(20) * hour / 18) : 20
    }
    try expectHourly(
      "{ \"pattern\": \"viral_spike\", \"peak\": 20, \"plateau\": \"6h\", \"decay\": 0.2 }", duration: 60, rate: 15
    ) { hour in
      if hour < 18 { return DeterministicMath.exp(DeterministicMath.log(20) * hour / 18) }
      return hour < 24 ? 20 : 1 + 19 * DeterministicMath.exp(DeterministicMath.log(0.8) * (hour - 24))
    }
  }
}

struct PatternRegistryTests {
  @Test func `the registry is sorted and names each pattern once`() {
    let ids = PatternRegistry.descriptors.map(\.id)
    #expect(ids == ids.sorted() && Set(ids).count == 12)
    #expect(PatternRegistry.descriptors.allSatisfy { !$0.summary.isEmpty && !$0.summary.hasSuffix(".") })
  }

  @Test func `the defaults that a file gets are those of the pattern itself`() throws {
    for type in PatternRegistry.all {
      let id = type.descriptor.id
      let feature = id == "feature_launch" ? ", \"feature\": \"chat\"" : ""
      let loaded = try Lab.load(
        "\"duration\": \"14d\", \"traffic\": { \"patterns\": [ { \"pattern\": \"\(id)\"\(feature) } ] }")
      let simulation = try Simulation(scenario: loaded.scenario, prices: loaded.prices)
      let phase = PhaseContext(
        seed: loaded.scenario.seed, start: loaded.scenario.start, length: .days(14),
        featureIDs: loaded.scenario.features.map(\.id), organizationCount: 50, catalog: simulation.blueprint.catalog)
      let setting = try #require(loaded.scenario.phases.first?.patterns.first)
      let fromFile = type.init(setting, in: phase)
      let bare = type.init(Setting(id: id, parameters: ["feature": .text("chat")]), in: phase)
      for hour in stride(from: Int64(0), to: 336, by: 5) {
        let moment = SimulatedInstant(instant: phase.start + .hours(hour), elapsed: .hours(hour), length: .days(14))
        for segment in [
          Segment.everyone, .region(index: 0, utcOffset: .hours(-5)), .organization(index: Int(hour) % 50),
          .feature(index: 0),
        ] {
          #expect(fromFile.intensity(at: moment, for: segment) == bare.intensity(at: moment, for: segment), "\(id)")
        }
      }
    }
  }

  @Test func `docs/patterns.md is current`() throws {
    let current = PatternReference.markdown()
    if ProcessInfo.processInfo.environment["LAB_WRITE_DOCS"] != nil {
      try Data(current.utf8).write(to: URL(fileURLWithPath: PackageRoot.file("docs/patterns.md")))
    }
    let written = (try? String(decoding: PackageRoot.bytes(of: "docs/patterns.md"), as: UTF8.self)) ?? ""
    #expect(written == current, "run with LAB_WRITE_DOCS=1 to write docs/patterns.md anew")
  }
}
