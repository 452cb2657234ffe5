import LabCore

/// What may be spent in a calendar month (UTC) on a part of the calls.
public struct BudgetSetting: Hashable, Sendable {
  public var id: String
  public var monthly: Money
  /// Empty: all calls.
  public var filter: CallFilter

  public init(id: String, monthly: Money, filter: CallFilter = CallFilter()) {
    self.id = id
    self.monthly = monthly
    self.filter = filter
  }
}
