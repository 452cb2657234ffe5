import LabCore
import Testing

@testable import LabAnalysis

@Suite struct VolumeDispersionTests {
  @Test func `Poisson counts have an index near one, counts of varying days a larger one that grows with volume`() {
    var (poisson, varying) = (VolumeDispersion(), VolumeDispersion())
    var random = RandomStream(seed: 1, purpose: 1)
    for _ in 0..<6000 {
      for mean in [0.3, 20.0] {
        poisson.add(count: Double(random.poisson(mean: mean)), expected: mean)
        let day = random.gamma(shape: 4) / 4
        varying.add(count: Double(random.poisson(mean: mean * day)), expected: mean)
      }
    }
    #expect(abs(poisson.index(expected: 0.3) - 1) < 0.1 && abs(poisson.index(expected: 20) - 1) < 0.1)
    // Of gamma days with shape 4 the variance is μ + μ²/4.
    // The quiet class leans a little to the busy one.
    #expect(varying.index(expected: 0.3) < 1.5 && abs(varying.index(expected: 20) - 6) < 0.6)
    #expect(abs(varying.size(expected: 20) - 4) < 0.6)
  }

  @Test func `a volume that nobody has seen takes the relative variation from below and the index from above`() {
    var known = VolumeDispersion()
    // Variance over mean of 3 at a mean of 1.5: counts 0 and 3 in equal numbers have (1.5)²/1.5 = 1.5, so 4.5² for 3.
    for _ in 0..<1000 {
      known.add(count: 1.5 + 4.5.squareRoot(), expected: 1.5)
    }
    // A hundred calls of Poisson stand beside its own 1,500.
    #expect(abs(known.index(expected: 1.5) - 4600.0 / 1600) < 1e-9)
    // Twice 2⁶ is 64 times the volume: 1 + 2 · 64.
    #expect(abs(known.index(expected: 96) - 129) < 1e-6)
    #expect(abs(known.index(expected: 0.01) - 3) < 1e-6)
    #expect(VolumeDispersion().index(expected: 5) == 1 && VolumeDispersion().size(expected: 5) == .infinity)
  }

  @Test func `empty bins teach the same as bins of zero added one by one`() {
    var (one, many) = (VolumeDispersion(), VolumeDispersion())
    for _ in 0..<500 { one.add(count: 0, expected: 0.5) }
    many.addEmpty(bins: 500, expected: 0.5)
    one.add(count: 40, expected: 0.5)
    many.add(count: 40, expected: 0.5)
    #expect(abs(one.index(expected: 0.5) - many.index(expected: 0.5)) < 1e-9)
  }
}

@Suite struct SeasonalBaselineTests {
  /// Ten by night, thirty by day, half of both at weekends.
  private func value(_ hour: Int, scale: Double = 1) -> Double {
    let day = (hour / 24) % 7
    return scale * (hour % 24 >= 8 && hour % 24 < 20 ? 30 : 10) * (day >= 5 ? 0.5 : 1)
  }

  @Test func `there is no verdict before two weeks, and the pattern of the week is then expected`() throws {
    var baseline = SeasonalBaseline()
    for hour in 0..<SeasonalBaseline.minimumHours {
      #expect(baseline.next == nil)
      baseline.append(value(hour))
    }
    #expect(baseline.next != nil)
    for hour in SeasonalBaseline.minimumHours..<6 * 168 { baseline.append(value(hour)) }
    for hour in 6 * 168..<7 * 168 {
      let expected = try #require(baseline.next)
      // Hours at the edge of a weekend lean to the running day around them.
      if hour % 168 < 4 * 24 { #expect(abs(expected - value(hour)) < 0.16 * value(hour), "\(hour)") }
      baseline.append(value(hour))
    }
  }

  @Test func `a level that grows is followed by the last week`() throws {
    var baseline = SeasonalBaseline()
    for hour in 0..<4 * 168 { baseline.append(value(hour, scale: hour < 3 * 168 ? 1 : 2)) }
    let expected = try #require(baseline.next)
    #expect(abs(expected - value(4 * 168, scale: 2)) < 0.2 * expected)
  }

  @Test func `a flagged hour teaches nothing, until a whole week of them is the new level`() throws {
    var (calm, flagged) = (SeasonalBaseline(), SeasonalBaseline())
    for hour in 0..<3 * 168 {
      calm.append(value(hour))
      flagged.append(value(hour))
    }
    for hour in 0..<100 {
      let expected = try #require(flagged.next)
      calm.append(expected)
      flagged.append(1000 + value(hour), insteadOf: expected)
    }
    #expect(calm.next == flagged.next)
    for _ in 0..<400 { flagged.append(1000, insteadOf: flagged.next) }
    #expect(try #require(flagged.next) > 200)
  }

  @Test func `nothing but zeros expects zero`() {
    var baseline = SeasonalBaseline()
    for _ in 0..<500 { baseline.append(0) }
    #expect(baseline.next == 0)
  }
}

@Suite struct SmallDetectionTests {
  @Test func `events don't widen the spread of residuals, a heavy lower tail does`() throws {
    var random = RandomStream(seed: 3, purpose: 3)
    var normal = (0..<500).map { _ in random.normal() }
    let clean = try #require(ResidualSpread.deviation(of: normal))
    #expect(abs(clean - 1) < 0.2)
    for index in 0..<5 { normal[index * 100] = 50 }
    #expect(abs(try #require(ResidualSpread.deviation(of: normal)) - clean) < 0.15)
    let heavy = normal.indices.map { $0 % 10 == 0 ? -3.0 : $0 % 2 == 0 ? 0.1 : -0.1 }
    #expect(try #require(ResidualSpread.deviation(of: heavy)) > 0.17)
    #expect(try #require(ResidualSpread.deviation(of: heavy.map { -$0 })) < 0.15)
    #expect(ResidualSpread.deviation(of: [1, 2, 3]) == nil)
  }

  @Test func `bins under a day apart are a case, neighbours alone an event`() {
    #expect(BinRuns.merged([3, 4, 5, 7]) == [3..<6, 7..<8])
    #expect(BinRuns.merged([3, 27, 52], gap: 24) == [3..<28, 52..<53])
    #expect(BinRuns.merged([3, 28], gap: 24) == [3..<4, 28..<29])
    #expect(BinRuns.merged([Int]()).isEmpty)
  }

  @Test func `a single gamma variable has its own tail, and a heavy customer a wider one than its variance says`() {
    var one = GammaSumTail()
    one.add(mean: 10, squaredVariation: 0.25)
    for excess in [10.0, 20, 40] {
      let exact = SpecialFunctions.upperGamma(4, (10 + excess) / 2.5)
      #expect(abs(one.pValue(excess: excess) / exact - 1) < 0.5, "\(excess)")
    }
    var (spread, heavy) = (GammaSumTail(), GammaSumTail())
    for _ in 0..<100 { spread.add(mean: 1, squaredVariation: 0.36) }
    heavy.add(mean: 50, squaredVariation: 0.36)
    heavy.add(mean: 50, squaredVariation: 1e-4)
    let deviations = 6.0
    #expect(
      heavy.pValue(excess: deviations * heavy.variance.squareRoot())
        > 1000 * spread.pValue(excess: deviations * spread.variance.squareRoot()))
    #expect(one.pValue(excess: 0) == 1 && GammaSumTail().pValue(excess: 1) == 0)
  }

  @Test func `the tail of a sum keeps its level`() {
    var random = RandomStream(seed: 9, purpose: 9)
    var tail = GammaSumTail()
    for mean in [30.0, 10, 5, 5] { tail.add(mean: mean, squaredVariation: 0.36) }
    let shape = 1 / 0.36
    var hits = 0
    for _ in 0..<20_000 {
      var sum = 0.0
      for mean in [30.0, 10, 5, 5] { sum += mean * random.gamma(shape: shape) / shape }
      if sum - 50 > 45, tail.pValue(excess: sum - 50) <= 0.01 { hits += 1 }
    }
    #expect(hits > 120 && hits < 280)
  }

  @Test func `a moderated t-test keeps its level and sees a shift`() throws {
    var random = RandomStream(seed: 5, purpose: 5)
    var pool = LogHabit.Pool()
    var habits = Array(repeating: LogHabit(), count: 40)
    var (tests, hits) = (0, 0)
    for day in 0..<40 {
      for customer in habits.indices {
        let calls = Double(5 + customer)
        let value = 10 + random.normal() * (1 / calls).squareRoot()
        if day > 20, let (p, _) = habits[customer].test(value, calls: calls, pool) {
          tests += 1
          hits += p < 0.01 ? 1 : 0
        }
        habits[customer].add(value, calls: calls, to: &pool)
      }
    }
    #expect(tests == 760 && hits <= 18)
    #expect(try #require(habits[0].test(14, calls: 5, pool)).pValue < 1e-6)
    #expect(LogHabit().test(14, calls: 5, pool) == nil)
  }

  @Test func `a share that always was high is no surprise, and one that rose is`() {
    var pool = ShareHabit.Pool()
    var (usual, calm) = (ShareHabit(), ShareHabit())
    for _ in 0..<100 {
      usual.add(hits: 20, calls: 40, to: &pool)
      calm.add(hits: 1, calls: 40, to: &pool)
    }
    #expect(usual.pValue(hits: 22, calls: 40, pool) > 0.1)
    #expect(calm.pValue(hits: 38, calls: 40, pool) < 1e-4)
    // Unless the others see the same now.
    #expect(calm.pValue(hits: 38, calls: 40, pool, now: 0.9) > 0.1)
    #expect(calm.pValue(hits: 0, calls: 40, pool) == 1)
  }

  @Test func `one coincidence among few pairs doesn't make any share plausible, many make it so`() {
    func pool(coincidences: Int) -> ShareHabit.Pool {
      var (pool, habit) = (ShareHabit.Pool(), ShareHabit())
      for _ in 0..<200 { habit.add(hits: 0, calls: 1, to: &pool) }
      for _ in 0..<2 { habit.add(hits: 1, calls: 1, to: &pool) }
      for pair in 0..<200 { habit.add(hits: pair % 100 < coincidences ? 2 : 0, calls: 2, to: &pool) }
      return pool
    }
    let (few, many) = (pool(coincidences: 1), pool(coincidences: 30))
    #expect(few.correlation < 0.3 && many.correlation > 0.5)
    #expect(ShareHabit().pValue(hits: 54, calls: 60, few) < 1e-6)
    #expect(ShareHabit().pValue(hits: 54, calls: 60, many) > 1e-3)
  }
}

@Suite struct CumulativeSumTests {
  @Test func `the simulated limit is passed as often as it says`() {
    let limit = CumulativeSum.limit(days: 56, firstWeekday: 1, level: 0.05)
    var random = RandomStream(seed: 77, purpose: 6)
    let isWeekend = (0..<56).map { $0 % 7 >= 5 }
    let passed = (0..<400).count { _ in
      CumulativeSum((0..<56).map { _ in 100 + 3 * random.normal() }, isWeekend: isWeekend)?.passing(limit) != nil
    }
    #expect(passed >= 8 && passed <= 36)
    // The rarer, the farther out, and the same on every machine.
    #expect(CumulativeSum.limit(days: 56, firstWeekday: 1, level: 0.0004) > 1.5 * limit)
    #expect(CumulativeSum.limit(days: 56, firstWeekday: 1, level: 0.05) == limit)
  }

  private func calls(_ feature: Int, _ day: Int, _ random: inout RandomStream, jump: Double = 1) -> Double {
    Double(random.poisson(mean: 400 * Double(feature + 1) * (day % 7 >= 5 ? 0.4 : 1) * (day >= 28 ? jump : 1)))
  }

  private func search(_ seed: UInt64, jump: Double, until end: Int = 56) -> DriftSearch {
    var random = RandomStream(seed: seed, purpose: 8)
    let monday = CivilDate(year: 2026, month: 1, day: 5).daysSinceEpoch
    let features = (0..<4).map { feature in
      (
        name: "f\(feature)",
        calls: (0..<56).map { calls(feature, $0, &random, jump: feature == 1 && $0 < end ? jump : 1) }
      )
    }
    let costs = (0..<56).map { day in features.reduce(0) { $0 + $1.calls[day] } * 0.01 }
    return DriftSearch(costs: costs, days: monday..<monday + 56, features: features)
  }

  @Test func `a feature that jumps for good is named, with its day`() throws {
    let drift = try #require(search(1, jump: 1.6).drifts.first { $0.feature != nil })
    #expect(drift.feature == "f1")
    #expect(abs(drift.start - (CivilDate(year: 2026, month: 1, day: 5).daysSinceEpoch + 28)) <= 2)
    #expect(abs(drift.factor - 1.6) < 0.1 && drift.detected - drift.start <= 10)
  }

  @Test func `nothing, a small change and a burst of three days are no drift`() {
    for seed in 1...8 { #expect(search(UInt64(seed), jump: 1).drifts.isEmpty) }
    #expect(search(3, jump: 1.1).drifts.isEmpty)
    #expect(search(4, jump: 3, until: 31).drifts.isEmpty)
  }

  @Test func `a feature that is launched later is no drift`() {
    var random = RandomStream(seed: 5, purpose: 8)
    let monday = CivilDate(year: 2026, month: 1, day: 5).daysSinceEpoch
    let features = (0..<4).map { feature in
      (name: "f\(feature)", calls: (0..<56).map { feature == 1 && $0 < 20 ? 0 : calls(feature, $0, &random) })
    }
    let search = DriftSearch(costs: Array(repeating: 1, count: 56), days: monday..<monday + 56, features: features)
    #expect(search.drifts.allSatisfy { $0.feature != "f1" })
    #expect(search.series.contains { $0.feature == "f0" } && !search.series.contains { $0.feature == "f1" })
  }

  @Test func `short data and flat data abstain`() {
    let search = DriftSearch(costs: Array(repeating: 1, count: 15), days: 0..<15, features: [])
    #expect(search.reason != nil && search.drifts.isEmpty)
    #expect(CumulativeSum(Array(repeating: 1, count: 56), isWeekend: (0..<56).map { $0 % 7 >= 5 }) == nil)
  }
}
