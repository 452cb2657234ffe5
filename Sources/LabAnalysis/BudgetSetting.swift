import LabCore

/// What may be spent in a calendar month (UTC) on a part of the calls.
public struct BudgetSetting: Hashable, Sendable {
  public var id: String
  public var monthly: Money
  /// Empty: all calls.
  public var filter: CallFilter

  /// Why none is judged where calls are left out by what they are (``AnalysisContext/isFiltered``): a part of the calls spends a part of
  /// the budget.
  static let needsAllCalls = "a budget counts all calls, and only a part of them is looked at"

  public init(id: String, monthly: Money, filter: CallFilter = CallFilter()) {
    self.id = id
    self.monthly = monthly
    self.filter = filter
  }
}
