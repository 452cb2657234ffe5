import LabCore
import LabReport
import LabTable

/// Promises, limits, the histogram and the series: what ``PerformanceSummation`` says of all calls together.
extension PerformanceSummation {
  private typealias Lane = LatencyCube.Lane

  func promise(_ total: CallSums) -> PerformanceFindings.Promise {
    let settings = context.settings
    let violations = total.lanes[Lane.violations]
    let allowed = max(0, 100 - settings.slaTargetPercent) / 100
    let budget = Double(total.calls) * allowed
    func burn(_ violations: Int64, of calls: Int64) -> Double? {
      hasLatency ? Ratio.of(violations, calls).flatMap { Ratio.of($0, allowed) } : nil
    }
    var recent = CallSums()
    if let joint = cells.joint, joint.units > 1 {
      for cell in 0..<joint.cells { recent += joint.sums[(joint.units - 1) * joint.cells + cell] }
    }
    return .init(
      limitMs: settings.slaMilliseconds, targetPct: settings.slaTargetPercent,
      violations: hasLatency ? violations : nil,
      compliancePct: hasLatency ? Ratio.percent(total.calls - violations, total.calls) : nil, budgetCalls: budget,
      budgetUsedPct: hasLatency ? Ratio.of(Double(violations) * 100, budget) : nil,
      burnRate: burn(violations, of: total.calls),
      recentBurnRate: burn(recent.lanes[Lane.violations], of: recent.calls),
      recentDays: Int(cells.plan.time?.unitDays ?? 0))
  }

  func limits(_ overall: PerformanceFindings.Figures) -> [PerformanceFindings.Limit] {
    [
      ("p95_latency_ms", context.settings.p95LimitMilliseconds, overall.p95LatencyMs),
      ("p99_latency_ms", context.settings.p99LimitMilliseconds, overall.p99LatencyMs),
    ].map { name, limit, value in
      .init(name: name, limitMs: limit, valueMs: value, keptPct: nil, kept: value.map { $0 <= limit })
    }
  }

  /// Goals for the first token and for each after it, over successful calls; none without `ttft_ms`.
  func goals() -> [PerformanceFindings.Limit] {
    guard cells.plan.goals != nil, !cells.scan.firstTokens.isEmpty else { return [] }
    let sum = cells.scan.firstTokens.reduce((kept: Int64(0), timed: Int64(0), tokens: Int64(0))) {
      ($0.kept + $1.kept, $0.timed + $1.timed, $0.tokens + $1.keptPerToken)
    }
    let total = cells.sums(by: .overall)?.first ?? CallSums()
    let target = context.settings.slaTargetPercent
    let first = Ratio.percent(sum.kept, total.calls - total.lanes[Lane.failed])
    let token = Ratio.percent(sum.tokens, sum.timed)
    return [
      .init(
        name: "time_to_first_token", limitMs: context.settings.firstTokenGoalMilliseconds, valueMs: nil, keptPct: first,
        kept: first.map { $0 >= target }),
      .init(
        name: "time_per_output_token", limitMs: context.settings.tokenGoalMilliseconds, valueMs: nil, keptPct: token,
        kept: token.map { $0 >= target }),
    ]
  }

  /// Half powers of two of a microsecond: each bin is a fixed number of buckets, so that its count is exact.
  func histogram() -> [PerformanceFindings.HistogramBin] {
    let step = 8
    let cube = cells.scan.cubes[0]
    var counts = [Int64](repeating: 0, count: LatencyScale.bucketCount / step)
    for cell in 0..<cube.cells {
      for bucket in 0..<LatencyScale.bucketCount {
        counts[bucket / step] += Int64(cube.counts[cell * LatencyScale.width + bucket])
      }
    }
    guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
      return []
    }
    func milliseconds(_ bin: Int) -> Double { Double(LatencyScale.lowerBound(of: bin * step)) / 1000 }
    return (first...last).map { bin in
      .init(
        fromMs: milliseconds(bin), toMs: bin + 1 < counts.count ? milliseconds(bin + 1) : nil, calls: counts[bin])
    }
  }

  /// The series of hours that have calls, or of days where hours would be too many.
  func steps() -> (byHour: [PerformanceFindings.Step]?, byDay: [PerformanceFindings.Step]?) {
    guard let time = cells.plan.time, let steps = steps(time) else { return (nil, nil) }
    return time.seriesHours == 1 ? (steps, nil) : (nil, steps)
  }

  private func steps(_ time: LatencyTime) -> [PerformanceFindings.Step]? {
    guard let durations = cells.figures(by: .series),
      let cube = cells.scan.cubes.firstIndex(where: { $0.has(.series) })
    else { return nil }
    var failed = [Int64](repeating: 0, count: durations.count)
    let width = cells.plan.gridCells
    for index in cells.grid.indices where width > 0 {
      let hour = time.firstHour + Int64(index / width)
      failed[Int(floorDivide(hour, time.seriesHours) - time.firstStep)] += Int64(cells.grid[index].failed)
    }
    return durations.indices.compactMap { step -> PerformanceFindings.Step? in
      let count = Int64(cells.scan.cubes[cube].calls(of: step))
      guard count > 0 else { return nil }
      let isEnough = durations[step].known >= Performance.minimumForMean
      return .init(
        start: time.start(ofStep: step), calls: count,
        p95LatencyMs: isEnough ? durations[step].percentiles[0].map { Double($0) / 1000 } : nil,
        errorRatePct: width > 0 && hasFailures ? Ratio.percent(failed[step], count) : nil)
    }
  }

  func incident(_ found: ServiceIncident) -> PerformanceFindings.Incident {
    .init(
      kind: found.kind.rawValue, provider: found.provider, region: found.region, customerId: found.customer,
      start: found.start, end: found.end, detectedAt: found.detectedAt, calls: found.calls, markedCalls: found.marked,
      sharePct: Ratio.percent(found.marked, found.calls),
      usualSharePct: Ratio.of(found.expected * 100, Double(found.calls)), pValue: found.pValue)
  }

  func monthlyRetryCost(_ total: CallSums, days: Double) -> PerformanceFindings.MonthlyCost? {
    guard hasCost, hasFailures, days >= Understanding.minimumDays else { return nil }
    let monthly = total.cost(Lane.failedCost).dollars * Understanding.daysPerMonth / days
    var units: [Double] = []
    if let joint = cells.joint, joint.units > 1 {
      units = (0..<joint.units).map { unit in
        (0..<joint.cells).reduce(0.0) { sum, cell in
          sum + joint.sums[unit * joint.cells + cell].cost(Lane.failedCost).dollars
        }
      }
    }
    let mean = units.reduce(0, +)
    let interval = Bootstrap.ratio(
      over: .days, numerators: units, denominators: units.map { _ in mean / Double(max(units.count, 1)) },
      level: Understanding.intervalLevel)
    return .init(
      usd: Money(approximating: monthly), lowUsd: interval.map { Money(approximating: monthly * $0.low) },
      highUsd: interval.map { Money(approximating: monthly * $0.high) })
  }

  // MARK: What can't be said

  func abstentions(_ findings: PerformanceFindings, _ search: IncidentSearch) -> [Abstention] {
    var list: [Abstention] = []
    if !hasLatency { list.append(.missing(.latency, section: "latency")) }
    if !hasCost { list.append(.missingCost(in: calls)) }
    if !hasFailures { list.append(.missing(.errorType, section: "errors")) }
    if !calls.has(.timeToFirstToken) { list.append(.missing(.timeToFirstToken, section: "first_token_goals")) }
    if !calls.has(.retryOf) { list.append(.missing(.retryOf, section: "retries")) }
    let groups: [(String, [UsageColumn], Bool)] = [
      ("by_provider", [.provider], findings.byProvider == nil),
      ("by_model", [.provider, .model], findings.byModel == nil),
      ("by_feature", [.featureID], findings.byFeature == nil),
      ("by_length", [.provider, .model, .outputTokens], findings.byLength == nil),
    ]
    for (section, columns, isMissing) in groups where isMissing {
      if let column = calls.missing(columns).first {
        list.append(.missing(column, section: section))
      } else {
        list.append(Abstention(section: section, reason: "there are too many different ones to keep apart"))
      }
    }
    if findings.steps == nil {
      list.append(
        calls.has(.timestamp)
          ? Abstention(section: "by_hour", reason: "the data are of a single hour, or of more than eleven years")
          : .missing(.timestamp, section: "by_hour"))
    }
    if !search.judgesFailures {
      list.append(
        calls.has(.timestamp)
          ? Abstention(
            section: "incidents", reason: "a verdict on an hour needs at least 14 days before it to compare with")
          : .missing(.timestamp, section: "incidents"))
    } else if !search.judgesLatency {
      list.append(
        Abstention(
          section: "latency_incidents", reason: "there are too many models and regions to compare equal lengths by hour"
        ))
    }
    return list
  }
}

extension ServiceIncident {
  /// What is scored against the truth.
  var detection: Detection {
    let named: [(String, String?)] = [("provider", provider), ("region", region), ("customer_id", customer)]
    return Detection(
      .performance, kind: kind.rawValue,
      keys: named.compactMap { column, value in value.map { .init(column: column, value: $0) } }, start: start,
      end: end, bin: .hours(1), detectedAt: detectedAt)
  }
}
