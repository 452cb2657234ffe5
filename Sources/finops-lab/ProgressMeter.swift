import LabCore
import LabPipeline
import LabRendering
import Synchronization

/// Shows progress as a line with rows per second and the time left, at most ten times a second.
final class ProgressMeter: Sendable {
  private struct State {
    var activity: Progress.Activity?
    var activityStart = 0.0
    var lastShown = 0.0
  }

  private let console: Console
  private let state: Mutex<State>

  init(console: Console, started: Double) {
    self.console = console
    state = Mutex(State(activityStart: started))
  }

  func show(_ progress: Progress) {
    guard console.style.showsProgress else { return }
    let now = SystemClock.monotonic()
    let line: String? = state.withLock { state in
      if state.activity != progress.activity {
        state.activity = progress.activity
        state.activityStart = now
        state.lastShown = 0
      }
      guard now - state.lastShown >= 0.1 || progress.fraction >= 1 else { return nil }
      state.lastShown = now
      let seconds = now - state.activityStart
      // The first second says too little about the rest.
      let isSettled = seconds > 0.5 && progress.fraction > 0
      return ProgressLine(
        label: progress.activity.rawValue, fraction: progress.fraction, rows: progress.rows,
        rowsPerSecond: seconds > 0 ? Double(progress.rows) / seconds : nil,
        secondsLeft: isSettled ? seconds * (1 - progress.fraction) / progress.fraction : nil
      ).text(width: console.style.width, ascii: console.style.ascii)
    }
    if let line { console.progress(line) }
  }
}
