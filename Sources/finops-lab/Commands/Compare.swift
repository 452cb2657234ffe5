import ArgumentParser
import LabCore
import LabPipeline

struct Compare: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what changed between two runs or data files.",
    discussion: """
      Each side is a usage CSV, a kept run (@ is the last, @-1 the one before, or its number or folder), or 'baseline'. \
      Figures in USD come first, then the others, the largest change first; the difference in cost is split into price, \
      volume and mix. With several seeds on both sides, bands say whether a change is beyond chance.

      EXAMPLES
        finops-lab compare @-1 @
        finops-lab compare january.csv february.csv
        finops-lab compare baseline @ --fail-on 'understanding.total_cost_usd > +5%' --floor 1.00
      """)

  @Argument(help: "The side before: a CSV, a kept run, or 'baseline'.", completion: .file())
  var before: String
  @Argument(help: "The side after.", completion: .file())
  var after: String
  @OptionGroup var rules: ChangeRules
  @Flag(help: "Show all figures and parts, not only the largest changes.")
  var all = false
  @Option(help: "How to print: table, json or markdown.")
  var format = Format.table
  @Option(help: "Threads to use; the output is the same for any number.")
  var threads: Int?
  @OptionGroup var global: GlobalOptions

  enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, markdown }

  func validate() throws { try Threads.check(threads) }

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    try ComparePresenter(shell: shell, environment: shell.environment(threads: threads)).run(self)
  }
}

/// When a change fails.
struct ChangeRules: ParsableArguments {
  @Option(
    name: .customLong("fail-on"),
    help: ArgumentHelp(
      "End in 99 when the change meets this, such as 'understanding.total_cost_usd > +5%'.", valueName: "rule"))
  var failOn: [String] = []

  @Option(help: ArgumentHelp("A change smaller than this, in the metric's own unit, never fails.", valueName: "amount"))
  var floor: Double?

  func validate() throws {
    if let floor, !(floor >= 0 && floor.isFinite) {
      throw ValidationError("--floor must be 0 or more, found \(floor).")
    }
    if floor != nil, failOn.isEmpty { throw ValidationError("--floor goes with --fail-on.") }
  }

  /// The rules as they are judged.
  func parsed() throws(LabFailure) -> [ChangeRule] {
    var rules: [ChangeRule] = []
    for text in failOn { rules.append(try ChangeRule(text)) }
    return rules
  }
}
