import LabCore

/// One piece of long work that a page, the monitor or a session asked for.
struct Job: Sendable {
  enum Kind: String, Sendable {
    case analyze, simulate, load, report

    /// Jobs of one lane share its places.
    var lane: Lane {
      switch self {
      case .analyze: .analysis
      case .simulate: .simulation
      case .load: .loading
      case .report: .reporting
      }
    }
  }

  enum Lane: Hashable, Sendable { case analysis, simulation, loading, reporting }

  enum Status: String, Sendable {
    case queued, running, complete, error, timeout, cancelled

    var isOver: Bool { self != .queued && self != .running }
  }

  /// A number that grows, as text: what `cancel` names.
  var id: String
  var kind: Kind
  /// The analyzer, the scenario, or the data file.
  var subject: String
  var status = Status.queued
  var startedAt: Instant?
  var completedAt: Instant?
  /// Why it didn't succeed, as a sentence that may be shown.
  var error: String?
  /// 0 to 1, and rows so far, of work that says so.
  var progress: Double?
  var rows: Int64?
}

/// What a job's work gets: its flag, and a way to say how far it is.
struct JobHandle: Sendable {
  let id: String
  let cancellation: CancellationFlag
  let progress: @Sendable (Progress) -> Void

  typealias Progress = (fraction: Double, rows: Int64)
}

/// Why a job was stopped: the number that its flag is raised with.
enum StopReason: Int {
  case asked = 1
  case timeout = 2
  case ending = 3
}
