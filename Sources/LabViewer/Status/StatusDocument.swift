import LabCore
import LabJSON

/// The JSON of `GET /api/status`.
struct StatusDocument: Encodable, Sendable {
  /// The chosen data file and how far it has come.
  struct CSV: Encodable, Sendable {
    @Known var file: String?
    var sizeMb = 0.0
    /// Null when the run ends with its simulated time, or no target is known.
    @Known var targetMb: Double?
    @Known var progressPct: Double?
    /// Line feeds, the header's included.
    var lineCount: Int64 = 0
    /// Whether the record beside the file says that it is whole.
    var complete = false
    var growing = false
    @Known var rowsPerSecond: Double?
    @Known var secondsLeft: Double?
  }

  /// One page of the report on the chosen file.
  struct ReportFile: Encodable, Sendable {
    var name: String
    var exists: Bool
    @Known var sizeKb: Double?
    @Known var generatedAt: Instant?
  }

  /// The last analysis of an analyzer that was started.
  struct AnalyzerState: Encodable, Sendable {
    /// `running`, `complete`, `error` or `timeout`.
    var status: String
    @Known var startedAt: Instant?
    @Known var completedAt: Instant?
    @Known var success: Bool?
    @Known var error: String?
  }

  struct ThresholdState: Encodable, Sendable {
    var id: String
    var metric: String
    /// The measured figure and the limit as text with their unit.
    @Known var value: String?
    var must: String
    var verdict: String
    var passed: Bool
  }

  struct FileEntry: Encodable, Sendable {
    var name: String
    var sizeMb: Double
    var growing: Bool
    var chosen: Bool
  }

  struct ScenarioEntry: Encodable, Sendable {
    var name: String
    var description: String
  }

  struct JobEntry: Encodable, Sendable {
    var id: String
    var kind: String
    var subject: String
    var status: String
    @Known var startedAt: Instant?
    @Known var completedAt: Instant?
    @Known var error: String?
    @Known var progressPct: Double?
    @Known var rows: Int64?
  }

  /// What is known of the data that was read.
  struct DataEntry: Encodable, Sendable {
    var file: String
    var calls: Int
    var costUsd: Money
    /// The cost as it is shown.
    var cost: String
    var errors: Int
    var rejectedRows: Int
    var fingerprint: String
    @Known var first: Instant?
    @Known var last: Instant?
    var basis: [String]
  }

  /// An analyzer that there is.
  struct AnalyzerEntry: Encodable, Sendable {
    var id: String
    var title: String
    var domain: String
    var question: String
    /// The page of its report.
    var file: String
  }

  /// A run that the project keeps.
  struct RunEntry: Encodable, Sendable {
    var number: Int
    var scenario: String
    var seed: UInt64
    var startedAt: Instant
    var rows: Int64
    var partial: Bool
    var thresholds: Int
    var thresholdsFailed: Int
  }

  var timestamp: Instant
  var csv: CSV
  var reports: [String: ReportFile]
  var analyzerStatus: [String: AnalyzerState]
  var thresholds: [ThresholdState]
  var files: [FileEntry]
  var scenarios: [ScenarioEntry]
  var jobs: [JobEntry]
  @Known var data: DataEntry?
  var analyzers: [AnalyzerEntry]
  /// The latest runs of the project's sessions and of `run`, newest first.
  var runs: [RunEntry]
  var log: [ActivityLog.Line]
  var version: String
  /// Whether the viewer is about to end.
  var ending: Bool
}

extension StatusDocument {
  /// The document as compact JSON, one line.
  func json() -> [UInt8] {
    var writer = JSONWriter(compact: true)
    // Every part of it encodes itself; a failure would be a bug, and an empty object says as much as half a document.
    do { try FindingsEncoder.encode(self, into: &writer) } catch { return Array("{}".utf8) }
    return writer.bytes
  }
}
