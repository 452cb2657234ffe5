import LabCore
import Testing

@testable import LabAnalysis

@Suite struct KaplanMeierTests {
  /// Weeks of remission of the 6-MP arm of Freireich and others, "The effect of 6-mercaptopurine on the duration of
  /// steroid-induced remissions in acute leukemia", Blood 21 (1963), as in Kleinbaum and Klein, "Survival Analysis" (2012),
  /// table 2.1; a plus there is false here.
  private static let remission: [(weeks: Double, relapsed: Bool)] = [
    (6, true), (6, true), (6, true), (6, false), (7, true), (9, false), (10, true), (10, false), (11, false),
    (13, true),
    (16, true), (17, false), (19, false), (20, false), (22, true), (23, true), (25, false), (32, false), (32, false),
    (34, false), (35, false),
  ]

  @Test func `the curve of the textbook's 21 patients is the textbook's`() {
    let curve = KaplanMeier(Self.remission.map { .init(entry: 0, exit: $0.weeks, isEvent: $0.relapsed) })
    #expect(curve.steps.map(\.days) == [6, 7, 10, 13, 16, 22, 23])
    #expect(curve.steps.map(\.atRisk) == [21, 17, 15, 12, 11, 7, 6])
    #expect(curve.steps.map(\.events) == [3, 1, 1, 1, 1, 1, 1])
    let expected = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    for (step, survival) in zip(curve.steps, expected) { #expect(abs(step.survival - survival) < 0.00005) }
    // Greenwood's standard error at 6 weeks: 0.8571 · √(3 / (21 · 18)) = 0.0764.
    #expect(abs(curve.steps[0].standardError - 0.0764) < 0.00005)
    #expect(abs(curve.survival(at: 15) - 0.6902) < 0.00005)
    #expect(curve.survival(at: 5) == 1)
  }

  @Test func `who enters late is at risk only from then on`() {
    // At age 2 one of two is lost; the third enters at 3 and is one of two at age 4.
    let curve = KaplanMeier([
      .init(entry: 0, exit: 2, isEvent: true), .init(entry: 0, exit: 5, isEvent: false),
      .init(entry: 3, exit: 4, isEvent: true),
    ])
    #expect(curve.steps.map(\.atRisk) == [2, 2])
    #expect(curve.steps.map(\.survival) == [0.5, 0.25])
    // Counting the late one from birth would give 2/3 · 1/2.
    let wrong = KaplanMeier([
      .init(entry: 0, exit: 2, isEvent: true), .init(entry: 0, exit: 5, isEvent: false),
      .init(entry: 0, exit: 4, isEvent: true),
    ])
    #expect(wrong.steps.map(\.atRisk) == [3, 2])
  }

  @Test func `nobody, nobody lost, and all lost at once have a curve`() {
    #expect(KaplanMeier([]).steps.isEmpty)
    #expect(KaplanMeier([.init(entry: 0, exit: 3, isEvent: false)]).survival(at: 9) == 1)
    let all = KaplanMeier([.init(entry: 0, exit: 3, isEvent: true), .init(entry: 1, exit: 3, isEvent: true)])
    #expect(all.steps.map(\.survival) == [0])
    #expect(all.steps.map(\.standardError) == [0])
    #expect(KaplanMeier([.init(entry: 3, exit: 3, isEvent: true)]).steps.isEmpty)
  }
}

@Suite struct CountRatioTests {
  @Test func `without over-dispersion the split is binomial`() {
    // 3 of 10 at one half: (1 + 10 + 45 + 120) / 1024.
    #expect(abs(CountRatio.atMost(3, of: 10, factor: 1, dispersion: 0) - 176.0 / 1024) < 1e-12)
    #expect(CountRatio.atMost(10, of: 10, factor: 1, dispersion: 0) == 1)
    #expect(abs(CountRatio.atLeast(7, of: 10, factor: 1, dispersion: 0) - 176.0 / 1024) < 1e-12)
  }

  @Test func `with dispersion one every split is equally likely`() {
    // Two geometric counts: given their sum n, all n + 1 splits are equally likely, so P(Y ≤ 3 | 10) = 4/11.
    #expect(abs(CountRatio.atMost(3, of: 10, factor: 1, dispersion: 1) - 4.0 / 11) < 1e-9)
    #expect(abs(CountRatio.atMost(0, of: 40, factor: 1, dispersion: 1) - 1.0 / 41) < 1e-9)
  }

  @Test func `the dispersion of simulated pairs is found again`() {
    var random = RandomStream(seed: 3, purpose: 3)
    var dispersion = CountRatio.Dispersion()
    for _ in 0..<4000 {
      // Poisson counts whose mean is 50 times a gamma of shape 4, the sum of four exponentials: φ = 1/4.
      func count() -> Int64 {
        let gamma = (0..<4).reduce(0.0) { sum, _ in sum + random.exponential() } / 4
        var (time, count) = (random.exponential(), Int64(0))
        while time < 50 * gamma {
          count += 1
          time += random.exponential()
        }
        return count
      }
      dispersion.add(count(), count(), factor: 1)
    }
    #expect(abs(dispersion.value(at: 100) - 0.25) < 0.06)
  }
}

@Suite struct StandardisedMeansTests {
  @Test func `quantiles of Student's t are those of the tables`() {
    // Abramowitz and Stegun (1964), table 26.10.
    #expect(abs(StudentT.quantile(0.975, degrees: 10) - 2.228) < 0.0005)
    #expect(abs(StudentT.quantile(0.95, degrees: 6) - 1.943) < 0.0005)
    #expect(abs(StudentT.above(0, degrees: 5) - 0.5) < 1e-12)
  }

  @Test func `means are compared at the first one's lengths`() throws {
    var first = StandardisedMeans.Side(strata: 2, units: 8)
    var second = first
    for unit in 0..<8 {
      let shift = unit % 2 == 0 ? 1.01 : 0.99
      // Means of 100 and 400 with 30 and 10 calls; the other 50 and 200, mostly short.
      first.counts[0][unit] = 30
      first.sums[0][unit] = 3000 * shift
      first.counts[1][unit] = 10
      first.sums[1][unit] = 4000
      second.counts[0][unit] = 90
      second.sums[0][unit] = 4500
      second.counts[1][unit] = 30
      second.sums[1][unit] = 6000
    }
    let means = try #require(StandardisedMeans(first, second, least: 50))
    #expect(abs(means.first - 175) < 1e-9)
    #expect(abs(means.ratio - 0.5) < 1e-9)
    #expect(means.interval.low < 0.5 && means.interval.high > 0.5 && means.interval.high < 0.51)
    #expect(means.pValue < 1e-6)
    #expect(StandardisedMeans(first, second, least: 1000) == nil)
    #expect(StandardisedMeans(second, first, least: 50)?.pValue ?? 0 > 0.999)
  }
}
