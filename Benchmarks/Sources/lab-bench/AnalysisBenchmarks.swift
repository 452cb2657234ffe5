import LabAnalysis
import LabCore
import LabPipeline
import LabTable

/// Measures the analyzers on a loaded table: each alone, again, and all together.
enum AnalysisBenchmarks {
  /// - Parameter width: threads of each scan.
  static func run(_ path: String, width: Int) throws {
    let environment = LabEnvironment(
      threads: width, now: { Instant(microseconds: 0) }, version: "bench", binary: { Fingerprint.of([]) })
    let data = try environment.load(DataRequest(path: path))
    let loaded = memory("VmRSS")
    print("\(data.table.rowCount) rows, \(width) threads, resident after loading \(fixed(loaded, 0)) MB")
    print("analyzer               alone ms   again ms  error")
    for id in AnalyzerRegistry.ids {
      // Alone: nothing is shared yet.
      let alone = try best(of: 3) {
        try AnalyzerRegistry.run(id, on: data.table, in: context(data, environment, SharedScans()))
      }
      // Again, as in a session that keeps what analyses share.
      let shared = SharedScans()
      _ = try AnalyzerRegistry.run(id, on: data.table, in: context(data, environment, shared))
      let again = try best(of: 3) {
        try AnalyzerRegistry.run(id, on: data.table, in: context(data, environment, shared))
      }
      print(
        "\(padded(id, 22)) \(padded(fixed(alone.seconds * 1000, 1), 10)) \(padded(fixed(again.seconds * 1000, 1), 9)) "
          + (alone.result.error?.sentence ?? ""))
    }
    let all = try best(of: 3) {
      try AnalyzerRegistry.run(on: data.table, in: context(data, environment, SharedScans()))
    }
    print("all \(all.result.count) together: \(fixed(all.seconds * 1000, 1)) ms")
    print("peak \(fixed(memory("VmHWM"), 0)) MB, \(fixed(memory("VmHWM") - loaded, 0)) MB beyond the table")
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
