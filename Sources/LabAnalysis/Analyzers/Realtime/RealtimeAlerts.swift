import LabCore
import LabReport
import LabTable

/// Alerts by rule: each is a row of the data beyond a limit that someone set, or a detection.
struct RealtimeAlerts {
  private(set) var alerts: [RealtimeFindings.Alert] = []
  /// Budgets whose calls can't be told, with the reason.
  private(set) var abstentions: [Abstention] = []

  /// The share of failed calls of a day that is worth an alert, in percent, and that is critical.
  static let errorLimit = 10.0
  private static let criticalErrors = 20.0
  /// A day with fewer calls has no error rate to speak of (rule 3).
  private static let leastCalls: Int64 = 30

  private static func instant(day: Int) -> Instant { Instant(microseconds: Int64(day) * 86_400_000_000) }

  mutating func add(events: [RealtimeFindings.CostEvent], critical limit: Money) {
    for event in events {
      let cause = event.keys.first.map { ", made by \($0.column) \($0.value)" } ?? ""
      alerts.append(
        .init(
          rule: .costEvent, level: event.excessUsd >= limit ? .critical : .warning, at: event.start,
          subject: event.start.formatted(fractionDigits: 0), value: event.costUsd.dollars,
          limit: event.expectedUsd.dollars,
          text: "\(NumberFormat.counted(event.hours, "hour")) cost \(NumberFormat.money(event.costUsd)) where "
            + "\(NumberFormat.money(event.expectedUsd)) were expected\(cause)"))
    }
  }

  mutating func add(drifts: [RealtimeFindings.Drift]) {
    for drift in drifts {
      let what = drift.featureId.map { "calls of feature \($0), against all others," } ?? "daily cost"
      alerts.append(
        .init(
          rule: .drift, level: .warning, at: drift.start, subject: drift.featureId ?? "all calls", value: drift.sum,
          limit: drift.limit,
          text: "\(what) at \(NumberFormat.significant(drift.factor, digits: 3)) times the first two weeks since "
            + "\(drift.start.date)"))
    }
  }

  /// Days by their recorded cost and their share of failed calls.
  mutating func add(
    days: [(day: Int, cost: Money, calls: Int64, failed: Int64)], hasCost: Bool, hasErrors: Bool, _ limit: Money
  ) {
    for day in days {
      let at = Self.instant(day: day.day)
      if hasCost, day.cost > limit {
        let isCritical = day.cost.nanodollars / 2 > limit.nanodollars
        alerts.append(
          .init(
            rule: .highDailyCost, level: isCritical ? .critical : .warning, at: at, subject: "\(at.date)",
            value: day.cost.dollars, limit: limit.dollars,
            text: "\(at.date) cost \(NumberFormat.money(day.cost)), above the limit of \(NumberFormat.money(limit))"))
      }
      if hasErrors, day.calls >= Self.leastCalls, let pct = Ratio.percent(day.failed, day.calls), pct > Self.errorLimit
      {
        alerts.append(
          .init(
            rule: .errorRate, level: pct > Self.criticalErrors ? .critical : .warning, at: at, subject: "\(at.date)",
            value: pct, limit: Self.errorLimit,
            text: "\(Unit.percent.text(of: pct)) of the \(NumberFormat.counted(day.calls, "call")) of \(at.date) failed"
          ))
      }
    }
  }

  mutating func add(customers: [RealtimeFindings.CostlyCustomer], at end: Instant) {
    for customer in customers {
      alerts.append(
        .init(
          rule: .customerOverPrice,
          level: customer.passed >= 100 ? .critical : customer.passed >= 80 ? .warning : .info, at: end,
          subject: customer.customerId, value: customer.pct, limit: Double(customer.passed),
          text: "\(customer.customerId) costs \(NumberFormat.money(customer.costUsd)), "
            + "\(Unit.percent.text(of: customer.pct)) of the \(NumberFormat.money(customer.proratedPriceUsd)) that it pays"
        ))
    }
  }

  /// Budgets of the month in which the data end: what is spent, and where the pace of its covered days leads.
  mutating func add(
    budgets: [BudgetSetting], _ calls: CallTable, _ range: ClosedRange<Instant>, _ context: AnalysisContext
  )
    throws(AnalysisError)
  {
    let date = range.upperBound.date
    let first = CivilDate(year: date.year, month: date.month, day: 1)
    let length = CivilDate.days(inMonth: date.month, of: date.year)
    let start = max(Instant(date: first), range.lowerBound)
    let covered = Double(length) - max(0, (range.lowerBound - Instant(date: first)).days)
    let elapsed = (range.upperBound - start).days
    for budget in budgets {
      if context.isFiltered {
        abstentions.append(Abstention(section: "budget.\(budget.id)", reason: BudgetSetting.needsAllCalls))
        continue
      }
      let cost: Money
      do throws(LabFailure) { cost = try Self.cost(of: budget.filter, from: start, calls, context) } catch {
        if error.kind == .cancelled { throw .cancelled }
        abstentions.append(
          Abstention(
            section: "budget.\(budget.id)", reason: error.diagnostics.first?.sentence ?? "its calls can't be told"))
        continue
      }
      let limit = Double(budget.monthly.nanodollars) * covered / Double(length)
      guard limit > 0, let spent = Ratio.of(Double(cost.nanodollars) * 100, limit) else { continue }
      // Under a day the pace of a month is a guess.
      let landing = elapsed >= 1 ? spent * covered / elapsed : spent
      guard spent > 100 || landing > 100 else { continue }
      alerts.append(
        .init(
          rule: .budget, level: spent > 100 ? .critical : .warning, at: range.upperBound, subject: budget.id,
          value: spent, limit: 100,
          text: "budget '\(budget.id)' is spent to \(Unit.percent.text(of: spent)) after "
            + "\(Unit.days.textWithUnit(of: elapsed)); at this pace the month ends at \(Unit.percent.text(of: landing))"
        ))
    }
  }

  private static func cost(
    of filter: CallFilter, from start: Instant, _ calls: CallTable, _ context: AnalysisContext
  ) throws(LabFailure) -> Money {
    var selection = try calls.selecting(filter, from: start, context.scan)
    if let own = context.selection { selection = own.intersection(selection, in: calls) }
    let sum = try calls.fold(reading: [.cost], where: selection, context.scan, from: { Int64(0) }) { sum, block in
      let costs = block.integers(.cost)
      for row in 0..<block.count where costs[row] != IntegerColumn.unknown { sum &+= costs[row] }
    } merge: {
      $0 &+= $1
    }
    return Money(nanodollars: sum)
  }

  /// Critical ones first, then by time and subject.
  var sorted: [RealtimeFindings.Alert] {
    func rank(_ level: RealtimeFindings.Level) -> Int { level == .critical ? 0 : level == .warning ? 1 : 2 }
    return alerts.sorted {
      if $0.level != $1.level { return rank($0.level) < rank($1.level) }
      if $0.at != $1.at { return $0.at < $1.at }
      return ($0.rule.rawValue, $0.subject) < ($1.rule.rawValue, $1.subject)
    }
  }
}
