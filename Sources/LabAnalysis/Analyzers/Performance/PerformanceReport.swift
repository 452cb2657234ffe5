import LabCore
import LabReport

/// The report of ``Performance``.
struct PerformanceReport {
  let findings: PerformanceFindings
  let summary: [Metric]

  private static let shownRows = 15

  @ReportBuilder var blocks: [ReportBlock] {
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to show.")
    } else {
      summary
      promiseNote
      limitsTable
      incidentSection
      ReportBlock.Section("By model", text: "Percentiles need 30 calls, a p99 200; smaller groups are too few.") {
        PerformanceCharts(findings: findings).percentiles
        modelTable
        firstTokenTable
        errorTable
      }
      ReportBlock.Section("Speed and price", text: bestText) {
        PerformanceCharts(findings: findings).frontier
        efficiencyTable
        PerformanceCharts(findings: findings).lengths
        lengthTable
      }
      ReportBlock.Section("The promise") {
        PerformanceCharts(findings: findings).promises
        groupTable("by_provider", "provider", "Provider", findings.byProvider)
        groupTable("by_feature", "feature_id", "Feature", findings.byFeature)
      }
      ReportBlock.Section("Spread and course") {
        PerformanceCharts(findings: findings).histogram
        histogramTable
        PerformanceCharts(findings: findings).course
        courseTable
      }
      findings.recommendations
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  // MARK: The whole

  private var promiseNote: Callout? {
    guard let compliance = findings.sla.compliancePct else { return nil }
    let sla = findings.sla
    var text =
      "\(Unit.percent.text(of: compliance)) of the calls succeeded within "
      + "\(Unit.milliseconds.textWithUnit(of: sla.limitMs)); the target is \(Unit.percent.text(of: sla.targetPct))."
    if let used = sla.budgetUsedPct, let burn = sla.burnRate {
      text += " \(Unit.percent.text(of: used)) of the error budget is used (burn rate "
      text += "\(NumberFormat.fixed(burn, places: 2))"
      if let recent = sla.recentBurnRate {
        text += sla.recentDays == 1 ? ", on the last day " : ", in the last \(sla.recentDays) days "
        text += NumberFormat.fixed(recent, places: 2)
      }
      text += ")."
    }
    if sla.limitMs == AnalyzerSettings().slaMilliseconds {
      text += " The promise is the lab's default; 'analysis.sla_ms' of the scenario sets yours."
    }
    return Callout(compliance >= sla.targetPct ? .good : .warning, text)
  }

  private var limitsTable: ReportTable? {
    let names = [
      "p95_latency_ms": "p95 latency", "p99_latency_ms": "p99 latency", "time_to_first_token": "Time to first token",
      "time_per_output_token": "Time per output token",
    ]
    let rows = (findings.limits + findings.goals).map { limit -> [Cell] in
      [
        .text(names[limit.name] ?? limit.name), .number(limit.limitMs, .milliseconds),
        .number(limit.valueMs, .milliseconds, else: limit.keptPct == nil ? "too few" : "by call"),
        .number(limit.keptPct, .percent, else: "one figure"),
        limit.kept.map { .text($0 ? "yes" : "no") } ?? .missing("unknown"),
      ]
    }
    return ReportTable(
      id: "limits", title: "Limits and goals",
      columns: [
        .key("limit", "Limit"), .init("limit_ms", "Limit", unit: .milliseconds),
        .init("value_ms", "Measured", unit: .milliseconds), .init("kept_pct", "Calls that keep it", unit: .percent),
        .note("kept", "Kept"),
      ], rows: rows, note: "A goal for single calls is kept when the promise's target share of calls keeps it.")
  }

  // MARK: Incidents

  @ReportBuilder private var incidentSection: [ReportBlock] {
    if let incidents = findings.incidents {
      ReportBlock.Section(
        "Incidents",
        text: incidents.isEmpty
          ? "No hour after the first 14 days was slower, or failed more, than the days before lead one to expect."
          : "Hours after the first 14 days that were slower, or failed more, than the days before lead one to expect."
      ) {
        incidents.isEmpty ? nil : incidentTable(incidents)
      }
    }
  }

  private func incidentTable(_ incidents: [PerformanceFindings.Incident]) -> ReportTable {
    let words = [
      "latency_incident": "slow", "outage": "failing", "retry_storm": "running into rate limits",
    ]
    return ReportTable(
      id: "incidents", title: "Incidents",
      columns: [
        .key("start", "From"), .key("end", "To"), .note("kind", "Calls were", priority: 0),
        .note("where", "Where", priority: 0), .init("calls", "Calls", unit: .count),
        .init("share_pct", "Share", unit: .percent), .init("usual_share_pct", "Usual share", unit: .percent),
      ],
      rows: incidents.map { incident in
        [
          .instant(incident.start), .instant(incident.end), .text(words[incident.kind] ?? incident.kind),
          .text(
            [incident.provider, incident.region, incident.customerId].compactMap { $0 }.joined(separator: " / ")),
          .count(incident.calls), .number(incident.sharePct, .percent, else: "no calls"),
          .number(incident.usualSharePct, .percent, else: "no calls"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by kind and time")
  }

  // MARK: Groups

  private static let groupColumns: [ReportTable.Column] = [
    .init("calls", "Calls", unit: .count), .init("mean_latency_ms", "Mean", unit: .milliseconds, priority: 3),
    .init("p50_latency_ms", "p50", unit: .milliseconds), .init("p95_latency_ms", "p95", unit: .milliseconds),
    .init("p99_latency_ms", "p99", unit: .milliseconds),
    .init("output_tokens_per_second", "Output tokens per second", unit: .tokensPerSecond, priority: 3),
    .init("error_rate_pct", "Errors", unit: .percent),
    .init("sla_compliance_pct", "Within promise", unit: .percent, priority: 2),
    .init("retry_cost_usd", "Failed cost", unit: .usd, priority: 4),
  ]

  private func cells(_ calls: Int64, _ figures: PerformanceFindings.Figures) -> [Cell] {
    [
      .count(calls), .number(figures.meanLatencyMs, .milliseconds, else: "too few"),
      .number(figures.p50LatencyMs, .milliseconds, else: "too few"),
      .number(figures.p95LatencyMs, .milliseconds, else: "too few"),
      .number(figures.p99LatencyMs, .milliseconds, else: "too few"),
      .number(figures.outputTokensPerSecond, .tokensPerSecond, else: "too few"),
      .number(figures.errorRatePct, .percent, else: "unknown"),
      .number(figures.slaCompliancePct, .percent, else: "unknown"),
      .money(figures.retryCostUsd, else: "no costs"),
    ]
  }

  private var totals: [Cell] { cells(findings.totalCalls, findings.overall) }

  private func name(_ text: String) -> Cell { .text(text.isEmpty ? "(none)" : text) }

  private func groupTable(_ id: String, _ key: String, _ title: String, _ rows: [PerformanceFindings.Row]?)
    -> ReportTable?
  {
    guard let rows, !rows.isEmpty else { return nil }
    return ReportTable(
      id: id, title: "Latency and promise by \(title.lowercased())", columns: [.key(key, title)] + Self.groupColumns,
      rows: rows.map { [name($0.label)] + cells($0.calls, $0.own) }, totals: [.text("Total")] + totals,
      shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  private var modelKeys: [ReportTable.Column] { [.key("provider", "Provider"), .key("model", "Model")] }

  private func keys(_ row: PerformanceFindings.ModelRow) -> [Cell] { row.keys.map { name($0.value) } }

  private var modelTable: ReportTable? {
    guard let rows = findings.byModel, !rows.isEmpty else { return nil }
    return ReportTable(
      id: "by_model", title: "Latency by provider and model", columns: modelKeys + Self.groupColumns,
      rows: rows.map { keys($0) + cells($0.calls, $0.own.group) }, totals: [.text("Total"), .empty] + totals,
      shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  private var firstTokenTable: ReportTable? {
    guard let rows = findings.byModel, !findings.goals.isEmpty else { return nil }
    return ReportTable(
      id: "first_tokens", title: "First tokens by provider and model",
      columns: modelKeys + [
        .init("mean_first_token_ms", "Mean", unit: .milliseconds),
        .init("p50_first_token_ms", "p50", unit: .milliseconds),
        .init("p95_first_token_ms", "p95", unit: .milliseconds),
        .init("first_token_goal_pct", "Within goal", unit: .percent),
        .init("token_goal_pct", "Tokens within goal", unit: .percent),
      ],
      rows: rows.map { row in
        keys(row) + [
          .number(row.own.meanFirstTokenMs, .milliseconds, else: "too few"),
          .number(row.own.p50FirstTokenMs, .milliseconds, else: "too few"),
          .number(row.own.p95FirstTokenMs, .milliseconds, else: "too few"),
          .number(row.own.firstTokenGoalPct, .percent, else: "too few"),
          .number(row.own.tokenGoalPct, .percent, else: "too few"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  private var errorTable: ReportTable? {
    guard let rows = findings.byModel else { return nil }
    let types = Set(rows.flatMap { $0.own.errorsByType.keys }).sorted()
    guard !types.isEmpty else { return nil }
    return ReportTable(
      id: "errors", title: "Errors by provider and model",
      columns: modelKeys + [.init("errors", "Errors", unit: .count)] + types.map { .init($0, $0, unit: .count) } + [
        .init("retries", "Retries", unit: .count), .init("retry_cost_usd", "Billed cost of failures", unit: .usd),
      ],
      rows: rows.map { row in
        keys(row) + [.count(row.own.group.errors ?? 0)] + types.map { .count(row.own.errorsByType[$0] ?? 0) } + [
          row.own.retries.map { .integer($0) } ?? .missing("no column"),
          .money(row.own.group.retryCostUsd, else: "no costs"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  // MARK: Speed and price

  private var bestText: String {
    let words = ["fast": "fast work", "cheap": "cheap work", "balanced": "balanced work"]
    return findings.best.map { best in
      let work = words[best.kind] ?? best.kind
      guard let provider = best.provider, let model = best.model else {
        return "None is best for \(work): \(best.noneBecause ?? "the data don't tell")."
      }
      return "Best for \(work) is \(provider) / \(model), ahead of \(best.runnerUp ?? "all others")."
    }.joined(separator: " ")
  }

  private var efficiencyTable: ReportTable? {
    guard let rows = findings.byModel, rows.contains(where: { $0.own.efficiency != nil }) else { return nil }
    let ordered = rows.filter { $0.own.efficiency != nil }.sorted {
      (-($0.own.efficiency ?? 0), $0.label) < (-($1.own.efficiency ?? 0), $1.label)
    }
    return ReportTable(
      id: "efficiency", title: "Efficiency: how near to the frontier of p95 and price",
      columns: modelKeys + [
        .init("p95_latency_ms", "p95", unit: .milliseconds),
        .init("cost_per_million_tokens_usd", "Per 1M", unit: .usdPerMillionTokens),
        .init("time_at_equal_length", "Time at equal length", unit: .ratio),
        .init("time_low", "From", unit: .ratio, priority: 3), .init("time_high", "To", unit: .ratio, priority: 3),
        .init("efficiency", "Efficiency", unit: .ratio), .note("efficiency_band", "Band"),
      ],
      rows: ordered.map { row in
        keys(row) + [
          .number(row.own.group.p95LatencyMs, .milliseconds, else: "too few"),
          .number(row.own.costPerMillionTokensUsd, .usdPerMillionTokens, else: "no costs"),
          .number(row.own.timeAtEqualLength, .ratio, else: "too few"),
          .number(row.own.timeInterval?.low, .ratio, else: "too few"),
          .number(row.own.timeInterval?.high, .ratio, else: "too few"),
          .number(row.own.efficiency, .ratio, else: "too few"), .text(row.own.efficiencyBand ?? ""),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by efficiency, highest first",
      note: "Time at equal length: 0.8 is a fifth faster than all models together; its interval resamples days.")
  }

  private var lengthTable: ReportTable? {
    guard let rows = findings.byLength, !rows.isEmpty else { return nil }
    return ReportTable(
      id: "by_length", title: "Latency by length of answer",
      columns: modelKeys + [
        .key("output_tokens", "Output tokens"), .init("calls", "Calls", unit: .count),
        .init("mean_latency_ms", "Mean", unit: .milliseconds, priority: 2),
        .init("p50_latency_ms", "p50", unit: .milliseconds), .init("p95_latency_ms", "p95", unit: .milliseconds),
      ],
      rows: rows.map { row in
        [
          name(row.provider), name(row.model), .text(row.outputTokens), .count(row.calls),
          .number(row.meanLatencyMs, .milliseconds, else: "too few"),
          .number(row.p50LatencyMs, .milliseconds, else: "too few"),
          .number(row.p95LatencyMs, .milliseconds, else: "too few"),
        ]
      }, shownLimit: 30, sortNote: "by provider, model and length")
  }

  // MARK: Spread and course

  private var histogramTable: ReportTable? {
    guard !findings.histogram.isEmpty else { return nil }
    return ReportTable(
      id: "latency_histogram", title: "Calls by latency",
      columns: [
        .init("from_ms", "From", unit: .milliseconds, role: .key, alignment: .trailing),
        .init("to_ms", "Below", unit: .milliseconds), .init("calls", "Calls", unit: .count),
      ],
      rows: findings.histogram.map { bin in
        [.number(bin.fromMs, .milliseconds), .number(bin.toMs, .milliseconds, else: "no end"), .count(bin.calls)]
      }, shownLimit: Self.shownRows, sortNote: "by latency")
  }

  private var courseTable: ReportTable? {
    guard let steps = findings.steps, !steps.isEmpty else { return nil }
    return ReportTable(
      id: "by_hour", title: "Latency and errors over time (UTC)",
      columns: [
        .key("start", "From"), .init("calls", "Calls", unit: .count),
        .init("p95_latency_ms", "p95", unit: .milliseconds), .init("error_rate_pct", "Errors", unit: .percent),
      ],
      rows: steps.map { step in
        [
          .instant(step.start), .count(step.calls), .number(step.p95LatencyMs, .milliseconds, else: "too few"),
          .number(step.errorRatePct, .percent, else: "unknown"),
        ]
      }, shownLimit: 24, sortNote: "by time")
  }
}
