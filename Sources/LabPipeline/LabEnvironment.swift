import LabCore
import LabFiles

/// What a use case needs from the world around it, handed in as one value by the edge.
public struct LabEnvironment: Sendable {
  /// Threads that long computations may use.
  public var threads: Int
  public var cancellation: CancellationFlag
  /// The project around the working directory.
  public var project: Project
  /// Called from time to time while long work runs, at most a few times a second per kind of work.
  public var progress: @Sendable (Progress) -> Void
  /// A warning or word for the person at the terminal.
  public var note: @Sendable (Diagnostic) -> Void
  /// The time of day; the only source of wall time.
  public var now: @Sendable () -> Instant
  /// The version of the product.
  public var version: String
  /// A fingerprint of the running binary.
  public var binary: @Sendable () -> Fingerprint
  /// Where runs are kept; nil outside a project.
  public var runs: RunArchive?

  public init(
    threads: Int, cancellation: CancellationFlag = CancellationFlag(), project: Project = Project(),
    progress: @escaping @Sendable (Progress) -> Void = { _ in },
    note: @escaping @Sendable (Diagnostic) -> Void = { _ in },
    now: @escaping @Sendable () -> Instant, version: String, binary: @escaping @Sendable () -> Fingerprint
  ) {
    self.threads = threads
    self.cancellation = cancellation
    self.project = project
    self.progress = progress
    self.note = note
    self.now = now
    self.version = version
    self.binary = binary
    runs = project.root.map { RunArchive(ofProject: $0) }
  }
}

extension LabEnvironment {
  /// Refuses an output that is one of the files that are read: it would be lost.
  ///
  /// - Throws: ``LabFailure`` of kind `usage`.
  public static func refuse(output: String, overInputs inputs: [String]) throws(LabFailure) {
    for input in inputs where FileSystem.areSame(output, input) {
      throw LabFailure(
        .usage, code: "output_is_input", "'\(output)' is a file that is read ('\(input)'); it would be lost",
        help: "choose another name for the output")
    }
  }
}

/// How far long work has come.
public struct Progress: Sendable {
  public enum Activity: String, Sendable { case simulating, reading, analysing, importing, sweeping }

  public var activity: Activity
  /// 0 to 1.
  public var fraction: Double
  public var rows: Int64

  public init(_ activity: Activity, fraction: Double, rows: Int64) {
    self.activity = activity
    self.fraction = fraction
    self.rows = rows
  }
}
