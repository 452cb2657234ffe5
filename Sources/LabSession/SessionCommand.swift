import LabAnalysis
import LabCore
import LabPipeline

/// One command of the session: a row of ``SessionCommands/all``, which help, completion, errors and docs/session.md read.
struct SessionCommand: Sendable {
  enum Group: String, CaseIterable, Sendable { case help, data, change, run, look, compare, write, settings, scripts }

  /// What stands at a place of the line, for completion.
  enum Argument: Hashable, Sendable {
    /// A scenario's name, a data file, a run.
    case source
    /// A value of the scenario, and a value for the path before it.
    case path, value
    case analyzer, metric
    /// What `top` and `chart` measure, and what calls are grouped by.
    case measure, dimension
    /// `KEY=VALUE` of the data.
    case filter
    /// `PATH=VALUES` of a sweep.
    case variation
    case file
    /// `@`, `@-1`, a number, `baseline`, or a data file.
    case run
    case command
    /// Anything that can be described.
    case id
    /// One of a few words.
    case choice([String])
    /// Text, or a number: nothing to complete.
    case text
  }

  var name: String
  /// Other names, which help doesn't list as commands of their own.
  var aliases: [String] = []
  var group: Group
  /// What follows the name: `PATH VALUE [PATH VALUE]...`.
  var usage: String
  /// One clause without a final period.
  var summary: String
  var arguments: [Argument] = []
  /// How many of the last arguments may come again and again; 0: none.
  var repeating = 0
  /// Lines to try, with what they do.
  var examples: [String] = []
  var run: @Sendable (Session, [String]) throws(LabFailure) -> Void

  /// What stands at a place behind the name; nil when nothing may.
  func argument(at index: Int) -> Argument? {
    if index < arguments.count { return arguments[index] }
    guard repeating > 0 else { return nil }
    let first = arguments.count - repeating
    return arguments[first + (index - first) % repeating]
  }

  /// The failure of a command that was given too little, too much or something else.
  var wrongUse: LabFailure {
    LabFailure(
      .usage, code: "wrong_use", "'\(name)' is used as: \(line)", help: examples.first.map { "for example: \($0)" })
  }

  /// The name with what follows it.
  var line: String { usage.isEmpty ? name : "\(name) \(usage)" }
}

/// All commands, in the order of help.
enum SessionCommands {
  static let all: [SessionCommand] =
    helpCommands + dataCommands + changeCommands + runCommands + lookCommands + compareCommands + writeCommands
    + settingCommands + scriptCommands

  /// The command of a word, by its name or another name.
  static func command(_ word: String) -> SessionCommand? {
    all.first { $0.name == word || $0.aliases.contains(word) }
  }

  /// The command that a person means.
  ///
  /// - Throws: ``LabFailure`` of kind `usage` with the nearest commands.
  static func find(_ word: String) throws(LabFailure) -> SessionCommand {
    if let command = command(word) { return command }
    var help = Suggestion.help(for: word, among: all.flatMap { [$0.name] + $0.aliases }) ?? "'help' lists the commands"
    // The name of a thing in place of what is to be done with it.
    if AnalyzerRegistry.descriptor(word) != nil { help = "'analyze \(word)' shows that analyzer" }
    if AnalyzerRegistry.metricNames.contains(word) { help = "'explain \(word)' shows that metric" }
    if ShippedFiles.scenarioNames.contains(word + ".json") { help = "'load \(word)' loads that scenario" }
    let shown = word.count > 60 ? word.prefix(60) + "…" : word
    throw LabFailure(.usage, code: "unknown_command", "there is no command '\(shown)'", help: help)
  }
}
