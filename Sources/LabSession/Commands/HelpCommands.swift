import LabCore
import LabRendering
import LabReport

extension SessionCommands {
  static let helpCommands: [SessionCommand] = [
    SessionCommand(
      name: "help", aliases: ["?"], group: .help, usage: "[COMMAND|keys]", summary: "List the commands, or explain one",
      arguments: [.command], examples: ["help set", "help keys"],
      run: { session, words throws(LabFailure) in try session.help(words) }),
    SessionCommand(
      name: "version", group: .help, usage: "", summary: "Show the version",
      run: { session, _ throws(LabFailure) in session.put("finops-lab \(session.hooks.version)\n") }),
    SessionCommand(
      name: "quit", aliases: ["exit"], group: .help, usage: "", summary: "Leave the session; Ctrl-D does too",
      run: { session, _ throws(LabFailure) in session.state.quits = true }),
  ]
}

extension Session {
  fileprivate func help(_ words: [String]) throws(LabFailure) {
    guard words.count <= 1 else { throw try SessionCommands.find("help").wrongUse }
    guard let word = words.first else { return listCommands() }
    if word == "keys" { return show([.table(Self.keys)]) }
    let command = try SessionCommands.find(Self.withoutMark(word))
    put("\(command.line)\n")
    put("  \(command.summary).\n")
    for alias in command.aliases { put("  also: \(alias)\n") }
    if !command.examples.isEmpty {
      put("\n")
      for example in command.examples { put("  lab> \(example)\n") }
    }
  }

  private func listCommands() {
    if state.mode != .table { return show([.table(SessionReference.table)]) }
    for group in SessionCommand.Group.allCases {
      put("\(group.rawValue)\n")
      for command in SessionCommands.all where command.group == group {
        let head = TextLayout.pad("  \(command.name)", to: 13)
        let room = max(20, output.style.width - 13)
        for (index, line) in TextLayout.wrap(command.summary, to: room).enumerated() {
          put((index == 0 ? head : String(repeating: " ", count: 13)) + line + "\n")
        }
      }
    }
    put("'help COMMAND' explains one, 'help keys' the keys; Tab completes.\n")
  }

  private static let keys = ReportTable(
    id: "keys", title: "Keys",
    columns: [.key("key", "Key"), .note("meaning", "Meaning", priority: 0)],
    rows: [
      ("Tab", "complete the word; a second time show what there is"),
      ("Up, Down", "lines of before that begin like this one"), ("Ctrl-R", "search the lines of before"),
      ("Ctrl-A, Ctrl-E", "go to the start or the end of the line"),
      ("Ctrl-Left, Ctrl-Right", "go a word back or forth"),
      ("Ctrl-W, Ctrl-U, Ctrl-K", "cut a word, the line, its rest"),
      ("Ctrl-C", "drop the line; stop the run"), ("Ctrl-D", "leave, on an empty line"),
      ("~/.editrc", "keys of your own, for the program finops-lab"),
    ].map { [.text($0.0), .text($0.1)] })
}
