import LabCore

/// Something that a detector reports: a case of one customer, or an event of the whole, with its time and what it is about.
///
/// Findings and reports are made from the same facts. The pipeline scores detections against the truth, where a truth file
/// lies beside the data; no analyzer ever sees that file.
public struct Detection: Hashable, Sendable {
  /// Who reports; the names are those of `scored_by` in truth files.
  public enum Detector: String, Hashable, Sendable, CaseIterable {
    case abuse
    case costEvents = "cost_events"
    case drift
    case performance
    case churn
  }

  /// A CSV column with a value.
  public struct Key: Hashable, Sendable {
    public var column: String
    public var value: String

    public init(column: String, value: String) {
      self.column = column
      self.value = value
    }
  }

  public var detector: Detector
  /// The kind of incident that it looks like, in the words of the truth file; nil when the detector doesn't tell kinds.
  public var kind: String?
  /// What it is about; empty for all calls.
  public var keys: [Key]
  /// The start of the first flagged bin.
  public var start: Instant
  /// The end of the last flagged bin.
  public var end: Instant
  /// The width of the detector's bins.
  public var bin: TimeSpan
  /// The end of the first bin that fired, found with rows before it alone.
  public var detectedAt: Instant
  /// Cost beyond the expected; nil where the detector doesn't measure money.
  public var excess: Money?

  public init(
    _ detector: Detector, kind: String? = nil, keys: [Key] = [], start: Instant, end: Instant, bin: TimeSpan,
    detectedAt: Instant, excess: Money? = nil
  ) {
    self.detector = detector
    self.kind = kind
    self.keys = keys
    self.start = start
    self.end = end
    self.bin = bin
    self.detectedAt = detectedAt
    self.excess = excess
  }
}
