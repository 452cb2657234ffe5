import LabCore
import LabReport
import LabTable

/// Turns the cells of two passes into the findings of ``Performance``.
struct PerformanceSummation {
  let cells: LatencyCells
  let calls: CallTable
  let context: AnalysisContext
  let customers: CustomerLimits?

  typealias Figures = PerformanceFindings.Figures
  private typealias Lane = LatencyCube.Lane

  private var total: CallSums { cells.sums(by: .overall)?.first ?? CallSums() }
  var hasLatency: Bool { calls.has(.latency) }
  var hasCost: Bool { calls.has(.cost) && (total.calls == 0 || cells.scan.costless < total.calls) }
  var hasFailures: Bool { calls.has(.errorType) || calls.has(.status) }

  func findings() throws(AnalysisError) -> PerformanceFindings {
    let total = self.total
    let range = total.calls > 0 ? try context.timeRange(of: calls) : nil
    let days = range.map { $0.upperBound - $0.lowerBound }?.days ?? 0
    let comparison = ModelComparison(cells)
    let byModel = modelRows(comparison)
    let search = IncidentSearch(cells: cells, calls: calls)
    let (byHour, byDay) = steps()
    let found = (search.latencyIncidents() + search.failures(of: customers, threads: context.threads)).sorted {
      $0.isBefore($1)
    }
    var findings = PerformanceFindings(
      start: range?.lowerBound, end: range?.upperBound, days: days, totalCalls: total.calls,
      totalCostUsd: hasCost ? total.cost(Lane.cost) : nil, overall: overall(total), sla: promise(total), limits: [],
      goals: goals(), byProvider: rows(by: .provider, [.provider]), byModel: byModel,
      byFeature: rows(by: .feature, [.featureID]), byLength: lengthRows(), histogram: histogram(), byHour: byHour,
      byDay: byDay, best: comparison.best(rows: byModel ?? []),
      incidents: search.judgesFailures ? found.map(incident) : nil,
      monthlyRetryCost: monthlyRetryCost(total, days: days), recommendations: [],
      detections: found.map(\.detection), abstentions: [])
    findings.limits = limits(findings.overall)
    findings.abstentions = abstentions(findings, search)
    findings.recommendations =
      PerformanceAdvice(findings: findings, prices: context.prices, cells: cells)
      .recommendations
    return findings
  }

  // MARK: Groups

  /// - Parameters:
  ///   - spoken: the sums of the successful calls of known duration and length.
  func figures(_ sums: CallSums, _ spoken: CallSums?, _ durations: LatencyCells.Figures?) -> Figures {
    let known = durations?.known ?? 0
    func milliseconds(_ index: Int, least: Int) -> Double? {
      guard let durations, known >= least, index < durations.percentiles.count else { return nil }
      return durations.percentiles[index].map { Double($0) / 1000 }
    }
    let failed = sums.lanes[Lane.failed]
    let violations = sums.lanes[Lane.violations]
    return Figures(
      timedCalls: Int64(known),
      meanLatencyMs: known >= Performance.minimumForMean
        ? Ratio.of(Double(sums.lanes[Lane.latency]) / 1000, Double(known)) : nil,
      p50LatencyMs: milliseconds(0, least: Performance.minimumForMean),
      p95LatencyMs: milliseconds(1, least: Performance.minimumForMean),
      p99LatencyMs: milliseconds(2, least: Performance.minimumForP99),
      outputTokensPerSecond: spoken.flatMap {
        $0.calls >= Int64(Performance.minimumForMean)
          ? Ratio.of(Double($0.lanes[Lane.output]) * 1e6, Double($0.lanes[Lane.latency])) : nil
      },
      errors: hasFailures ? failed : nil, errorRatePct: hasFailures ? Ratio.percent(failed, sums.calls) : nil,
      slaViolations: hasLatency ? violations : nil,
      slaCompliancePct: hasLatency ? Ratio.percent(sums.calls - violations, sums.calls) : nil,
      retryCostUsd: hasCost && hasFailures ? sums.cost(Lane.failedCost) : nil)
  }

  private func overall(_ total: CallSums) -> Figures {
    figures(total, cells.sums(ofStrata: LatencyStratum.lengths), cells.figures(by: .overall)?.first)
  }

  func row<Own>(_ keys: [GroupRow<Own>.Key], _ sums: CallSums, _ own: Own) -> GroupRow<Own> {
    let (hasInput, hasOutput) = (calls.has(.inputTokens), calls.has(.outputTokens))
    let (input, output) = (sums.lanes[Lane.input], sums.lanes[Lane.output])
    return GroupRow(
      keys: keys, calls: sums.calls, cost: hasCost ? sums.cost(Lane.cost) : nil,
      inputTokens: hasInput ? input : nil, outputTokens: hasOutput ? output : nil,
      totalTokens: hasInput && hasOutput ? input &+ output : nil, own: own)
  }

  private func rows(by grouping: LatencyGrouping, _ columns: [UsageColumn]) -> [PerformanceFindings.Row]? {
    guard calls.missing(columns).isEmpty, let durations = cells.figures(by: grouping),
      let sums = cells.sums(by: grouping), let column = columns.first
    else { return nil }
    let spoken = cells.sums(by: grouping, strata: LatencyStratum.lengths)
    let texts = calls.dictionary(column)
    return sums.indices.filter { sums[$0].calls > 0 }.map { code in
      row(
        [.init(name: column.name, value: texts[UInt32(code)])], sums[code],
        figures(sums[code], spoken?[code], durations[code]))
    }.inOrder()
  }

  private func modelRows(_ comparison: ModelComparison) -> [PerformanceFindings.ModelRow]? {
    guard calls.missing([.provider, .model]).isEmpty, let durations = cells.figures(by: .pair),
      let sums = cells.sums(by: .pair)
    else { return nil }
    let spoken = cells.sums(by: .pair, strata: LatencyStratum.lengths)
    let firsts = cells.figures(by: .firstToken)
    let (providers, models) = (calls.dictionary(.provider), calls.dictionary(.model))
    var rows: [PerformanceFindings.ModelRow] = []
    for (pair, codes) in cells.plan.pairs.codes.enumerated() where sums[pair].calls > 0 {
      let first = cells.scan.firstTokens.isEmpty ? nil : cells.scan.firstTokens[pair]
      let isEnough = (first?.known ?? 0) >= Int64(Performance.minimumForMean)
      let succeeded = sums[pair].calls - sums[pair].lanes[Lane.failed]
      let tokens = sums[pair].lanes[Lane.input] &+ sums[pair].lanes[Lane.output]
      let hasTokens = calls.has(.inputTokens) && calls.has(.outputTokens)
      func percentile(_ index: Int) -> Double? {
        isEnough ? firsts?[pair].percentiles[index].map { Double($0) / 1000 } : nil
      }
      let own = PerformanceFindings.ModelFigures(
        group: figures(sums[pair], spoken?[pair], durations[pair]),
        meanFirstTokenMs: isEnough ? first.flatMap { Ratio.of(Double($0.sum) / 1000, Double($0.known)) } : nil,
        p50FirstTokenMs: percentile(0), p95FirstTokenMs: percentile(1),
        firstTokenGoalPct: isEnough ? first.flatMap { Ratio.percent($0.kept, succeeded) } : nil,
        tokenGoalPct: first.flatMap {
          $0.timed >= Int64(Performance.minimumForMean) ? Ratio.percent($0.keptPerToken, $0.timed) : nil
        }, retries: cells.plan.hasRetries ? cells.scan.retries[pair] : nil, errorsByType: errors(of: pair),
        costPerMillionTokensUsd: hasCost && hasTokens ? Ratio.perMillion(sums[pair].cost(Lane.cost), tokens) : nil,
        timeAtEqualLength: comparison.times[pair]?.value, timeInterval: comparison.times[pair]?.interval,
        priceInterval: hasCost ? comparison.prices[pair]?.interval : nil, efficiency: nil, efficiencyBand: nil)
      rows.append(
        row(
          [
            .init(name: "provider", value: providers[UInt32(codes.provider)]),
            .init(name: "model", value: models[UInt32(codes.model)]),
          ], sums[pair], own))
    }
    Efficiency.rate(&rows)
    return rows.inOrder()
  }

  private func errors(of pair: Int) -> [String: Int64] {
    let plan = cells.plan
    guard plan.errorTypes > 0 else { return [:] }
    let texts = calls.dictionary(.errorType)
    var errors: [String: Int64] = [:]
    for type in 0..<plan.errorTypes where cells.scan.errors[pair * plan.errorTypes + type] > 0 {
      let isRest = type == plan.errorTypes - 1 && texts.count > plan.errorTypes
      errors[isRest ? "other" : texts[UInt32(type)]] = cells.scan.errors[pair * plan.errorTypes + type]
    }
    return errors
  }

  private func lengthRows() -> [PerformanceFindings.LengthRow]? {
    guard calls.missing([.provider, .model, .outputTokens]).isEmpty, let durations = cells.figures(by: .pairStratum),
      let sums = cells.sums(by: .pairStratum)
    else { return nil }
    let (providers, models) = (calls.dictionary(.provider), calls.dictionary(.model))
    var rows: [PerformanceFindings.LengthRow] = []
    for (pair, codes) in cells.plan.pairs.codes.enumerated() {
      for stratum in LatencyStratum.lengths {
        let index = pair * LatencyStratum.count + stratum
        guard sums[index].calls > 0 else { continue }
        let isEnough = durations[index].known >= Performance.minimumForMean
        let values = durations[index].percentiles.map { value in isEnough ? value.map { Double($0) / 1000 } : nil }
        rows.append(
          .init(
            provider: providers[UInt32(codes.provider)], model: models[UInt32(codes.model)],
            outputTokens: LatencyStratum.title(stratum), stratum: stratum, calls: sums[index].calls,
            meanLatencyMs: isEnough
              ? Ratio.of(Double(sums[index].lanes[Lane.latency]) / 1000, Double(durations[index].known)) : nil,
            p50LatencyMs: values[0], p95LatencyMs: values[1]))
      }
    }
    return rows.sorted {
      ($0.provider, $0.model, $0.stratum) < ($1.provider, $1.model, $1.stratum)
    }
  }
}

extension CallSums {
  /// An amount of money in a lane.
  func cost(_ lane: Int) -> Money { Money(nanodollars: lanes[lane]) }
}
