import Glibc
import LabAnalysis
import LabCore
import LabPipeline
import LabTable

/// Measures the analyzers on a loaded table: all together, each alone, and each again as in a session that keeps what
/// analyses share. Wall and CPU time of the process, since other work on the machine lengthens wall time alone.
enum AnalysisBenchmarks {
  /// - Parameters:
  ///   - width: threads of each scan.
  ///   - only: the analyzers to measure alone; all when empty. `together` measures only all of them together, a first time
  ///     and again, `once` only the first time: for profiles.
  static func run(_ path: String, width: Int, only: [String] = []) throws {
    let environment = LabEnvironment(
      threads: width, now: { Instant(microseconds: 0) }, version: "bench", binary: { Fingerprint.of([]) })
    let data = try environment.load(DataRequest(path: path))
    let isTogether = only == ["together"] || only == ["once"]
    resetPeakMemory()
    let loaded = memory("VmRSS")
    print("\(data.table.rowCount) rows, \(width) threads, resident after loading \(fixed(loaded, 0)) MB")
    if only.isEmpty || isTogether {
      let first = try measured(best: 1) {
        try AnalyzerRegistry.run(on: data.table, in: context(data, environment, SharedScans()))
      }
      let peak = memory("VmHWM")
      print("all \(first.result.count) together: \(first.text) ms, \(fixed(peak - loaded, 0)) MB beyond the table")
      for result in first.result { if let error = result.error { print("\(result.id): \(error.sentence)") } }
      if only == ["once"] { return }
      let all = try measured(best: 5) {
        try AnalyzerRegistry.run(on: data.table, in: context(data, environment, SharedScans()))
      }
      print("all \(all.result.count) together: \(all.text) ms, the best of 5")
      if isTogether { return }
    }
    print("analyzer               alone ms  (CPU)    again ms  (CPU)")
    for id in AnalyzerRegistry.ids where only.isEmpty || only.contains(id) {
      // Alone: nothing is shared yet.
      let alone = try measured(best: 5) {
        try AnalyzerRegistry.run(id, on: data.table, in: context(data, environment, SharedScans()))
      }
      // Again, as in a session that keeps what analyses share.
      let shared = SharedScans()
      _ = try AnalyzerRegistry.run(id, on: data.table, in: context(data, environment, shared))
      let again = try measured(best: 5) {
        try AnalyzerRegistry.run(id, on: data.table, in: context(data, environment, shared))
      }
      print("\(padded(id, 22)) \(padded(alone.text, 17)) \(again.text)")
    }
  }

  private static func context(
    _ data: LoadedData, _ environment: LabEnvironment, _ shared: SharedScans
  ) -> AnalysisContext {
    var context = data.context(in: environment)
    context.shared = shared
    return context
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
