import LabCore
import LabPrices
import LabReport
import LabTable

/// Turns the sums of one pass into the findings of ``DatasetOverview``.
struct DatasetSummation {
  let callGroups: CallGroups
  let scan: DatasetScan
  let sizes: TokenSizes
  let repeatedIDs: Int?
  let calls: CallTable
  let context: AnalysisContext

  private var facts: FileFacts { calls.facts }
  private var hasCost: Bool { calls.hasRecordedCosts }
  private var total: CallSums { callGroups.scan.total }
  private var failed: Int64 { total.failedCalls }

  func findings() -> DatasetFindings {
    let range = total.calls > 0 ? callGroups.scan.plan.range : nil
    let hours = callGroups.hoursWithCalls
    let groups = DatasetOverview.groupings.compactMap { grouping in
      rows(grouping.columns).map { (name: grouping.name, title: grouping.title, rows: $0) }
    }
    let byCustomer = groups.first { $0.name == "by_customer" }?.rows
    let silent = silentCustomers(byCustomer)
    let costs = (byCustomer ?? []).map { $0.cost ?? .zero } + Array(repeating: .zero, count: silent)
    var findings = DatasetFindings(
      totalCalls: total.calls, totalCostUsd: hasCost ? total.cost : nil, file: file, start: range?.lowerBound,
      end: range?.upperBound, hours: calls.has(.timestamp) ? hours.count : nil,
      days: calls.has(.timestamp) ? Set(hours.map { floorDivide($0.hour, 24) }).count : nil, gaps: gaps(hours),
      distinct: distinct(groups),
      successRatePct: calls.has(.status) ? Ratio.percent(total.calls - failed, total.calls) : nil,
      errors: errors(groups), quality: quality(groups), tokens: tokens, realism: [],
      giniCustomers: hasCost && calls.has(.customerID) ? Gini.coefficient(of: costs) : nil,
      customersWithoutCalls: context.subscriptions == nil ? nil : silent, groups: groups, callsByHour: hours,
      abstentions: [])
    findings.quality.clockGaps = findings.gaps.count { $0.suspicious }
    findings.realism = realism(hours, byCustomer ?? [], silent: silent)
    findings.abstentions = abstentions(findings)
    return findings
  }

  private var file: DatasetFindings.File {
    .init(
      path: facts.path, bytes: facts.bytes, fingerprint: facts.fingerprint.description, rows: facts.rows,
      rejectedRows: facts.rejectedRows,
      rejects: facts.rejects.map {
        .init(reason: $0.reason.name, meaning: $0.reason.sentence, rows: $0.count, firstLines: $0.firstLines)
      }, blankLines: facts.blankLines, columns: facts.columns.map(\.name),
      missingColumns: calls.missing(UsageColumn.allCases).map(\.name), unknownColumns: facts.unknownColumns,
      tornLine: facts.tornLine)
  }

  // MARK: Groups

  private func rows(_ columns: [UsageColumn]) -> [DatasetFindings.Row]? {
    guard let first = columns.first, calls.missing(columns).isEmpty,
      let cube = columns.last.flatMap({ callGroups.cube(of: $0) })
    else { return nil }
    let sums = columns.count > 1 ? cube.sums(by: first, columns[1]) : cube.sums(by: first)
    guard let sums else { return nil }
    var customers: [Int]?
    for table in scan.presence where customers == nil { customers = table.counts(columns) }
    let inner = columns.count > 1 ? max(1, calls.dictionary(columns[1]).count) : 1
    let texts = columns.map { calls.dictionary($0) }
    var rows: [DatasetFindings.Row] = []
    for code in 0..<(sums.count / CallCube.windows) {
      var group = CallSums()
      for window in 0..<CallCube.windows { group += sums[code * CallCube.windows + window] }
      guard group.calls > 0 else { continue }
      let codes = columns.count > 1 ? [code / inner, code % inner] : [code]
      rows.append(
        row(
          zip(columns, zip(texts, codes)).map { column, text in
            .init(name: column.name, value: text.0[UInt32(text.1)])
          }, group, customers: customers?[code]))
    }
    return rows.inOrder()
  }

  private func row(
    _ keys: [DatasetFindings.Row.Key], _ sums: CallSums, customers: Int?
  ) -> DatasetFindings.Row {
    let failures = calls.has(.status) ? sums.failedCalls : nil
    let hasTokens = calls.has(.inputTokens) && calls.has(.outputTokens)
    return .init(
      keys: keys, calls: sums.calls, cost: hasCost ? sums.cost : nil,
      inputTokens: calls.has(.inputTokens) ? sums.inputTokens : nil,
      outputTokens: calls.has(.outputTokens) ? sums.outputTokens : nil,
      totalTokens: hasTokens ? sums.totalTokens : nil,
      own: .init(
        customers: customers, callShare: Ratio.of(sums.calls, total.calls), failedCalls: failures,
        errorRatePct: failures.flatMap { Ratio.percent($0, sums.calls) }))
  }

  private func distinct(_ groups: [(name: String, title: String, rows: [DatasetFindings.Row])]) -> [DatasetFindings
    .Distinct]
  {
    groups.filter { $0.name != "by_status" && $0.name != "by_error_type" }.map {
      .init(column: String($0.name.dropFirst(3)), title: $0.title, count: $0.rows.count)
    }
  }

  private func errors(_ groups: [(name: String, title: String, rows: [DatasetFindings.Row])]) -> [DatasetFindings
    .ErrorKind]
  {
    let rows = groups.first { $0.name == "by_error_type" }?.rows ?? []
    return rows.compactMap { row -> DatasetFindings.ErrorKind? in
      guard let name = row.keys.first?.value, !name.isEmpty else { return nil }
      return .init(errorType: name, calls: row.calls, sharePct: Ratio.percent(row.calls, failed))
    }.sorted { $0.calls == $1.calls ? $0.errorType < $1.errorType : $0.calls > $1.calls }
  }

  /// How many customers subscribed and never called.
  private func silentCustomers(_ rows: [DatasetFindings.Row]?) -> Int {
    guard let rows, let subscriptions = context.subscriptions else { return 0 }
    let callers = Set(rows.compactMap { $0.keys.first?.value })
    return Set(subscriptions.map(\.customer)).subtracting(callers).count
  }

  // MARK: Time

  private func gaps(_ hours: [(hour: Int64, calls: Int64)]) -> [DatasetFindings.Gap] {
    guard let first = hours.first, let last = hours.last else { return [] }
    let rate = Double(total.calls) / Double(last.hour - first.hour + 1)
    return zip(hours, hours.dropFirst()).compactMap { before, after in
      let length = after.hour - before.hour - 1
      guard length > 0 else { return nil }
      let expected = rate * Double(length)
      return .init(
        start: Instant(microseconds: (before.hour + 1) * 3_600_000_000), hours: Int(length), expectedCalls: expected,
        suspicious: expected >= DatasetOverview.suspiciousCalls)
    }
  }

  // MARK: Quality

  private func quality(_ groups: [(name: String, title: String, rows: [DatasetFindings.Row])])
    -> DatasetFindings.Quality
  {
    let tally = callGroups.scan.priceAudit?.tally
    let conflicts = scan.tierPrices?.conflicts(calls, subscriptions: context.subscriptions)
    return .init(
      duplicateCallIds: repeatedIDs, outOfOrderRows: facts.outOfOrderRows, costMismatchCalls: tally?.calls,
      costMismatchUsd: tally.map { Self.money($0.difference) },
      costMismatchAbsoluteUsd: tally.map { Self.money($0.absolute) },
      costComparedCalls: callGroups.scan.priceAudit?.compared,
      unpricedCalls: callGroups.scan.priceAudit?.unpriced, unpricedModels: unpricedModels(groups),
      impossibleTokens: TokenAudit.Kind.allCases.compactMap { kind in
        let count = scan.tokenAudit.counts[kind.rawValue]
        return count > 0 ? .init(kind: kind.name, meaning: kind.sentence, calls: count) : nil
      }, tierPriceConflicts: conflicts?.count, tierPriceConflictList: conflicts ?? [], clockGaps: 0)
  }

  private static func money(_ sum: Int128) -> Money {
    Money(exactly: sum) ?? Money(nanodollars: sum < 0 ? .min : .max)
  }

  private func unpricedModels(
    _ groups: [(name: String, title: String, rows: [DatasetFindings.Row])]
  ) -> [DatasetFindings.UnpricedModel] {
    guard let book = context.prices, let rows = groups.first(where: { $0.name == "by_model" })?.rows else { return [] }
    return rows.compactMap { row in
      guard row.keys.count == 2, book.index(provider: row.keys[0].value, model: row.keys[1].value) == nil else {
        return nil
      }
      return .init(
        provider: row.keys[0].value, model: row.keys[1].value, calls: row.calls, costUsd: row.cost ?? .zero)
    }
  }

  // MARK: Realism

  private var tokens: [DatasetFindings.Tokens] {
    [("input_tokens", sizes.inputs), ("output_tokens", sizes.outputs)].compactMap { column, counts in
      guard let mean = counts.mean, let values = counts.quantiles([0.1, 0.5, 0.9, 0.99, 1]) else { return nil }
      return .init(
        column: column, mean: mean, p10: values[0], p50: values[1], p90: values[2], p99: values[3], max: values[4])
    }
  }

  private func realism(
    _ hours: [(hour: Int64, calls: Int64)], _ customers: [DatasetFindings.Row], silent: Int
  ) -> [DatasetFindings.Realism] {
    guard total.calls > 0 else { return [] }
    let variations = scan.gaps?.variations(minimum: DatasetOverview.minimumGaps) ?? []
    let everyone = customers.map(\.calls).sorted(by: >) + Array(repeating: 0, count: silent)
    let topTenth = everyone.prefix((everyone.count + 9) / 10).reduce(0, +)
    let hasCached = calls.has(.cachedInputTokens) && calls.has(.inputTokens)
    return [
      figure(PublishedFigures.chatInput, sizes.inputs.quantiles([0.5])?.first.map { Double($0) }, .tokens),
      figure(PublishedFigures.inputSigma, Self.logSigma(sizes.inputs), .none),
      figure(PublishedFigures.chatOutput, sizes.outputs.quantiles([0.5])?.first.map { Double($0) }, .tokens),
      figure(PublishedFigures.outputSigma, Self.logSigma(sizes.outputs), .none),
      figure(PublishedFigures.gapsMedian, NearestRank.quantile(0.5, ofSorted: variations), .none),
      figure(PublishedFigures.gapsHigh, NearestRank.quantile(0.9, ofSorted: variations), .none),
      figure(PublishedFigures.gini, Gini.coefficient(ofWhole: everyone), .none),
      figure(
        PublishedFigures.topTenth, everyone.count >= 10 ? Ratio.percent(topTenth, total.calls) : nil, .percent),
      figure(
        PublishedFigures.cached, hasCached ? Ratio.percent(scan.tokenAudit.cachedTokens, total.inputTokens) : nil,
        .percent),
      figure(PublishedFigures.failures, calls.has(.status) ? Ratio.percent(failed, total.calls) : nil, .percent),
      figure(PublishedFigures.peakToTrough, peakToTrough(hours), .none),
    ]
  }

  private func figure(_ published: PublishedFigures.Figure, _ value: Double?, _ unit: Unit) -> DatasetFindings.Realism {
    .init(
      figure: published.id, label: published.label, value: value, published: published.text, source: published.source,
      unit: unit)
  }

  /// Of a lognormal, the 84.13th percentile lies one sigma above the median.
  private static func logSigma(_ counts: ValueCounts) -> Double? {
    guard let values = counts.quantiles([0.5, 0.8413]), values[0] > 0 else { return nil }
    return DeterministicMath.log(Double(values[1]) / Double(values[0]))
  }

  /// Mean calls of the busiest over those of the quietest hour of the day, over whole days.
  private func peakToTrough(_ hours: [(hour: Int64, calls: Int64)]) -> Double? {
    guard let range = callGroups.scan.plan.range else { return nil }
    let days = WholePeriods(first: range.lowerBound, last: range.upperBound).days
    guard !days.isEmpty else { return nil }
    var calls = [Int64](repeating: 0, count: 24)
    for entry in hours where days.contains(Int(floorDivide(entry.hour, 24))) {
      calls[Int(entry.hour - floorDivide(entry.hour, 24) * 24)] += entry.calls
    }
    guard let most = calls.max(), let least = calls.min() else { return nil }
    return Ratio.of(most, least)
  }

  // MARK: What can't be said

  private func abstentions(_ findings: DatasetFindings) -> [Abstention] {
    var list: [Abstention] = []
    if !hasCost { list.append(.missingCost(in: calls)) }
    for grouping in DatasetOverview.groupings {
      if let column = calls.missing(grouping.columns).first {
        list.append(.missing(column, section: grouping.name))
      } else if !findings.groups.contains(where: { $0.name == grouping.name }) {
        list.append(Abstention(section: grouping.name, reason: "there are too many different values to group"))
      }
    }
    if !calls.has(.status) { list.append(.missing(.status, section: "success_rate")) }
    if !calls.has(.timestamp) { list.append(.missing(.timestamp, section: "gaps")) }
    if !calls.has(.callID) { list.append(.missing(.callID, section: "duplicate_call_ids")) }
    if findings.quality.costMismatchCalls == nil {
      let missing = calls.missing([.timestamp, .provider, .model, .inputTokens, .outputTokens, .cost]).first
      list.append(
        missing.map { .missing($0, section: "cost_mismatch") }
          ?? Abstention(
            section: "cost_mismatch",
            reason: context.prices == nil ? "no price book is known" : "there are too many different models"))
    }
    if let column = calls.missing([.timestamp, .customerID, .subscriptionTier, .tierPrice]).first {
      list.append(.missing(column, section: "tier_price_conflicts"))
    }
    if let column = calls.missing([.customerID, .cost]).first {
      list.append(.missing(column, section: "gini_customers"))
    }
    if calls.has(.customerID), calls.has(.timestamp), total.calls > 0 {
      if scan.gaps == nil {
        list.append(Abstention(section: "gap_cv", reason: "more than 1 % of the rows are out of order"))
      } else if findings.realism.first(where: { $0.figure == PublishedFigures.gapsMedian.id })?.value == nil {
        list.append(Abstention(section: "gap_cv", reason: "no customer has 30 gaps between calls"))
      }
    }
    return list
  }
}
