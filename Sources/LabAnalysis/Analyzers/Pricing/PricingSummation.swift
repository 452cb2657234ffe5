import LabCore
import LabReport
import LabTable

/// Turns the ledger into the findings of ``Pricing``.
struct PricingSummation {
  let ledger: CustomerLedger
  let calls: CallTable
  let context: AnalysisContext

  private var models: [PricingModel] { PricingModel.compared(with: context.settings.pricingModels) }

  func findings() throws(AnalysisError) -> PricingFindings {
    var findings = PricingFindings(start: ledger.window.lowerBound, end: ledger.window.upperBound)
    findings.days = ledger.days
    findings.totalCalls = ledger.accounts.reduce(0) { $0 + $1.calls }
    findings.billableCalls = ledger.accounts.reduce(0) { $0 + $1.successes }
    findings.totalCostUsd = ledger.hasCost ? try ledger.total(\.cost) : nil
    findings.revenueSource = ledger.source.rawValue
    let outside = ledger.accounts.filter { $0.subscribed == 0 }
    findings.customersWithoutSubscription = outside.count
    findings.customers = ledger.accounts.count - outside.count
    if ledger.hasCost {
      findings.costLeftOutUsd = Money(nanodollars: outside.reduce(0) { $0 &+ $1.cost.nanodollars })
    }
    findings.abstentions = abstentions()
    guard ledger.days >= Pricing.minimumDays else { return findings }
    try compare(&findings)
    return findings
  }

  private func compare(_ findings: inout PricingFindings) throws(AnalysisError) {
    let usable = models.filter { !unusable.contains($0.id) }
    let needsTokens = usable.contains { $0.needsTokens }
    let book = try BillBook(
      ledger, models: usable, tokens: needsTokens ? try BillableTokens.of(calls, in: context) : nil, context)
    findings.bootstrappedMonths = book.months
    findings.customersAtMeanMonth = book.lines.reduce(0) { $0 + ($1.isAtMeanMonth ? 1 : 0) }
    try context.checkpoint()
    findings.models.append(
      try PricingComparison(book: book, ledger: ledger, model: nil).findings(
        name: "flat", description: "today's tiers", isExample: false))
    for (number, model) in usable.enumerated() {
      try context.checkpoint()
      findings.models.append(
        try PricingComparison(book: book, ledger: ledger, model: number).findings(
          name: model.id, description: model.words,
          isExample: !context.settings.pricingModels.contains { $0.id == model.id }))
    }
    findings.byCustomer = customers(book)
  }

  private func customers(_ book: BillBook) -> [PricingFindings.CustomerRow] {
    book.lines.map { line in
      let account = ledger.accounts[line.account]
      var bills: [String: Money] = [:]
      if let current = line.current { bills["flat"] = current }
      for (model, bill) in zip(book.models, line.bills) { bills[model.id] = bill }
      return .init(
        keys: [.init(name: "customer_id", value: account.name)], calls: account.calls,
        cost: ledger.hasCost ? account.cost : nil, inputTokens: calls.has(.inputTokens) ? account.inputTokens : nil,
        outputTokens: calls.has(.outputTokens) ? account.outputTokens : nil,
        totalTokens: ledger.hasTokens ? account.totalTokens : nil,
        own: .init(
          subscriptionTier: account.tier,
          subscribedDays: Double(account.subscribed) / Double(Months.microsecondsPerDay),
          billableCallsPerMonth: line.use.calls, billUsd: bills))
    }.inOrder()
  }

  /// Models that ask for a column which the data lack.
  private var unusable: [String] {
    models.filter { ($0.needsTokens && !ledger.hasTokens) || ($0.markupPercent != nil && !ledger.hasCost) }.map(\.id)
  }

  private func abstentions() -> [Abstention] {
    var list: [Abstention] = []
    if !ledger.hasCost { list.append(.missingCost(in: calls)) }
    if ledger.days < Pricing.minimumDays {
      list.append(Abstention(section: "bills", reason: Pricing.tooShort))
      return list
    }
    if ledger.source == .unknown {
      for section in ["flat", "bill_change", "calibrated", "break_even"] {
        list.append(Abstention(section: section, reason: Profitability.noPrices))
      }
    }
    if !ledger.hasCost { list.append(Abstention(section: "margins", reason: "no call has a recorded cost")) }
    for model in unusable {
      list.append(
        Abstention(section: model, reason: "it bills tokens or cost, which the data don't have"))
    }
    if ledger.accounts.count < Bootstrap.minimumUnits {
      list.append(Abstention(section: "intervals", reason: "an interval needs at least seven customers"))
    }
    if ledger.accounts.count < 10 {
      list.append(Abstention(section: "deciles", reason: "deciles of use need at least ten customers"))
    }
    return list
  }
}

extension PricingModel {
  /// The model in a sentence without a period.
  var words: String {
    var parts: [String] = []
    if monthlyFee != .zero { parts.append("\(NumberFormat.money(monthlyFee)) a month") }
    if perThousandCalls != .zero {
      parts.append(
        "\(NumberFormat.money(perThousandCalls)) per 1,000 calls"
          + (includedCalls > 0 ? " above \(NumberFormat.significant(includedCalls, digits: 6))" : ""))
    }
    if !steps.isEmpty {
      let list = steps.map { step in
        NumberFormat.money(step.fee)
          + (step.upToCalls.map { " up to \(NumberFormat.significant($0, digits: 6))" } ?? " beyond")
      }
      parts.append(list.joined(separator: ", ") + " calls a month")
    }
    if perMillionInputTokens != .zero {
      parts.append("\(NumberFormat.money(perMillionInputTokens)) per million input tokens")
    }
    if perMillionOutputTokens != .zero {
      parts.append("\(NumberFormat.money(perMillionOutputTokens)) per million output tokens")
    }
    if credits.price != .zero {
      parts.append(
        "\(NumberFormat.money(credits.price)) a credit"
          + (credits.included > 0 ? " above \(NumberFormat.significant(credits.included, digits: 6))" : ""))
    }
    if let markupPercent { parts.append("cost plus \(NumberFormat.significant(markupPercent, digits: 4)) %") }
    return parts.isEmpty ? "nothing is billed" : parts.joined(separator: " and ")
  }
}
