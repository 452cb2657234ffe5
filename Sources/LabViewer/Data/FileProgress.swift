import LabCore
import LabFiles
import LabJSON
import LabPipeline
import LabScenario

/// How far the chosen data file has come: what `csv` in the status says.
struct FileProgress: Sendable, Equatable {
  var name: String
  var bytes: Int64
  var lines: Int64
  var targetMegabytes: Double?
  /// 0 to 100; nil when no target is known.
  var percent: Double?
  var isComplete: Bool
  var isGrowing: Bool
  var rowsPerSecond: Double?
  var secondsLeft: Double?
}

/// Looks at the chosen data file again and again, on one thread.
struct FileFollower {
  private let folders: ViewerFolders
  private var name: String?
  private var counter = LineCounter()
  private var record: (modified: Instant, facts: RecordFacts)?
  /// What the last looks saw, for the rate: a few seconds of them.
  private var history: [(time: Instant, lines: Int64, percent: Double?)] = []

  /// What a record beside a complete file says.
  private struct RecordFacts {
    var bytes: Int64
    var megabytes: Double?
  }

  /// The time over which the rate is taken.
  private static let window = TimeSpan(microseconds: 10_000_000)

  init(folders: ViewerFolders) { self.folders = folders }

  /// - Returns: nil when there is no file of that name.
  mutating func look(at name: String, now: Instant) -> FileProgress? {
    if name != self.name {
      self = FileFollower(folders: folders)
      self.name = name
    }
    guard let (path, status) = folders.place(of: name) else { return nil }
    counter.look(at: path, status)
    let paths = folders.paths(of: name)
    var progress = FileProgress(
      name: name, bytes: status.size, lines: counter.lines, isComplete: false, isGrowing: path == paths.part)
    if progress.isGrowing {
      let goal = RunGoal.beside(paths.data)?.goal
      if case .megabytes(let megabytes) = goal?.size { progress.targetMegabytes = megabytes }
      progress.percent = goal.flatMap { percent(of: $0, path: path, bytes: status.size) }
    } else if let facts = facts(of: paths) {
      progress.targetMegabytes = facts.megabytes
      progress.isComplete = facts.bytes == status.size
      if progress.isComplete { progress.percent = 100 }
    }
    rate(&progress, now: now)
    return progress
  }

  private func percent(of goal: RunGoal, path: String, bytes: Int64) -> Double? {
    var fraction: Double
    switch goal.size {
    case .megabytes(let megabytes) where megabytes > 0: fraction = Double(bytes) / (megabytes * 1e6)
    case .rows(let rows) where rows > 0: fraction = Double(max(0, counter.lines - 1)) / Double(rows)
    default:
      let length = goal.end - goal.start
      guard length.microseconds > 0 else { return nil }
      guard let last = Self.lastTimestamp(of: path, bytes: bytes) else { return 0 }
      fraction = Double((last - goal.start).microseconds) / Double(length.microseconds)
    }
    // Only the record makes it whole.
    return min(max(fraction, 0), 0.999) * 100
  }

  /// The timestamp of the last whole row of a file of ours, where it is the first field.
  private static func lastTimestamp(of path: String, bytes: Int64) -> Instant? {
    guard let handle = try? FileHandle.reading(path) else { return nil }
    let start = max(0, bytes - 16_384)
    var tail: [UInt8] = []
    guard (try? handle.read(into: &tail, count: Int(bytes - start), at: start)) != nil else { return nil }
    let lines = tail.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // The last piece is unfinished, and the first one may lack its start.
    for line in lines.dropLast().dropFirst().reversed() {
      let field = line.prefix { $0 != UInt8(ascii: ",") }
      if let instant = Instant(String(decoding: field, as: UTF8.self)) { return instant }
    }
    return nil
  }

  /// What the record beside a file says, read again only when it changed.
  private mutating func facts(of paths: UsageFilePaths) -> RecordFacts? {
    guard let status = FileHandle.status(of: paths.run) else { return nil }
    if let record, record.modified == status.modified { return record.facts }
    guard let summary = RunRecord.beside(paths.data) else { return nil }
    let megabytes = summary.scenario["traffic"]?["repeat_until"]?["megabytes"]?.number?.double
    let facts = RecordFacts(bytes: summary.bytes, megabytes: megabytes)
    record = (status.modified, facts)
    return facts
  }

  private mutating func rate(_ progress: inout FileProgress, now: Instant) {
    if let last = history.last, last.lines > progress.lines { history = [] }
    history.append((now, progress.lines, progress.percent))
    while let first = history.first, now - first.time > Self.window, history.count > 2 { history.removeFirst() }
    guard progress.isGrowing, let first = history.first else { return }
    let seconds = (now - first.time).seconds
    guard seconds >= 0.5 else { return }
    progress.rowsPerSecond = Double(progress.lines - first.lines) / seconds
    if let before = first.percent, let percent = progress.percent, percent > before {
      progress.secondsLeft = (100 - percent) / (percent - before) * seconds
    }
  }
}
