/// The limits by which ``Features`` judges a feature, in percent; absolute, so that a business can be without any good one.
public struct FeatureLimits: Hashable, Sendable {
  /// The least return on cost, and the least weekly adoption, to invest.
  public var investReturn: Double
  public var investAdoption: Double
  /// A return below it asks for a cheaper way to run.
  public var optimiseReturn: Double
  /// A return below it, with adoption below the other, asks for an end.
  public var sunsetReturn: Double
  public var sunsetAdoption: Double

  /// The defaults are those of the scenario format (`analysis.feature_limits`).
  public init(
    investReturn: Double = 200, investAdoption: Double = 20, optimiseReturn: Double = 50, sunsetReturn: Double = 0,
    sunsetAdoption: Double = 5
  ) {
    self.investReturn = investReturn
    self.investAdoption = investAdoption
    self.optimiseReturn = optimiseReturn
    self.sunsetReturn = sunsetReturn
    self.sunsetAdoption = sunsetAdoption
  }
}
