import LabCore
import LabTestSupport
import Testing

@testable import LabAnalysis

@Suite struct ForecastTests {
  /// A weekly rhythm on a level with noise from a fixed stream.
  private func weekly(days: Int, noise: Double, slope: Double = 0, seed: UInt64 = 1) -> [Double] {
    var random = RandomStream(seed: seed, purpose: 9)
    let rhythm = [10.0, 12, 11, 13, 12, 4, 3]
    return (0..<days).map { 100 + rhythm[$0 % 7] + slope * Double($0) + noise * random.normal() }
  }

  @Test func `a pure rhythm is continued exactly by every seasonal method`() throws {
    let series = weekly(days: 42, noise: 0)
    let next = weekly(days: 56, noise: 0).suffix(14)
    for method in [ForecastMethod.seasonalNaive, .theta, .dampedHoltWinters] {
      let values = try #require(method.forecast(series[...], season: 7, horizon: 14))
      for (value, truth) in zip(values, next) { #expect(abs(value - truth) < 0.2, "\(method)") }
    }
    let mean = try #require(ForecastMethod.mean.forecast(series[...], season: 7, horizon: 3))
    #expect(mean.allSatisfy { abs($0 - (100 + 65.0 / 7)) < 1e-9 })
  }

  @Test func `a trend is followed by Theta and Holt-Winters, and not by the naive`() throws {
    let series = weekly(days: 70, noise: 0.5, slope: 1)
    let truth = 100 + 70 + 3 + weekly(days: 7, noise: 0)[3] - 100
    let theta = try #require(ForecastMethod.theta.forecast(series[...], season: 7, horizon: 4))[3]
    let smooth = try #require(ForecastMethod.dampedHoltWinters.forecast(series[...], season: 7, horizon: 4))[3]
    let naive = try #require(ForecastMethod.seasonalNaive.forecast(series[...], season: 7, horizon: 4))[3]
    #expect(abs(theta - truth) < 4)
    #expect(abs(smooth - truth) < 4)
    #expect(truth - naive > 5)
  }

  @Test func `the simplest method is chosen where nothing does better`() throws {
    let flat = [Double](repeating: 5, count: 30)
    let forecast = try #require(Forecaster(season: 7, testedHorizon: 7).forecast(flat, horizon: 30))
    #expect(forecast.method == .mean)
    #expect(forecast.values.allSatisfy { $0 == 5 })
    #expect(forecast.band(step: 1, level: 0.8)?.low == 5)
    #expect(forecast.coverage == 1)
  }

  @Test func `a series shorter than a season and a few values has no forecast`() {
    #expect(Forecaster(season: 7, testedHorizon: 7).forecast([1, 2, 3, 4, 5, 6, 7, 8], horizon: 5) == nil)
    #expect(Forecaster(season: 7, testedHorizon: 7).forecast([], horizon: 5) == nil)
    #expect(Forecaster(season: 7, testedHorizon: 7).forecast(Array(repeating: .nan, count: 40), horizon: 5) == nil)
  }

  @Test func `bands of independent noise cover as often as they say`() throws {
    var (inside, count) = (0, 0)
    for seed in 1...40 {
      let series = weekly(days: 74, noise: 5, seed: UInt64(seed))
      let forecast = try #require(
        Forecaster(season: 7, testedHorizon: 14).forecast(Array(series.prefix(60)), horizon: 14))
      for step in 1...14 {
        let band = try #require(forecast.band(step: step, level: 0.8))
        count += 1
        if band.low <= series[59 + step], series[59 + step] <= band.high { inside += 1 }
      }
    }
    let coverage = Double(inside) / Double(count)
    #expect(coverage > 0.72 && coverage < 0.9, "\(coverage)")
  }

  @Test func `beyond the tested horizon widths grow with the root of the horizon`() throws {
    let forecast = try #require(
      Forecaster(season: 7, testedHorizon: 8).forecast(weekly(days: 60, noise: 3), horizon: 32))
    #expect(forecast.testedHorizon == 8)
    let tested = try #require(forecast.band(step: 8, level: 0.8))
    let beyond = try #require(forecast.band(step: 32, level: 0.8))
    #expect(abs((beyond.high - beyond.low) / (tested.high - tested.low) - 2) < 1e-9)
    let total = try #require(forecast.totalBand(steps: 8, level: 0.8))
    let longer = try #require(forecast.totalBand(steps: 32, level: 0.8))
    #expect(abs((longer.high - longer.low) / (total.high - total.low) - 8) < 1e-9)
  }

  @Test func `the chance to exceed falls as the limit rises`() throws {
    let forecast = try #require(
      Forecaster(season: 7, testedHorizon: 14).forecast(weekly(days: 60, noise: 3), horizon: 14))
    let total = forecast.total(steps: 14)
    let chances = [0.5, 0.97, 1, 1.03, 2].compactMap { forecast.chance(thatTotalOf: 14, exceeds: total * $0) }
    #expect(chances.count == 5)
    #expect(zip(chances, chances.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(chances[0] > 0.9 && chances[0] <= 1 && chances[4] >= 0 && chances[4] < 0.1)
    #expect(chances[2] > 0.1 && chances[2] < 0.9)
  }

  @Test func `few errors tell a far limit from a near one`() throws {
    // Four origins at this horizon: the share of errors alone could not fall below a tenth.
    let forecast = try #require(
      Forecaster(season: 7, testedHorizon: 14).forecast(weekly(days: 25, noise: 3), horizon: 14))
    let errors = forecast.errors.totals(steps: 14)
    try #require((4...6).contains(errors.count))
    let total = forecast.total(steps: 14)
    let near = try #require(forecast.chance(thatTotalOf: 14, exceeds: total + (errors.max() ?? 0) + 0.01))
    let far = try #require(forecast.chance(thatTotalOf: 14, exceeds: total * 1000))
    let under = try #require(forecast.chance(thatTotalOf: 14, exceeds: -total * 1000))
    #expect(near > 0.02 && near <= 0.5 / Double(errors.count + 1))
    #expect(far < 1e-6 && under > 1 - 1e-6)
  }

  @Test func `the low end of a sum of costs never falls as days are added`() throws {
    let forecast = try #require(
      Forecaster(season: 7, testedHorizon: 14).forecast(weekly(days: 40, noise: 200), horizon: 30))
    let lows = try (1...30).map { try #require(forecast.lowestTotal(steps: $0, level: 0.8)) }
    #expect(zip(lows, lows.dropFirst()).allSatisfy { $0 <= $1 })
    // The band alone falls: its width grows faster than the sum beyond what was tested.
    let bands = try (1...30).map { try #require(forecast.totalBand(steps: $0, level: 0.8)).low }
    #expect(zip(bands, bands.dropFirst()).contains { $0 > $1 })
    #expect(lows[29] == max(0, bands.max() ?? 0))
  }

  /// The hourly load of four production models over 14 days.
  static func loadSeries() throws -> [[Double]] {
    let bytes = try SharedData.bytes(of: "servegen_load_10min.csv")
    var sums: [String: [Int: Double]] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",")
      guard fields.count == 3, let start = Double(fields[1]), let requests = Double(fields[2]) else { continue }
      sums[String(fields[0]), default: [:]][Int(start) / 3600, default: 0] += requests
    }
    return sums.keys.sorted().map { name in (0..<336).map { sums[name]?[$0] ?? 0 } }
  }

  @Test(.enabled(if: SharedData.isPresent, SharedData.absence))
  func `on real hourly load the chosen method is at most the median of the candidates, and bands cover`() throws {
    let all = try Self.loadSeries()
    #expect(all.count == 4)
    var (inside, count) = (0, 0)
    for (number, series) in all.enumerated() {
      var chosen = 0.0
      var candidates = [ForecastMethod: Double]()
      // Five daily origins; at each the choice knows only what came before.
      for day in 9...13 {
        let past = Array(series.prefix(day * 24))
        let forecaster = Forecaster(season: 24, testedHorizon: 24, mostOrigins: 12, originStep: 12)
        let forecast = try #require(forecaster.forecast(past, horizon: 24))
        for step in 1...24 {
          let truth = series[day * 24 + step - 1]
          chosen += abs(truth - forecast.values[step - 1])
          let band = try #require(forecast.band(step: step, level: 0.8))
          count += 1
          if band.low <= truth, truth <= band.high { inside += 1 }
        }
        for method in ForecastMethod.single {
          let values = try #require(method.forecast(past[...], season: 24, horizon: 24))
          for step in 0..<24 { candidates[method, default: 0] += abs(series[day * 24 + step] - values[step]) }
        }
      }
      let errors = candidates.values.sorted()
      let median = (errors[1] + errors[2]) / 2
      #expect(chosen <= median, "series \(number): \(chosen) against \(candidates)")
    }
    let coverage = Double(inside) / Double(count)
    print("coverage of the 80 % band on real hourly load: \(coverage) of \(count) values")
    #expect(coverage >= 0.65 && coverage <= 0.95, "\(coverage)")
  }
}
