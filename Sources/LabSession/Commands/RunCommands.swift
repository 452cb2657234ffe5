import LabAnalysis
import LabCore
import LabFiles
import LabPipeline
import LabReport
import LabScenario
import LabTable

extension SessionCommands {
  static let runCommands: [SessionCommand] = [
    SessionCommand(
      name: "run", group: .run, usage: "[--seed N] [--seeds N]",
      summary: "Simulate the scenario, analyse the data, judge the thresholds; Ctrl-C stops it",
      arguments: [.choice(["--seed", "--seeds"]), .text], repeating: 2, examples: ["run", "run --seed 7"],
      run: { session, words throws(LabFailure) in try session.run(words) }),
    SessionCommand(
      name: "sweep", group: .run, usage: "PATH=VALUES [PATH=VALUES] [--metric ID]... [--seeds N]",
      summary: "Run the scenario for every combination of one or two varied values",
      arguments: [.variation], repeating: 1,
      examples: [
        "sweep traffic.calls_per_hour=500..2000/500",
        "sweep population.customers=100,400 seed=1..3/1 --metric understanding.total_cost_usd",
      ],
      run: { session, words throws(LabFailure) in try session.sweep(words) }),
  ]
}

extension Session {
  fileprivate func run(_ words: [String]) throws(LabFailure) {
    var options = try SessionOptions(words, known: ["--seed", "--seeds"], of: "run")
    guard options.rest.isEmpty else { throw try SessionCommands.find("run").wrongUse }
    let current = try scenario()
    var loaded = current.loaded
    if let seed = options.take("--seed") {
      loaded = try environment.loadScenario(
        current.file, edits: current.edits + [Edit(path: "seed", value: seed, place: .session)])
    }
    let seeds = try options.count("--seeds", in: 1...10_000) ?? 1
    do throws(LabFailure) {
      let outcome = try environment.run(loaded, SimulationRequest(), seeds: seeds)
      use(outcome.data, results: outcome.results, verdicts: outcome.verdicts)
      let kept: KeptRun
      if let known = outcome.kept {
        kept = known
      } else {
        kept = try environment.keptRun(
          of: outcome.data, scenario: loaded, results: outcome.results, verdicts: outcome.verdicts)
      }
      remember(kept)
      show(outcome.summary)
      put("\n")
      if let sentence = outcome.dataSentence { say(sentence) }
      conclude(outcome.endSentence())
      try sayBaseline(kept)
      if outcome.verdicts.contains(where: \.fails) { state.code = .thresholdFailed }
      if outcome.results.contains(where: { $0.error != nil }) { state.code = .internalError }
    } catch {
      guard error.kind == .cancelled else { throw error }
      throw try keepPartial(loaded, error)
    }
  }

  private func remember(_ run: KeptRun) {
    state.runs.append(run)
    if state.runs.count > RunArchive.limit { state.runs.removeFirst() }
  }

  /// Keeps what a stopped run had written, marked as a part; the session goes on with it.
  ///
  /// - Returns: the failure to tell.
  private func keepPartial(_ loaded: LoadedScenario, _ stop: LabFailure) throws(LabFailure) -> LabFailure {
    let reason = environment.cancellation.reason
    // The flag of the stopped run is spent; what follows is short.
    environment.cancellation = CancellationFlag()
    let part = UsageFilePaths(data: loaded.outputPath).part
    guard FileSystem.exists(part), var data = try? environment.loadPart(of: loaded), data.facts.rows > 0 else {
      environment.cancellation.raise(reason: reason)
      return stop
    }
    data.scenario = loaded
    use(data, isPartial: true, verdicts: [])
    if let results = try? environment.analyse(data),
      let run = try? environment.keptRun(of: data, scenario: loaded, results: results, verdicts: [], isPartial: true)
    {
      use(data, isPartial: true, results: results, verdicts: [])
      let document = FindingsDocument(
        facts: data.facts, scenario: loaded.scenario.name, results: results, verdicts: [])
      remember(try environment.keep(run, scenario: loaded, document: document))
    }
    environment.cancellation.raise(reason: reason)
    var stop = stop
    stop.diagnostics = [
      Diagnostic(
        .note, code: "stopped",
        sentence: "stopped: the \(NumberFormat.counted(data.facts.rows, "call")) so far are kept, marked as a part",
        help: "'summary' looks at them; 'run' starts anew")
    ]
    return stop
  }

  fileprivate func sweep(_ words: [String]) throws(LabFailure) {
    var options = try SessionOptions(words, known: ["--metric", "--seeds"], of: "sweep")
    let current = try scenario()
    var keys: [VariedKey] = []
    for text in options.rest { keys.append(try VariedKey(text)) }
    guard !keys.isEmpty else { throw try SessionCommands.find("sweep").wrongUse }
    let seeds = try options.count("--seeds", in: 1...10_000) ?? 1
    let outcome = try environment.sweep(
      SweepRequest(
        scenario: current.file, edits: current.edits, keys: keys, metrics: options.all("--metric"), seeds: seeds))
    show(SweepReport.blocks(outcome))
  }
}

/// Options of a command: `--name value`, anywhere in the line.
struct SessionOptions {
  private(set) var rest: [String] = []
  private var values: [(name: String, value: String)] = []

  init(_ words: [String], known: [String], of command: String) throws(LabFailure) {
    var words = words[...]
    while let word = words.popFirst() {
      guard word.hasPrefix("--") else {
        rest.append(word)
        continue
      }
      let name = String(word.prefix { $0 != "=" })
      guard known.contains(name) else {
        throw LabFailure(
          .usage, code: "unknown_option", "'\(command)' has no '\(name)'",
          help: Suggestion.help(for: name, among: known) ?? "one of \(known.joined(separator: ", "))")
      }
      if word.contains("=") {
        values.append((name, String(word.dropFirst(name.count + 1))))
      } else if let value = words.popFirst() {
        values.append((name, value))
      } else {
        throw LabFailure(.usage, code: "option_without_value", "'\(name)' wants a value")
      }
    }
  }

  /// The last value of an option.
  mutating func take(_ name: String) -> String? { values.last { $0.name == name }?.value }
  /// Every value of an option, in order.
  mutating func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }

  /// The whole number that an option has.
  mutating func count(_ name: String, in range: ClosedRange<Int>) throws(LabFailure) -> Int? {
    guard let text = take(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw LabFailure(
        .usage, code: "bad_count", "'\(name)' wants \(range.lowerBound) to \(range.upperBound), found '\(text)'")
    }
    return number
  }
}
