import LabCore
import LabFiles
import LabPipeline
import LabRendering
import LabReport
import LabScenario

/// Checks scenarios, and prints effective ones.
struct ValidatePresenter {
  let shell: Shell

  func run(_ command: Validate) throws(LabFailure) -> ExitCode {
    let environment = shell.environment(threads: 1)
    var code = ExitCode.done
    for name in command.files {
      // It lies among the scenarios, and `scenarios/*.json` names it too.
      if Path.name(of: name) == "scenario.schema.json", command.files.count > 1 {
        shell.console.note("\(name): skipped, the schema of scenarios is no scenario")
        continue
      }
      do throws(LabFailure) {
        let loaded = try environment.loadScenario(name, edits: command.edits.edits)
        if command.printsValues {
          show(loaded)
        } else if command.printsJSON {
          shell.console.output(loaded.text())
        } else {
          shell.say("\(name): valid (\(loaded.scenario.summaryText))")
        }
      } catch {
        shell.console.report(error.diagnostics)
        code = code.combined(with: ExitCode(error.kind, cancelledBy: 0))
      }
    }
    return code
  }

  /// A line for each effective value: path, value, origin. Paths are for `--set`, so nothing is ever cut.
  private func show(_ loaded: LoadedScenario) {
    let entries = loaded.entries
    let width = entries.map(\.path.count).max() ?? 0
    let values = min(entries.map(\.value.count).max() ?? 0, 28)
    for entry in entries {
      let path = TextLayout.pad(entry.path, to: width)
      let value = TextLayout.pad(entry.value, to: values)
      shell.console.output(TerminalText.visible("\(path)  \(value)  \(entry.origin)") + "\n")
    }
  }
}
