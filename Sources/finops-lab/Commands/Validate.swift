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
        finops-lab validate peak --print                 the effective scenario, defaults filled in
        finops-lab validate peak --print --origins       and where each value comes from
      """)

  @Argument(help: "Scenario files, or names of scenarios.", completion: .file(extensions: ["json"]))
  var files: [String]
  @Flag(name: .customLong("print"), help: "Print the effective scenario as JSON.")
  var printsScenario = false
  @Flag(help: "Print each effective value with its origin.")
  var origins = false
  @OptionGroup var edits: ScenarioEdits
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try ValidatePresenter(shell: shell).run(self)
  }
}
