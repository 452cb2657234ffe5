import ArgumentParser
import LabCore
import LabPipeline

struct Analyze: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Analyse a usage CSV.",
    discussion: """
      Scenario and prices come from the flags, else from the X.run.json beside the data when it matches, else from the \
      shipped price book; thresholds are judged when a scenario is known.

      EXAMPLES
        finops-lab analyze data/peak.csv
        finops-lab analyze data/peak.csv understanding --where feature_id=chat --from 2026-01-10
        finops-lab analyze usage.csv --format json > findings.json
        finops-lab analyze usage.csv dataset_overview --rejects bad-rows.csv
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv, markdown }

  @Argument(
    help: "A usage CSV: ours, the earlier system's, or any with columns of the same names.",
    completion: .file(extensions: ["csv"]))
  var data: String
  @Argument(help: "Analyzers to run; all by default. 'finops-lab list analyzers' names them.")
  var analyzers: [String] = []
  @Option(
    help: ArgumentHelp("The scenario whose thresholds and settings hold.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var scenario: String?
  @Option(help: ArgumentHelp("The price book.", valueName: "file"), completion: .file(extensions: ["json"]))
  var prices: String?
  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      "Only calls with this value; repeat a key for alternatives, name several keys to narrow.", valueName: "key=value")
  )
  var filters: [String] = []
  @Option(help: ArgumentHelp("Only calls from this time on.", valueName: "time"))
  var from: String?
  @Option(help: ArgumentHelp("Only calls before this time.", valueName: "time"))
  var to: String?
  @Option(help: "How to print: table, json, csv or markdown.")
  var format = Format.table
  @Option(help: ArgumentHelp("With --format csv: only the table of this id.", valueName: "id"))
  var table: String?
  @Option(help: ArgumentHelp("Refuse data with more bad rows than this.", valueName: "count"))
  var maxRejects: Int?
  @Option(help: ArgumentHelp("Write the bad rows into this file.", valueName: "file"))
  var rejects: String?
  @Option(help: ArgumentHelp("Refuse data that needs more memory than this, such as 2GB or 800MB.", valueName: "size"))
  var memory: String?
  @Option(help: ArgumentHelp("Write the verdicts as JUnit XML.", valueName: "file"))
  var junit: String?
  @Option(help: "Threads to use; the output is the same for any number.")
  var threads: Int?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try Threads.check(threads)
    for filter in filters where !filter.contains("=") || filter.hasPrefix("=") {
      throw ValidationError("--where wants KEY=VALUE, found '\(filter)'.")
    }
    for (name, text) in [("--from", from), ("--to", to)] {
      if let text, Instant(text) == nil {
        throw ValidationError("\(name) wants a time such as 2026-01-05 or 2026-01-05T09:00:00Z, found '\(text)'.")
      }
    }
    if let maxRejects, maxRejects < 0 {
      throw ValidationError("--max-rejects must not be negative, found \(maxRejects).")
    }
    if let memory, MemorySize(memory) == nil {
      throw ValidationError("--memory wants a size such as 2GB or 800MB, found '\(memory)'.")
    }
    if table != nil, format != .csv { throw ValidationError("--table goes with --format csv.") }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try AnalyzePresenter(shell: shell, environment: shell.environment(threads: threads)).run(self)
  }
}

/// A size in bytes as people write it: `800MB`, `2GB`, `1.5GiB`.
struct MemorySize {
  let bytes: Int64

  init?(_ text: String) {
    let units: [(String, Double)] = [
      ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824), ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("k", 1e3),
      ("m", 1e6), ("g", 1e9), ("b", 1), ("", 1),
    ]
    let lower = text.lowercased()
    guard let unit = units.first(where: { lower.hasSuffix($0.0) }), let count = Double(lower.dropLast(unit.0.count)),
      count > 0, count * unit.1 < 9e18
    else { return nil }
    bytes = Int64(count * unit.1)
  }
}
