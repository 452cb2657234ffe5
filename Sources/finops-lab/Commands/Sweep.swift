import ArgumentParser
import LabCore
import LabPipeline

struct Sweep: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a scenario for every combination of one or two varied values.",
    discussion: """
      Prints one table and a plot. Nothing is written: cells are simulated in memory, each with the figures that a run of \
      its own would give. With --seeds every cell is a distribution: its median and the band between the 10th and the 90th \
      percentile.

      EXAMPLES
        finops-lab sweep peak --vary traffic.calls_per_hour=500..2000/500
        finops-lab sweep peak --vary population.customers=100,400 --vary features[chat].cached_share=0..0.6/0.2
        finops-lab sweep peak --vary traffic.calls_per_hour=500,1000 --metric understanding.cost_per_call_usd --seeds 10
      """)

  @Argument(
    help: "A scenario file, or the name of a scenario of the project or of the lab.",
    completion: .file(extensions: ["json"]))
  var file: String
  @Option(help: ArgumentHelp("A value to vary: PATH=A..B/STEP or PATH=A,B,C; once or twice.", valueName: "path=values"))
  var vary: [String]
  @Option(
    help: ArgumentHelp("What to measure; by default the metrics of the thresholds, else the cost.", valueName: "id"))
  var metric: [String] = []
  @Option(help: "How many seeds every cell is run with.")
  var seeds = 1
  @OptionGroup var edits: ScenarioEdits
  @Option(help: "How to print: table, json, csv or markdown.")
  var format = Analyze.Format.table
  @Option(help: "Threads to use; the output is the same for any number.")
  var threads: Int?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try Threads.check(threads)
    try Seeds.check(seeds)
    if vary.isEmpty { throw ValidationError("Name at least one value to --vary.") }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try SweepPresenter(shell: shell, environment: shell.environment(threads: threads)).run(self)
  }
}

enum Seeds {
  static func check(_ seeds: Int) throws {
    if !(1...10_000).contains(seeds) { throw ValidationError("--seeds must be 1 to 10000, found \(seeds).") }
  }
}
