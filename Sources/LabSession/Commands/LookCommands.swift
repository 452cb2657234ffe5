import LabAnalysis
import LabCore
import LabPipeline
import LabPrices
import LabReport
import LabScenario
import LabTable

extension SessionCommands {
  static let lookCommands: [SessionCommand] = [
    SessionCommand(
      name: "summary", group: .look, usage: "", summary: "Show the screen of summary: cost, tops, thresholds",
      run: { session, _ throws(LabFailure) in try session.summary() }),
    SessionCommand(
      name: "thresholds", group: .look, usage: "", summary: "Show the thresholds with their verdicts",
      run: { session, _ throws(LabFailure) in try session.thresholds() }),
    SessionCommand(
      name: "analyze", group: .look, usage: "ID...", summary: "Run analyzers and show their reports",
      arguments: [.analyzer], repeating: 1, examples: ["analyze understanding"],
      run: { session, words throws(LabFailure) in
        guard !words.isEmpty else { throw try find("analyze").wrongUse }
        let results = try session.results(words)
        session.sayFilter()
        for result in results {
          session.show(result.report)
          if result.error != nil { session.state.code = session.state.code.combined(with: .internalError) }
        }
      }),
    SessionCommand(
      name: "top", group: .look, usage: "METRIC by DIMENSION [N]",
      summary: "Show the largest groups of calls by a figure",
      arguments: [.measure, .choice(["by"]), .dimension, .text],
      examples: ["top cost_usd by model", "top p95_latency_ms by provider 3"],
      run: { session, words throws(LabFailure) in try session.top(words) }),
    SessionCommand(
      name: "chart", group: .look, usage: "METRIC [by hour|day]", summary: "Draw a figure over time",
      arguments: [.measure, .choice(["by"]), .choice(["day", "hour"])],
      examples: ["chart cost_usd", "chart error_rate_pct by hour"],
      run: { session, words throws(LabFailure) in try session.chart(words) }),
    SessionCommand(
      name: "where", group: .look, usage: "[KEY=VALUE...|off]",
      summary: "Look only at calls with these values, until 'where off'", arguments: [.filter], repeating: 1,
      examples: ["where feature_id=chat", "where region=us-east region=us-west provider=openai", "where off"],
      run: { session, words throws(LabFailure) in try session.filter(words) }),
    SessionCommand(
      name: "last", group: .look, usage: "", summary: "Show the last result again, in another mode or width, say",
      run: { session, _ throws(LabFailure) in
        guard let last = session.state.last else {
          throw LabFailure(.usage, code: "nothing_shown", "nothing has been shown yet")
        }
        session.show(last)
      }),
    SessionCommand(
      name: "explain", group: .look, usage: "METRIC",
      summary: "Say what a metric counts, how it comes about, and from what", arguments: [.metric],
      examples: ["explain understanding.total_cost_usd"],
      run: { session, words throws(LabFailure) in try session.explain(words) }),
  ]
}

extension Session {
  fileprivate func summary() throws(LabFailure) {
    let results = try self.results()
    let data = try selectedData()
    sayFilter()
    // Thresholds speak of the whole business.
    let verdicts = state.filter.isEmpty ? try self.verdicts() : []
    let scenario = data.scenario?.scenario
    show(
      RunSummary.report(
        title: scenario?.name ?? data.facts.path, question: scenario?.description ?? "", results: results,
        verdicts: verdicts))
  }

  fileprivate func thresholds() throws(LabFailure) {
    guard let table = RunSummary.verdictTable(try verdicts()) else { return say("there are no thresholds") }
    show([.table(table)])
  }

  fileprivate func top(_ words: [String]) throws(LabFailure) {
    guard words.count == 3 || words.count == 4, words[1] == "by" else {
      throw try SessionCommands.find("top").wrongUse
    }
    let measure = try SessionMeasure(words[0])
    let dimension = try SessionDimension.named(words[2], in: state.data?.data.table)
    var count = 10
    if words.count == 4 {
      guard let wanted = Int(words[3]), wanted > 0 else {
        throw LabFailure(.usage, code: "bad_count", "'\(words[3])' is no number of groups")
      }
      count = wanted
    }
    let groups = try measured(measure, by: dimension)
    let known = groups.enumerated().sorted { left, right in
      let (one, other) = (left.element.value?.double ?? -1, right.element.value?.double ?? -1)
      return one == other ? left.offset < right.offset : one > other
    }.map(\.element)
    sayFilter()
    guard !known.isEmpty else { return say("no call fits") }
    let whole = groups.reduce(0.0) { $0 + ($1.value?.double ?? 0) }
    let largest = known.first?.value?.double ?? 0
    // A sum has shares of the whole; any other figure is shown beside the largest.
    let share: (MeasuredGroup) -> Cell = { group in
      guard let value = group.value?.double else { return .empty }
      let base = measure.isSum ? whole : largest
      return base > 0 ? .percent(value / base * 100) : .empty
    }
    var columns: [ReportTable.Column] = [
      .key(dimension.name, dimension.name), .init(measure.name, measure.title, unit: measure.unit),
      .init("share", measure.isSum ? "Share" : "Of the largest", unit: .percent, role: .share),
    ]
    let showsCalls = measure != .sum(.calls)
    if showsCalls { columns.append(.init("calls", "Calls", priority: 2)) }
    show([
      .table(
        ReportTable(
          id: "top", title: "\(measure.title) by \(dimension.name)", columns: columns,
          rows: known.prefix(count).map { group in
            [
              .text(group.label.isEmpty ? "(none)" : group.label),
              group.value.map { RunSummary.cell($0, measure.unit) } ?? .missing("unknown"), share(group),
            ] + (showsCalls ? [.count(group.calls)] : [])
          }, totalCount: known.count, sortNote: "largest first"))
    ])
  }

  fileprivate func chart(_ words: [String]) throws(LabFailure) {
    guard words.count == 1 || (words.count == 3 && words[1] == "by") else {
      throw try SessionCommands.find("chart").wrongUse
    }
    let measure = try SessionMeasure(words[0])
    let range = try data().data.facts.timeRange
    let days = range.map { Double(($0.upperBound - $0.lowerBound).microseconds) / 86_400e6 } ?? 0
    // Fewer days than this make no curve.
    let step = words.count == 3 ? words[2] : days < 4 ? "hour" : "day"
    guard step == "hour" || step == "day" else {
      throw LabFailure(
        .usage, code: "unknown_step", "a chart goes by 'hour' or 'day', not by '\(step)'",
        help: "'top \(words[0]) by \(step)' compares groups")
    }
    let groups = try measured(measure, by: step == "day" ? .day : .hour)
    sayFilter()
    guard let first = groups.first, let last = groups.last else { return say("no call fits") }
    let unit: Int64 = step == "day" ? 86_400_000_000 : 3_600_000_000
    // Where no call was made a sum is nothing and any other figure is unknown.
    let values = Dictionary(groups.map { ($0.key, $0.value?.double) }) { first, _ in first }
    let gap: Double? = measure.isSum ? 0 : nil
    let points = (first.key...last.key).map { key in
      Chart.Point(at: Instant(microseconds: key * unit), values[key] ?? gap)
    }
    let peak = groups.max { ($0.value?.double ?? 0, $1.key) < ($1.value?.double ?? 0, $0.key) } ?? first
    let amount = peak.value.map { measure.unit.textWithUnit(of: $0.double) } ?? "unknown"
    let table = ReportTable(
      id: "chart", title: "\(measure.title) by \(step)",
      columns: [.key(step, step), .init(measure.name, measure.title, unit: measure.unit), .init("calls", "Calls")],
      rows: groups.map { group in
        [
          .text(group.label), group.value.map { RunSummary.cell($0, measure.unit) } ?? .missing("unknown"),
          .count(group.calls),
        ]
      })
    let chart = Chart(
      id: "chart", title: "\(measure.title) by \(step): at most \(amount), \(peak.label)", kind: .line,
      x: Chart.Axis(step, scale: .time), y: Chart.Axis(measure.title, unit: measure.unit),
      series: [Chart.Series(measure.title, points: points)], tableID: table.id)
    // A terminal draws; machines read the numbers.
    show(state.mode == .table ? [.chart(chart)] : [.table(table)])
  }

  fileprivate func filter(_ words: [String]) throws(LabFailure) {
    if words.isEmpty { return say(state.filter.isEmpty ? "all calls" : "where \(state.filter.text)") }
    if words == ["off"] {
      state.filter = CallFilter()
      return say("all calls")
    }
    let before = state.filter
    state.filter = try CallFilter(assignments: words)
    guard state.data != nil else {
      return say("where \(state.filter.text), as soon as there is data")
    }
    do throws(LabFailure) {
      let selected = try selectedData()
      tell(selected.valuesThatNoCallHas())
      let count = selected.selection?.rowCount ?? selected.facts.rows
      say(
        "where \(state.filter.text): \(NumberFormat.grouped(count)) of \(NumberFormat.grouped(selected.facts.rows)) calls"
      )
    } catch {
      state.filter = before
      throw error
    }
  }

  fileprivate func explain(_ words: [String]) throws(LabFailure) {
    guard words.count == 1, let name = words.first else { throw try SessionCommands.find("explain").wrongUse }
    _ = try LabEnvironment.measured(name)
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    guard let analyzer = AnalyzerRegistry.descriptor(parts[0]),
      let meaning = analyzer.metrics.first(where: { $0.id == parts[1] })
    else { return }
    var facts: [(String, String)] = [
      ("what", "\(meaning.label): \(meaning.meaning)"),
      ("unit", meaning.unit.symbol.isEmpty ? meaning.unit.rawValue : meaning.unit.symbol),
      ("from", "\(analyzer.title) (\(analyzer.id))"),
      ("columns", (analyzer.needs + analyzer.uses).map(\.column.name).joined(separator: ", ")),
    ]
    if state.data != nil {
      let figure = try metric(name).metric
      let selected = try selectedData()
      let count = selected.selection?.rowCount ?? selected.facts.rows
      facts.insert(
        ("value", figure.map { $0.value == nil ? "unknown: \($0.unknownBecause ?? "")" : $0.text } ?? ""), at: 1)
      facts.append(
        (
          "rows",
          "\(NumberFormat.counted(count, "call")) of \(selected.facts.path)"
            + (state.filter.isEmpty ? "" : " where \(state.filter.text)")
        ))
      facts.append(("prices", selected.prices.name))
      if let scenario = selected.scenario?.scenario {
        facts.append(("scenario", "\(scenario.name), seed \(scenario.seed)"))
      }
    }
    show([
      .section(
        ReportBlock.Section(name) {
          ReportTable(
            id: "explain", title: "What it is", columns: [.key("what", ""), .note("value", "", priority: 0)],
            rows: facts.map { [.text($0.0), .text($0.1)] })
          ReportTable(
            id: "method", title: "How the figures of \(analyzer.id) come about",
            columns: [.note("method", "Formula and method", priority: 0)], rows: analyzer.method.map { [.text($0)] })
        })
    ])
  }
}
