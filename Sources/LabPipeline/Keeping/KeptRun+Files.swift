import LabAnalysis
import LabCore
import LabFiles
import LabJSON
import LabPrices
import LabReport

/// The files of a kept run's folder: `run.json` (which run it was), `scenario.json`, `prices.json`, `summary.json` (all
/// findings), `cube.bin` (exact sums), and with several seeds `seeds.json`.
enum KeptRunFiles {
  static let record = "run.json"
  static let scenario = "scenario.json"
  static let prices = "prices.json"
  static let summary = "summary.json"
  static let cube = "cube.bin"
  static let seeds = "seeds.json"
  static let format = "finops-lab/kept-run/1"
  /// A summary or price book beyond this is none of ours.
  static let sizeLimit: Int64 = 256 << 20

  static func record(of run: KeptRun) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("format")
    writer.value(format)
    writer.key("scenario_name")
    writer.value(run.scenarioName)
    if !run.changes.isEmpty {
      writer.key("changes")
      writer.beginArray()
      for change in run.changes { writer.value(change) }
      writer.endArray()
    }
    writer.key("seed")
    writer.value(run.seed)
    writer.key("started_at")
    writer.value(run.startedAt)
    writer.key("rows")
    writer.value(run.rows)
    writer.key("fingerprint")
    writer.value(run.fingerprint)
    writer.key("partial")
    writer.value(run.isPartial)
    writer.key("thresholds")
    writer.value(run.thresholds.count)
    writer.key("thresholds_failed")
    writer.value(run.thresholds.failed)
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }

  static func bytes(of seeds: SeedFigures) -> [UInt8] {
    var writer = JSONWriter(compact: true)
    writer.beginObject()
    writer.key("seeds")
    writer.beginArray()
    for seed in seeds.seeds { writer.value(seed) }
    writer.endArray()
    writer.key("values")
    writer.beginObject()
    for (name, values) in seeds.values.sorted(by: { $0.key < $1.key }) {
      writer.key(name)
      writer.beginArray()
      for value in values { if let value { writer.value(value) } else { writer.null() } }
      writer.endArray()
    }
    writer.endObject()
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }

  private static func root(_ path: String) -> JSONNode? {
    guard let bytes = try? FileSystem.read(path, limit: sizeLimit) else { return nil }
    return try? JSONReader.read(bytes, name: path).root
  }

  /// The record of a folder alone, for lists; nil when it is no kept run, or not whole.
  static func recordOnly(in folder: String, number: Int) -> KeptRun? {
    guard let root = root(Path.joined(folder, record)), root["format"]?.string == format,
      let name = root["scenario_name"]?.string, let seed = root["seed"]?.number.flatMap({ UInt64($0.text) }),
      let startedAt = root["started_at"]?.string.flatMap({ Instant($0) }), let rows = root["rows"]?.number?.integer
    else { return nil }
    return KeptRun(
      number: number, scenarioName: name, changes: root["changes"]?.array?.compactMap(\.string) ?? [], seed: seed,
      startedAt: startedAt, rows: rows,
      fingerprint: root["fingerprint"]?.string ?? "", isPartial: root["partial"]?.boolean ?? false,
      thresholds: (
        Int(clamping: root["thresholds"]?.number?.integer ?? 0),
        Int(clamping: root["thresholds_failed"]?.number?.integer ?? 0)
      ), figures: [])
  }

  /// All that a folder holds. What can't be read is left out: a damaged cube costs its comparison, not the run.
  static func read(from folder: String, number: Int) -> KeptRun? {
    guard var run = recordOnly(in: folder, number: number), let summary = root(Path.joined(folder, summary)) else {
      return nil
    }
    run.figures = figures(summary)
    if let bytes = try? FileSystem.read(Path.joined(folder, cube), limit: sizeLimit) {
      run.cube = RunCube(fileBytes: bytes)
    }
    if let bytes = try? FileSystem.read(Path.joined(folder, prices), limit: sizeLimit) {
      run.prices = try? PriceBook.read(bytes: bytes, name: Path.joined(folder, prices))
    }
    if let node = root(Path.joined(folder, seeds)) { run.seeds = Self.seeds(node) }
    return run
  }

  /// The summary metrics of a findings document, with the labels and units that the analyzers of this version give them.
  static func figures(_ summary: JSONNode) -> [KeptRun.Figure] {
    var figures: [KeptRun.Figure] = []
    for analyzer in summary["analyzers"]?.object ?? [] {
      let known = AnalyzerRegistry.descriptor(analyzer.key)?.metrics ?? []
      for metric in analyzer.node["summary"]?.object ?? [] {
        let meaning = known.first { $0.id == metric.key }
        let unit = meaning?.unit ?? .none
        figures.append(
          KeptRun.Figure(
            name: "\(analyzer.key).\(metric.key)", label: meaning?.label ?? metric.key, unit: unit,
            value: metric.node.number.flatMap { value($0, unit) }))
      }
    }
    return figures
  }

  private static func value(_ number: JSONNumber, _ unit: Unit) -> MetricValue? {
    if unit == .usd, let money = number.exact.flatMap({ Money(dollars: $0) }) { return .money(money) }
    if let whole = number.integer, !number.text.contains(".") { return .integer(whole) }
    return number.double.map { .number($0) }
  }

  private static func seeds(_ node: JSONNode) -> SeedFigures? {
    let seeds = node["seeds"]?.array?.compactMap { $0.number.flatMap { UInt64($0.text) } } ?? []
    var values: [String: [Double?]] = [:]
    for member in node["values"]?.object ?? [] {
      values[member.key] = member.node.array?.map { $0.number?.double }
    }
    guard !seeds.isEmpty, values.values.allSatisfy({ $0.count == seeds.count }) else { return nil }
    return SeedFigures(seeds: seeds, values: values)
  }
}
