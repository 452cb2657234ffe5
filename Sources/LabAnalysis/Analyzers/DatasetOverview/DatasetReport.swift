import LabCore
import LabReport
import LabTable

/// The report of ``DatasetOverview``.
struct DatasetReport {
  let findings: DatasetFindings
  let summary: [Metric]

  /// Rows of a table that a page shows at first.
  private static let shownRows = 15

  @ReportBuilder var blocks: [ReportBlock] {
    summary
    Callout(verdictLevel, verdict)
    fileSection
    if findings.totalCalls == 0 {
      Callout(.info, "There are no calls in this data or selection, so there is nothing to describe.")
    } else {
      qualitySection
      timeSection
      ReportBlock.Section("Success and errors") { errorTable }
      ReportBlock.Section("Distributions") {
        for group in findings.groups { table(group.name, group.title, group.rows) }
      }
      ReportBlock.Section(
        "Realism",
        text: "Figures of this data beside published ones of real services. A difference is no fault by itself."
      ) {
        tokenTable
        realismTable
      }
    }
    ReportBlock.abstentions(findings.abstentions)
  }

  // MARK: Verdict

  /// What is wrong with the data, as clauses.
  private var problems: [String] {
    let quality = findings.quality
    var list: [String] = []
    func add(_ count: Int?, _ singular: String, _ plural: String? = nil) {
      if let count, count > 0 { list.append(NumberFormat.counted(count, singular, plural)) }
    }
    add(findings.file.rejectedRows, "rejected row")
    add(quality.duplicateCallIds, "repeated call id")
    add(quality.outOfOrderRows, "row out of order", "rows out of order")
    add(
      quality.costMismatchCalls, "cost that doesn't match tokens × price", "costs that don't match tokens × price")
    add(quality.impossibleTokens.reduce(0) { $0 + $1.calls }, "impossible token count")
    add(quality.tierPriceConflicts, "conflicting tier price")
    add(quality.unpricedModels.count, "model without a price", "models without a price")
    add(quality.clockGaps, "suspicious silence")
    return list
  }

  private var verdictLevel: Callout.Level { problems.isEmpty ? .good : .warning }

  private var verdict: String {
    problems.isEmpty
      ? "Nothing is wrong with this data, by all checks that could be made."
      : "To look at before trusting figures: \(problems.joined(separator: ", "))."
  }

  // MARK: Sections

  @ReportBuilder private var fileSection: [ReportBlock] {
    let file = findings.file
    ReportBlock.Section("The file") {
      ReportTable(
        id: "file", title: "Facts of the file", columns: [.key("fact", "Fact"), .note("value", "Value", priority: 0)],
        rows: [
          [.text("File"), .text(file.path)],
          [.text("Size"), .text(NumberFormat.bytes(file.bytes))],
          [.text("Fingerprint"), .text(file.fingerprint)],
          [.text("Rows"), .text(NumberFormat.grouped(file.rows))],
          [.text("Rejected rows"), .text(NumberFormat.grouped(file.rejectedRows))],
          [.text("First call"), findings.start.map { .instant($0) } ?? .missing("none")],
          [.text("Last call"), findings.end.map { .instant($0) } ?? .missing("none")],
          [
            .text("Columns it lacks"),
            .text(file.missingColumns.isEmpty ? "none" : file.missingColumns.joined(separator: ", ")),
          ],
          [
            .text("Columns not read"),
            .text(file.unknownColumns.isEmpty ? "none" : file.unknownColumns.joined(separator: ", ")),
          ],
        ])
      if !file.rejects.isEmpty {
        ReportTable(
          id: "rejects", title: "Rejected rows by reason",
          columns: [
            .key("reason", "Reason"), .init("rows", "Rows", unit: .count), .note("meaning", "Meaning"),
            .note("first_lines", "First lines", priority: 2),
          ],
          rows: file.rejects.map {
            [
              .text($0.reason), .count($0.rows), .text($0.meaning),
              .text($0.firstLines.map { "\($0)" }.joined(separator: ", ")),
            ]
          }, sortNote: "most frequent first")
      }
    }
  }

  @ReportBuilder private var qualitySection: [ReportBlock] {
    let quality = findings.quality
    ReportBlock.Section("Quality audit") {
      ReportTable(
        id: "quality", title: "Checks of the rows that were read",
        columns: [.key("check", "Check"), .init("found", "Found", unit: .count), .note("detail", "Detail")],
        rows: [
          check("Repeated call ids", quality.duplicateCallIds, "calls whose id an earlier call has"),
          check("Rows out of order", quality.outOfOrderRows, "of the whole file"),
          check("Costs against tokens × price", quality.costMismatchCalls, mismatchDetail),
          check(
            "Conflicting tier prices", quality.tierPriceConflicts, "a customer's month with two prices of one tier"),
          check(
            "Models without a price", quality.unpricedCalls == nil ? nil : quality.unpricedModels.count,
            quality.unpricedCalls.map { "\(NumberFormat.counted($0, "call")) can't be priced" } ?? ""),
          check("Suspicious silences", quality.clockGaps, "would have held 20 calls or more at the mean rate"),
        ]
          + quality.impossibleTokens.map { [.text("Impossible tokens"), .count($0.calls), .text($0.meaning)] })
      if !quality.unpricedModels.isEmpty {
        ReportTable(
          id: "unpriced_models", title: "Models that the price book lacks",
          columns: [
            .key("provider", "Provider"), .key("model", "Model"), .init("calls", "Calls", unit: .count),
            .init("cost_usd", "Recorded cost", unit: .usd),
          ],
          rows: quality.unpricedModels.map {
            [.text($0.provider), .text($0.model), .count($0.calls), .money($0.costUsd)]
          }, shownLimit: Self.shownRows, sortNote: "by cost, largest first")
      }
      if !quality.tierPriceConflictList.isEmpty {
        ReportTable(
          id: "tier_price_conflicts", title: "Tier prices that change within a month",
          columns: [
            .key("customer_id", "Customer"), .key("subscription_tier", "Tier"), .key("month", "Month"),
            .note("prices", "Prices"),
          ],
          rows: quality.tierPriceConflictList.map {
            [
              .text($0.customerId), .text($0.subscriptionTier), .text($0.month),
              .text($0.tierPricesUsd.map { NumberFormat.money($0) }.joined(separator: ", ")),
            ]
          }, shownLimit: Self.shownRows, sortNote: "by month")
      }
    }
  }

  private func check(_ name: String, _ found: Int?, _ detail: String) -> [Cell] {
    [.text(name), found.map { .count($0) } ?? .missing("not checked"), .text(detail)]
  }

  private var mismatchDetail: String {
    guard let compared = findings.quality.costComparedCalls, let difference = findings.quality.costMismatchUsd,
      let absolute = findings.quality.costMismatchAbsoluteUsd
    else { return "" }
    return "of \(NumberFormat.grouped(compared)) compared; they differ by \(NumberFormat.money(difference)) in sum, "
      + "\(NumberFormat.money(absolute)) without signs"
  }

  @ReportBuilder private var timeSection: [ReportBlock] {
    if let first = findings.callsByHour.first, let last = findings.callsByHour.last {
      ReportBlock.Section("Over time") {
        hourlyChart(first.hour, last.hour)
        if !findings.gaps.isEmpty {
          ReportTable(
            id: "gaps", title: "Hours without a call",
            columns: [
              .key("start", "From (UTC)"), .init("hours", "Hours", unit: .hours),
              .init("expected_calls", "Expected calls", unit: .calls), .note("suspicious", "Suspicious"),
            ],
            rows: findings.gaps.map {
              [
                .instant($0.start), .count($0.hours), .number($0.expectedCalls, .calls),
                .text($0.suspicious ? "yes" : "no"),
              ]
            }, shownLimit: Self.shownRows, sortNote: "by time")
        }
      }
    }
  }

  private func hourlyChart(_ first: Int64, _ last: Int64) -> Chart? {
    guard last > first, let busiest = findings.callsByHour.max(by: { $0.calls < $1.calls }) else { return nil }
    var points: [Chart.Point] = []
    var expected = first
    for entry in findings.callsByHour {
      // The first and the last silent hour of a gap draw it down to zero.
      if entry.hour > expected {
        points.append(.init(at: Instant(microseconds: expected * 3_600_000_000), 0))
        points.append(.init(at: Instant(microseconds: (entry.hour - 1) * 3_600_000_000), 0))
      }
      points.append(.init(at: Instant(microseconds: entry.hour * 3_600_000_000), Double(entry.calls)))
      expected = entry.hour + 1
    }
    let start = Instant(microseconds: busiest.hour * 3_600_000_000).formatted(fractionDigits: 0)
    return Chart(
      id: "calls_by_hour", title: "The busiest hour, \(start), has \(NumberFormat.counted(busiest.calls, "call"))",
      kind: .line, x: .init("Hour (UTC)", scale: .time), y: .init("Calls", unit: .calls),
      series: [.init("Calls", points: points)]
    ).limited()
  }

  private var errorTable: ReportTable? {
    guard !findings.errors.isEmpty else { return nil }
    return ReportTable(
      id: "errors", title: "Failed calls by type",
      columns: [
        .key("error_type", "Error type"), .init("calls", "Calls", unit: .count),
        .init("share_pct", "Share", unit: .percent, role: .share),
      ],
      rows: findings.errors.map {
        [.text($0.errorType), .count($0.calls), .number($0.sharePct, .percent, else: "none")]
      },
      sortNote: "most frequent first")
  }

  private func table(_ id: String, _ title: String, _ rows: [DatasetFindings.Row]) -> ReportTable? {
    guard let first = rows.first else { return nil }
    // A customer is one customer: there is nothing to count.
    let countsCustomers = id != "by_customer"
    return ReportTable(
      id: id, title: "Calls by \(title.lowercased())",
      columns: first.keys.map { .key($0.name, UsageColumn(name: $0.name)?.title ?? $0.name) } + [
        .init("calls", "Calls", unit: .count), .init("call_share_pct", "Share", unit: .percent, role: .share),
      ] + (countsCustomers ? [.init("customers", "Customers", unit: .count, priority: 3)] : []) + [
        .init("total_tokens", "Tokens", unit: .count, priority: 2), .init("cost_usd", "Cost", unit: .usd),
        .init("error_rate_pct", "Errors", unit: .percent, priority: 4),
      ],
      rows: rows.map { row in
        row.keys.map { .text($0.value.isEmpty ? "(none)" : $0.value) } + [
          .count(row.calls), .number(row.own.callShare.map { $0 * 100 }, .percent, else: "none"),
        ] + (countsCustomers ? [row.own.customers.map { .count($0) } ?? .missing("not counted")] : []) + [
          row.totalTokens.map { .integer($0) } ?? .missing("no tokens"), .money(row.cost, else: "no costs"),
          .number(row.own.errorRatePct, .percent, else: "no status"),
        ]
      }, shownLimit: Self.shownRows, sortNote: "by cost, largest first")
  }

  private var tokenTable: ReportTable? {
    guard !findings.tokens.isEmpty else { return nil }
    return ReportTable(
      id: "tokens", title: "Tokens per call",
      columns: [.key("column", "Column")]
        + ["mean", "p10", "p50", "p90", "p99", "max"].map { .init($0, $0, unit: .tokens) },
      rows: findings.tokens.map { entry in
        [.text(entry.column), .number(entry.mean, .tokens)]
          + [entry.p10, entry.p50, entry.p90, entry.p99, entry.max].map { .integer($0) }
      })
  }

  private var realismTable: ReportTable? {
    guard !findings.realism.isEmpty else { return nil }
    return ReportTable(
      id: "realism", title: "This data beside real services",
      columns: [
        .key("figure", "Figure"), .init("value", "Here"), .note("published", "Published"),
        .note("source", "Source", priority: 2),
      ],
      rows: findings.realism.map {
        [.text($0.label), .number($0.value, $0.unit, else: "unknown"), .text($0.published), .text($0.source)]
      })
  }
}
