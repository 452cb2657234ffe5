import LabCore
import LabReport

/// The charts of ``Performance``.
struct PerformanceCharts {
  let findings: PerformanceFindings

  private static let shownBars = 10

  /// The largest models that have a p95.
  private var models: [PerformanceFindings.ModelRow] {
    Array((findings.byModel ?? []).filter { $0.own.group.p95LatencyMs != nil }.prefix(Self.shownBars))
  }

  private var coverage: String? {
    let all = findings.byModel?.count ?? 0
    return all > models.count ? "top \(models.count) of \(all) models" : nil
  }

  var percentiles: Chart? {
    guard
      let slowest = models.max(by: {
        ($0.own.group.p95LatencyMs ?? 0, $1.label) < ($1.own.group.p95LatencyMs ?? 0, $0.label)
      }), let p95 = slowest.own.group.p95LatencyMs
    else { return nil }
    return Chart(
      id: "latency_percentiles",
      title: "\(slowest.label) has the longest p95, \(Unit.milliseconds.textWithUnit(of: p95))", kind: .groupedBar,
      x: .init("Model", scale: .category), y: .init("Latency", unit: .milliseconds), categories: models.map(\.label),
      series: [
        .init("p50", values: models.map(\.own.group.p50LatencyMs), unit: .milliseconds),
        .init("p95", values: models.map(\.own.group.p95LatencyMs), unit: .milliseconds),
        .init("p99", values: models.map(\.own.group.p99LatencyMs), unit: .milliseconds),
      ], tableID: "by_model", note: coverage)
  }

  var histogram: Chart? {
    guard let fullest = findings.histogram.max(by: { ($0.calls, $1.fromMs) < ($1.calls, $0.fromMs) }),
      let share = Ratio.percent(fullest.calls, findings.overall.timedCalls)
    else { return nil }
    let from = Unit.milliseconds.text(of: fullest.fromMs)
    let to = fullest.toMs.map { " to \(Unit.milliseconds.text(of: $0))" } ?? ""
    return Chart(
      id: "latency_histogram", title: "\(Unit.percent.text(of: share)) of the calls took \(from)\(to) ms",
      kind: .histogram, x: .init("Latency from", unit: .milliseconds, scale: .category),
      y: .init("Calls", unit: .calls),
      categories: findings.histogram.map { Unit.milliseconds.text(of: $0.fromMs) },
      series: [.init("Calls", values: findings.histogram.map { Double($0.calls) }, unit: .calls)],
      tableID: "latency_histogram")
  }

  /// p95 against price; models without either are left out.
  var frontier: Chart? {
    let rows = (findings.byModel ?? []).filter { $0.own.efficiency != nil }
    guard rows.count > 1 else { return nil }
    let points = rows.compactMap { row -> Chart.Point? in
      guard let price = row.own.costPerMillionTokensUsd else { return nil }
      return Chart.Point(x: price, y: row.own.group.p95LatencyMs, label: row.label)
    }.sorted { ($0.x, $0.label ?? "") < ($1.x, $1.label ?? "") }
    let best = rows.filter { $0.own.efficiency == 1 }
    return Chart(
      id: "speed_and_price",
      title: best.count == 1
        ? "\(best[0].label) is both fastest and cheapest"
        : "\(NumberFormat.counted(best.count, "model")) of \(rows.count) lie on the frontier of speed and price",
      kind: .scatter, x: .init("Price", unit: .usdPerMillionTokens), y: .init("p95", unit: .milliseconds),
      series: [.init("Models", points: points, unit: .milliseconds)], tableID: "efficiency")
  }

  /// p95 by length of answer, a line for each of the largest models.
  var lengths: Chart? {
    guard let rows = findings.byLength else { return nil }
    let titles = LatencyStratum.lengths.map { LatencyStratum.title($0) }
    let series = models.prefix(6).map { model in
      Chart.Series(
        model.label,
        values: LatencyStratum.lengths.map { stratum in
          rows.first {
            $0.provider == model.keys[0].value && $0.model == model.keys[1].value && $0.stratum == stratum
          }?.p95LatencyMs
        }, unit: .milliseconds)
    }
    guard let first = series.first, case .values(let values) = first.content,
      let low = values.firstIndex(where: { $0 != nil }), let high = values.lastIndex(where: { $0 != nil }),
      let shortest = values[low], let longest = values[high]
    else { return nil }
    return Chart(
      id: "latency_by_length",
      title: "\(first.name): p95 of \(Unit.milliseconds.textWithUnit(of: shortest)) at \(titles[low]) output tokens, "
        + "\(Unit.milliseconds.textWithUnit(of: longest)) at \(titles[high])",
      kind: .groupedBar,
      x: .init("Output tokens", scale: .category), y: .init("p95", unit: .milliseconds), categories: titles,
      series: Array(series), tableID: "by_length")
  }

  var promises: Chart? {
    guard !models.isEmpty, findings.sla.compliancePct != nil else { return nil }
    let kept = models.filter { ($0.own.group.slaCompliancePct ?? 0) >= findings.sla.targetPct }.count
    return Chart(
      id: "sla_by_model",
      title: "\(kept) of \(NumberFormat.counted(models.count, "model")) keep the promise in "
        + "\(Unit.percent.text(of: findings.sla.targetPct)) of their calls",
      kind: .bar, x: .init("Model", scale: .category), y: .init("Within promise", unit: .percent),
      categories: models.map(\.label),
      series: [
        .init("Within promise", values: models.map(\.own.group.slaCompliancePct), unit: .percent),
        .init("Target", values: models.map { _ in findings.sla.targetPct }, role: .reference, unit: .percent),
      ], tableID: "by_model", note: coverage)
  }

  var course: Chart? {
    guard let steps = findings.steps, steps.count > 1,
      let worst = steps.filter({ $0.p95LatencyMs != nil })
        .max(by: { ($0.p95LatencyMs ?? 0, $1.start) < ($1.p95LatencyMs ?? 0, $0.start) }),
      let p95 = worst.p95LatencyMs
    else { return nil }
    let events = (findings.incidents ?? []).sorted { $0.start < $1.start }
    return Chart(
      id: "p95_over_time",
      title: "The p95 was longest at \(worst.start.formatted(fractionDigits: 0)), "
        + Unit.milliseconds.textWithUnit(of: p95),
      kind: .line, x: .init("Time (UTC)", scale: .time), y: .init("p95", unit: .milliseconds),
      series: [
        .init("p95", points: steps.map { Chart.Point(at: $0.start, $0.p95LatencyMs) }, unit: .milliseconds)
      ]
        + (events.isEmpty
          ? []
          : [
            .init(
              "Incidents", points: events.map { Chart.Point(at: $0.start, p95, label: $0.kind) }, role: .events,
              unit: .milliseconds)
          ]),
      tableID: "by_hour")
  }
}
