import LabAnalysis
import LabCore
import LabFiles
import LabPipeline
import LabRendering
import LabReport
import LabScenario
import LabTable

extension SessionCommands {
  static let dataCommands: [SessionCommand] = [
    SessionCommand(
      name: "load", group: .data, usage: "FILE", summary: "Load a scenario, a usage CSV, or a kept run",
      arguments: [.source], examples: ["load peak", "load data/peak.csv", "load @-1"],
      run: { session, words throws(LabFailure) in
        guard words.count == 1 else { throw try find("load").wrongUse }
        try session.load(words[0])
      }),
    SessionCommand(
      name: "reload", group: .data, usage: "",
      summary: "Read the scenario again, and what the data file has grown by",
      run: { session, _ throws(LabFailure) in try session.reload() }),
    SessionCommand(
      name: "list", group: .data, usage: "scenarios|patterns|analyzers|models|runs|metrics",
      summary: "List what there is by name",
      arguments: [.choice(Catalog.Kind.allCases.map(\.rawValue))], examples: ["list runs"],
      run: { session, words throws(LabFailure) in try session.list(words) }),
    SessionCommand(
      name: "describe", group: .data, usage: "ID",
      summary: "Describe a scenario, pattern, analyzer, metric, column or model", arguments: [.id],
      examples: ["describe feature_launch", "describe gpt-4o"],
      run: { session, words throws(LabFailure) in
        guard words.count == 1 else { throw try find("describe").wrongUse }
        session.show(try Catalog(session.environment).describe(words[0]))
      }),
    SessionCommand(
      name: "validate", group: .data, usage: "[FILE...]",
      summary: "Check scenarios and report all problems at once; without a name, the loaded one", arguments: [.source],
      repeating: 1, examples: ["validate my.json"],
      run: { session, words throws(LabFailure) in try session.validate(words) }),
    SessionCommand(
      name: "edit", group: .data, usage: "", summary: "Open the scenario in $EDITOR and load what was written",
      run: { session, words throws(LabFailure) in try session.edit() }),
  ]
}

extension Session {
  // MARK: Loading

  fileprivate func load(_ name: String) throws(LabFailure) {
    if let run = try environment.runs?.find(name), let number = run.number { return try loadRun(number, run) }
    if Self.isData(name) { return try loadData(name) }
    let loaded = try loadScenario(name, edits: [])
    state.scenario = SessionScenario(loaded: loaded, file: try environment.project.scenarioPath(name), edits: [])
    sayLoaded(loaded)
  }

  /// A scenario, with a word on a file that isn't there.
  private func loadScenario(_ name: String, edits: [Edit]) throws(LabFailure) -> LoadedScenario {
    do throws(LabFailure) { return try environment.loadScenario(name, edits: edits) } catch {
      guard error.kind == .notFound, error.diagnostics.first?.code == "no_scenario", name.contains(".") else {
        throw error
      }
      throw LabFailure(
        .notFound, code: "no_file", "no file '\(name)' here or among the scenarios",
        help: error.diagnostics.first?.help.flatMap { $0.hasPrefix("did you mean") ? $0 : nil })
    }
  }

  private func sayLoaded(_ loaded: LoadedScenario) {
    let scenario = loaded.scenario
    say(
      "loaded scenario \"\(scenario.name)\": \(NumberFormat.counted(scenario.providers.count, "provider")), "
        + "\(NumberFormat.counted(scenario.features.count, "feature")), "
        + NumberFormat.counted(scenario.thresholds.count, "threshold"))
  }

  /// Whether a name is that of a data file: by its ending, else by how the file begins.
  private static func isData(_ name: String) -> Bool {
    if name.hasSuffix(".csv") || name.hasSuffix(".csv.part") { return true }
    if name.hasSuffix(".json") { return false }
    guard let handle = try? FileHandle.reading(name) else { return false }
    var start: [UInt8] = []
    _ = try? handle.read(into: &start, count: 256, at: 0)
    let first = start.first { $0 != 0x20 && $0 != 0x0a && $0 != 0x09 && $0 != 0x0d }
    return first != nil && first != UInt8(ascii: "{")
  }

  private func loadData(_ path: String) throws(LabFailure) {
    let data = try environment.load(DataRequest(path: path))
    use(data)
    state.filter = CallFilter()
    // The scenario that the data comes from can be changed and run again.
    if state.scenario == nil, let loaded = data.scenario, let file = loaded.files.first {
      state.scenario = SessionScenario(loaded: loaded, file: file, edits: [])
    }
    sayLoaded(data)
  }

  private func sayLoaded(_ data: LoadedData) {
    var text = "loaded \(data.facts.path): \(NumberFormat.counted(data.facts.rows, "call"))"
    if let range = data.facts.timeRange {
      text += ", \(range.lowerBound.date) to \(range.upperBound.date)"
    }
    say(text)
    for line in data.basis { say("  \(line)") }
    for callout in data.callouts { say("  \(callout.level.word): \(callout.text)") }
  }

  /// The scenario of a kept run, and its data when the file is still the one that the run wrote.
  private func loadRun(_ number: Int, _ run: KeptRun) throws(LabFailure) {
    guard let runs = environment.runs else { return }
    let file = runs.scenarioPath(of: number)
    let loaded = try environment.loadScenario(file)
    state.scenario = SessionScenario(loaded: loaded, file: file, edits: [])
    sayLoaded(loaded)
    let path = loaded.outputPath
    guard RunRecord.beside(path)?.fingerprint?.description == run.fingerprint, FileSystem.exists(path) else {
      return say(
        "the data of run \(number) is gone or another's; 'run' makes it again, 'compare \(number) @' needs none")
    }
    let data = try environment.load(DataRequest(path: path))
    use(data)
    state.filter = CallFilter()
    sayLoaded(data)
  }

  fileprivate func reload() throws(LabFailure) {
    guard state.scenario != nil || state.data != nil else {
      throw LabFailure(.usage, code: "nothing_loaded", "nothing is loaded", help: "'load FILE' loads something")
    }
    var changed = state
    if let scenario = state.scenario {
      let loaded = try environment.loadScenario(scenario.file, edits: scenario.edits)
      changed.scenario?.loaded = loaded
    }
    var words: [String] = []
    if let held = state.data {
      let before = held.data.facts
      let (data, grew) = try environment.reload(held.data)
      if data.facts.fingerprint == before.fingerprint {
        words.append("\(before.path) is as it was")
      } else {
        changed.data = SessionData(data: data, isPartial: held.isPartial)
        let added = data.facts.rows - before.rows
        words.append(
          grew
            ? "\(before.path) grew by \(NumberFormat.counted(added, "call")) to \(NumberFormat.grouped(data.facts.rows))"
            : "\(before.path) is another file now: \(NumberFormat.counted(data.facts.rows, "call"))")
      }
    }
    state = changed
    if let scenario = state.scenario { sayLoaded(scenario.loaded) }
    for word in words { say(word) }
  }

  // MARK: Looking around

  fileprivate func list(_ words: [String]) throws(LabFailure) {
    guard words.count == 1, let word = words.first else { throw try SessionCommands.find("list").wrongUse }
    guard let kind = Catalog.Kind(rawValue: word) else {
      let known = Catalog.Kind.allCases.map(\.rawValue)
      throw LabFailure(
        .usage, code: "unknown_list", "there is no list of '\(word)'",
        help: Suggestion.help(for: word, among: known) ?? "one of \(known.joined(separator: ", "))")
    }
    show(try Catalog(environment).list(kind))
  }

  fileprivate func validate(_ words: [String]) throws(LabFailure) {
    guard !words.isEmpty else {
      let current = try scenario()
      let loaded = try environment.loadScenario(current.file, edits: current.edits)
      return say("\(loaded.scenario.name): valid (\(loaded.scenario.summaryText))")
    }
    for name in words {
      do throws(LabFailure) {
        let loaded = try loadScenario(name, edits: [])
        say("\(name): valid (\(loaded.scenario.summaryText))")
      } catch {
        tell(error.diagnostics)
        state.code = state.code.combined(with: ExitCode(error.kind, cancelledBy: 0))
      }
    }
  }

  // MARK: Editing

  /// Opens the scenario's own file, or when the session has changed it or it is a shipped one, a copy of what holds now.
  fileprivate func edit() throws(LabFailure) {
    let current = try scenario()
    let isOwn = current.edits.isEmpty && FileSystem.exists(current.file)
    let path = isOwn ? current.file : "\(current.loaded.scenario.name).edited.json"
    do throws(FileError) {
      if !isOwn { try FileSystem.replace(path, with: Array(current.loaded.text().utf8)) }
      let before = try FileSystem.read(path)
      try ChildProcess.edit(path)
      if try FileSystem.read(path) == before { return say("nothing was changed") }
    } catch { throw error.failure }
    let loaded = try environment.loadScenario(path)
    state.scenario = SessionScenario(loaded: loaded, file: path, edits: [])
    sayLoaded(loaded)
  }
}
