import ArgumentParser
import LabCore
import LabPipeline

struct Run: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulate scenarios, analyse the data, judge the thresholds.",
    discussion: """
      Writes the usage CSV with its companions and the HTML report, prints a summary and the verdicts. All files are validated before the \
      first one starts.

      EXAMPLES
        finops-lab run scenarios/peak.json
        finops-lab run peak --set traffic.calls_per_hour=2000 --seed 7
        finops-lab run peak overrun --junit results.xml --json findings.json
        finops-lab run peak --seeds 20                      what the figures are beyond chance
        finops-lab run peak --baseline @ --fail-on 'understanding.total_cost_usd > +5%'

      EXIT CODES
        0   done; thresholds passed or only warned
        64  wrong command line              65  invalid scenario, price book or data
        66  a file or id was not found      70  our own bug, or an analyzer failed
        73  an output can't be created      74  reading or writing failed
        75  the output is locked            99  a threshold failed; results are written
        130 interrupted                     143 terminated
      """)

  @Argument(
    help: "Scenario files, or names of scenarios of the project or of the lab.", completion: .file(extensions: ["json"])
  )
  var files: [String]

  @OptionGroup var edits: ScenarioEdits
  @Option(help: "Threads to use; the output is the same for any number.")
  var threads: Int?
  @Option(
    help: ArgumentHelp("Write the data into this folder instead of where the scenario says.", valueName: "folder"))
  var out: String?
  @Flag(help: "Write no HTML report.")
  var noReport = false
  @Option(help: ArgumentHelp("Write the verdicts as JUnit XML.", valueName: "file"))
  var junit: String?
  @Option(help: ArgumentHelp("Write all findings and verdicts as JSON.", valueName: "file"))
  var json: String?
  @Option(help: "Run the scenario in memory for this many seeds, from its own on, and show how the figures spread.")
  var seeds = 1
  @Option(
    help: ArgumentHelp(
      "Compare the result with a kept run (@, a number, a folder, 'baseline') or a usage CSV.", valueName: "run"))
  var baseline: String?
  @OptionGroup var rules: ChangeRules
  @Flag(help: "Continue a run that was interrupted, with the bytes that an unbroken run would have written.")
  var resume = false
  @Flag(help: "Wait until the data is on the device.")
  var fsync = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try Threads.check(threads)
    try Seeds.check(seeds)
    if !rules.failOn.isEmpty, baseline == nil { throw ValidationError("--fail-on goes with --baseline.") }
    if files.isEmpty { throw ValidationError("Name at least one scenario.") }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try RunPresenter(shell: shell, environment: shell.environment(threads: threads)).run(self)
  }
}

/// Changes to a scenario from the command line, all of them one change.
struct ScenarioEdits: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set a value of the scenario, such as traffic.calls_per_hour=5000.", valueName: "path=value"))
  var sets: [String] = []

  @Option(help: "Use this seed.")
  var seed: UInt64?

  func validate() throws {
    for set in sets where !set.contains("=") || set.hasPrefix("=") {
      throw ValidationError("--set wants PATH=VALUE, found '\(set)'.")
    }
  }
}

enum Threads {
  static func check(_ threads: Int?) throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be 1 to 1024, found \(threads).")
    }
  }
}
