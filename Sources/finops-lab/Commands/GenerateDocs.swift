import ArgumentParser
import LabCore
import LabFiles
import LabPipeline
import LabSession

/// Writes the pages of docs/ that are made from descriptors, and the scenario schema. Hidden: it is for the project itself.
struct GenerateDocs: LabCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate-docs", abstract: "Write the generated pages of docs/ and the scenario schema.",
    shouldDisplay: false)

  @Argument(help: "The project's folder.", completion: .directory)
  var folder = "."
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    var pages = GeneratedDocs.pages()
    pages.append((path: "docs/cli.md", text: CommandReference.markdown()))
    pages.append((path: "docs/session.md", text: SessionReference.markdown()))
    do throws(FileError) {
      for page in pages {
        let path = Path.joined(folder, page.path)
        try FileSystem.createFolder(Path.folder(of: path))
        try FileSystem.replace(path, with: Array(page.text.utf8))
        shell.console.note("wrote \(path)")
      }
    } catch { throw error.failure }
    return .done
  }
}

/// The help texts of all commands as one page.
enum CommandReference {
  static func markdown() -> String {
    var text = """
      # Command line

      Made by `make docs` from the commands' own help.


      """
    append(FinopsLab.self, name: "finops-lab", level: 2, to: &text)
    return text
  }

  private static func append(_ command: any ParsableCommand.Type, name: String, level: Int, to text: inout String) {
    text += "\(String(repeating: "#", count: level)) \(name)\n\n```text\n"
    text += FinopsLab.helpMessage(for: command, columns: 100)
    text += "\n```\n\n"
    for subcommand in command.configuration.subcommands where subcommand.configuration.shouldDisplay {
      append(subcommand, name: name + " " + subcommand._commandName, level: min(level + 1, 4), to: &text)
    }
    if level == 2 { text.removeLast() }
  }
}
