import ArgumentParser
import LabAnalysis
import LabCore
import LabPipeline
import LabReport

/// Measures the detectors over many seeds of a scenario. Hidden: it is for the project itself; Benchmarks/detection uses it.
struct MeasureDetectors: LabCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure-detectors",
    abstract: "Simulate a scenario for many seeds and score the detectors against the truth.",
    discussion: """
      Lists every incident that was missed and every false alarm, then the pooled counts by detector and by kind. \
      Nothing is written.

      EXAMPLES
        finops-lab measure-detectors incidents --seeds 20
        finops-lab measure-detectors calm --seeds 100 --set traffic.calls_per_hour=200
        finops-lab measure-detectors incidents abuse_detection --seeds 5 --hits
      """, shouldDisplay: false)

  @Argument(help: "A scenario.")
  var scenario: String
  @Argument(help: "Analyzers to run; those that detect by default.")
  var analyzers: [String] = []
  @Option(help: "How many seeds.")
  var seeds = 20
  @Option(help: "The first seed.")
  var firstSeed: UInt64 = 1
  @Flag(help: "List what was found and what is neutral too.")
  var hits = false
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set a value of the scenario.", valueName: "path=value"))
  var sets: [String] = []
  @Option(help: "Threads to use.")
  var threads: Int?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try Threads.check(threads)
    if !(1...100_000).contains(seeds) { throw ValidationError("--seeds must be 1 to 100000, found \(seeds).") }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try MeasurementPresenter(shell: shell, environment: shell.environment(threads: threads)).run(self)
  }
}
