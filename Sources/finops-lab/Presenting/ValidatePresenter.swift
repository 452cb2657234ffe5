import LabCore
import LabPipeline
import LabReport
import LabScenario

/// Checks scenarios, and prints effective ones.
struct ValidatePresenter {
  let shell: Shell

  func run(_ command: Validate) throws(LabFailure) -> ExitCode {
    let environment = shell.environment(threads: 1)
    var code = ExitCode.done
    for name in command.files {
      do throws(LabFailure) {
        let loaded = try environment.loadScenario(name, edits: command.edits.edits)
        if command.printsValues {
          shell.show([.table(originTable(loaded))])
        } else if command.printsJSON {
          shell.console.output(loaded.text())
        } else {
          shell.say("\(name): valid (\(summary(loaded.scenario)))")
        }
      } catch {
        shell.console.report(error.diagnostics)
        code = code.combined(with: ExitCode(error.kind, cancelledBy: 0))
      }
    }
    return code
  }

  private func summary(_ scenario: Scenario) -> String {
    func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
    return [
      count(scenario.providers.count, "provider"), count(scenario.features.count, "feature"),
      count(scenario.population.customers, "customer"), count(scenario.phases.count, "phase"),
      count(scenario.thresholds.count, "threshold"),
    ].joined(separator: ", ")
  }

  private func originTable(_ loaded: LoadedScenario) -> ReportTable {
    ReportTable(
      id: "origins", title: "Effective values of \(loaded.scenario.name)",
      columns: [.key("path", "Path"), .note("value", "Value", priority: 0), .note("origin", "Origin", priority: 0)],
      rows: loaded.entries.map { [.text($0.path), .text($0.value), .text($0.origin.description)] })
  }
}
