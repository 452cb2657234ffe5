import ArgumentParser
import LabCore

struct List: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "List scenarios, patterns, analyzers, models or kept runs.",
    discussion: """
      EXAMPLES
        finops-lab list scenarios
        finops-lab list models
        finops-lab list runs
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable { case scenarios, patterns, analyzers, models, runs }

  @Argument(help: "scenarios, patterns, analyzers, models or runs.")
  var kind: Kind
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode { try CatalogPresenter(shell: shell).list(kind) }
}

struct Describe: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describe a scenario, pattern, analyzer, metric, column or model.",
    discussion: """
      EXAMPLES
        finops-lab describe peak
        finops-lab describe feature_launch
        finops-lab describe understanding.total_cost_usd
        finops-lab describe gpt-4o
      """)

  @Argument(help: "The name of anything that 'list' shows, a metric, or a column.")
  var id: String
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode { try CatalogPresenter(shell: shell).describe(id) }
}

struct Schema: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of scenario files.",
    discussion: """
      EXAMPLES
        finops-lab schema > scenario.schema.json
      """)
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode { try CatalogPresenter(shell: shell).schema() }
}
