import LabCore

/// A cost beside the calls that organizations share.
public struct SharedCostSetting: Sendable {
  public var id: String
  public var monthly: Money
  /// One of ``ScenarioShape/sharingKeys``.
  public var key: String
}

/// A commitment that is held: a payment per hour, used or not.
public struct CommitmentSetting: Sendable {
  public var id: String
  public var provider: String
  /// Nil: all models of the provider.
  public var model: String?
  public var paymentPerHour: Money
  /// The committed price over list price.
  public var ratio: Double
}

/// What a provider billed for a calendar month.
public struct InvoiceSetting: Sendable {
  public var provider: String
  /// The first day of the month.
  public var month: CivilDate
  public var amount: Money
}
