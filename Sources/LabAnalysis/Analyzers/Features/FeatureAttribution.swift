import LabCore

/// Splits each customer's prorated revenue over the features that it used, once by calls and once by active days.
///
/// A customer's parts sum to its revenue by largest remainder, so that all features and what no feature earned sum to the
/// revenue to the nanodollar under either key.
struct FeatureAttribution {
  /// By feature code.
  private(set) var byCalls: [Money]
  private(set) var byActiveDays: [Money]
  /// The revenue of customers without a call.
  private(set) var unattributed = Money.zero

  /// - Parameters:
  ///   - all: by customer.
  ///   - names: of all features, by code. Equal remainders go to the first name, so that the order of rows doesn't matter.
  init(_ ledger: CustomerLedger, _ pairs: FeaturePairs, all: [FeaturePairs.Pair], names: [String]) {
    byCalls = Array(repeating: .zero, count: max(1, names.count))
    var ranks = byCalls.map { _ in 0 }
    for (rank, feature) in names.indices.sorted(by: { names[$0] < names[$1] }).enumerated() { ranks[feature] = rank }
    byActiveDays = byCalls
    var revenues = [Money](repeating: .zero, count: ledger.hours.customerCount)
    for account in ledger.accounts {
      if let code = account.code, account.calls > 0 {
        revenues[code] = account.revenue
      } else {
        unattributed.nanodollars &+= account.revenue.nanodollars
      }
    }
    var start = 0
    while start < all.count {
      let customer = all[start].customer
      var end = start
      while end < all.count, all[end].customer == customer { end += 1 }
      let own = all[start..<end].sorted { ranks[$0.feature] < ranks[$1.feature] }
      if revenues[customer] != .zero {
        let calls = revenues[customer].allocated(over: own.map { UInt64($0.calls) })
        let days = revenues[customer].allocated(over: own.map { UInt64(pairs.activeDays($0)) })
        for (offset, pair) in own.enumerated() {
          byCalls[pair.feature].nanodollars &+= calls[offset].nanodollars
          byActiveDays[pair.feature].nanodollars &+= days[offset].nanodollars
        }
      }
      start = end
    }
  }
}
