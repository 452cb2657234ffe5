import ArgumentParser
import LabCore
import LabPipeline

struct Validate: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check scenarios and report all problems at once.",
    discussion: """
      Every problem comes with file, line, column, path and a suggestion; the exit code is 65 when there is one.

      EXAMPLES
        finops-lab validate scenarios/*.json
        finops-lab validate peak --print       every effective value and where it comes from
        finops-lab validate peak --json        the effective scenario as a file of its own
      """)

  @Argument(help: "Scenario files, or names of scenarios.", completion: .file(extensions: ["json"]))
  var files: [String]
  @Flag(name: .customLong("print"), help: "Print every effective value with its origin.")
  var printsValues = false
  @Flag(name: .customLong("json"), help: "Print the effective scenario as JSON, defaults filled in.")
  var printsJSON = false
  @OptionGroup var edits: ScenarioEdits
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if files.isEmpty { throw ValidationError("Name at least one scenario.") }
    if printsValues, printsJSON { throw ValidationError("--print and --json exclude each other.") }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try ValidatePresenter(shell: shell).run(self)
  }
}
