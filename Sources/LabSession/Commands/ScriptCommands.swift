import LabCore
import LabFiles
import LabPipeline
import LabReport
import LabScenario

extension SessionCommands {
  static let scriptCommands: [SessionCommand] = [
    SessionCommand(
      name: "read", group: .scripts, usage: "FILE", summary: "Run the lines of a file", arguments: [.file],
      examples: ["read checks.lab"],
      run: { session, words throws(LabFailure) in
        guard words.count == 1 else { throw try find("read").wrongUse }
        try session.read(words[0])
      }),
    SessionCommand(
      name: "echo", group: .scripts, usage: "[TEXT]...", summary: "Write text", arguments: [.text], repeating: 1,
      examples: ["echo before the change"],
      run: { session, words throws(LabFailure) in session.put(words.joined(separator: " ") + "\n") }),
    SessionCommand(
      name: "expect", group: .scripts,
      usage: "METRIC OP VALUE | METRIC A..B | METRIC ~ VALUE +-SIZE[%] | threshold ID pass|warn|fail",
      summary: "Fail unless a figure is as expected", arguments: [.metric, .choice(Expectation.operators), .text],
      repeating: 1,
      examples: [
        "expect understanding.total_cost_usd <= 12000", "expect understanding.total_calls 100..200",
        "expect understanding.total_cost_usd ~ 11840 +-2%", "expect threshold budget pass",
      ],
      run: { session, words throws(LabFailure) in try session.expect(words) }),
    SessionCommand(
      name: "history", group: .scripts, usage: "[N]", summary: "Show the last lines that were typed",
      arguments: [.text], examples: ["history 20"],
      run: { session, words throws(LabFailure) in try session.showHistory(words) }),
  ]
}

extension Session {
  /// A script that reads itself would never end.
  private static let scriptLimit = 16

  fileprivate func read(_ path: String) throws(LabFailure) {
    guard scriptDepth < Self.scriptLimit else {
      throw LabFailure(.usage, code: "scripts_too_deep", "'\(path)' is read by scripts that read each other")
    }
    let bytes: [UInt8]
    do throws(FileError) { bytes = try FileSystem.read(path, limit: 16 << 20) } catch { throw error.failure }
    scriptDepth += 1
    defer { scriptDepth -= 1 }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    let quits = state.quits
    let outcome = runScript(lines.map { String($0.filter { $0 != "\r" }) })
    state.code = outcome.code
    // An error ends the script that has it and those that read it, not the session of a person.
    if !outcome.quits { state.quits = quits }
  }

  fileprivate func expect(_ words: [String]) throws(LabFailure) {
    let expectation = try Expectation(words)
    let failure: String?
    switch expectation {
    case .threshold(let id, let word):
      let verdicts = try self.verdicts()
      guard let verdict = verdicts.first(where: { $0.threshold.id == id }) else {
        throw LabFailure(
          .notFound, code: "unknown_threshold", "there is no threshold '\(id)'",
          help: Suggestion.help(for: id, among: verdicts.map(\.threshold.id)))
      }
      let found = verdict.passed ? "pass" : verdict.fails ? "fail" : "warn"
      failure =
        found == word ? nil : "threshold \(id) is '\(found)', expected '\(word)': \(JUnitReport.sentence(verdict))"
    case .metric(let name, let condition):
      let (known, metric) = try self.metric(name)
      guard let value = metric?.value else {
        failure = "\(name) is unknown (\(metric?.unknownBecause ?? "no data")), expected \(condition.text)"
        break
      }
      failure =
        condition.isMet(by: value.double)
        ? nil
        : "\(name) is \(Self.exactText(value)) (\(known.unit.textWithUnit(of: value.double))), expected \(condition.text)"
    }
    guard let failure else { return }
    tell([Diagnostic(code: "expectation", sentence: failure)])
    state.code = .testFailed
  }

  /// All digits of a figure, so that an expectation can be mended by hand.
  private static func exactText(_ value: MetricValue) -> String {
    switch value {
    case .integer(let number): String(number)
    case .number(let number): "\(number)"
    case .money(let money): money.decimalString(minimumPlaces: 2)
    }
  }

  fileprivate func showHistory(_ words: [String]) throws(LabFailure) {
    var count = 50
    if let word = words.first {
      guard words.count == 1, let wanted = Int(word), wanted > 0 else {
        throw try SessionCommands.find("history").wrongUse
      }
      count = wanted
    }
    for line in history.suffix(count) { put(line + "\n") }
  }
}
