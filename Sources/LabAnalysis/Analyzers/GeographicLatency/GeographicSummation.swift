import LabCore
import LabReport
import LabTable

/// Turns the cells of two passes into the findings of ``GeographicLatency``.
struct GeographicSummation {
  let cells: LatencyCells
  let calls: CallTable
  let context: AnalysisContext

  private typealias Lane = LatencyCube.Lane

  private var shared: PerformanceSummation {
    PerformanceSummation(cells: cells, calls: calls, context: context, customers: nil)
  }

  func findings() throws(AnalysisError) -> GeographicFindings {
    let total = cells.sums(by: .overall)?.first ?? CallSums()
    let range = total.calls > 0 ? try context.timeRange(of: calls) : nil
    let days = range.map { $0.upperBound - $0.lowerBound }?.days ?? 0
    let comparison = RegionComparison(cells)
    let byRegion = rows(by: .region, comparison)
    var findings = GeographicFindings(
      start: range?.lowerBound, end: range?.upperBound, days: days, totalCalls: total.calls,
      totalCostUsd: shared.hasCost ? total.cost(Lane.cost) : nil, regions: byRegion?.count,
      slaViolations: shared.hasLatency ? total.lanes[Lane.violations] : nil,
      slaMs: context.settings.slaMilliseconds, byRegion: byRegion,
      byRegionAndProvider: rows(by: .regionProvider, comparison), comparisonsMade: 0, comparisons: nil, reroutes: nil,
      recommendations: [], abstentions: [])
    if let comparison, let prices = context.prices, calls.missing(Self.compared).isEmpty, days >= 7 {
      let (made, faster) = comparison.comparisons(
        calls, prices: prices, slaMilliseconds: context.settings.slaMilliseconds, end: range?.upperBound, days: days)
      findings.comparisonsMade = made
      findings.comparisons = faster
      findings.reroutes = Self.best(faster.filter(\.reroute))
    }
    findings.abstentions = abstentions(findings, comparison)
    findings.recommendations = (findings.reroutes ?? []).map { Self.recommendation($0, days: days) }
    return findings
  }

  private static let compared: [UsageColumn] = [.timestamp, .provider, .model, .region, .latency, .outputTokens]

  private func rows(by grouping: LatencyGrouping, _ comparison: RegionComparison?) -> [GeographicFindings.Row]? {
    let columns: [UsageColumn] = grouping == .region ? [.region] : [.region, .provider]
    guard calls.missing(columns).isEmpty, let durations = cells.figures(by: grouping),
      let sums = cells.sums(by: grouping)
    else { return nil }
    let regions = cells.plan.size(.region)
    let standing = comparison?.standing(groups: sums.count) { region, provider in
      grouping == .region ? region : provider * regions + region
    }
    let (regionNames, providerNames) = (calls.dictionary(.region), calls.dictionary(.provider))
    return sums.indices.filter { sums[$0].calls > 0 }.map { code in
      var keys = [GeographicFindings.Row.Key(name: "region", value: regionNames[UInt32(code % regions)])]
      if grouping == .regionProvider {
        keys.append(.init(name: "provider", value: providerNames[UInt32(code / regions)]))
      }
      let figures = shared.figures(sums[code], nil, durations[code])
      let own = standing?[code]
      return shared.row(
        keys, sums[code],
        GeographicFindings.Figures(
          timedCalls: figures.timedCalls, meanLatencyMs: figures.meanLatencyMs, p50LatencyMs: figures.p50LatencyMs,
          p95LatencyMs: figures.p95LatencyMs, p99LatencyMs: figures.p99LatencyMs,
          slaViolations: figures.slaViolations, slaCompliancePct: figures.slaCompliancePct, errors: figures.errors,
          errorRatePct: figures.errorRatePct,
          // Against all is all over own: turned round, it is own over all.
          timeAtEqualLength: own.flatMap { Ratio.of(1, $0.ratio) },
          timeInterval: own.flatMap { means in
            guard let low = Ratio.of(1, means.interval.high), let high = Ratio.of(1, means.interval.low) else {
              return nil
            }
            return Interval(low: low, high: high, level: means.interval.level)
          }))
    }.inOrder()
  }

  /// Of the reroutes of one region and model the fastest.
  private static func best(_ reroutes: [GeographicFindings.Comparison]) -> [GeographicFindings.Comparison] {
    var best: [[String]: GeographicFindings.Comparison] = [:]
    for reroute in reroutes {
      let key = [reroute.region, reroute.provider, reroute.model]
      if let known = best[key],
        (known.ratio, known.otherProvider, known.otherModel)
          <= (reroute.ratio, reroute.otherProvider, reroute.otherModel)
      {
        continue
      }
      best[key] = reroute
    }
    return best.values.sorted {
      (-$0.calls, $0.region, $0.provider, $0.model) < (-$1.calls, $1.region, $1.provider, $1.model)
    }
  }

  private static func recommendation(_ reroute: GeographicFindings.Comparison, days: Double) -> Recommendation {
    let cost = reroute.monthlyCostChangeUsd
    var text =
      "In \(reroute.region), \(reroute.otherProvider) / \(reroute.otherModel) answers in "
      + "\(Unit.milliseconds.textWithUnit(of: reroute.otherMeanLatencyMs)) where \(reroute.provider) / \(reroute.model) "
      + "takes \(Unit.milliseconds.textWithUnit(of: reroute.meanLatencyMs)) at the same lengths, in the class "
      + "'\(reroute.modelClass)'"
    if let cost {
      text += cost.nanodollars > 0 ? "; it costs " : "; it saves "
      text += NumberFormat.money(Money(nanodollars: abs(cost.nanodollars)))
      text += " a month, all tokens taken as uncached there"
    }
    return Recommendation(
      rule: "reroute", text: text + ".", monthlyEffect: cost.map { Money(nanodollars: -$0.nanodollars) },
      evidence: [
        .init("calls", .integer(reroute.calls)), .init("ratio", .number(reroute.ratio, .ratio)),
        .init("from", .number(reroute.interval.low, .ratio)), .init("to", .number(reroute.interval.high, .ratio)),
      ],
      check: "Whether its answers are as good and as long for this work, and whether data may be processed there.")
  }

  private func abstentions(_ findings: GeographicFindings, _ comparison: RegionComparison?) -> [Abstention] {
    var list: [Abstention] = []
    if !shared.hasLatency { list.append(.missing(.latency, section: "latency")) }
    if !shared.hasCost { list.append(.missingCost(in: calls)) }
    if !shared.hasFailures { list.append(.missing(.errorType, section: "errors")) }
    for (section, columns, isMissing) in [
      ("by_region", [UsageColumn.region], findings.byRegion == nil),
      ("by_region_and_provider", [.region, .provider], findings.byRegionAndProvider == nil),
    ] where isMissing {
      if let column = calls.missing(columns).first {
        list.append(.missing(column, section: section))
      } else {
        list.append(Abstention(section: section, reason: "there are too many regions to keep apart"))
      }
    }
    guard findings.comparisons == nil else { return list }
    if let column = calls.missing(Self.compared).first {
      list.append(.missing(column, section: "reroutes"))
    } else {
      let reason =
        context.prices == nil
        ? "no price book is known that says which models are of one class"
        : comparison == nil
          ? "there are too many models and regions to compare equal lengths" : "intervals need at least seven days"
      list.append(Abstention(section: "reroutes", reason: reason))
    }
    return list
  }
}
