import ArgumentParser
import Glibc
import LabCore
import LabPipeline

/// The version of the product; CHANGELOG.md says what each holds.
let productVersion = "0.1.0"

/// The lab's exit codes; the argument parser has a type of the same name.
typealias ExitCode = LabPipeline.ExitCode

/// The root of the command line.
struct FinopsLab: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finops-lab",
    abstract: "A laboratory for the cost of AI API usage.",
    discussion: """
      Describe a business in a JSON scenario (providers, prices, customers, traffic, thresholds), simulate months of its \
      usage in seconds or load real usage, and see where the money goes.

      EXAMPLES
        finops-lab                                open an interactive session
        finops-lab run peak                       simulate, analyse and judge a shipped scenario
        finops-lab run my.json --set traffic.calls_per_hour=5000
        finops-lab simulate peak -o data/peak.csv --scale-to 1000000
        finops-lab analyze data/peak.csv understanding --where feature_id=chat
        finops-lab report data/peak.csv
        finops-lab import azure-llm trace.csv -o data/azure.csv --set provider=azure --set model=gpt-4o
        finops-lab list scenarios

      Results go to standard output, messages and progress to standard error. The exit code is 0 when all is well and \
      99 when a threshold failed; 'finops-lab help run' lists the others.
      """,
    version: productVersion,
    subcommands: [
      Run.self, Validate.self, Simulate.self, Analyze.self, WriteReport.self, Compare.self, Sweep.self, Test.self,
      Import.self, Prices.self, View.self, List.self, Describe.self, Init.self, Schema.self, Completions.self,
      Version.self, GenerateDocs.self, MeasureDetectors.self,
    ],
    helpNames: [.short, .long])
}

/// A command of ours: it does its work with a shell and gives an exit code.
protocol LabCommand: ParsableCommand {
  var global: GlobalOptions { get }
  func execute(in shell: Shell) throws(LabFailure) -> ExitCode
}

@main
enum Main {
  static func main() {
    Signals.blockAll()
    let words = Array(CommandLine.arguments.dropFirst())
    if let options = SessionEntry.options(words) { exit(SessionEntry.run(options).rawValue) }
    let flag = CancellationFlag()
    Signals.watch(raising: flag)
    let arguments = ArgumentOrder.globalFlagsAfterCommand(words)
    let code: ExitCode
    if let unknown = UnknownCommand.find(in: arguments) {
      Console(style: Console.Style()).report([unknown])
      exit(ExitCode.usage.rawValue)
    }
    do {
      let command = try FinopsLab.parseAsRoot(arguments)
      if let command = command as? any LabCommand {
        code = run(command, flag)
      } else {
        var command = command
        try command.run()
        code = .done
      }
    } catch {
      code = end(parsing: error)
    }
    exit(code.rawValue)
  }

  private static func run(_ command: some LabCommand, _ flag: CancellationFlag) -> ExitCode {
    let shell = Shell(command.global, flag)
    let code: ExitCode
    do throws(LabFailure) { code = try command.execute(in: shell) } catch {
      shell.console.report(error.diagnostics)
      code = ExitCode(error.kind, cancelledBy: flag.reason)
    }
    shell.console.clearProgress()
    return code.combined(with: shell.console.exitCode)
  }

  /// Help and version texts go to standard output; anything else is a wrong command line.
  private static func end(parsing error: any Error) -> ExitCode {
    let text = FinopsLab.fullMessage(for: error)
    let isHelp = FinopsLab.exitCode(for: error) == .success
    let console = Console(style: Console.Style())
    if isHelp {
      console.output(text + "\n")
      return console.exitCode
    }
    console.message(text)
    return .usage
  }
}

/// Answers a mistyped command with the nearest ones, where the argument parser would only call it unexpected.
enum UnknownCommand {
  static func find(in arguments: [String]) -> Diagnostic? {
    var words = arguments[...]
    if words.first == "help" { words = words.dropFirst() }
    var level: any ParsableCommand.Type = FinopsLab.self
    var names: [String] = []
    while let word = words.first, !word.hasPrefix("-"), !level.configuration.subcommands.isEmpty {
      let subcommands = level.configuration.subcommands
      guard let next = subcommands.first(where: { $0._commandName == word }) else {
        if word == "help" { return nil }
        var known: [String] = []
        for subcommand in subcommands where subcommand.configuration.shouldDisplay {
          known.append(subcommand._commandName)
        }
        let command = (["finops-lab"] + names).joined(separator: " ")
        return Diagnostic(
          code: "unknown_command", sentence: "there is no command '\(word)'",
          help: Suggestion.help(for: word, among: known) ?? "'\(command) --help' lists the commands")
      }
      names.append(word)
      level = next
      words = words.dropFirst()
    }
    return nil
  }
}

/// Lets flags that every command knows stand before the command's name too.
enum ArgumentOrder {
  private static let flags: Set<String> = ["--quiet", "-q", "--verbose", "-v", "--ascii", "--no-progress"]
  private static let options: Set<String> = ["--color", "--width"]

  /// Whether there is nothing but such flags.
  static func areGlobalFlags(_ arguments: [String]) -> Bool {
    var rest = arguments[...]
    while let first = rest.popFirst() {
      if flags.contains(first) || options.contains(where: { first.hasPrefix($0 + "=") }) { continue }
      guard options.contains(first), !rest.isEmpty else { return false }
      rest = rest.dropFirst()
    }
    return true
  }

  static func globalFlagsAfterCommand(_ arguments: [String]) -> [String] {
    var moved: [String] = []
    var rest = arguments[...]
    while let first = rest.first {
      if flags.contains(first) || options.contains(where: { first.hasPrefix($0 + "=") }) {
        moved.append(first)
        rest = rest.dropFirst()
      } else if options.contains(first), rest.count >= 2 {
        moved += rest.prefix(2)
        rest = rest.dropFirst(2)
      } else {
        break
      }
    }
    // Without a command there is nothing to move them behind.
    return rest.isEmpty ? arguments : rest + moved
  }
}
