import LabCore
import LabReport

/// What one price model brings beside another, at the present use: the figures of ``PricingFindings/Model``.
struct PricingComparison {
  let book: BillBook
  let ledger: CustomerLedger
  /// Nil for today's tiers.
  let model: Int?

  /// Customers whose bills rise most.
  private static let shownRises = 20
  private static let deciles = 10
  /// A rise in percent that customers notice.
  static let noticedRise = 20.0

  private var lines: [BillBook.Line] { book.lines }
  private var hasCurrent: Bool { ledger.source != .unknown }

  private func bill(_ line: BillBook.Line) -> Money { model.map { line.bills[$0] } ?? line.current ?? .zero }
  private func revenue(_ line: BillBook.Line) -> Money { model.map { line.revenues[$0] } ?? line.currentRevenue }

  private func sum(_ figure: (BillBook.Line) -> Money) throws(AnalysisError) -> Money {
    guard let sum = Money(exactly: lines.reduce(Int128(0)) { $0 + Int128(figure($1).nanodollars) }) else {
      throw .sumOutOfRange(what: "bills")
    }
    return sum
  }

  func findings(name: String, description: String, isExample: Bool) throws(AnalysisError) -> PricingFindings.Model {
    var result = PricingFindings.Model(model: name, description: description, isExample: isExample, deciles: [])
    guard model != nil || hasCurrent else { return result }
    let revenue = try sum(self.revenue)
    let revenues = lines.map { self.revenue($0).dollars }
    let interval = CustomerInterval.sum(revenues)
    result.revenueUsd = revenue
    result.revenueLowUsd = interval.map { Money(approximating: $0.low) }
    result.revenueHighUsd = interval.map { Money(approximating: $0.high) }
    if ledger.hasCost { try addMargins(to: &result, revenue: revenue, revenues: revenues) }
    result.volatilityPct = volatility
    result.deciles = deciles
    if let model, hasCurrent { try addChanges(to: &result, model: model, revenue: revenue, revenues: revenues) }
    return result
  }

  private func addMargins(
    to result: inout PricingFindings.Model, revenue: Money, revenues: [Double]
  ) throws(AnalysisError) {
    let cost = try sum(\.monthlyCost)
    let margin = Money(nanodollars: revenue.nanodollars &- cost.nanodollars)
    let interval = CustomerInterval.sum(lines.indices.map { revenues[$0] - lines[$0].monthlyCost.dollars })
    result.costUsd = cost
    result.marginUsd = margin
    result.marginLowUsd = interval.map { Money(approximating: $0.low) }
    result.marginHighUsd = interval.map { Money(approximating: $0.high) }
    result.marginPct = Ratio.percent(margin.nanodollars, revenue.nanodollars)
    result.marginPctSpread = .init(marginShares { bill($0).dollars })
    result.marginUsdSpread = .init(lines.map { bill($0).dollars - $0.use.cost })
  }

  /// What is left of each customer's bill, in percent; of those with a bill.
  private func marginShares(_ bill: (BillBook.Line) -> Double) -> [Double] {
    lines.compactMap { line in
      let amount = bill(line)
      return amount > 0 ? Ratio.of(amount - line.use.cost, amount).map { $0 * 100 } : nil
    }
  }

  private func addChanges(
    to result: inout PricingFindings.Model, model: Int, revenue: Money, revenues: [Double]
  ) throws(AnalysisError) {
    let current = try sum(\.currentRevenue)
    let difference = CustomerInterval.sum(lines.indices.map { revenues[$0] - lines[$0].currentRevenue.dollars })
    result.differenceUsd = Money(nanodollars: revenue.nanodollars &- current.nanodollars)
    result.differenceLowUsd = difference.map { Money(approximating: $0.low) }
    result.differenceHighUsd = difference.map { Money(approximating: $0.high) }
    result.billChange = billChange(lines.map { $0.bills[model] })
    if let cost = result.costUsd {
      let today = Money(nanodollars: current.nanodollars &- cost.nanodollars)
      result.breakEvenChurnPct = breakEvenChurn(today: today)
      result.breakEvenElasticity = Self.elasticity(revenue: revenue, today: current, cost: cost)
    }
    guard revenue.nanodollars > 0, let factor = Ratio.of(current.nanodollars, revenue.nanodollars) else { return }
    let bills = lines.map { Money(approximating: $0.bills[model].dollars * factor) }
    // Largest remainder, so that the calibrated revenue is today's to the nanodollar.
    let parts = current.allocated(over: lines.map { UInt64(max(0, $0.revenues[model].nanodollars)) })
    let calibrated = parts.reduce(Int64(0)) { $0 &+ $1.nanodollars }
    result.calibrated = .init(
      factor: factor, revenueUsd: Money(nanodollars: calibrated),
      marginUsd: result.costUsd.map { Money(nanodollars: calibrated &- $0.nanodollars) },
      marginPctSpread: .init(ledger.hasCost ? marginShares { $0.bills[model].dollars * factor } : []),
      billChange: billChange(bills))
  }

  // MARK: Bills

  private func billChange(_ bills: [Money]) -> PricingFindings.BillChange {
    var changes: [Double] = []
    var rises: [(line: Int, change: Int64)] = []
    for (index, line) in lines.enumerated() {
      guard let current = line.current else { continue }
      if let change = Ratio.changePercent(from: current, to: bills[index]) { changes.append(change) }
      let rise = bills[index].nanodollars &- current.nanodollars
      if rise > 0 { rises.append((index, rise)) }
    }
    rises.sort { $0.change == $1.change ? $0.line < $1.line : $0.change > $1.change }
    let noticed = changes.reduce(Int64(0)) { $0 + ($1 > Self.noticedRise ? 1 : 0) }
    return .init(
      customers: changes.count, changePct: .init(changes), above20Pct: Ratio.percent(noticed, Int64(changes.count)),
      largest: rises.prefix(Self.shownRises).map { rise in
        let line = lines[rise.line]
        let account = ledger.accounts[line.account]
        return .init(
          customerId: account.name, subscriptionTier: account.tier, currentUsd: line.current ?? .zero,
          billUsd: bills[rise.line], changeUsd: Money(nanodollars: rise.change),
          changePct: line.current.flatMap { Ratio.changePercent(from: $0, to: bills[rise.line]) })
      })
  }

  // MARK: Risk

  /// The standard deviation of a month's revenue over its mean. Today's fees don't move with use.
  private var volatility: Double? {
    guard let model else { return 0 }
    guard lines.contains(where: { !$0.isAtMeanMonth }) else { return nil }
    let months = book.monthlyRevenue[model]
    let count = Double(months.count)
    guard count > 1 else { return nil }
    let mean = months.reduce(0, +) / count
    let squares = months.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return Ratio.of((squares / (count - 1)).squareRoot(), mean).map { $0 * 100 }
  }

  /// The smallest share of customers that leaves, those whose bill rises most in relation first, until the margin is no
  /// more than today's; nil when it isn't above today's at the start or stays above to the last customer.
  private func breakEvenChurn(today: Money) -> Double? {
    func rise(_ line: BillBook.Line) -> Double {
      let (before, after) = (line.current?.dollars ?? 0, bill(line).dollars)
      return before > 0 ? after / before : after > 0 ? .infinity : 1
    }
    let rises = lines.map(rise)
    let order = lines.indices.sorted { rises[$0] == rises[$1] ? $0 < $1 : rises[$0] > rises[$1] }
    var margin = lines.reduce(Int128(0)) {
      $0 + Int128(revenue($1).nanodollars) - Int128($1.monthlyCost.nanodollars)
    }
    guard margin > Int128(today.nanodollars) else { return nil }
    for (left, index) in order.enumerated() {
      margin -= Int128(revenue(lines[index]).nanodollars) - Int128(lines[index].monthlyCost.nanodollars)
      if margin <= Int128(today.nanodollars) { return Ratio.percent(Int64(left + 1), Int64(order.count)) }
    }
    return nil
  }

  /// The elasticity at which the margin is today's: use follows q = q0 (p/p0)^e with p/p0 = revenue / today's at equal use,
  /// so that margin · (p/p0)^e = today's margin. Nil where a margin isn't positive or prices don't change.
  static func elasticity(revenue: Money, today: Money, cost: Money) -> Double? {
    let (margin, before) = (revenue.dollars - cost.dollars, today.dollars - cost.dollars)
    guard margin > 0, before > 0, let price = Ratio.of(revenue.dollars, today.dollars), price > 0, price != 1 else {
      return nil
    }
    return Ratio.of(DeterministicMath.log(before / margin), DeterministicMath.log(price))
  }

  // MARK: Use

  /// Customers by calls a month, in ten groups of as equal size as can be; none below ten customers.
  private var deciles: [PricingFindings.Decile] {
    guard lines.count >= Self.deciles else { return [] }
    let order = lines.indices.sorted {
      lines[$0].use.calls == lines[$1].use.calls ? $0 < $1 : lines[$0].use.calls < lines[$1].use.calls
    }
    return (0..<Self.deciles).map { decile in
      let group = order[(order.count * decile / Self.deciles)..<(order.count * (decile + 1) / Self.deciles)]
      let revenue = group.reduce(Int64(0)) { $0 &+ self.revenue(lines[$1]).nanodollars }
      let cost = group.reduce(Int64(0)) { $0 &+ lines[$1].monthlyCost.nanodollars }
      return .init(
        decile: decile + 1, customers: group.count,
        leastCallsPerMonth: group.first.map { lines[$0].use.calls } ?? 0,
        mostCallsPerMonth: group.last.map { lines[$0].use.calls } ?? 0, revenueUsd: Money(nanodollars: revenue),
        marginUsd: ledger.hasCost ? Money(nanodollars: revenue &- cost) : nil,
        marginPct: ledger.hasCost ? Ratio.percent(revenue &- cost, revenue) : nil)
    }
  }
}
