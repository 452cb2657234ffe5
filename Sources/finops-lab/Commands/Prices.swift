import ArgumentParser
import LabCore
import LabPipeline

struct Prices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Import, check and show price books.",
    subcommands: [PricesImport.self, PricesLint.self, PricesShow.self])
}

struct PricesImport: LabCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a price book from the common price map.",
    discussion: """
      Reads the JSON map of prices per token that LiteLLM keeps. What the book can't hold is counted and named.

      EXAMPLES
        finops-lab prices import model_prices.json -o scenarios/prices/all.json
        finops-lab prices import model_prices.json -o mine.json --provider-map bedrock_converse=aws-bedrock
      """)

  @Argument(help: "The price map.", completion: .file(extensions: ["json"]))
  var file: String
  @Option(
    name: [.short, .long], help: ArgumentHelp("The price book to write; '-' is standard output.", valueName: "file"))
  var output: String
  @Option(name: .customLong("provider-map"), help: ArgumentHelp("Rename a provider.", valueName: "from=to"))
  var renames: [String] = []
  @Option(help: ArgumentHelp("The date of the prices, such as 2026-11-20; noted in the book.", valueName: "date"))
  var asOf: String?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    for rename in renames
    where rename.split(separator: "=", omittingEmptySubsequences: false).count != 2 || rename.hasPrefix("=")
      || rename.hasSuffix("=")
    {
      throw ValidationError("--provider-map wants FROM=TO, found '\(rename)'.")
    }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode { try PricesPresenter(shell: shell).importMap(self) }
}

struct PricesLint: LabCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Check a price book, and warn where ratios are far from the field's habits.",
    discussion: """
      EXAMPLES
        finops-lab prices lint scenarios/prices/2026-11.json
      """)

  @Argument(help: "Price books.", completion: .file(extensions: ["json"]))
  var files: [String]
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode { try PricesPresenter(shell: shell).lint(self) }
}

struct PricesShow: LabCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the prices of a book per million tokens.",
    discussion: """
      EXAMPLES
        finops-lab prices show
        finops-lab prices show --provider anthropic --at 2025-06-01
        finops-lab prices show scenarios/prices/classic.json
      """)

  @Argument(help: "A price book; by default the shipped one.", completion: .file(extensions: ["json"]))
  var file: String?
  @Option(help: "Only this provider.")
  var provider: String?
  @Option(help: ArgumentHelp("The prices in force at this time; by default the latest.", valueName: "time"))
  var at: String?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if let at, Instant(at) == nil { throw ValidationError("--at wants a time such as 2026-01-05, found '\(at)'.") }
  }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try PricesPresenter(shell: shell).show(book: file, provider: provider, at: at.flatMap { Instant($0) })
  }
}
