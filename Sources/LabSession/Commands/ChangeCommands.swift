import LabCore
import LabFiles
import LabPipeline
import LabRendering
import LabReport
import LabScenario

extension SessionCommands {
  static let changeCommands: [SessionCommand] = [
    SessionCommand(
      name: "show", group: .change, usage: "[PATH] [--origin]",
      summary: "Show values of the scenario, with --origin where each comes from",
      arguments: [.path, .choice(["--origin"])], examples: ["show traffic", "show features[chat] --origin"],
      run: { session, words throws(LabFailure) in try session.showValues(words) }),
    SessionCommand(
      name: "set", group: .change, usage: "PATH VALUE [PATH VALUE]...",
      summary: "Change values; all of one line are one change, checked after the last",
      arguments: [.path, .value], repeating: 2,
      examples: ["set traffic.calls_per_hour 5000", "set features[chat].cached_share 0.5 seed 7"],
      run: { session, words throws(LabFailure) in try session.set(words) }),
    SessionCommand(
      name: "unset", group: .change, usage: "PATH...", summary: "Take values out, so that their defaults hold",
      arguments: [.path], repeating: 1, examples: ["unset traffic.calls_per_hour"],
      run: { session, words throws(LabFailure) in try session.unset(words) }),
    SessionCommand(
      name: "diff", group: .change, usage: "", summary: "Show what the session has changed of the scenario",
      run: { session, words throws(LabFailure) in try session.diff() }),
    SessionCommand(
      name: "save", group: .change, usage: "FILE", summary: "Write the scenario with its changes as a file of its own",
      arguments: [.file], examples: ["save scenarios/mine.json"],
      run: { session, words throws(LabFailure) in try session.save(words) }),
  ]
}

extension Session {
  /// The entries below a path, or all.
  private func entries(_ path: String?) throws(LabFailure) -> [LoadedScenario.Entry] {
    let loaded = try scenario().loaded
    guard let path else { return loaded.entries }
    // Says what is wrong with the path.
    _ = try loaded.value(at: path)
    return loaded.entries(below: path)
  }

  fileprivate func showValues(_ words: [String]) throws(LabFailure) {
    var words = words
    let origins = words.contains("--origin")
    words.removeAll { $0 == "--origin" }
    guard words.count <= 1 else { throw try SessionCommands.find("show").wrongUse }
    let entries = try entries(words.first)
    let width = entries.map(\.path.count).max() ?? 0
    let valueWidth = min(28, entries.map(\.value.count).max() ?? 0)
    show(
      lines: entries.map { entry in
        let head = TextLayout.pad(entry.path, to: width) + "  "
        return head + (origins ? TextLayout.pad(entry.value, to: valueWidth) + "  \(entry.origin)" : entry.value)
      },
      as: ReportTable(
        id: "values", title: "Values",
        columns: [.key("path", "Path"), .note("value", "Value"), .note("origin", "Origin")],
        rows: entries.map { [.text($0.path), .text($0.value), .text("\($0.origin)")] }))
  }

  fileprivate func set(_ words: [String]) throws(LabFailure) {
    // `set a=1` is what the command line writes.
    var pairs: [(String, String)] = []
    if words.count == 1, let edit = Edit(assignment: words[0]), let value = edit.value {
      pairs = [(edit.path, value)]
    } else {
      guard !words.isEmpty, words.count % 2 == 0 else { throw try SessionCommands.find("set").wrongUse }
      pairs = stride(from: 0, to: words.count, by: 2).map { (words[$0], words[$0 + 1]) }
    }
    try change(pairs.map { Edit(path: $0.0, value: $0.1, place: .session) })
  }

  fileprivate func unset(_ words: [String]) throws(LabFailure) {
    guard !words.isEmpty else { throw try SessionCommands.find("unset").wrongUse }
    try change(words.map { Edit(path: $0, value: nil, place: .session) })
  }

  /// The longest value that a change repeats.
  private static let longestShown = 60

  /// Applies edits as one change, and says what became of each value. When the scenario would not be valid any more,
  /// nothing changes.
  private func change(_ edits: [Edit]) throws(LabFailure) {
    let before = try scenario()
    let all = before.edits + edits
    let loaded = try environment.loadScenario(before.file, edits: all)
    for edit in edits {
      let old = before.loaded.text(at: edit.path)
      let new = loaded.text(at: edit.path)
      // What doesn't fit into a line is for 'diff' to show.
      guard max(old?.count ?? 0, new?.count ?? 0) <= Self.longestShown else {
        say("\(edit.path) changed")
        continue
      }
      switch (old, new) {
      case (let old?, let new?): say(old == new ? "\(edit.path) is \(new) already" : "\(edit.path): \(old) → \(new)")
      case (nil, let new?): say("\(edit.path): \(new)")
      case (let old?, nil): say("\(edit.path): \(old) taken out")
      case (nil, nil): say("\(edit.path) changed")
      }
    }
    state.scenario = SessionScenario(loaded: loaded, file: before.file, edits: all)
  }

  fileprivate func diff() throws(LabFailure) {
    let changed = try scenario()
    let original = try environment.scenarioLoader.load(try environment.project.scenarioPath(changed.file))
    let old = Dictionary(original.entries.map { ($0.path, $0.value) }) { first, _ in first }
    let new = Dictionary(changed.loaded.entries.map { ($0.path, $0.value) }) { first, _ in first }
    var rows: [[String]] = []
    for entry in changed.loaded.entries where old[entry.path] != entry.value {
      rows.append([entry.path, old[entry.path] ?? "", entry.value])
    }
    for entry in original.entries where new[entry.path] == nil { rows.append([entry.path, entry.value, ""]) }
    if rows.isEmpty { return say("nothing is changed") }
    show(
      lines: rows.map { row in
        row[1].isEmpty
          ? "+ \(row[0]) \(row[2])" : row[2].isEmpty ? "- \(row[0]) \(row[1])" : "~ \(row[0]) \(row[1]) → \(row[2])"
      },
      as: ReportTable(
        id: "diff", title: "Changes", columns: [.key("path", "Path"), .note("was", "Was"), .note("is", "Is")],
        rows: rows.map { $0.map { .text($0) } }))
  }

  fileprivate func save(_ words: [String]) throws(LabFailure) {
    guard words.count == 1, let path = words.first else { throw try SessionCommands.find("save").wrongUse }
    let changed = try scenario()
    do throws(FileError) {
      try FileSystem.createFolder(Path.folder(of: path))
      try FileSystem.replace(path, with: Array(changed.loaded.text(forFolder: Path.folder(of: path)).utf8))
    } catch { throw error.failure }
    say("saved \(path); 'load \(path)' loads it")
  }
}
