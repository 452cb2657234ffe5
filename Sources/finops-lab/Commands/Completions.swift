import ArgumentParser
import LabCore
import LabPipeline

struct Completions: LabCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a completion script for a shell.",
    discussion: """
      EXAMPLES
        finops-lab completions bash > ~/.local/share/bash-completion/completions/finops-lab
        finops-lab completions zsh > ~/.zfunc/_finops-lab
        finops-lab completions fish > ~/.config/fish/completions/finops-lab.fish
      """)

  enum ShellName: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

  @Argument(help: "bash, zsh or fish.")
  var shellName: ShellName
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    let script =
      switch shellName {
      case .bash: FinopsLab.completionScript(for: .bash)
      case .zsh: FinopsLab.completionScript(for: .zsh)
      case .fish: FinopsLab.completionScript(for: .fish)
      }
    shell.console.output(script + (script.hasSuffix("\n") ? "" : "\n"))
    return .done
  }
}
