import Glibc
import LabCore
import LabReport
import Synchronization

/// Runs jobs on threads of their own, a bounded number at once, the others waiting in order.
final class JobBoard: Sendable {
  /// Why a job was not taken.
  enum Refusal: Error, Sendable { case alreadyRunning, queueFull, ending }

  typealias Work = @Sendable (JobHandle) throws(LabFailure) -> Void

  fileprivate struct Entry {
    var job: Job
    var flag = CancellationFlag()
    var work: Work?
    /// Whether its thread still runs: a job that is over its time may need a moment to notice.
    var holdsThread = false
  }

  fileprivate struct State {
    var entries: [Entry] = []
    var next = 1
    var isEnding = false
    /// The last job of each analyzer: what `analyzer_status` shows.
    var lastAnalyses: [String: Job] = [:]
  }

  private let limits: ViewerLimits
  private let log: ActivityLog
  private let now: @Sendable () -> Instant
  private let state = Mutex(State())
  private let observer = Mutex(Observer())

  /// Who wants to know what.
  struct Observer: Sendable {
    /// Called after every change that the status shows.
    var changed: @Sendable () -> Void = {}
    /// Called when the last analysis that waited or ran is over.
    var analysesEnded: @Sendable () -> Void = {}
  }

  init(limits: ViewerLimits, log: ActivityLog, now: @escaping @Sendable () -> Instant) {
    self.limits = limits
    self.log = log
    self.now = now
  }

  func observe(_ observer: Observer) { self.observer.withLock { $0 = observer } }

  private func changed() { observer.withLock { $0.changed }() }

  private func analysisEnded() {
    if !isActive(.analyze) { observer.withLock { $0.analysesEnded }() }
  }

  /// All jobs that are shown, oldest first.
  var jobs: [Job] { state.withLock { $0.entries.map(\.job) } }

  /// The last job of each analyzer that was started, by id.
  var lastAnalyses: [String: Job] { state.withLock { $0.lastAnalyses } }

  /// Forgets what was found about another data file.
  func forgetAnalyses() {
    state.withLock { state in state.lastAnalyses = state.lastAnalyses.filter { !$0.value.status.isOver } }
    changed()
  }

  /// Whether a job of this kind, about this subject if one is named, waits or runs.
  func isActive(_ kind: Job.Kind, _ subject: String? = nil) -> Bool {
    state.withLock { $0.isActive(kind, subject) }
  }

  /// Takes a job into the queue and starts it when there is a place.
  ///
  /// - Parameter isUnique: refuse when one of the same kind and subject waits or runs.
  func submit(
    _ kind: Job.Kind, _ subject: String, isUnique: Bool = true, _ work: @escaping Work
  ) -> Result<String, Refusal> {
    let result: Result<String, Refusal> = state.withLock { state in
      if state.isEnding { return .failure(.ending) }
      if isUnique, state.isActive(kind, subject) { return .failure(.alreadyRunning) }
      guard state.entries.count(where: { $0.job.status == .queued }) < limits.queuedJobs else {
        return .failure(.queueFull)
      }
      let id = String(state.next)
      state.next += 1
      state.entries.append(Entry(job: Job(id: id, kind: kind, subject: subject), work: work))
      return .success(id)
    }
    startWaiting()
    changed()
    return result
  }

  /// Stops a job; nil when there is none of this id, false when it is over.
  func cancel(_ id: String) -> Bool? {
    let time = now()
    let found: Bool? = state.withLock { state in
      guard let index = state.entries.firstIndex(where: { $0.job.id == id }) else { return nil }
      switch state.entries[index].job.status {
      case .queued:
        state.finish(index, .cancelled, error: "it was cancelled", at: time)
        return true
      case .running:
        state.entries[index].flag.raise(reason: StopReason.asked.rawValue)
        return true
      default: return false
      }
    }
    if found == true { analysisEnded() }
    changed()
    return found
  }

  /// Starts what has a place.
  private func startWaiting() {
    while true {
      let time = now()
      let started: (JobHandle, Work)? = state.withLock { state in
        guard !state.isEnding else { return nil }
        let busy = state.entries.filter(\.holdsThread)
        let free = state.entries.firstIndex { entry in
          entry.job.status == .queued
            && busy.count { $0.job.kind.lane == entry.job.kind.lane } < places(in: entry.job.kind.lane)
        }
        guard let index = free, let work = state.entries[index].work else { return nil }
        state.entries[index].job.status = .running
        state.entries[index].job.startedAt = time
        state.entries[index].holdsThread = true
        state.entries[index].work = nil
        state.note(index)
        let id = state.entries[index].job.id
        let handle = JobHandle(id: id, cancellation: state.entries[index].flag) { [weak self] progress in
          self?.show(progress, of: id)
        }
        return (handle, work)
      }
      guard let (handle, work) = started else { return }
      guard BackgroundThread.start({ [self] in run(handle, work) }) else {
        end(handle, LabFailure(.unavailable, code: "no_thread", "the system has no thread for it"))
        return
      }
    }
  }

  private func places(in lane: Job.Lane) -> Int { lane == .analysis ? limits.analyzersAtOnce : 1 }

  private func run(_ handle: JobHandle, _ work: Work) {
    do throws(LabFailure) {
      try work(handle)
      end(handle, nil)
    } catch { end(handle, error) }
  }

  private func end(_ handle: JobHandle, _ failure: LabFailure?) {
    let time = now()
    let ended: Job? = state.withLock { state in
      guard let index = state.entries.firstIndex(where: { $0.job.id == handle.id }) else { return nil }
      state.entries[index].holdsThread = false
      guard !state.entries[index].job.status.isOver else { return nil }
      switch (failure, StopReason(rawValue: handle.cancellation.reason)) {
      case (nil, _): state.finish(index, .complete, error: nil, at: time)
      case (_?, .timeout?): state.finish(index, .timeout, error: timeoutText, at: time)
      case (_?, _?): state.finish(index, .cancelled, error: "it was stopped", at: time)
      case (let failure?, nil): state.finish(index, .error, error: PublicText.of(failure), at: time)
      }
      return state.entries[index].job
    }
    if let ended {
      let what = "\(ended.kind.rawValue) \(ended.subject)"
      switch ended.status {
      case .error: if let failure { log.add(failure, doing: what) }
      case .timeout, .cancelled: log.add(.warning, "\(what): \(ended.error ?? ended.status.rawValue)")
      default: log.add(.info, "\(what): done")
      }
    }
    trim()
    startWaiting()
    if ended?.kind == .analyze { analysisEnded() }
    changed()
  }

  private var timeoutText: String { "it took longer than \(NumberFormat.duration(limits.analyzerTime))" }

  /// Stops analyzers whose time is up; the status says so at once.
  func stopOverdue() {
    let time = now()
    let overdue: [Job] = state.withLock { state in
      var overdue: [Job] = []
      for (index, entry) in state.entries.enumerated()
      where entry.job.status == .running && entry.job.kind == .analyze {
        guard let started = entry.job.startedAt, time - started > limits.analyzerTime else { continue }
        entry.flag.raise(reason: StopReason.timeout.rawValue)
        state.finish(index, .timeout, error: timeoutText, at: time)
        overdue.append(entry.job)
      }
      return overdue
    }
    for job in overdue { log.add(.warning, "\(job.kind.rawValue) \(job.subject): \(timeoutText)") }
    if !overdue.isEmpty {
      analysisEnded()
      changed()
    }
  }

  private func show(_ progress: JobHandle.Progress, of id: String) {
    state.withLock { state in
      guard let index = state.entries.firstIndex(where: { $0.job.id == id }) else { return }
      state.entries[index].job.progress = progress.fraction
      state.entries[index].job.rows = progress.rows
    }
    changed()
  }

  /// Forgets the oldest finished jobs.
  private func trim() {
    state.withLock { state in
      let over = state.entries.indices.filter { state.entries[$0].job.status.isOver && !state.entries[$0].holdsThread }
      for index in over.dropLast(limits.keptJobs).reversed() { state.entries.remove(at: index) }
    }
  }

  /// Ends the board: nothing new starts, what waits is dropped, simulations stop at once, and analyses get `grace` seconds
  /// before they are stopped too.
  ///
  /// - Returns: whether every job ended.
  func finish(grace: Double) -> Bool {
    let time = now()
    state.withLock { state in
      state.isEnding = true
      for index in state.entries.indices {
        if state.entries[index].job.status == .queued {
          state.finish(index, .cancelled, error: "the viewer is ending", at: time)
        } else if state.entries[index].job.kind == .simulate {
          state.entries[index].flag.raise(reason: StopReason.ending.rawValue)
        }
      }
    }
    changed()
    if waitUntilIdle(seconds: grace) { return true }
    state.withLock { state in
      for entry in state.entries where entry.holdsThread { entry.flag.raise(reason: StopReason.ending.rawValue) }
    }
    return waitUntilIdle(seconds: 5)
  }

  private func waitUntilIdle(seconds: Double) -> Bool {
    var left = seconds
    while state.withLock({ $0.entries.contains(where: \.holdsThread) }) {
      if left <= 0 { return false }
      usleep(20_000)
      left -= 0.02
    }
    return true
  }
}

extension JobBoard.State {
  func isActive(_ kind: Job.Kind, _ subject: String?) -> Bool {
    entries.contains { !$0.job.status.isOver && $0.job.kind == kind && (subject == nil || $0.job.subject == subject) }
  }

  mutating func finish(_ index: Int, _ status: Job.Status, error: String?, at time: Instant) {
    entries[index].job.status = status
    entries[index].job.completedAt = time
    entries[index].job.error = error
    entries[index].work = nil
    note(index)
  }

  /// Keeps the last job of an analyzer that was started.
  mutating func note(_ index: Int) {
    let job = entries[index].job
    if job.kind == .analyze, job.startedAt != nil { lastAnalyses[job.subject] = job }
  }
}
