import ArgumentParser
import LabCore
import LabPipeline
import LabSession

struct Test: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run .session transcripts as tests.",
    discussion: """
      A transcript shows commands of the session ('lab> ') and of the program ('$ finops-lab') with what they must write; \
      docs/regression-testing.md explains the format. Each runs in a folder of its own, with the project's scenarios \
      beside it. The exit code is 1 when one fails.

      EXAMPLES
        finops-lab test tests/
        finops-lab test tests/budget.session --update
        finops-lab test tests/ --filter budget --junit results.xml
      """)

  @Argument(help: "Transcripts, or folders with some.", completion: .file(extensions: ["session"]))
  var paths: [String]
  @Flag(help: "Rewrite the outputs to what came; an 'expect' that fails stays as it is.")
  var update = false
  @Option(help: ArgumentHelp("Only transcripts whose path matches this regular expression.", valueName: "regex"))
  var filter: String?
  @Option(help: ArgumentHelp("Write the results as JUnit XML.", valueName: "file"))
  var junit: String?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if paths.isEmpty { throw ValidationError("Name at least one transcript or folder.") }
    if let filter, (try? Regex(filter)) == nil {
      throw ValidationError("--filter wants a regular expression, found '\(filter)'.")
    }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    var found = try TranscriptTests.find(paths)
    if let filter, let expression = try? Regex(filter) { found = found.filter { $0.contains(expression) } }
    let tests = TranscriptTests(
      environment: {
        LabEnvironment(
          threads: Parallel.processorCount, cancellation: shell.cancellation, now: { SystemClock.now() },
          version: productVersion, binary: { RunningBinary.fingerprint() })
      },
      hooks: SessionEntry.hooks(shell), project: shell.project, updates: update,
      say: { shell.console.output($0 + "\n") })
    let (code, suites) = try tests.run(found)
    if let junit { try OutputFile.write(Array(JUnitReport.xml(of: suites).utf8), to: junit, console: shell.console) }
    return code
  }
}
