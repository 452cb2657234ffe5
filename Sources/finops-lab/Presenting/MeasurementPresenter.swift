import LabAnalysis
import LabCore
import LabPipeline
import LabReport
import LabScenario

/// Prints how the detectors did over many seeds.
struct MeasurementPresenter {
  let shell: Shell
  let environment: LabEnvironment

  func run(_ command: MeasureDetectors) throws(LabFailure) -> ExitCode {
    for id in command.analyzers where !AnalyzerRegistry.ids.contains(id) {
      throw AnalysisError.unknownAnalyzer(id: id, known: AnalyzerRegistry.ids).failure
    }
    let loaded = try environment.loadScenario(
      command.scenario, edits: command.sets.compactMap { Edit(assignment: $0) })
    let console = shell.console
    let started = SystemClock.monotonic()
    let measurement = try environment.measureDetection(
      loaded, seeds: command.firstSeed..<(command.firstSeed + UInt64(command.seeds)),
      analyzers: command.analyzers.isEmpty ? nil : command.analyzers
    ) { run in console.note("seed \(run.seed): \(NumberFormat.counted(run.calls, "call"))") }
    let seconds = SystemClock.monotonic() - started
    for run in measurement.runs { list(run, hits: command.hits) }
    show(measurement)
    shell.say(
      "\(NumberFormat.counted(measurement.runs.count, "seed")) of \(loaded.scenario.name), "
        + "\(NumberFormat.grouped(measurement.runs.reduce(0) { $0 + $1.calls })) calls, "
        + "\(NumberFormat.fixed(seconds, places: 1)) s; "
        + "an alarm that nothing accounts for, or a figure above 0, in "
        + NumberFormat.counted(measurement.runsWithAlarm, "run"))
    return measurement.runs.contains { !$0.failures.isEmpty } ? .internalError : .done
  }

  private func list(_ run: DetectionMeasurement.Run, hits: Bool) {
    let prefix = "seed \(run.seed) "
    for failure in run.failures { line(prefix + "FAILED " + failure) }
    for scoring in run.scorings {
      let name = scoring.detector.rawValue
      for index in scoring.missed { line(prefix + "MISSED \(name) " + Self.text(run.truth.items[index])) }
      for (detection, outcome) in zip(scoring.detections, scoring.outcomes) {
        switch outcome {
        case .falseAlarm: line(prefix + "FALSE \(name) " + Self.text(detection))
        case .right(let item) where hits:
          line(prefix + "right \(name) \(run.truth.items[item].id): " + Self.text(detection))
        case .neutral(let item) where hits:
          line(prefix + "neutral \(name) \(run.truth.items[item].id): " + Self.text(detection))
        case .right, .neutral: break
        }
      }
    }
    let figures = run.metrics.filter { $0.value > 0 }.map { "\($0.name) \(Int64($0.value))" }
    if hits, !figures.isEmpty { line(prefix + figures.joined(separator: ", ")) }
  }

  private func line(_ text: String) { shell.console.output(text + "\n") }

  private static func text(_ item: Truth.Item) -> String {
    "\(item.id) \(text(item.keys)) \(window(item.start, item.end))"
      + (item.excess.map { " excess \(NumberFormat.money($0))" } ?? "")
  }

  private static func text(_ detection: Detection) -> String {
    "\(detection.kind ?? "-") \(text(detection.keys)) \(window(detection.start, detection.end)) "
      + "at \(detection.detectedAt.shortDescription)"
      + (detection.excess.map { " excess \(NumberFormat.money($0))" } ?? "")
  }

  private static func text(_ keys: [Detection.Key]) -> String {
    keys.isEmpty ? "all" : keys.map { "\($0.column)=\($0.value)" }.joined(separator: ",")
  }

  private static func window(_ start: Instant, _ end: Instant) -> String {
    "\(start.shortDescription)..\(end.shortDescription)"
  }

  private func show(_ measurement: DetectionMeasurement) {
    if let table = RunSummary.scoreTable(measurement.pooled) { shell.show([.table(table)]) }
    let kinds = measurement.byKind
    if !kinds.isEmpty {
      shell.show([
        .table(
          ReportTable(
            id: "by_kind", title: "By kind",
            columns: [
              .key("detector", "Detector"), .key("kind", "Kind"), .init("eligible", "Incidents"),
              .init("found", "Found"), .init("recall", "Recall"),
            ],
            rows: kinds.map { kind in
              [
                .text(kind.detector.rawValue), .text(kind.kind), .count(kind.eligible), .count(kind.found),
                .percent(100 * Double(kind.found) / Double(max(1, kind.eligible))),
              ]
            }))
      ])
    }
    let names = measurement.runs.flatMap { $0.metrics.map(\.name) }
    let watched = Set(names).sorted()
    guard !watched.isEmpty else { return }
    let weeks = measurement.runs.reduce(0) { $0 + $1.days } / 7
    shell.show([
      .table(
        ReportTable(
          id: "figures", title: "Figures that count alarms",
          columns: [
            .key("metric", "Metric"), .init("sum", "Sum"), .init("runs", "Runs above 0"),
            .init("per_four_weeks", "Per 4 weeks"),
          ],
          rows: watched.map { name in
            let values = measurement.runs.compactMap { run in run.metrics.first { $0.name == name }?.value }
            let sum = values.reduce(0, +)
            return [
              .text(name), .count(Int64(sum)), .count(values.count { $0 > 0 }),
              .number(weeks > 0 ? sum / weeks * 4 : nil, .count, else: "no time"),
            ]
          }))
    ])
  }
}
