import LabReport

extension ReportOutcome {
  /// Where the report is, and how large.
  package var sentence: String {
    "Report: \(index) (\(NumberFormat.counted(pages.count, "page")), \(NumberFormat.bytes(Int64(bytes))))"
  }
}
