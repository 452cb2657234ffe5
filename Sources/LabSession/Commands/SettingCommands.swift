import LabCore

extension SessionCommands {
  static let settingCommands: [SessionCommand] = [
    SessionCommand(
      name: "mode", group: .settings, usage: "[table|json|csv|markdown]", summary: "Choose how results are written",
      arguments: [.choice(SessionState.Mode.allCases.map(\.rawValue))], examples: ["mode json"],
      run: { session, words throws(LabFailure) in
        let names = SessionState.Mode.allCases.map(\.rawValue)
        guard let word = try session.setting("mode", words, names, now: session.state.mode.rawValue) else { return }
        session.state.mode = SessionState.Mode(rawValue: word) ?? .table
      }),
    SessionCommand(
      name: "timer", group: .settings, usage: "[on|off]", summary: "Show how long each command takes",
      arguments: [.choice(["on", "off"])], examples: ["timer on"],
      run: { session, words throws(LabFailure) in
        let now = session.state.showsTimes ? "on" : "off"
        guard let word = try session.setting("timer", words, ["on", "off"], now: now) else { return }
        session.state.showsTimes = word == "on"
      }),
    SessionCommand(
      name: "pager", group: .settings, usage: "[auto|off]", summary: "Show long results page by page, through $PAGER",
      arguments: [.choice(["auto", "off"])], examples: ["pager off"],
      run: { session, words throws(LabFailure) in
        let now = session.state.pages ? "auto" : "off"
        guard let word = try session.setting("pager", words, ["auto", "off"], now: now) else { return }
        session.state.pages = word == "auto"
      }),
    SessionCommand(
      name: "bail", group: .settings, usage: "[on|off]", summary: "End a script at its first error",
      arguments: [.choice(["on", "off"])], examples: ["bail off"],
      run: { session, words throws(LabFailure) in
        let now = session.state.bails ? "on" : "off"
        guard let word = try session.setting("bail", words, ["on", "off"], now: now) else { return }
        session.state.bails = word == "on"
      }),
  ]
}

extension Session {
  /// The word that a setting is given; nil when it is only asked for, which is answered.
  fileprivate func setting(
    _ name: String, _ words: [String], _ known: [String], now: String
  ) throws(LabFailure) -> String? {
    guard words.count <= 1 else { throw try SessionCommands.find(name).wrongUse }
    guard let word = words.first else {
      say("\(name) \(now)")
      return nil
    }
    guard known.contains(word) else {
      throw LabFailure(
        .usage, code: "unknown_setting", "'\(name)' has no '\(word)'",
        help: Suggestion.help(for: word, among: known) ?? "one of \(known.joined(separator: ", "))")
    }
    return word
  }
}
