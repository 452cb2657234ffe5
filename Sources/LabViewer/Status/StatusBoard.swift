import LabAnalysis
import LabCore
import LabFiles
import LabJSON
import LabPipeline
import LabReport
import LabScenario
import LabTable
import NIOCore
import Synchronization

/// The status as bytes, ready to be handed out: made by the thread that beats, read by every request.
final class StatusBoard: Sendable {
  private struct State {
    var bytes = ByteBuffer(string: "{}")
    var rendered: Instant?
    var isTouched = true
    var lastLogLine = 0
    var scenarios: [StatusDocument.ScenarioEntry] = []
    var scenariosRead: Instant?
    var runs: [StatusDocument.RunEntry] = []
    var runsRead: Instant?
  }

  /// The age at which the status is made anew, changes or not; a change makes it anew at the next beat.
  private static let age = TimeSpan.seconds(1)
  /// How often the list of scenarios is read again.
  private static let scenarioAge = TimeSpan.seconds(30)
  /// How often the list of kept runs is read again, and how many of them are shown.
  private static let runsAge = TimeSpan.seconds(5)
  private static let runsShown = 10
  /// How many lines of the log the status has, for pages without events.
  private static let logLines = 40

  private let state = Mutex(State())

  /// The status as it was made last.
  var bytes: ByteBuffer { state.withLock { $0.bytes } }

  /// The status as text.
  var text: String { String(buffer: bytes) }

  var scenarioNames: Set<String> { state.withLock { Set($0.scenarios.map(\.name)) } }

  /// Notes that something changed.
  func touch() { state.withLock { $0.isTouched = true } }

  /// Whether the status should be made anew.
  func isDue(_ now: Instant) -> Bool {
    state.withLock { state in
      state.isTouched || Self.isOld(state.rendered, Self.age, now)
    }
  }

  /// Whether something was made too long ago, or, after a clock that was set back, in the future.
  private static func isOld(_ made: Instant?, _ age: TimeSpan, _ now: Instant) -> Bool {
    made.map { now - $0 >= age || now < $0 } ?? true
  }

  private static func runs(in archive: RunArchive?) -> [StatusDocument.RunEntry] {
    (archive?.list() ?? []).prefix(runsShown).compactMap { run in
      guard let number = run.number else { return nil }
      return StatusDocument.RunEntry(
        number: number, scenario: run.scenarioName, seed: run.seed, startedAt: run.startedAt, rows: run.rows,
        partial: run.isPartial, thresholds: run.thresholds.count, thresholdsFailed: run.thresholds.failed)
    }
  }

  /// Makes the status; returns the events that pages should get.
  func render(_ core: ViewerCore, progress: FileProgress?, now: Instant) -> [ByteBuffer] {
    let (isStale, areRunsStale) = state.withLock { state in
      state.isTouched = false
      return (
        Self.isOld(state.scenariosRead, Self.scenarioAge, now), Self.isOld(state.runsRead, Self.runsAge, now)
      )
    }
    if areRunsStale {
      let runs = Self.runs(in: core.runs)
      state.withLock { state in
        state.runs = runs
        state.runsRead = now
      }
    }
    if isStale {
      let scenarios = Self.scenarios(of: core.environment.project)
      state.withLock { state in
        state.scenarios = scenarios
        state.scenariosRead = now
      }
    }
    let json = document(core, progress: progress, now: now).json()
    return state.withLock { state in
      state.bytes = ByteBuffer(bytes: json)
      state.rendered = now
      var events = [EventHub.event("status", json: json)]
      for line in core.log.lines(after: state.lastLogLine) {
        state.lastLogLine = line.number
        events.append(EventHub.event("log", json: Self.json(of: line)))
      }
      return events
    }
  }

  /// What a page gets when it opens its stream of events.
  var greeting: ByteBuffer {
    var bytes = bytes
    return EventHub.event("status", json: bytes.readBytes(length: bytes.readableBytes) ?? [])
  }

  private static func json(of line: ActivityLog.Line) -> [UInt8] {
    var writer = JSONWriter(compact: true)
    do { try FindingsEncoder.encode(line, into: &writer) } catch { return Array("{}".utf8) }
    return writer.bytes
  }

  /// The scenarios of the lab and of the project, by name, with what they say of themselves.
  private static func scenarios(of project: Project) -> [StatusDocument.ScenarioEntry] {
    let names = Set((ShippedFiles.scenarioNames + project.projectScenarios()).map { Path.stem(of: $0) })
    return names.sorted().compactMap { name in
      guard let path = try? project.scenarioPath(name), let bytes = try? Project.read(path, limit: 4 << 20),
        let root = try? JSONReader.read(bytes, name: path).root
      else { return nil }
      return StatusDocument.ScenarioEntry(name: name, description: root["description"]?.string ?? "")
    }
  }

  // MARK: The document

  private func document(_ core: ViewerCore, progress: FileProgress?, now: Instant) -> StatusDocument {
    let known = core.keeper.known
    let jobs = core.board.jobs
    return StatusDocument(
      timestamp: now, csv: Self.csv(progress, known.name), reports: Self.reports(core, known.name),
      analyzerStatus: core.board.lastAnalyses.mapValues(Self.state(of:)),
      thresholds: known.verdicts.map(Self.threshold(of:)),
      files: core.folders.offers().map { offer in
        StatusDocument.FileEntry(
          name: offer.name, sizeMb: Self.megabytes(offer.bytes), growing: offer.isPart,
          chosen: offer.name == known.name)
      },
      scenarios: state.withLock { $0.scenarios }, jobs: jobs.map(Self.entry(of:)),
      data: known.snapshot.map(Self.data(of:)),
      analyzers: AnalyzerRegistry.descriptors.map { descriptor in
        StatusDocument.AnalyzerEntry(
          id: descriptor.id, title: descriptor.title, domain: descriptor.domain.title, question: descriptor.question,
          file: descriptor.id + ".html")
      },
      runs: state.withLock { $0.runs },
      log: core.log.last(Self.logLines), version: core.environment.version, ending: core.ends)
  }

  private static func csv(_ progress: FileProgress?, _ name: String?) -> StatusDocument.CSV {
    guard let progress else { return StatusDocument.CSV(file: name) }
    return StatusDocument.CSV(
      file: progress.name, sizeMb: megabytes(progress.bytes), targetMb: progress.targetMegabytes,
      progressPct: progress.percent.map { rounded($0, 100) }, lineCount: progress.lines, complete: progress.isComplete,
      growing: progress.isGrowing, rowsPerSecond: progress.rowsPerSecond.map { $0.rounded() },
      secondsLeft: progress.secondsLeft.map { $0.rounded() })
  }

  private static func reports(_ core: ViewerCore, _ name: String?) -> [String: StatusDocument.ReportFile] {
    var reports: [String: StatusDocument.ReportFile] = [:]
    for page in ReportShelf.pages {
      let status = name.flatMap { FileHandle.status(of: Path.joined(core.folders.reports(of: $0), page.file)) }
      reports[page.file] = StatusDocument.ReportFile(
        name: page.name, exists: status?.isRegular == true,
        sizeKb: status.map { rounded(Double($0.size) / 1000, 10) }, generatedAt: status?.modified)
    }
    return reports
  }

  private static func state(of job: Job) -> StatusDocument.AnalyzerState {
    let status =
      switch job.status {
      case .queued, .running: "running"
      case .complete: "complete"
      case .timeout: "timeout"
      case .error, .cancelled: "error"
      }
    return StatusDocument.AnalyzerState(
      status: status, startedAt: job.startedAt, completedAt: job.completedAt,
      success: job.status.isOver ? job.status == .complete : nil, error: job.error)
  }

  private static func threshold(of verdict: Verdict) -> StatusDocument.ThresholdState {
    let threshold = verdict.threshold
    return StatusDocument.ThresholdState(
      id: threshold.id,
      metric: threshold.metric + (threshold.filter.isEmpty ? "" : " where \(threshold.filter.text)"),
      value: verdict.value.map { verdict.unit.text(of: $0.double) } ?? verdict.unknownBecause,
      must: threshold.must.text { verdict.unit.text(of: $0) }, verdict: verdict.word, passed: verdict.passed)
  }

  private static func entry(of job: Job) -> StatusDocument.JobEntry {
    StatusDocument.JobEntry(
      id: job.id, kind: job.kind.rawValue, subject: job.subject, status: job.status.rawValue,
      startedAt: job.startedAt, completedAt: job.completedAt, error: job.error,
      progressPct: job.progress.map { rounded($0 * 100, 10) }, rows: job.rows)
  }

  private static func data(of snapshot: DataKeeper.Snapshot) -> StatusDocument.DataEntry {
    let facts = snapshot.data.facts
    return StatusDocument.DataEntry(
      file: snapshot.name, calls: snapshot.totals.calls, costUsd: snapshot.totals.cost,
      cost: NumberFormat.money(snapshot.totals.cost), errors: snapshot.totals.errors,
      rejectedRows: facts.rejectedRows, fingerprint: facts.fingerprint.description,
      first: facts.timeRange?.lowerBound, last: facts.timeRange?.upperBound,
      basis: snapshot.data.basis.map { PublicText.of($0) })
  }

  private static func megabytes(_ bytes: Int64) -> Double { rounded(Double(bytes) / 1e6, 1000) }

  private static func rounded(_ value: Double, _ steps: Double) -> Double { (value * steps).rounded() / steps }
}
