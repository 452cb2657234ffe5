import ArgumentParser
import LabCore
import LabFiles
import LabPipeline

struct Init: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the shipped scenarios and price books into a folder.",
    discussion: """
      Files that are there already are left alone and named.

      EXAMPLES
        finops-lab init                    into the working directory
        finops-lab init ~/ai-costs
      """)

  @Argument(help: "The folder; it is made when it is missing.", completion: .directory)
  var folder = "."
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    do throws(FileError) {
      var written = 0
      for name in ShippedFiles.names {
        let path = Path.joined(folder, "scenarios/" + name)
        if FileSystem.exists(path) {
          shell.console.note("kept \(path)")
          continue
        }
        try FileSystem.createFolder(Path.folder(of: path))
        try FileSystem.replace(path, with: ShippedFiles.bytes(of: name) ?? [])
        written += 1
      }
      for name in ["data", "reports"] { try FileSystem.createFolder(Path.joined(folder, name)) }
      let enter = folder == "." ? "" : "cd \(folder) && "
      shell.say("wrote \(written) files to \(Path.joined(folder, "scenarios")); try '\(enter)finops-lab run peak'")
      return .done
    } catch { throw error.failure }
  }
}
