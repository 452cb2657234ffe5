import LabCore
import LabReport
import LabScenario

extension RunOutcome {
  /// Where the data is; nil when it is in memory alone.
  package var dataSentence: String? {
    guard let file else { return nil }
    let rate = file.wallSeconds > 0 ? Double(file.rows) / file.wallSeconds : 0
    return "Data: \(file.paths.data) (\(NumberFormat.counted(file.rows, "call")), \(NumberFormat.bytes(file.bytes)), "
      + "simulated at \(NumberFormat.compact(rate)) rows/s)"
  }

  /// How the thresholds did.
  ///
  /// - Parameter seconds: how long it took; nil leaves it out.
  package func endSentence(seconds: Double? = nil) -> String {
    "Done\(seconds.map { " in \(NumberFormat.fixed($0, places: 1)) s" } ?? ""): \(thresholdWords)."
  }

  private var thresholdWords: String {
    let failed = verdicts.count { $0.fails }
    let warned = verdicts.count { !$0.passed && !$0.fails }
    let passed = verdicts.count - failed - warned
    var parts = ["\(passed) of \(verdicts.count) thresholds passed"]
    if verdicts.isEmpty { parts = ["no thresholds"] }
    if warned > 0 { parts.append("\(warned) warned") }
    if failed > 0 { parts.append("\(failed) FAILED") }
    return parts.joined(separator: ", ")
  }
}

extension Scenario {
  /// How much of what it has: `7 providers, 5 features, 500 customers, 1 phase, 2 thresholds`.
  package var summaryText: String {
    [
      NumberFormat.counted(providers.count, "provider"), NumberFormat.counted(features.count, "feature"),
      NumberFormat.counted(population.customers, "customer"), NumberFormat.counted(phases.count, "phase"),
      NumberFormat.counted(thresholds.count, "threshold"),
    ].joined(separator: ", ")
  }
}
