import LabCore
import LabReport

/// Sentences that the reports of several analyzers begin with.
enum ReportWords {
  /// The window of time that the figures are of (rule 2 of the analyzers).
  static func window(_ start: Instant?, _ end: Instant?, calls: Int64) -> String {
    guard let start, let end else { return "\(NumberFormat.counted(calls, "call")) without timestamps." }
    return "\(NumberFormat.counted(calls, "call")) from \(start.formatted(fractionDigits: 0)) to "
      + "\(end.formatted(fractionDigits: 0)), \(NumberFormat.duration(end - start))."
  }
}
