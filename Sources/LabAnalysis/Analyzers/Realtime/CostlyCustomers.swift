import LabCore
import LabTable

/// Customers whose cost passes half, four fifths or all of what they pay, both for the days they were subscribed within the
/// window.
enum CostlyCustomers {
  /// The marks in percent, the highest first.
  static let marks = [100, 80, 50]
  /// Fewer days of a price have no margin (rule 2).
  static let leastDays = 7.0

  /// The prorated price of every customer, by its code.
  ///
  /// - Returns: prices in nanodollars, 0 where none is known or its days are too few; nil when neither subscriptions nor tier
  ///   prices are known.
  static func prices(
    _ calls: CallTable, _ hours: CustomerHours, _ tierPrices: ContiguousArray<Int64>, _ window: ClosedRange<Instant>,
    _ subscriptions: [SubscriptionPeriod]?
  ) -> (prices: [Double], source: String)? {
    let names = calls.dictionary(.customerID)
    var prices = [Double](repeating: 0, count: hours.customerCount)
    if let subscriptions {
      var sums: [String: (days: Double, price: Double)] = [:]
      for period in subscriptions {
        let from = max(period.validFrom, window.lowerBound)
        let to = min(period.validTo, window.upperBound)
        guard from < to else { continue }
        let length = (to - from).days
        let price = Double(period.monthlyPrice.nanodollars) * length / Understanding.daysPerMonth
        sums[period.customer, default: (0, 0)].days += length
        sums[period.customer, default: (0, 0)].price += price
      }
      for customer in prices.indices {
        if let sum = sums[names[UInt32(customer)]], sum.days >= leastDays { prices[customer] = sum.price }
      }
      return (prices, "subscriptions")
    }
    guard calls.has(.tierPrice) else { return nil }
    for customer in prices.indices where tierPrices[customer] >= 0 {
      guard let first = hours.cells(of: customer).first else { continue }
      let from = max(Instant(microseconds: Int64(first.hour) * 3_600_000_000), window.lowerBound)
      let length = from < window.upperBound ? (window.upperBound - from).days : 0
      guard length >= leastDays else { continue }
      prices[customer] = Double(tierPrices[customer]) * length / Understanding.daysPerMonth
    }
    return (prices, "tier_price_usd")
  }

  /// Those beyond the lowest mark, furthest first.
  static func all(
    _ calls: CallTable, _ hours: CustomerHours, prices: [Double], threads: Int
  ) -> [RealtimeFindings.CostlyCustomer] {
    let names = calls.dictionary(.customerID)
    let parts = min(hours.customerCount, max(1, threads) * 4)
    let costs = Parallel.map(count: parts, width: threads) { part in
      let customers = (hours.customerCount * part / parts)..<(hours.customerCount * (part + 1) / parts)
      return customers.map { customer in hours.range(of: customer).reduce(0) { $0 &+ hours.cells[$1].cost } }
    }
    var rows: [RealtimeFindings.CostlyCustomer] = []
    for (customer, cost) in costs.joined().enumerated() {
      let price = prices[customer]
      guard cost > 0, price > 0, let pct = Ratio.of(Double(cost) * 100, price),
        let mark = marks.first(where: { pct >= Double($0) })
      else { continue }
      rows.append(
        RealtimeFindings.CostlyCustomer(
          customerId: names[UInt32(customer)], costUsd: Money(nanodollars: cost),
          proratedPriceUsd: Money(approximating: price / 1e9), pct: pct, passed: mark))
    }
    return rows.sorted {
      $0.pct != $1.pct ? $0.pct > $1.pct : $0.customerId.utf8.lexicographicallyPrecedes($1.customerId.utf8)
    }
  }
}
