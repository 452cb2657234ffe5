import ArgumentParser
import LabCore
import LabPipeline

struct Version: LabCommand {
  static let configuration = CommandConfiguration(abstract: "Print the version.")
  @OptionGroup var global: GlobalOptions

  func execute(in shell: Shell) throws(LabFailure) -> ExitCode {
    shell.console.output("finops-lab \(productVersion)\n")
    return .done
  }
}
