import LabAnalysis
import LabCore
import LabScenario
import LabTable

extension LabEnvironment {
  /// The outcome of analyses that were made one by one over loaded data, with the thresholds of its scenario judged by them.
  ///
  /// - Parameter results: in any order; an analyzer that a threshold names and that is not among them is run.
  public func outcome(of results: [AnalyzerResult], on data: LoadedData) throws(LabFailure) -> AnalysisOutcome {
    let sorted = results.sorted { $0.id < $1.id }
    let thresholds = data.selection == nil ? data.scenario?.scenario.thresholds ?? [] : []
    return AnalysisOutcome(data: data, results: sorted, verdicts: try judge(thresholds, data: data, results: sorted))
  }

  /// The sums over all calls of loaded data.
  public func totals(of data: LoadedData) throws(LabFailure) -> CallTotals {
    try data.table.totals(where: data.selection, ScanContext(width: threads, cancellation: cancellation))
  }
}
