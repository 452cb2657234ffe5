import LabCore
import LabFiles
import LabPipeline
import LabReport
import LabScenario

/// Simulates into a file and says what came of it.
struct SimulatePresenter {
  let shell: Shell
  let environment: LabEnvironment

  func run(_ command: Simulate) throws(LabFailure) -> ExitCode {
    var loaded = try environment.loadScenario(command.file, edits: command.edits.edits + sizeEdits(command))
    if let rows = command.scaleTo {
      let rate = try environment.callsPerHour(toReach: rows, of: loaded)
      loaded = try environment.loadScenario(
        command.file,
        edits: command.edits.edits + [Edit(path: "traffic.calls_per_hour", value: "\(rate)", place: .flag)])
      // One pass over the scenario's time is what the rows are scaled to.
      loaded.scenario.repeatUntil = nil
    }
    let output = command.output == "-" ? "/dev/stdout" : command.output
    do throws(LabFailure) {
      let file = try environment.simulate(
        loaded,
        SimulationRequest(
          output: output, resume: command.resume, synchronises: command.fsync, sha256: command.sha256))
      show(file)
      return .done
    } catch {
      // A reader of standard output that has seen enough is no failure.
      if output == "/dev/stdout", error.diagnostics.contains(where: { $0.code == FileError.closedPipeCode }) {
        return .done
      }
      throw error
    }
  }

  private func sizeEdits(_ command: Simulate) -> [Edit] {
    if let rows = command.rows {
      return [Edit(path: "traffic.repeat_until", value: "{\"rows\":\(rows)}", place: .flag)]
    }
    if let megabytes = command.megabytes {
      return [Edit(path: "traffic.repeat_until", value: "{\"megabytes\":\(megabytes)}", place: .flag)]
    }
    return []
  }

  private func show(_ file: SimulatedFile) {
    let rate = file.wallSeconds > 0 ? Double(file.rows) / file.wallSeconds : 0
    let text =
      "\(NumberFormat.grouped(file.rows)) calls, \(NumberFormat.bytes(file.bytes)), \(NumberFormat.compact(rate)) rows/s"
    if file.resumedBytes > 0 { shell.console.note("resumed after \(NumberFormat.bytes(file.resumedBytes))") }
    if file.skippedCalls > 0 {
      shell.console.message(
        "warning: \(NumberFormat.grouped(file.skippedCalls)) calls could not be generated and were skipped")
    }
    if file.rows == 0 {
      shell.console.message("warning: the scenario makes no call in its time; the file has a header and no row")
    }
    if file.isDirect {
      shell.console.note("wrote \(text)")
    } else {
      shell.say("wrote \(file.paths.data): \(text)")
      shell.console.note("fingerprint \(file.fingerprint)")
    }
  }
}
