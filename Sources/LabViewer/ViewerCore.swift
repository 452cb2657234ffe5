import LabAnalysis
import LabCore
import LabFiles
import LabPipeline
import LabScenario
import Synchronization

/// What the viewer does, without the web: the chosen data, the jobs, the monitor, the status.
///
/// Everything that takes long happens on threads of jobs or on the one that beats; requests only read what is ready.
final class ViewerCore: Sendable {
  /// What became of something that a page asked for.
  enum Outcome: Sendable, Equatable {
    /// It will be done by the jobs of these ids.
    case accepted([String])
    case unknown(String)
    case conflict(String)
    case full
    case ending
  }

  /// Writes the report of an analysis into a folder.
  typealias ReportWriting = @Sendable (LabEnvironment, AnalysisOutcome, String) throws(LabFailure) -> Void

  let environment: LabEnvironment
  let folders: ViewerFolders
  let limits: ViewerLimits
  let log: ActivityLog
  let keeper: DataKeeper
  let board: JobBoard
  let shelf = ReportShelf()
  let hub: EventHub
  let status: StatusBoard
  private let writeReport: ReportWriting
  /// Where the project keeps the runs of its sessions and of `run`; nil when it keeps none.
  let runs: RunArchive?
  private let isEnding = Atomic(false)

  init(
    folder: String, environment: LabEnvironment, limits: ViewerLimits, scenario: String? = nil, prices: String? = nil,
    writeReport: @escaping ReportWriting
  ) throws(LabFailure) {
    folders = try ViewerFolders(folder)
    let kept = Path.joined(folder, ".finops-lab/runs")
    runs =
      FileSystem.exists(kept) ? RunArchive(folder: kept) : folder == environment.project.root ? environment.runs : nil
    self.limits = limits
    self.writeReport = writeReport
    let log = ActivityLog(now: environment.now, sink: environment.note)
    self.log = log
    var environment = environment
    environment.note = { log.add($0.severity == .note ? .info : .warning, PublicText.of($0.sentence)) }
    environment.progress = { _ in }
    self.environment = environment
    keeper = DataKeeper(folders: folders, scenario: scenario, prices: prices, log: log, now: environment.now)
    board = JobBoard(limits: limits, log: log, now: environment.now)
    hub = EventHub(limit: limits.eventStreams)
    status = StatusBoard()
    board.observe(
      JobBoard.Observer(
        changed: { [status] in status.touch() },
        analysesEnded: { [weak self] in self?.writeReportOfResults() }))
  }

  var ends: Bool { isEnding.load(ordering: .relaxed) }

  // MARK: What a page may ask for

  func runAnalyzer(_ id: String) -> Outcome {
    guard AnalyzerRegistry.ids.contains(id) else { return .unknown("there is no analyzer '\(PublicText.name(id))'") }
    return analyse([id])
  }

  func runAll() -> Outcome { analyse(AnalyzerRegistry.ids) }

  private func analyse(_ ids: [String]) -> Outcome {
    guard keeper.name != nil else { return .conflict("there is no data file yet") }
    let batch = AnalysisBatch()
    var accepted: [String] = []
    var refusal = JobBoard.Refusal.alreadyRunning
    // Many at once leave no core idle; one alone gets them all.
    let threads = ids.count == 1 ? environment.threads : max(1, environment.threads / limits.analyzersAtOnce)
    for id in ids {
      let submitted = board.submit(.analyze, id) { [self] handle throws(LabFailure) in
        try analyse(id, in: batch, threads: threads, handle)
      }
      switch submitted {
      case .success(let job): accepted.append(job)
      case .failure(let reason): refusal = reason
      }
    }
    return accepted.isEmpty ? Self.outcome(refusal, what: "the analysis") : .accepted(accepted)
  }

  func simulate(_ name: String) -> Outcome {
    guard status.scenarioNames.contains(name) else {
      return .unknown("there is no scenario '\(PublicText.name(name))'")
    }
    let file = name + ".csv"
    let output = folders.paths(of: file)
    let submitted = board.submit(.simulate, name) { [self] handle throws(LabFailure) in
      let environment = environment(for: handle)
      let loaded = try environment.loadScenario(name)
      try FileSystem.makeFolder(folders.data)
      _ = try environment.simulate(loaded, SimulationRequest(output: output.data))
      if keeper.name == file { _ = runAll() }
    }
    switch submitted {
    case .success(let job):
      choose(file)
      return .accepted([job])
    case .failure(let reason): return Self.outcome(reason, what: "'\(name)'")
    }
  }

  func load(_ name: String) -> Outcome {
    guard folders.offers().contains(where: { $0.name == name }) else {
      return .unknown("there is no data file '\(PublicText.name(name))'")
    }
    if board.isActive(.load, name) { return Self.outcome(.alreadyRunning, what: "'\(name)'") }
    choose(name)
    return read(name)
  }

  private func read(_ name: String) -> Outcome {
    let submitted = board.submit(.load, name) { [self] handle throws(LabFailure) in
      guard keeper.name == name else { return }
      _ = try keeper.current(in: environment(for: handle))
    }
    switch submitted {
    case .success(let job): return .accepted([job])
    case .failure(let reason): return Self.outcome(reason, what: "'\(name)'")
    }
  }

  func cancel(_ id: String) -> Outcome {
    switch board.cancel(id) {
    case nil: .unknown("there is no job '\(PublicText.name(id))'")
    case true?: .accepted([id])
    case false?: .conflict("the job is over")
    }
  }

  private static func outcome(_ refusal: JobBoard.Refusal, what: String) -> Outcome {
    switch refusal {
    case .alreadyRunning: .conflict("\(what) is running already")
    case .queueFull: .full
    case .ending: .ending
    }
  }

  // MARK: Work

  /// The environment of one job: its own flag, its own progress.
  private func environment(for handle: JobHandle, threads: Int? = nil) -> LabEnvironment {
    var environment = environment
    environment.cancellation = handle.cancellation
    environment.threads = threads ?? environment.threads
    environment.progress = { handle.progress(($0.fraction, $0.rows)) }
    return environment
  }

  private func analyse(
    _ id: String, in batch: AnalysisBatch, threads: Int, _ handle: JobHandle
  ) throws(LabFailure) {
    // Reading is worth all threads, and the others of the batch wait for it.
    let reading = environment(for: handle)
    let snapshot = try batch.data { () throws(LabFailure) in try keeper.current(in: reading) }
    try handle.cancellation.check()
    let results = try environment(for: handle, threads: threads).analyse(snapshot.data, analyzers: [id])
    for result in results {
      keeper.keep(result, version: snapshot.version)
      if let error = result.error { throw error.failure }
    }
  }

  /// Makes another file the one that is shown and analysed.
  func choose(_ name: String) {
    guard keeper.name != name else { return }
    keeper.choose(name)
    board.forgetAnalyses()
    shelf.show(folders.reports(of: name))
    log.add(.info, "the data file is \(name)")
  }

  /// Writes the report of what was found, once no analysis is under way.
  private func writeReportOfResults() {
    let known = keeper.known
    guard let snapshot = known.snapshot, !known.results.isEmpty, !ends else { return }
    _ = board.submit(.report, snapshot.name, isUnique: false) { [self] handle throws(LabFailure) in
      let environment = environment(for: handle)
      let outcome = try environment.outcome(of: Array(known.results.values), on: snapshot.data)
      keeper.keep(outcome.verdicts, version: snapshot.version)
      try writeReport(environment, outcome, folders.reports(of: snapshot.name))
    }
  }

  // MARK: The beat

  /// What happens every tenth of a second, on one thread: overdue jobs, the monitor, the status.
  ///
  /// - Parameter follower: keeps what the last beats saw of the file.
  func beat(_ follower: inout FileFollower) {
    let now = environment.now()
    board.stopOverdue()
    if keeper.name == nil, let latest = folders.offers().max(by: { $0.modified < $1.modified }) {
      choose(latest.name)
      _ = read(latest.name)
    }
    if !ends, !board.isActive(.analyze), !board.isActive(.report), keeper.look(now: now) == .analyse {
      log.add(.info, "\(keeper.name ?? "") has grown; it is analysed")
      _ = runAll()
    }
    guard status.isDue(now) else { return }
    shelf.show(keeper.name.map { folders.reports(of: $0) })
    for line in status.render(self, progress: keeper.name.flatMap { follower.look(at: $0, now: now) }, now: now) {
      hub.send(line)
    }
  }

  /// Ends the work: see ``JobBoard/finish(grace:)``.
  func finish(grace: Double) -> Bool {
    isEnding.store(true, ordering: .relaxed)
    log.add(.info, "the viewer is ending")
    status.touch()
    return board.finish(grace: grace)
  }
}

extension FileSystem {
  /// Creates a folder, its failure being that of a command.
  fileprivate static func makeFolder(_ path: String) throws(LabFailure) {
    do throws(FileError) { try createFolder(path) } catch { throw error.failure }
  }
}

extension PublicText {
  /// A name that came from outside, cut to its last part and to a length that can be shown.
  static func name(_ text: String) -> String {
    let last = text.split(separator: "/").last ?? ""
    let shown = last.unicodeScalars.prefix(60).filter { $0.value >= 0x20 && $0.value != 0x7f }
    return String(String.UnicodeScalarView(shown))
  }
}
