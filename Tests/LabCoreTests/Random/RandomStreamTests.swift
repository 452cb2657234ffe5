import Glibc
import LabCore
import Testing

@Suite struct RandomStreamTests {
  @Test func `a stream's first numbers never change`() {
    var stream = RandomStream(seed: 42, purpose: 1, key: 2, second: 3)
    #expect(
      (0..<4).map { _ in stream.next() } == [
        7_509_337_797_925_101_188, 18_391_437_485_091_496_335, 5_024_358_549_801_945_316, 10_289_283_856_967_671_983,
      ])
    var other = RandomStream(seed: 42, purpose: 1)
    #expect((0..<2).map { _ in other.normal().bitPattern } == [13_827_233_846_582_397_781, 13_829_064_092_984_269_217])
  }

  /// The reference implementation's numbers for SplitMix64 with state 1234567 (published with it).
  @Test func `splitmix64 gives the published numbers`() {
    var generator = SplitMix64(state: 1_234_567)
    #expect(
      (0..<5).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
      ])
  }

  @Test func `streams of different keys have nothing in common`() {
    var seen: Set<UInt64> = []
    for seed in 0..<8 as Range<UInt64> {
      for purpose in 0..<8 as Range<UInt64> {
        for key in 0..<8 as Range<UInt64> {
          var stream = RandomStream(seed: seed, purpose: purpose, key: key, second: key ^ 1)
          for _ in 0..<4 { seen.insert(stream.next()) }
        }
      }
    }
    #expect(seen.count == 8 * 8 * 8 * 4)
    // The number of equal bits of neighbouring streams is that of coin flips: 64 000 flips, 5 standard deviations.
    var equalBits = 0
    for key in 0..<1000 as Range<UInt64> {
      var left = RandomStream(seed: 1, purpose: 1, key: key)
      var right = RandomStream(seed: 1, purpose: 1, key: key + 1)
      equalBits += (~(left.next() ^ right.next())).nonzeroBitCount
    }
    #expect(abs(equalBits - 32_000) < 640)
  }

  @Test func `uniform numbers fill their range evenly`() {
    var stream = RandomStream(seed: 2, purpose: 3)
    var counts = [Int](repeating: 0, count: 64)
    for _ in 0..<64_000 {
      let u = stream.unit()
      #expect(u >= 0 && u < 1)
      counts[Int(u * 64)] += 1
    }
    // Chi-square with 63 degrees of freedom: above 127 once in 10⁶ seeds.
    #expect(Self.chiSquare(counts, [Double](repeating: 1000, count: 64)) < 127)
    var below = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { below[stream.below(7)] += 1 }
    #expect(Self.chiSquare(below, [Double](repeating: 10_000, count: 7)) < 39)
  }

  @Test func `normal quantiles invert the distribution function`() {
    for index in 1..<4000 {
      let p = Double(index) / 4000
      #expect(abs(0.5 * erfc(-NormalDistribution.quantile(p) / 2.0.squareRoot()) - p) < 2e-15)
    }
    for exponent in 3...300 {
      let p = Glibc.pow(10, -Double(exponent))
      let x = NormalDistribution.quantile(p)
      #expect(abs(0.5 * erfc(-x / 2.0.squareRoot()) / p - 1) < 1e-12)
      if exponent < 15 { #expect(abs(NormalDistribution.quantile(1 - p) + x) < 1e-2) }
    }
    #expect(NormalDistribution.quantile(0.5) == 0)
    #expect(NormalDistribution.quantile(0) == -.infinity && NormalDistribution.quantile(1) == .infinity)
  }

  @Test func `moments are those of the distributions`() {
    var stream = RandomStream(seed: 4, purpose: 9)
    let count = 200_000
    func moments(_ draw: (inout RandomStream) -> Double) -> (mean: Double, variance: Double) {
      var (sum, squares) = (0.0, 0.0)
      for _ in 0..<count {
        let x = draw(&stream)
        sum += x
        squares += x * x
      }
      let mean = sum / Double(count)
      return (mean, squares / Double(count) - mean * mean)
    }
    // Five standard errors of a mean of 200,000 draws are 0.0112 standard deviations.
    func check(_ name: String, mean: Double, variance: Double, _ draw: (inout RandomStream) -> Double) {
      let found = moments(draw)
      #expect(abs(found.mean - mean) < 0.0112 * variance.squareRoot(), "\(name): mean \(found.mean)")
      #expect(abs(found.variance / variance - 1) < 0.06, "\(name): variance \(found.variance)")
    }
    check("normal", mean: 0, variance: 1) { $0.normal() }
    check("exponential", mean: 1, variance: 1) { $0.exponential() }
    for shape in [0.3, 1, 4.5, 200] { check("gamma \(shape)", mean: shape, variance: shape) { $0.gamma(shape: shape) } }
    for mean in [0.05, 3, 29.9, 31, 400, 1e6] {
      check("poisson \(mean)", mean: mean, variance: mean) { Double($0.poisson(mean: mean)) }
    }
    for (trials, probability) in [(10, 0.3), (41, 0.5), (1000, 0.02), (100_000, 0.9)] {
      let n = Double(trials)
      check("binomial \(trials)", mean: n * probability, variance: n * probability * (1 - probability)) {
        Double($0.binomial(trials: trials, probability: probability))
      }
    }
    let lognormalMean = 100 * Glibc.exp(0.18)
    let lognormalVariance = lognormalMean * lognormalMean * (Glibc.exp(0.36) - 1)
    check("lognormal", mean: lognormalMean, variance: lognormalVariance) { $0.lognormal(median: 100, sigma: 0.6) }
  }

  @Test(arguments: [2.5, 12, 45])
  func `poisson counts have the distribution's shape`(mean: Double) {
    var stream = RandomStream(seed: 11, purpose: UInt64(mean))
    let draws = 100_000
    var counts = [Int](repeating: 0, count: 200)
    for _ in 0..<draws { counts[min(199, stream.poisson(mean: mean))] += 1 }
    var observed: [Int] = []
    var expected: [Double] = []
    var (pooled, pooledExpected) = (0, 0.0)
    for k in 0..<200 {
      pooled += counts[k]
      pooledExpected += Double(draws) * Glibc.exp(Double(k) * Glibc.log(mean) - mean - lgamma(Double(k + 1)))
      if pooledExpected >= 20 {
        observed.append(pooled)
        expected.append(pooledExpected)
        (pooled, pooledExpected) = (0, 0)
      }
    }
    // Mean of chi-square k, variance 2k; six standard deviations.
    let degrees = Double(observed.count)
    #expect(Self.chiSquare(observed, expected) < degrees + 6 * (2 * degrees).squareRoot())
  }

  @Test func `odd parameters end in a number, not in a trap or an endless loop`() {
    var stream = RandomStream(seed: 1, purpose: 1)
    for shape: Double in [0, -1, -1e18, .nan, -Double.infinity] { #expect(stream.gamma(shape: shape) == 0) }
    #expect(stream.gamma(shape: 1e-300) >= 0)
    for mean: Double in [0, -5, .nan, -Double.infinity] { #expect(stream.poisson(mean: mean) == 0) }
    #expect(stream.poisson(mean: .infinity) > 0)
    #expect(stream.poisson(mean: 1e300) > 0)
    #expect(stream.binomial(trials: -4, probability: 0.5) == 0)
    #expect(stream.binomial(trials: 100, probability: 2) == 100)
    #expect(stream.binomial(trials: 100, probability: -1) == 0)
  }

  @Test func `an alias table picks in proportion to its weights`() {
    let weights = [5.0, 0, 1, 3, 0.5, 0.5]
    let table = AliasTable(weights: weights)
    var stream = RandomStream(seed: 12, purpose: 1)
    var counts = [Int](repeating: 0, count: weights.count)
    for _ in 0..<100_000 { counts[table.pick(&stream)] += 1 }
    #expect(counts[1] == 0)
    let kept = [0, 2, 3, 4, 5]
    #expect(Self.chiSquare(kept.map { counts[$0] }, kept.map { weights[$0] * 10_000 }) < 35)
    let even = AliasTable(weights: [0, 0])
    #expect(Set((0..<100).map { _ in even.pick(&stream) }) == [0, 1])
  }

  static func chiSquare(_ observed: [Int], _ expected: [Double]) -> Double {
    zip(observed, expected).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) / $1.1 }
  }
}
