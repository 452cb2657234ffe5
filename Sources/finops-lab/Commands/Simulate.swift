import ArgumentParser
import LabCore
import LabPipeline

struct Simulate: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the usage of a scenario as CSV.",
    discussion: """
      Beside X.csv it writes X.customers.csv (subscriptions), X.truth.json (what was injected) and X.run.json (where the \
      data comes from). While it runs, the data is in X.csv.part.

      EXAMPLES
        finops-lab simulate peak                         to the place that the scenario names
        finops-lab simulate peak -o data/small.csv --scale-to 10000
        finops-lab simulate stress --megabytes 200 -o /tmp/stress.csv
        finops-lab simulate peak -o - | head
      """)

  @Argument(
    help: "A scenario file, or the name of a scenario of the project or of the lab.",
    completion: .file(extensions: ["json"]))
  var file: String
  @Option(name: [.short, .long], help: ArgumentHelp("The CSV to write; '-' is standard output.", valueName: "file"))
  var output: String?
  @Option(help: "Go on until there are this many rows.")
  var rows: Int64?
  @Option(help: "Go on until there are this many megabytes (10^6 bytes).")
  var megabytes: Double?
  @Option(help: ArgumentHelp("Scale the traffic to about this many rows over the scenario's time.", valueName: "rows"))
  var scaleTo: Int64?
  @OptionGroup var edits: ScenarioEdits
  @Option(help: "Threads to use; the output is the same for any number.")
  var threads: Int?
  @Flag(help: "Continue a run that was interrupted, with the bytes that an unbroken run would have written.")
  var resume = false
  @Flag(help: "Wait until the data is on the device.")
  var fsync = false
  @Flag(name: .customLong("sha256"), help: "Put the SHA-256 of the data into X.run.json too.")
  var sha256 = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try Threads.check(threads)
    if [rows != nil, megabytes != nil, scaleTo != nil].count(where: { $0 }) > 1 {
      throw ValidationError("--rows, --megabytes and --scale-to exclude each other.")
    }
    if let rows, rows < 1 { throw ValidationError("--rows must be at least 1, found \(rows).") }
    if let megabytes, !(megabytes > 0 && megabytes <= 1e6) {
      throw ValidationError("--megabytes must be greater than 0 and at most 1000000, found \(megabytes).")
    }
    if let scaleTo, scaleTo < 1 { throw ValidationError("--scale-to must be at least 1, found \(scaleTo).") }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try SimulatePresenter(shell: shell, environment: shell.environment(threads: threads)).run(self)
  }
}
