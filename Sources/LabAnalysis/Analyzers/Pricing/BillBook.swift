import LabCore
import LabTable

/// The bills of all customers under all models: what the comparisons of ``Pricing`` rest on.
struct BillBook: Sendable {
  /// One customer that subscribes in the window.
  struct Line: Sendable {
    /// The place in the ledger's accounts.
    var account: Int
    var use = MonthlyUse()
    /// Today's bill of a month of subscription; nil when no price is known.
    var current: Money?
    /// What it brings and costs in a month of the window: a month of subscription × its share of the window.
    var currentRevenue = Money.zero
    var monthlyCost = Money.zero
    /// By model: the bill of a month of subscription, and what it brings in a month of the window.
    var bills: [Money] = []
    var revenues: [Money] = []
    var isAtMeanMonth = false
  }

  let models: [PricingModel]
  private(set) var lines: [Line] = []
  /// By model the revenue of each bootstrapped month, in USD.
  private(set) var monthlyRevenue: [[Double]] = []
  private(set) var months: Int

  /// Customers that a task bills; fixed, so that sums of floats don't depend on threads.
  private static let customersPerTask = 512

  init(
    _ ledger: CustomerLedger, models: [PricingModel], tokens: BillableTokens?, _ context: AnalysisContext
  ) throws(AnalysisError) {
    self.models = models
    let accounts = ledger.accounts.indices.filter { ledger.accounts[$0].subscribed > 0 }
    let bootstrap = BootstrappedMonths(customers: accounts.count)
    months = bootstrap.count
    let tasks = (accounts.count + Self.customersPerTask - 1) / Self.customersPerTask
    let parts = try Parallel.map(count: tasks, width: context.threads) {
      (task: Int) throws(AnalysisError) -> (lines: [Line], revenue: [[Double]]) in
      try context.checkpoint()
      let start = task * Self.customersPerTask
      var biller = Biller(ledger: ledger, models: models, tokens: tokens, bootstrap: bootstrap)
      let own = accounts[start..<min(start + Self.customersPerTask, accounts.count)]
      let lines = try own.map { (account: Int) throws(AnalysisError) in try biller.line(account) }
      return (lines, biller.monthlyRevenue)
    }
    lines = parts.flatMap(\.lines)
    monthlyRevenue = models.map { _ in Array(repeating: 0, count: bootstrap.count) }
    for part in parts {
      for model in models.indices {
        for month in 0..<bootstrap.count { monthlyRevenue[model][month] += part.revenue[model][month] }
      }
    }
  }
}

/// Bills customers one after the other, with room that it uses again.
private struct Biller {
  let ledger: CustomerLedger
  let models: [PricingModel]
  let tokens: BillableTokens?
  let bootstrap: BootstrappedMonths
  private(set) var monthlyRevenue: [[Double]]
  private var calls: [Double]
  private var credits: [Double]
  private var costs: [Double]

  init(ledger: CustomerLedger, models: [PricingModel], tokens: BillableTokens?, bootstrap: BootstrappedMonths) {
    self.ledger = ledger
    self.models = models
    self.tokens = tokens
    self.bootstrap = bootstrap
    calls = Array(repeating: 0, count: bootstrap.count)
    credits = calls
    costs = calls
    monthlyRevenue = models.map { _ in Array(repeating: 0, count: bootstrap.count) }
  }

  mutating func line(_ index: Int) throws(AnalysisError) -> BillBook.Line {
    let account = ledger.accounts[index]
    var line = BillBook.Line(account: index)
    let perMonth = Ratio.of(Double(Months.microseconds), Double(account.subscribed)) ?? 0
    line.use.calls = Double(account.successes) * perMonth
    line.use.cost = account.cost.dollars * perMonth
    if let tokens, let code = account.code {
      line.use.inputTokens = Double(tokens.inputs[code]) * perMonth
      line.use.outputTokens = Double(tokens.outputs[code]) * perMonth
    }
    guard let cost = Months.monthly(account.cost, from: ledger.span) else { throw .sumOutOfRange(what: "costs") }
    line.monthlyCost = cost
    if ledger.source != .unknown {
      guard let bill = Months.monthly(account.revenue, from: account.subscribed),
        let revenue = Months.monthly(account.revenue, from: ledger.span)
      else { throw .sumOutOfRange(what: "revenue") }
      line.current = bill
      line.currentRevenue = revenue
    }
    bill(account, &line)
    return line
  }

  private mutating func bill(_ account: CustomerLedger.Account, _ line: inout BillBook.Line) {
    let share = Double(account.subscribed) / Double(max(1, ledger.span))
    let days = CustomerDays(account, ledger)
    let hasMonths = days.count >= Bootstrap.minimumUnits
    var callDays: [Double] = []
    if hasMonths, let code = account.code {
      callDays = days.sum(ledger.hours, of: code) { Double($0.calls &- $0.errors) }
      Self.draw(bootstrap, of: callDays, mean: line.use.calls, into: &calls)
    }
    if callDays.isEmpty { for month in 0..<bootstrap.count { calls[month] = line.use.calls } }
    line.isAtMeanMonth = !hasMonths
    let hasCalls = !callDays.isEmpty
    if models.contains(where: { $0.markupPercent != nil }) {
      let costDays = hasCalls ? account.code.map { days.sum(ledger.hours, of: $0) { Double($0.cost) / 1e9 } } : nil
      Self.draw(bootstrap, of: costDays ?? [], mean: line.use.cost, into: &costs)
    }
    for (number, model) in models.enumerated() {
      let linear = model.linearBill(line.use)
      var bent = 0.0
      if model.hasCreditKink {
        // Tokens of a day are taken in proportion to all its tokens, since failed calls are a small part of them.
        let creditDays = hasCalls ? account.code.map { self.creditDays(model, days, $0) } : nil
        Self.draw(bootstrap, of: creditDays ?? [], mean: model.credits(line.use), into: &credits)
      }
      // What is linear moves with the month too; only its mean is in the bill.
      let fixed = model.monthlyFee.dollars + costPart(model, line.use)
      let perCall = Ratio.of(linear - fixed, line.use.calls) ?? 0
      for month in 0..<bootstrap.count {
        let extra = model.isBent ? model.bentBill(calls: calls[month], credits: credits[month]) : 0
        bent += extra
        let moving = (calls[month] - line.use.calls) * perCall
        let cost = model.markupPercent.map { (costs[month] - line.use.cost) * (1 + $0 / 100) } ?? 0
        monthlyRevenue[number][month] += share * (linear + moving + cost + extra)
      }
      let bill = linear + (model.isBent ? exactBent(model, line.use) ?? bent / Double(bootstrap.count) : 0)
      line.bills.append(Money(approximating: bill))
      line.revenues.append(Money(approximating: bill * share))
    }
  }

  private func costPart(_ model: PricingModel, _ use: MonthlyUse) -> Double {
    model.markupPercent.map { use.cost * (1 + $0 / 100) } ?? 0
  }

  /// The bent part of the mean month, where all months lie on one side of every bend; nil elsewhere.
  private func exactBent(_ model: PricingModel, _ use: MonthlyUse) -> Double? {
    guard !model.hasCreditKink, let least = calls.min(), let most = calls.max() else { return nil }
    let bends = (model.includedCalls > 0 ? [model.includedCalls] : []) + model.steps.compactMap(\.upToCalls)
    let isOneSided = bends.allSatisfy { most <= $0 || least > $0 }
    return isOneSided ? model.bentBill(calls: use.calls, credits: 0) : nil
  }

  private func creditDays(_ model: PricingModel, _ days: CustomerDays, _ code: Int) -> [Double] {
    days.sum(ledger.hours, of: code) { cell in
      model.credits(
        MonthlyUse(
          calls: Double(cell.calls &- cell.errors), inputTokens: Double(cell.inputTokens),
          outputTokens: Double(cell.outputTokens)))
    }
  }

  /// Draws months and scales them to the mean month, since partial days at the ends of the window are in no draw. A
  /// customer without use on whole days has its mean month every month.
  private static func draw(
    _ bootstrap: BootstrappedMonths, of days: [Double], mean: Double, into months: inout [Double]
  ) {
    let sum = days.reduce(0, +)
    guard sum > 0 else {
      for month in months.indices { months[month] = mean }
      return
    }
    let scale = mean / (sum / Double(days.count) * Months.days)
    bootstrap.sums(of: days.map { $0 * scale }, into: &months)
  }
}
