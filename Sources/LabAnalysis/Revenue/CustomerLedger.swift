import LabCore
import LabTable

/// What every customer paid and used in the window: the aggregate behind all figures of revenue.
///
/// Accounts are all customers with a subscription in the window or with a call; of a selection only those with a call of
/// it, since what others pay has nothing to do with it. Revenue = monthly price × days subscribed within the window /
/// 30.4375, rounded to the nanodollar for each stretch at one price.
struct CustomerLedger: Sendable {
  /// Where prices come from.
  enum Source: String, Sendable {
    /// The file of subscription periods.
    case subscriptions = "subscription_periods"
    /// The tier price of the rows, for the whole window, since nobody says when a customer came or left.
    case tierPrices = "tier_price_of_rows"
    /// Neither is known.
    case unknown
  }

  /// A stretch at one monthly price, clipped to the window.
  struct Step: Sendable {
    /// Microseconds since 1970, [from, to).
    var from: Int64
    var to: Int64
    var price: Money
    var tier: String
  }

  struct Account: Sendable {
    var name: String
    /// Of the last subscription in the window, or of the last call.
    var organization = ""
    var archetype = ""
    var tier = ""
    /// The code in the table's dictionary; nil without calls.
    var code: Int?
    /// Places in ``CustomerLedger/steps``.
    var steps: Range<Int> = 0..<0
    /// Microseconds subscribed within the window.
    var subscribed: Int64 = 0
    var revenue = Money.zero
    var calls: Int64 = 0
    /// Calls that did not fail: what a price model bills.
    var successes: Int64 = 0
    var cost = Money.zero
    var inputTokens: Int64 = 0
    var outputTokens: Int64 = 0

    var margin: Money { Money(nanodollars: revenue.nanodollars &- cost.nanodollars) }
    var totalTokens: Int64 { inputTokens &+ outputTokens }
  }

  let window: ClosedRange<Instant>
  let source: Source
  fileprivate(set) var accounts: [Account] = []
  fileprivate(set) var steps: [Step] = []
  /// Stretches that begin before the one before ends; the later counts.
  fileprivate(set) var overlaps = 0
  let hours: CustomerHours
  /// Nil when a column is missing or no call has a cost.
  let hasCost: Bool
  let hasTokens: Bool

  /// The length of the window in microseconds.
  var span: Int64 { (window.upperBound - window.lowerBound).microseconds }
  var days: Double { Double(span) / Double(Months.microsecondsPerDay) }

  /// The sum of a figure over all accounts.
  func total(_ figure: (Account) -> Money) throws(AnalysisError) -> Money {
    let sum = accounts.reduce(Int128(0)) { $0 + Int128(figure($1).nanodollars) }
    guard let money = Money(exactly: sum) else { throw .sumOutOfRange(what: "revenue") }
    return money
  }

  /// The columns without which there is no ledger.
  static let needed = CustomerHours.needed

  /// The ledger of a context's calls, made at most once; nil without a call or one of ``needed``.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> CustomerLedger? {
    guard let hours = try CustomerHours.of(calls, in: context), !hours.cells.isEmpty else { return nil }
    // What is kept is no optional: a missing one would look like a known nil.
    let made = try context.shared.value("customer_ledger") { () throws(AnalysisError) -> [CustomerLedger] in
      guard let window = try context.timeRange(of: calls) else { return [] }
      return [try CustomerLedger(calls, hours, window, context)]
    }
    return made.first
  }

  private init(
    _ calls: CallTable, _ hours: CustomerHours, _ window: ClosedRange<Instant>, _ context: AnalysisContext
  ) throws(AnalysisError) {
    self.window = window
    self.hours = hours
    hasCost = calls.hasRecordedCosts
    hasTokens = calls.has(.inputTokens) && calls.has(.outputTokens)
    source =
      context.subscriptions != nil
      ? .subscriptions : calls.has(.tierPrice) ? .tierPrices : .unknown
    var builder = LedgerBuilder(calls: calls, ledger: self)
    if let periods = context.subscriptions {
      try builder.add(periods)
      try context.checkpoint()
    } else {
      try builder.add(try TierPriceScan.of(calls, in: context))
    }
    builder.addUse(onlyCallers: context.selection != nil)
    accounts = builder.accounts
    steps = builder.steps
    overlaps = builder.overlaps
  }
}

/// Collects the accounts of a ledger.
private struct LedgerBuilder {
  let calls: CallTable
  let ledger: CustomerLedger
  private(set) var accounts: [CustomerLedger.Account] = []
  private(set) var steps: [CustomerLedger.Step] = []
  private(set) var overlaps = 0

  init(calls: CallTable, ledger: CustomerLedger) {
    self.calls = calls
    self.ledger = ledger
  }

  /// Accounts of the customers of subscription periods, in the order of the file.
  mutating func add(_ periods: [SubscriptionPeriod]) throws(AnalysisError) {
    var numbers: [String: Int] = [:]
    numbers.reserveCapacity(periods.count)
    var owners: [Int] = []
    owners.reserveCapacity(periods.count)
    var names: [String] = []
    for period in periods {
      if let last = owners.last, names[last] == period.customer {
        owners.append(last)
      } else if let known = numbers[period.customer] {
        owners.append(known)
      } else {
        numbers[period.customer] = names.count
        owners.append(names.count)
        names.append(period.customer)
      }
    }
    var starts = [Int](repeating: 0, count: names.count + 1)
    for owner in owners { starts[owner + 1] += 1 }
    for owner in names.indices { starts[owner + 1] += starts[owner] }
    var next = starts
    var ordered = [Int](repeating: 0, count: periods.count)
    for (index, owner) in owners.enumerated() {
      ordered[next[owner]] = index
      next[owner] += 1
    }
    let customers = calls.dictionary(.customerID)
    for (owner, name) in names.enumerated() {
      let own = ordered[starts[owner]..<starts[owner + 1]].sorted {
        (periods[$0].validFrom, periods[$0].validTo, $0) < (periods[$1].validFrom, periods[$1].validTo, $1)
      }
      // Of the last period that began before the window's end.
      let last = own.last { periods[$0].validFrom <= ledger.window.upperBound } ?? own.first
      guard let last else { continue }
      var account = CustomerLedger.Account(name: name)
      account.organization = periods[last].organization
      account.archetype = periods[last].archetype
      account.tier = periods[last].tier
      account.code = customers.code(of: name).map { Int($0) }
      try add(
        own.map { index in
          .init(
            from: periods[index].validFrom.microseconds, to: periods[index].validTo.microseconds,
            price: periods[index].monthlyPrice, tier: periods[index].tier)
        }, to: &account)
      accounts.append(account)
    }
  }

  /// Accounts of the customers of the rows, by name; each pays its tier price for the whole window.
  mutating func add(_ scan: TierPriceScan) throws(AnalysisError) {
    let customers = calls.dictionary(.customerID)
    let (organizations, archetypes) = (calls.dictionary(.organizationID), calls.dictionary(.customerArchetype))
    let tiers = calls.dictionary(.subscriptionTier)
    for (code, name) in customers.texts.enumerated().sorted(by: { $0.element < $1.element }) {
      let records = scan.records(of: code).sorted {
        ($0.first, $0.last, $0.price, tiers[$0.tier], organizations[$0.organization]) < (
          $1.first, $1.last, $1.price, tiers[$1.tier], organizations[$1.organization]
        )
      }
      guard let last = records.max(by: { $0.last < $1.last }) else { continue }
      var account = CustomerLedger.Account(name: name)
      account.organization = organizations[last.organization]
      account.archetype = archetypes[last.archetype]
      account.tier = tiers[last.tier]
      account.code = code
      // What follows on at the same tier and price, in another organization say, is one stretch, rounded once.
      let priced = records.filter { $0.price != IntegerColumn.unknown }.reduce(into: [TierPriceScan.Record]()) {
        if let before = $0.last, before.price == $1.price, before.tier == $1.tier { return }
        $0.append($1)
      }
      if ledger.source == .tierPrices {
        try add(
          priced.enumerated().map { index, record in
            .init(
              from: index == 0 ? ledger.window.lowerBound.microseconds : record.first,
              to: index + 1 < priced.count ? priced[index + 1].first : ledger.window.upperBound.microseconds,
              price: Money(nanodollars: record.price), tier: tiers[record.tier])
          }, to: &account)
      } else {
        account.subscribed = ledger.span
      }
      accounts.append(account)
    }
  }

  /// Clips ascending stretches to the window and to each other, and sums what they bring.
  private mutating func add(_ list: [CustomerLedger.Step], to account: inout CustomerLedger.Account)
    throws(AnalysisError)
  {
    let start = steps.count
    var revenue: Int128 = 0
    for (index, step) in list.enumerated() {
      var step = step
      if index + 1 < list.count, list[index + 1].from < step.to {
        overlaps += 1
        step.to = list[index + 1].from
      }
      step.from = max(step.from, ledger.window.lowerBound.microseconds)
      step.to = min(step.to, ledger.window.upperBound.microseconds)
      guard step.from < step.to else { continue }
      guard let part = Months.prorated(step.price, over: step.to - step.from) else {
        throw .sumOutOfRange(what: "revenue")
      }
      revenue += Int128(part.nanodollars)
      account.subscribed += step.to - step.from
      steps.append(step)
    }
    guard let sum = Money(exactly: revenue) else { throw .sumOutOfRange(what: "revenue") }
    account.revenue = sum
    account.steps = start..<steps.count
  }

  /// Adds what customers used, and accounts for those with calls and no subscription at all.
  mutating func addUse(onlyCallers: Bool) {
    let hours = ledger.hours
    var isKnown = [Bool](repeating: false, count: hours.customerCount)
    for account in accounts { if let code = account.code { isKnown[code] = true } }
    let customers = calls.dictionary(.customerID)
    let strangers = isKnown.indices.filter { !isKnown[$0] && !hours.range(of: $0).isEmpty }
    for (code, name) in strangers.map({ ($0, customers[UInt32($0)]) }).sorted(by: { $0.1 < $1.1 }) {
      var account = CustomerLedger.Account(name: name)
      account.code = code
      accounts.append(account)
    }
    let cells = hours.cells
    for index in accounts.indices {
      guard let code = accounts[index].code else { continue }
      var (calls, errors, cost) = (Int64(0), Int64(0), Int64(0))
      var (input, output) = (Int64(0), Int64(0))
      for place in hours.range(of: code) {
        calls &+= Int64(cells[place].calls)
        errors &+= Int64(cells[place].errors)
        cost &+= cells[place].cost
        input &+= cells[place].inputTokens
        output &+= cells[place].outputTokens
      }
      accounts[index].calls = calls
      accounts[index].successes = calls - errors
      accounts[index].cost = Money(nanodollars: cost)
      accounts[index].inputTokens = input
      accounts[index].outputTokens = output
    }
    accounts.removeAll { $0.calls == 0 && (onlyCallers || $0.subscribed == 0) }
  }
}
