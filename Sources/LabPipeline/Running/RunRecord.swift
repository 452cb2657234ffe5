import LabCore
import LabFiles
import LabJSON

/// The provenance of a simulated file, `X.run.json`: what made it, and how to tell that it is whole.
///
/// A file is complete when its record is there and names its byte count.
public struct RunRecord: Sendable {
  public static let format = "finops-lab/run/1"

  public var version: String
  public var scenarioName: String
  /// What a person changed of the scenario's files, see ``LoadedScenario/changes``.
  public var changes: [String] = []
  public var seed: UInt64
  public var scenarioHash: Fingerprint
  public var pricesHash: Fingerprint
  public var binaryHash: Fingerprint
  public var target: String
  public var rows: Int64
  public var bytes: Int64
  public var fingerprint: Fingerprint
  public var sha256: String?
  /// Of the first and last row; nil without rows.
  public var firstRow: Instant?
  public var lastRow: Instant?
  /// Calls that could not be generated.
  public var skippedCalls: Int64
  /// The effective scenario and price book themselves.
  public var scenario: JSONNode
  public var prices: JSONNode
  /// What may differ between two equal runs.
  public var threads: Int
  public var wallSeconds: Double
  public var generatedAt: Instant

  public var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("format")
    writer.value(Self.format)
    writer.key("version")
    writer.value(version)
    writer.key("scenario_name")
    writer.value(scenarioName)
    if !changes.isEmpty {
      writer.key("changes")
      writer.beginArray()
      for change in changes { writer.value(change) }
      writer.endArray()
    }
    writer.key("seed")
    writer.value(seed)
    writer.key("target")
    writer.value(target)
    writer.key("rows")
    writer.value(rows)
    writer.key("bytes")
    writer.value(bytes)
    writer.key("fingerprint")
    writer.value(fingerprint.description)
    if let sha256 {
      writer.key("sha256")
      writer.value(sha256)
    }
    for (name, instant) in [("first_row", firstRow), ("last_row", lastRow)] {
      writer.key(name)
      if let instant { writer.value(instant) } else { writer.null() }
    }
    writer.key("skipped_calls")
    writer.value(skippedCalls)
    writer.key("scenario_hash")
    writer.value(scenarioHash.description)
    writer.key("prices_hash")
    writer.value(pricesHash.description)
    writer.key("binary_hash")
    writer.value(binaryHash.description)
    writer.key("threads")
    writer.value(threads)
    writer.key("wall_seconds")
    writer.value(wallSeconds)
    writer.key("generated_at")
    writer.value(generatedAt)
    writer.key("scenario")
    writer.value(scenario)
    writer.key("prices")
    writer.value(prices)
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }
}

extension RunRecord {
  /// What a reader of a data file needs from the record beside it.
  public struct Summary: Sendable {
    public var path: String
    public var bytes: Int64
    public var fingerprint: Fingerprint?
    public var changes: [String]
    public var scenario: JSONNode
    public var prices: JSONNode
  }

  /// The record beside a data file, or nil when there is none or it is none of ours.
  public static func beside(_ data: String) -> Summary? {
    let path = UsageFilePaths(data: data).run
    return (try? read(path)).flatMap { summary(of: $0, path: path) }
  }

  /// The bytes of a record.
  static func read(_ path: String) throws(FileError) -> [UInt8] { try FileSystem.read(path, limit: 256 << 20) }

  /// What the bytes of a record say, or nil when they are none of ours.
  static func summary(of bytes: [UInt8], path: String) -> Summary? {
    guard let document = try? JSONReader.read(bytes, name: path), document.root["format"]?.string == format,
      let size = document.root["bytes"]?.number?.integer, let scenario = document.root["scenario"],
      let prices = document.root["prices"]
    else { return nil }
    return Summary(
      path: path, bytes: size, fingerprint: document.root["fingerprint"]?.string.flatMap { Fingerprint($0) },
      changes: document.root["changes"]?.array?.compactMap(\.string) ?? [], scenario: scenario, prices: prices)
  }
}
