import LabAnalysis
import LabCore
import LabReport
import LabScenario
import LabTable

extension LabEnvironment {
  /// Judges thresholds against a table: those without a filter by the results that are there, the others by running their
  /// analyzer over the calls that fit.
  ///
  /// - Parameter results: of the calls that are meant; an analyzer that is not among them is run.
  /// - Throws: ``LabFailure``: `cancelled`, or `invalidInput` for a filter that names no column.
  public func judge(
    _ thresholds: [Threshold], data: LoadedData, results: [AnalyzerResult]
  ) throws(LabFailure) -> [Verdict] {
    var verdicts: [Verdict] = []
    var known: [CallFilter: [AnalyzerResult]] = [CallFilter(): results]
    for threshold in thresholds {
      guard let dot = threshold.metric.firstIndex(of: ".") else { continue }
      let analyzer = String(threshold.metric[..<dot])
      let metric = String(threshold.metric[threshold.metric.index(after: dot)...])
      var context = data.context(in: self)
      if !threshold.filter.isEmpty { context.selection = try data.select(threshold.filter, in: self) }
      guard context.selection?.rowCount ?? data.table.rowCount > 0 else {
        verdicts.append(Verdict(threshold, metric: nil))
        continue
      }
      let result: AnalyzerResult
      if let found = known[threshold.filter]?.first(where: { $0.id == analyzer }) {
        result = found
      } else {
        do throws(AnalysisError) { result = try AnalyzerRegistry.run(analyzer, on: data.table, in: context) } catch {
          throw error.failure
        }
        known[threshold.filter, default: []].append(result)
      }
      if result.error == .cancelled { throw .cancelled }
      verdicts.append(Verdict(threshold, metric: result.summary.first { $0.id == metric }))
    }
    return verdicts
  }
}
