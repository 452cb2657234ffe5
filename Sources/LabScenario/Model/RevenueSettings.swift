import LabCore

/// How a customer's bill of a month comes about under a price model that a scenario describes.
public struct PriceModel: Sendable {
  public struct Step: Sendable {
    /// Nil: no limit.
    public var upToCalls: Double?
    public var fee: Money
  }

  public var id: String
  public var monthlyFee: Money
  public var perThousandCalls: Money
  public var includedCalls: Double
  public var perMillionInputTokens: Money
  public var perMillionOutputTokens: Money
  public var creditPrice: Money
  public var creditsPerThousandCalls: Double
  public var creditsPerMillionInputTokens: Double
  public var creditsPerMillionOutputTokens: Double
  public var includedCredits: Double
  /// Nil: the bill has no part for cost.
  public var markupPercent: Double?
  public var steps: [Step]
}

/// The limits by which a feature is judged, in percent.
public struct FeatureLimits: Sendable {
  public var investReturnPercent: Double
  public var investAdoptionPercent: Double
  public var optimiseReturnPercent: Double
  public var sunsetReturnPercent: Double
  public var sunsetAdoptionPercent: Double
}
