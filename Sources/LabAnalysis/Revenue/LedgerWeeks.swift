import LabCore

/// Margins of customers by whole ISO week: the revenue prorated to a week less the cost of its calls.
struct LedgerWeeks {
  private let ledger: CustomerLedger
  /// The Mondays of the weeks, as days since 1970.
  let mondays: [Int]

  var isEmpty: Bool { mondays.isEmpty }

  /// - Parameter limit: the most weeks, the last ones.
  init(_ ledger: CustomerLedger, limit: Int) {
    self.ledger = ledger
    mondays = Array(
      WholePeriods(first: ledger.window.lowerBound, last: ledger.window.upperBound).mondays.suffix(limit))
  }

  /// The margin of each week in which the customer subscribed or called, in order.
  func margins(of account: CustomerLedger.Account) -> [Money] {
    guard let first = mondays.first else { return [] }
    var costs = [Int64](repeating: 0, count: mondays.count)
    var isActive = [Bool](repeating: false, count: mondays.count)
    if let code = account.code {
      // Neighbouring mondays are seven days apart.
      for cell in ledger.hours.cells(of: code) {
        let day = cell.day - first
        guard day >= 0, day / 7 < mondays.count else { continue }
        costs[day / 7] &+= cell.cost
        isActive[day / 7] = true
      }
    }
    var margins = costs.map { 0 &- $0 }
    for step in ledger.steps[account.steps] {
      for (index, monday) in mondays.enumerated() {
        let start = Int64(monday) * Months.microsecondsPerDay
        let overlap = min(step.to, start + 7 * Months.microsecondsPerDay) - max(step.from, start)
        guard overlap > 0 else { continue }
        isActive[index] = true
        margins[index] &+= Months.prorated(step.price, over: overlap)?.nanodollars ?? 0
      }
    }
    return margins.indices.filter { isActive[$0] }.map { Money(nanodollars: margins[$0]) }
  }
}
