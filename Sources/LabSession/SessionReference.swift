import LabReport

/// The page of docs/ that is made from the command table; a test holds the file to it.
public enum SessionReference {
  /// The commands as a table.
  static var table: ReportTable {
    ReportTable(
      id: "commands", title: "Commands",
      columns: [.key("group", "Group"), .key("command", "Command"), .note("summary", "Summary", priority: 0)],
      rows: SessionCommands.all.map { [.text($0.group.rawValue), .text($0.line), .text($0.summary)] })
  }

  public static func markdown() -> String {
    var text = """
      # The interactive session

      Made by `make docs` from the session's command table. `finops-lab` alone opens it; with a pipe on standard input it runs
      the lines as a script and ends at the first error (`bail off` goes on). Words are cut as in a shell: quotes keep blanks,
      `#` starts a comment. `docs/tutorial.md` is a tour, `docs/regression-testing.md` makes tests of transcripts.

      """
    for group in SessionCommand.Group.allCases {
      text += "\n## \(group.rawValue)\n"
      for command in SessionCommands.all where command.group == group {
        text += "\n### \(command.name)\n\n```text\n\(command.line)\n```\n\n\(command.summary).\n"
        if !command.aliases.isEmpty {
          text += "\nAlso: \(command.aliases.map { "`\($0)`" }.joined(separator: ", ")).\n"
        }
        if !command.examples.isEmpty {
          text += "\n```text\n" + command.examples.map { "lab> \($0)\n" }.joined() + "```\n"
        }
      }
    }
    return text
  }
}
