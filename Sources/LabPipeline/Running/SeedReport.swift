import LabAnalysis
import LabCore
import LabReport

/// What several seeds of a scenario show together.
enum SeedReport {
  /// The figures of the summary's top over the seeds, and how often the thresholds held.
  static func blocks(_ spread: SeedSpread, results: [AnalyzerResult]) -> [ReportBlock] {
    let count = spread.figures.seeds.count
    let figures = KeptRun.Figure.all(of: results).filter { RunSummary.isHeadline($0.name) }
    let rows: [[Cell]] = figures.compactMap { figure in
      guard let (median, band) = spread.figures.spread(of: figure.name) else { return nil }
      return [
        .text(figure.label), .number(median, figure.unit), .number(band.low, figure.unit),
        .number(band.high, figure.unit),
      ]
    }
    var blocks: [ReportBlock] = []
    if !rows.isEmpty {
      blocks.append(
        .table(
          ReportTable(
            id: "seeds", title: "Over \(NumberFormat.counted(count, "seed"))",
            columns: [
              .key("metric", "Metric"), .init("median", "Median"), .init("low", "10th percentile"),
              .init("high", "90th percentile"),
            ], rows: rows)))
    }
    if !spread.thresholds.isEmpty {
      blocks.append(
        .table(
          ReportTable(
            id: "seed_thresholds", title: "Thresholds over the seeds",
            columns: [.key("id", "Threshold"), .init("passed", "Held in"), .init("seeds", "Of")],
            rows: spread.thresholds.map { [.text($0.id), .count($0.passed), .count(count)] })))
    }
    return blocks
  }
}
