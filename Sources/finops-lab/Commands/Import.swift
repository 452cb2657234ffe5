import ArgumentParser
import LabCore
import LabPipeline

struct Import: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn real usage into a usage CSV, priced from a price book.",
    discussion: """
      FORMATS
        azure-llm  TIMESTAMP,ContextTokens,GeneratedTokens (the Azure LLM inference traces); wants --set provider=, --set model=
        mooncake   JSON lines of the Mooncake traces; wants --set provider=, --set model= and --start
        csv        any CSV with a header; --map says which column is which

      Each states its token basis, checks that input = uncached + read + written, and counts rejected rows by reason.

      EXAMPLES
        finops-lab import azure-llm trace.csv -o data/azure.csv --set provider=azure --set model=gpt-4o
        finops-lab import mooncake trace.jsonl -o data/chat.csv --start 2025-06-01 --set provider=openai --set model=gpt-4o-mini
        finops-lab import csv calls.csv -o data/calls.csv --map input_tokens=prompt_tokens \\
          --map output_tokens=completion_tokens --map timestamp=created --set provider=openai --set model=gpt-4o
      """)

  @Argument(help: "azure-llm, mooncake or csv.")
  var format: String
  @Argument(help: "The file to import.", completion: .file())
  var file: String
  @Option(name: [.short, .long], help: ArgumentHelp("The CSV to write; '-' is standard output.", valueName: "file"))
  var output: String
  @Option(
    help: ArgumentHelp("The price book; by default the shipped one.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var prices: String?
  @Option(help: ArgumentHelp("The time of the first call, for formats that count from zero.", valueName: "time"))
  var start: String?
  @Option(
    name: .customLong("map"),
    help: ArgumentHelp("Take a column of ours from a column of the file.", valueName: "column=source"))
  var maps: [String] = []
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Give all calls the same value of a column.", valueName: "column=value"))
  var sets: [String] = []
  @Option(help: ArgumentHelp("Refuse data with more bad rows than this.", valueName: "count"))
  var maxRejects: Int?
  @Option(help: ArgumentHelp("Write the bad rows into this file.", valueName: "file"))
  var rejects: String?
  @Option(help: "Threads to use; the output is the same for any number.")
  var threads: Int?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try Threads.check(threads)
    for (name, values) in [("--map", maps), ("--set", sets)] {
      for value in values where !value.contains("=") || value.hasPrefix("=") {
        throw ValidationError("\(name) wants COLUMN=\(name == "--map" ? "SOURCE" : "VALUE"), found '\(value)'.")
      }
    }
    if let start, Instant(start) == nil {
      throw ValidationError("--start wants a time such as 2026-01-05 or 2026-01-05T09:00:00Z, found '\(start)'.")
    }
    if let maxRejects, maxRejects < 0 {
      throw ValidationError("--max-rejects must not be negative, found \(maxRejects).")
    }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try ImportPresenter(shell: shell, environment: shell.environment(threads: threads)).run(self)
  }
}
