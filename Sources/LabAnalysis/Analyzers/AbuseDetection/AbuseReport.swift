import LabCore
import LabReport

/// The report of ``AbuseDetection``.
struct AbuseReport {
  let findings: AbuseFindings
  let summary: [Metric]

  /// Rows of a table that a page shows at first.
  private static let shownRows = 15
  /// Cases whose evidence is drawn.
  private static let shownCases = 5

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to show.")
    } else {
      summary
      Callout(.info, window)
      verdict
      if !findings.cases.isEmpty {
        ReportBlock.Section("Cases", text: "Flagged hours and days of one customer, merged over gaps under 24 hours.") {
          timeline
          casesTable
          evidenceBars
          evidenceTable
        }
        recommendations
      }
      limitedTable
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  // MARK: Words

  private var window: String {
    guard let start = findings.start, let end = findings.end else {
      return "\(NumberFormat.counted(findings.totalCalls, "call")) without timestamps."
    }
    return "From \(start.formatted(fractionDigits: 0)) to \(end.formatted(fractionDigits: 0)), "
      + "\(NumberFormat.duration(end - start)). \(NumberFormat.grouped(findings.testedCustomers)) of "
      + "\(NumberFormat.counted(findings.customers, "customer")) made calls for more than two weeks and "
      + (findings.testedCustomers == 1 ? "was tested." : "were tested.")
  }

  private var verdict: Callout? {
    guard findings.testedCustomers > 0 else { return nil }
    guard let first = findings.cases.first else {
      return Callout(.good, "No customer strays from its past further than chance explains.")
    }
    let critical = findings.cases.count { $0.severity == .critical }
    var text =
      "\(NumberFormat.counted(findings.cases.count, "case")), \(NumberFormat.grouped(critical)) of them critical"
    if let stake = findings.costAtStakeUsd, stake.nanodollars > 0 {
      text += ", with \(NumberFormat.money(stake)) at stake"
    }
    text += ". The largest: \(sentence(first))"
    return Callout(critical > 0 ? .critical : .warning, text)
  }

  /// What happened in a case.
  private func sentence(_ found: AbuseFindings.Case) -> String {
    "\(found.kind.title.lowercased()) by \(found.customerId) from \(hour(found.start)) for "
      + "\(NumberFormat.counted(found.hours, "hour")): \(NumberFormat.counted(found.calls, "call")) where "
      + "\(NumberFormat.significant(found.expectedCalls, digits: 3)) were usual, costing "
      + "\(NumberFormat.money(found.costUsd)) instead of \(NumberFormat.money(found.expectedCostUsd))."
  }

  private func hour(_ instant: Instant) -> String { instant.formatted(fractionDigits: 0) }

  // MARK: Recommendations

  var recommendations: [Recommendation] {
    guard let start = findings.start, let end = findings.end, end > start else { return [] }
    let months = (end - start).days / Understanding.daysPerMonth
    return findings.cases.map { found in
      func monthly(_ nanodollars: Double) -> Money { Money(approximating: max(0, nanodollars) / 1e9 / months) }
      let (cost, usual) = (Double(found.costUsd.nanodollars), Double(found.expectedCostUsd.nanodollars))
      let hasCost = findings.totalCostUsd != nil
      return Recommendation(
        rule: found.kind.rule, text: "Look into a \(sentence(found))",
        monthlyEffect: hasCost ? monthly(cost - usual) : nil,
        // Twice the usual cost might still have been use, and none of it might.
        low: hasCost ? monthly(cost - 2 * usual) : nil, high: hasCost ? monthly(cost) : nil,
        evidence: found.evidence.map { .init($0.signal.title, .text(Self.text($0))) }, check: found.kind.check)
    }
  }

  /// `240 calls where 0.5 were expected (p = 1.2e-40)`.
  private static func text(_ evidence: AbuseFindings.Evidence) -> String {
    let unit = evidence.signal.unit
    return "\(unit.textWithUnit(of: evidence.observed)) from \(evidence.start.formatted(fractionDigits: 0)), expected "
      + "\(unit.text(of: evidence.expected)), p = \(chance(evidence.pValue))"
  }

  /// A probability to two digits: `0.013`, `1.2e-40`.
  static func chance(_ p: Double) -> String {
    guard p > 0, p < 1e-4 else { return NumberFormat.significant(max(0, p), digits: 2) }
    let exponent = Int((DeterministicMath.log(p) / 2.302585092994045684).rounded(.down))
    let mantissa = p / DeterministicMath.exp(Double(exponent) * 2.302585092994045684)
    return "\(NumberFormat.fixed(mantissa, places: 1))e\(exponent)"
  }

  // MARK: Tables

  private var casesTable: ReportTable {
    ReportTable(
      id: "cases", title: "Cases",
      columns: [
        .key("customer_id", "Customer"), .note("kind", "Kind", priority: 0), .note("severity", "Severity"),
        .note("start", "Start"), .init("hours", "Hours", unit: .hours), .init("calls", "Calls", unit: .calls),
        .init("expected_calls", "Usual calls", unit: .calls, priority: 3),
        .init("cost_at_stake_usd", "At stake", unit: .usd, priority: 0),
        .note("new_regions", "New regions", priority: 4),
        .init("times_tier_median", "Times tier median", unit: .ratio, priority: 5),
        .note("p_value", "p-value", priority: 3), .note("strongest", "Strongest signal", priority: 2),
      ],
      rows: findings.cases.map { found in
        [
          .text(found.customerId), .text(found.kind.title), .text(found.severity.rawValue), .instant(found.start),
          .count(found.hours), .integer(found.calls), .number(found.expectedCalls, .calls),
          .money(found.costAtStakeUsd), .text(found.newRegions.joined(separator: ", ")),
          .number(found.timesTierMedian, .ratio, else: "too few"), .text(Self.chance(found.pValue)),
          .text(found.evidence.first?.signal.title ?? ""),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by money at stake, largest first")
  }

  private var evidenceTable: ReportTable {
    ReportTable(
      id: "evidence", title: "Evidence",
      columns: [
        .key("customer_id", "Customer"), .key("signal", "Signal"), .note("start", "Bin"),
        .init("hours", "Hours", unit: .hours, priority: 3), .note("observed", "Observed"),
        .note("expected", "Expected"),
        .note("p_value", "p-value"),
        .init("log_likelihood_ratio", "Log-likelihood ratio", unit: .none, priority: 2),
        .note("decides", "Decides", priority: 2),
      ],
      rows: findings.cases.flatMap { found in
        found.evidence.map { evidence in
          [
            .text(found.customerId), .text(evidence.signal.title), .instant(evidence.start), .count(evidence.hours),
            .text(evidence.signal.unit.textWithUnit(of: evidence.observed)),
            .text(evidence.signal.unit.textWithUnit(of: evidence.expected)), .text(Self.chance(evidence.pValue)),
            .number(evidence.logLikelihoodRatio, .none), .text(evidence.decides ? "yes" : "explains"),
          ]
        }
      }, shownLimit: Self.shownRows, sortNote: "by case, then strength",
      note: "Each signal's strongest bin within the case.")
  }

  private var limitedTable: ReportTable? {
    guard !findings.limitedHours.isEmpty else { return nil }
    return ReportTable(
      id: "limited_hours", title: "Hours with more than 10 rate-limit errors",
      columns: [
        .key("customer_id", "Customer"), .note("hour", "Hour"), .init("rate_limit_errors", "Rate limits", unit: .count),
        .init("calls", "Calls", unit: .calls), .note("level", "Level"),
      ],
      rows: findings.limitedHours.map { row in
        [
          .text(row.customerId), .instant(row.hour), .integer(row.rateLimitErrors), .integer(row.calls),
          .text(row.critical ? "critical" : "warning"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by rate-limit errors, most first",
      note: "A list by a fixed limit; a case needs more than the customer's habit explains.")
  }

  // MARK: Charts

  /// Calls by hour around the largest cases, flagged hours marked.
  private var timeline: Chart? {
    guard let first = findings.cases.first else { return nil }
    let shown = findings.cases.prefix(Self.shownCases)
    let lines = shown.map { found in
      Chart.Series(
        "\(found.customerId), \(found.kind.title.lowercased())",
        points: found.series.map { .init(at: Self.instant($0.hour), Double($0.calls)) }, unit: .calls)
    }
    let marks = Chart.Series(
      "Case starts",
      points: shown.map { found in
        .init(
          at: found.start, Double(found.series.first { Self.instant($0.hour) >= found.start }?.calls ?? 0),
          label: found.customerId)
      }.sorted { $0.x < $1.x }, role: .events, unit: .calls)
    return Chart(
      id: "case_timeline",
      title: "The largest case makes \(NumberFormat.counted(first.calls, "call")) of \(first.customerId)",
      kind: .line, x: .init("Hour (UTC)", scale: .time), y: .init("Calls", unit: .calls), series: lines + [marks],
      tableID: "cases",
      note: findings.cases.count > shown.count
        ? "the \(shown.count) largest of \(findings.cases.count) cases, two days before and after each" : nil)
  }

  private static func instant(_ hour: Int) -> Instant { Instant(microseconds: Int64(hour) * 3_600_000_000) }

  private var evidenceBars: Chart? {
    guard let first = findings.cases.first, let strongest = first.evidence.first else { return nil }
    let shown = first.evidence
    return Chart(
      id: "evidence_bars",
      title: "\(strongest.signal.title) speaks loudest for the case of \(first.customerId)",
      kind: .bar, x: .init("Signal", scale: .category), y: .init("Log-likelihood ratio"),
      categories: shown.map(\.signal.title),
      series: [.init("Log-likelihood ratio", values: shown.map(\.logLikelihoodRatio))], tableID: "evidence")
  }
}
