import ArgumentParser
import LabCore
import LabPipeline

struct List: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "List scenarios, patterns, analyzers, metrics, models or kept runs.",
    discussion: """
      EXAMPLES
        finops-lab list scenarios
        finops-lab list models
        finops-lab list runs
      """)

  @Argument(help: "scenarios, patterns, analyzers, metrics, models or runs.")
  var kind: Catalog.Kind
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    shell.show(try Catalog(shell.environment(threads: 1)).list(kind))
    return .done
  }
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

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    shell.show(try Catalog(shell.environment(threads: 1)).describe(id))
    return .done
  }
}

struct Schema: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of scenario files.",
    discussion: """
      EXAMPLES
        finops-lab schema > scenario.schema.json
      """)
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    shell.console.output(GeneratedDocs.schema())
    return .done
  }
}

extension Catalog.Kind: ExpressibleByArgument {}
