import LabCore

/// A cost beside the calls that organizations share, such as a gateway or a platform team.
public struct SharedCost: Hashable, Sendable {
  /// What it is shared by.
  public enum Key: String, Hashable, Sendable, CaseIterable { case calls, tokens, cost, even }

  public var id: String
  /// Per month of 30.4375 days.
  public var monthly: Money
  public var key: Key

  public init(id: String, monthly: Money, key: Key) {
    self.id = id
    self.monthly = monthly
    self.key = key
  }
}

/// A commitment that is already held: a payment per hour, used or not.
public struct HeldCommitment: Hashable, Sendable {
  public var id: String
  public var provider: String
  /// Nil: all models of the provider.
  public var model: String?
  public var paymentPerHour: Money
  /// The committed price over list price, above 0 and at most 1.
  public var ratio: Double

  public init(id: String, provider: String, model: String? = nil, paymentPerHour: Money, ratio: Double) {
    self.id = id
    self.provider = provider
    self.model = model
    self.paymentPerHour = paymentPerHour
    self.ratio = ratio
  }
}

/// What a provider billed for a calendar month (UTC).
public struct InvoiceLine: Hashable, Sendable {
  public var provider: String
  public var year: Int
  /// 1 to 12.
  public var month: Int
  public var amount: Money

  public init(provider: String, year: Int, month: Int, amount: Money) {
    self.provider = provider
    self.year = year
    self.month = month
    self.amount = amount
  }
}
