import LabAnalysis
import LabCore
import LabFiles
import LabPipeline
import LabTable
import Synchronization

/// Holds the chosen data file in memory, with what was found in it, and brings it up to date.
///
/// Only the threads of jobs wait for a load; everyone else reads what is there.
final class DataKeeper: Sendable {
  /// A state of the chosen file: results of another state are worth nothing for it.
  struct Snapshot: Sendable {
    /// Grows with every choice of a file and every byte that was read.
    var version: Int
    var name: String
    var data: LoadedData
    var totals: CallTotals
  }

  /// What the status shows of the data.
  struct Known: Sendable {
    var name: String?
    var snapshot: Snapshot?
    var results: [String: AnalyzerResult] = [:]
    var verdicts: [Verdict] = []
  }

  private struct State {
    var known = Known()
    /// Grows with every choice, so that a load that took long doesn't undo a later one.
    var choice = 0
    var version = 0
    var place: GrowthWatch.Sight?
    var path = ""
    var watch = GrowthWatch()
  }

  private let folders: ViewerFolders
  private let scenario: String?
  private let prices: String?
  private let log: ActivityLog
  private let now: @Sendable () -> Instant
  private let state = Mutex(State())
  /// Held while a file is loaded: one at a time.
  private let loading = Mutex(())

  /// - Parameters:
  ///   - scenario: the one that a person named for all files; nil for what each file's record says.
  ///   - prices: the price book that a person named.
  init(
    folders: ViewerFolders, scenario: String? = nil, prices: String? = nil, log: ActivityLog,
    now: @escaping @Sendable () -> Instant
  ) {
    self.folders = folders
    self.scenario = scenario
    self.prices = prices
    self.log = log
    self.now = now
  }

  var known: Known { state.withLock { $0.known } }
  var name: String? { state.withLock { $0.known.name } }

  /// Makes another file the one that is looked at; what was found in the former is dropped.
  func choose(_ name: String) {
    state.withLock { state in
      guard state.known.name != name else { return }
      state.choice += 1
      state.known = Known(name: name)
      state.place = nil
      state.watch = GrowthWatch()
    }
  }

  /// The chosen file as it stands on the disk now: from memory when nothing changed, with the new bytes alone when it grew.
  ///
  /// - Throws: ``LabFailure``: of kind `notFound` when no file is chosen or it is gone; as a load does.
  func current(in environment: LabEnvironment) throws(LabFailure) -> Snapshot {
    try loading.withLock { _ throws(LabFailure) -> Snapshot in try load(environment) }
  }

  private func load(_ environment: LabEnvironment) throws(LabFailure) -> Snapshot {
    let (known, choice, former, formerPath) = state.withLock { ($0.known, $0.choice, $0.place, $0.path) }
    guard let name = known.name else {
      throw LabFailure(.notFound, code: "no_data", "no data file is chosen")
    }
    guard let (path, status) = folders.place(of: name) else {
      throw LabFailure(.notFound, code: "no_data", "the data file '\(name)' is not there")
    }
    let isFinal = path == folders.paths(of: name).data
    let sight = GrowthWatch.Sight(status, isFinal: isFinal)
    if let snapshot = known.snapshot, former == sight, formerPath == path { return snapshot }
    var request = DataRequest(path: path)
    request.scenario = scenario
    request.prices = prices
    if !isFinal, scenario == nil { request.scenario = environment.scenario(ofPart: folders.paths(of: name).data) }
    let data = try read(request, after: known.snapshot, former: former, sight: sight, environment)
    let totals = try environment.totals(of: data)
    if let line = data.facts.tornLine {
      log.add(.info, "\(name): line \(line) is not finished yet; it is read when it is")
    }
    return state.withLock { state in
      state.version += 1
      let snapshot = Snapshot(version: state.version, name: name, data: data, totals: totals)
      // Another file may have been chosen meanwhile.
      guard state.choice == choice else { return snapshot }
      state.known.snapshot = snapshot
      state.known.results = [:]
      state.known.verdicts = []
      state.place = sight
      state.path = path
      state.watch.noteRead(sight, at: now())
      return snapshot
    }
  }

  /// Reads what was added to the file of before, or a file that is another one from its start.
  private func read(
    _ request: DataRequest, after snapshot: Snapshot?, former: GrowthWatch.Sight?, sight: GrowthWatch.Sight,
    _ environment: LabEnvironment
  ) throws(LabFailure) -> LoadedData {
    if let snapshot, let former, former.inode == sight.inode, former.device == sight.device,
      sight.bytes >= former.bytes
    {
      do throws(LabFailure) { return try environment.load(request, extending: snapshot.data.table) } catch {
        if error.kind == .cancelled { throw error }
        log.add(.warning, "\(snapshot.name) is no longer the file that was read; it is read anew")
      }
    }
    return try environment.load(request)
  }

  /// Keeps what an analyzer found, when it is about the data as they are.
  func keep(_ result: AnalyzerResult, version: Int) {
    state.withLock { state in
      guard state.known.snapshot?.version == version else { return }
      state.known.results[result.id] = result
    }
  }

  func keep(_ verdicts: [Verdict], version: Int) {
    state.withLock { state in
      guard state.known.snapshot?.version == version else { return }
      state.known.verdicts = verdicts
    }
  }

  /// Drops what was read, so that it is read anew.
  private func forget() {
    state.withLock { state in
      state.known.snapshot = nil
      state.known.results = [:]
      state.known.verdicts = []
      state.place = nil
    }
  }

  /// The monitor's look: whether the chosen file asks for an analysis now.
  func look(now: Instant) -> GrowthWatch.Decision {
    guard let name, state.withLock({ $0.watch.isDue(now) }) else { return .nothing }
    let place = folders.place(of: name)
    let sight = place.map {
      GrowthWatch.Sight($0.status, isFinal: $0.path == folders.paths(of: name).data)
    }
    let decision = state.withLock { state in
      state.known.name == name ? state.watch.look(at: sight, now: now) : .nothing
    }
    if case .startAnew(let reason) = decision {
      log.add(.warning, "\(name) \(reason.rawValue); the analysis starts anew")
      forget()
    }
    return decision
  }
}
