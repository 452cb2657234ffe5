import Testing

@testable import LabAnalysis

/// Figures of the second column come from SciPy 1.17.1.
@Suite struct TailTests {
  private func expect(_ value: Double, near reference: Double, _ name: Comment) {
    #expect(abs(value - reference) <= 1e-9 * abs(reference), name)
  }

  @Test func `the gamma function's logarithm agrees with an independent library`() {
    expect(SpecialFunctions.logGamma(0.3), near: 1.0957979948180756, "0.3")
    expect(SpecialFunctions.logGamma(10.5), near: 13.940625219403763, "10.5")
    expect(SpecialFunctions.logGamma(12345.678), near: 103959.91990554606, "large")
  }

  @Test func `tails of counts agree with an independent library, far out too`() {
    expect(TailProbability.poisson(atLeast: 10, mean: 4.2), near: 0.011126988198972423, "Poisson")
    expect(TailProbability.poisson(atLeast: 1000, mean: 800), near: 5.501419776179194e-12, "Poisson, far")
    expect(TailProbability.poisson(atLeast: 200, mean: 50), near: 2.0247590148473265e-57, "Poisson, very far")
    expect(TailProbability.negativeBinomial(atLeast: 40, mean: 12, size: 2.5), near: 0.008722556420689444, "NB")
    expect(TailProbability.negativeBinomial(atLeast: 5000, mean: 1000, size: 7), near: 2.099708640334676e-9, "NB far")
    expect(TailProbability.negativeBinomial(atMost: 3, mean: 12, size: 2.5), near: 0.12078017132057785, "NB low")
    expect(TailProbability.binomial(atLeast: 8, of: 40, probability: 0.05), near: 0.0007115084380675609, "binomial")
    expect(
      TailProbability.binomial(atLeast: 400, of: 10_000, probability: 0.03), near: 1.3037391120549398e-8, "binomial far"
    )
    expect(TailProbability.normal(above: 3), near: 0.0013498980316300933, "normal")
    expect(TailProbability.normal(above: 8), near: 6.22096057427174e-16, "normal far")
    expect(TailProbability.normal(above: -1.5), near: 0.9331927987311419, "normal below")
    expect(SpecialFunctions.incompleteBeta(0.01, 0.5, 200), near: 0.9549058928629202, "beta")
    expect(SpecialFunctions.incompleteBeta(1 / 3, 1e5, 2e5), near: 0.5001716775105269, "beta, large")
  }

  @Test func `a negative binomial with hardly any dispersion is Poisson, and over-dispersion only widens tails`() {
    let poisson = TailProbability.poisson(atLeast: 30, mean: 15)
    expect(TailProbability.negativeBinomial(atLeast: 30, mean: 15, size: .infinity), near: poisson, "no dispersion")
    #expect(TailProbability.negativeBinomial(atLeast: 30, mean: 15, size: 5) > poisson)
    let plain = TailProbability.binomial(atLeast: 12, of: 100, probability: 0.04)
    #expect(TailProbability.betaBinomial(atLeast: 12, of: 100, probability: 0.04, correlation: 0) == plain)
    #expect(TailProbability.betaBinomial(atLeast: 12, of: 100, probability: 0.04, correlation: 0.05) > plain)
  }

  @Test func `ends of the range are 0 and 1, never a number that is none`() {
    #expect(TailProbability.poisson(atLeast: 0, mean: 3) == 1)
    #expect(TailProbability.poisson(atLeast: 1, mean: 0) == 0)
    #expect(TailProbability.negativeBinomial(atLeast: 5, mean: 0, size: 1) == 0)
    #expect(TailProbability.binomial(atLeast: 3, of: 2, probability: 0.5) == 0)
    #expect(TailProbability.binomial(atLeast: 2, of: 2, probability: 1) == 1)
    #expect(TailProbability.normal(above: .nan) == 1)
    #expect(TailProbability.normal(above: .infinity) == 0)
  }

  @Test func `Holm rejects in order and stops at the first that fails`() {
    // 0.01·4 = 0.04, 0.013·3 = 0.039, 0.03·2 = 0.06 fails, so 0.04·1 isn't looked at any more.
    #expect(Multiplicity.holm([0.03, 0.01, 0.04, 0.013], level: 0.05) == [false, true, false, true])
    #expect(Multiplicity.holm([0.01], level: 0.05, tests: 6) == [false])
    #expect(Multiplicity.holm([], level: 0.05) == [])
  }

  @Test func `Benjamini-Hochberg rejects all up to the last that fits`() {
    // Ranks: 0.01 ≤ 0.0125, 0.02 ≤ 0.025, 0.04 > 0.0375, 0.045 ≤ 0.05: the last fits, so all four.
    #expect(Multiplicity.benjaminiHochberg([0.04, 0.01, 0.045, 0.02], rate: 0.05) == [true, true, true, true])
    #expect(Multiplicity.benjaminiHochberg([0.04, 0.01, 0.06, 0.02], rate: 0.05) == [false, true, false, true])
    #expect(Multiplicity.benjaminiHochberg([0.01, 0.02], rate: 0.05, tests: 100) == [false, false])
    #expect(Multiplicity.least(of: [0.2, 0.01, 0.5]) == 0.03)
    #expect(Multiplicity.least(of: []) == 1)
  }

  @Test func `the families share the whole error budget`() {
    #expect(ErrorBudget.familyLevel * Double(ErrorBudget.Family.allCases.count) == ErrorBudget.total)
    #expect(ErrorBudget.Family.allCases.count == 8)
  }
}
