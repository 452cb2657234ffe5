import LabCore
import LabPipeline
import LabReport

extension SessionCommands {
  static let compareCommands: [SessionCommand] = [
    SessionCommand(
      name: "compare", group: .compare, usage: "[A B] [RULE]...",
      summary: "Show what changed between two runs or data files; without names, between the last two runs",
      arguments: [.run, .run, .text], repeating: 1,
      examples: ["compare", "compare @-1 @", "compare baseline @ 'understanding.total_cost_usd > +5%'"],
      run: { session, words throws(LabFailure) in try session.compare(words) }),
    SessionCommand(
      name: "baseline", group: .compare, usage: "set [RUN]|show",
      summary: "Make a run the one that others are compared with, or show which it is",
      arguments: [.choice(["set", "show"]), .run], examples: ["baseline set @", "baseline show"],
      run: { session, words throws(LabFailure) in try session.baseline(words) }),
  ]
}

extension Session {
  /// What a word of a comparison means; `baseline` outside a project is the session's own.
  private func side(_ word: String) throws(LabFailure) -> ComparedSide {
    if word == "baseline", environment.runs == nil {
      guard let baseline = state.baseline else {
        throw LabFailure(
          .notFound, code: "no_baseline", "no baseline is set", help: "'baseline set' makes the last run the baseline")
      }
      return ComparedSide(baseline)
    }
    return try environment.comparedSide(word, memory: state.runs)
  }

  fileprivate func compare(_ words: [String]) throws(LabFailure) {
    let names = words.isEmpty ? ["@-1", "@"] : words
    guard names.count >= 2 else { throw try SessionCommands.find("compare").wrongUse }
    var rules: [ChangeRule] = []
    for text in names.dropFirst(2) { rules.append(try ChangeRule(text)) }
    let before = try side(names[0])
    let comparison = Comparison(of: before, and: try side(names[1]))
    let outcomes = rules.map { $0.outcome(in: comparison, floor: 0) }
    show(
      ComparisonReport.blocks(comparison, rules: outcomes, isFull: state.mode == .json || state.mode == .csv),
      title: "\(comparison.before.name) → \(comparison.after.name)", question: "What changed?", id: "comparison")
    if outcomes.contains(where: \.fails) { state.code = .thresholdFailed }
  }

  fileprivate func baseline(_ words: [String]) throws(LabFailure) {
    switch (words.first, words.count) {
    case ("show", 1):
      if let number = environment.runs?.baseline {
        say("the baseline is run \(number)")
      } else if let run = state.baseline {
        say("the baseline is a run of \(run.scenarioName), seed \(run.seed)")
      } else {
        say("no baseline is set")
      }
    case ("set", 1...2):
      let word = words.count == 2 ? words[1] : "@"
      if let runs = environment.runs {
        guard let run = try runs.find(word), let number = run.number else {
          throw LabFailure(.usage, code: "no_run", "'\(word)' is no kept run", help: "'list runs' shows them")
        }
        try runs.setBaseline(number)
        say("the baseline is run \(number) (\(run.scenarioName))")
      } else {
        guard let back = RunArchive.stepsBack(word), back < state.runs.count else {
          throw LabFailure(.notFound, code: "no_run", "'\(word)' is no run of this session")
        }
        state.baseline = state.runs[state.runs.count - 1 - back]
        say("the baseline is set for this session: a run of \(state.baseline?.scenarioName ?? "")")
      }
    default: throw try SessionCommands.find("baseline").wrongUse
    }
  }

  /// One sentence on how a run stands against the baseline, if there is one.
  func sayBaseline(_ run: KeptRun) throws(LabFailure) {
    let known: ComparedSide?
    if let runs = environment.runs {
      guard let number = runs.baseline, number != run.number else { return }
      known = (try? runs.run(number)).map { ComparedSide($0) }
    } else {
      known = state.baseline.map { ComparedSide($0) }
    }
    guard let known else { return }
    let comparison = Comparison(of: known, and: ComparedSide(run))
    if case .callout(let callout)? = ComparisonReport.blocks(comparison).first(where: {
      if case .callout(let callout) = $0 { callout.level == .info } else { false }
    }) {
      say("Baseline: \(callout.text).")
    }
  }
}
