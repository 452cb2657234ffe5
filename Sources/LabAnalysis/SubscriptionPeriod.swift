import LabCore

/// A stretch of time in which a customer pays for a tier; from the `customers.csv` beside a data file.
public struct SubscriptionPeriod: Hashable, Sendable {
  public var customer: String
  public var organization: String
  public var archetype: String
  public var tier: String
  public var monthlyPrice: Money
  public var homeRegion: String
  /// The period is [validFrom, validTo).
  public var validFrom: Instant
  public var validTo: Instant
  public var signedUp: Instant

  public init(
    customer: String, organization: String, archetype: String, tier: String, monthlyPrice: Money, homeRegion: String,
    validFrom: Instant, validTo: Instant, signedUp: Instant
  ) {
    self.customer = customer
    self.organization = organization
    self.archetype = archetype
    self.tier = tier
    self.monthlyPrice = monthlyPrice
    self.homeRegion = homeRegion
    self.validFrom = validFrom
    self.validTo = validTo
    self.signedUp = signedUp
  }
}
