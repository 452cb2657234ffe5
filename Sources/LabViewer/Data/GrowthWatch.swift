import LabCore
import LabFiles

/// Decides when a growing data file is analysed again: a look every ten seconds, five megabytes more, half a minute between.
///
/// It has no clock and touches no file: who calls it says what time it is and what was seen.
struct GrowthWatch: Sendable {
  /// Between two looks.
  static let interval = TimeSpan(microseconds: 10_000_000)
  /// The growth that is worth an analysis, in bytes.
  static let growth: Int64 = 5_000_000
  /// The least time between two analyses.
  static let pause = TimeSpan(microseconds: 30_000_000)

  /// What a look saw of the file.
  struct Sight: Sendable, Equatable {
    var device: UInt64
    var inode: UInt64
    var bytes: Int64
    /// Whether the run that writes it has ended, or there never was one.
    var isFinal: Bool

    init(_ status: FileHandle.Status, isFinal: Bool) {
      self.init(device: status.device, inode: status.inode, bytes: status.size, isFinal: isFinal)
    }

    init(device: UInt64, inode: UInt64, bytes: Int64, isFinal: Bool) {
      self.device = device
      self.inode = inode
      self.bytes = bytes
      self.isFinal = isFinal
    }
  }

  enum Decision: Sendable, Equatable {
    case nothing
    /// The file has grown enough, or has just been finished.
    case analyse
    /// Another file stands there, or this one is shorter: what was read is worth nothing.
    case startAnew(Reason)
  }

  enum Reason: String, Sendable, Equatable {
    case replaced = "was replaced"
    case shrunk = "has become shorter"
    case gone = "is gone"
  }

  private var analysed: Sight?
  private var lastSeen: Sight?
  private var lastLook: Instant?
  private var lastAnalysis: Instant?

  /// The file as it was when it was last read, by whomever.
  mutating func noteRead(_ sight: Sight, at now: Instant) {
    analysed = sight
    lastSeen = sight
    lastAnalysis = now
  }

  /// Whether it is time for a look.
  func isDue(_ now: Instant) -> Bool { lastLook.map { now - $0 >= Self.interval } ?? true }

  /// - Parameter sight: nil when the file isn't there.
  mutating func look(at sight: Sight?, now: Instant) -> Decision {
    lastLook = now
    guard let sight else {
      guard lastSeen != nil else { return .nothing }
      lastSeen = nil
      analysed = nil
      return .startAnew(.gone)
    }
    let before = lastSeen
    lastSeen = sight
    if let before {
      if before.inode != sight.inode || before.device != sight.device {
        forget(sight)
        return .startAnew(.replaced)
      }
      if sight.bytes < before.bytes {
        forget(sight)
        return .startAnew(.shrunk)
      }
    }
    if let lastAnalysis, now - lastAnalysis < Self.pause { return .nothing }
    let grown = sight.bytes - (analysed?.bytes ?? 0)
    let isFinished = sight.isFinal && (analysed ?? before)?.isFinal == false
    // A file that is being written and that nobody has read yet counts from its start; one at rest waits to be asked for.
    let hasGrown = (analysed != nil || !sight.isFinal) && grown >= Self.growth
    guard hasGrown || isFinished else { return .nothing }
    analysed = sight
    lastAnalysis = now
    return .analyse
  }

  /// What was read counts as nothing of the new file: if the old one was analysed, so is this one at the next look.
  private mutating func forget(_ sight: Sight) {
    if analysed != nil { analysed = Sight(device: sight.device, inode: sight.inode, bytes: 0, isFinal: false) }
    lastAnalysis = nil
  }
}
