import LabCore
import LabFiles
import LabJSON
import LabTable

/// What a report's folder holds and what it was made from, `manifest.json`: the files that it names are ours.
struct ReportManifest {
  static let name = "manifest.json"
  static let format = "finops-lab/report/1"

  var request: ReportRequest
  var version: String
  /// The fingerprint of the page with the line that tells the time is that of the page without it.
  var files: [(name: String, bytes: Int, fingerprint: Fingerprint)]

  var json: [UInt8] {
    let facts = request.document.facts
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("format", Self.format)
    writer.member("version", version)
    if let stamp = request.stamp { writer.member("generated_at", stamp.formatted(fractionDigits: 0)) }
    writer.member("title", request.title)
    writer.member("data", facts.path)
    writer.member("calls", facts.rows)
    writer.member("data_bytes", facts.bytes)
    writer.member("target_bytes", request.targetBytes)
    writer.key("progress_pct")
    if let target = request.targetBytes, target > 0 {
      writer.value(min(100, Double(facts.bytes) / Double(target) * 100))
    } else {
      writer.null()
    }
    writer.member("fingerprint", facts.fingerprint.description)
    writer.key("files")
    writer.beginArray()
    for file in files {
      writer.beginObject()
      writer.member("name", file.name)
      writer.member("bytes", file.bytes)
      writer.member("fingerprint", file.fingerprint.description)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }

  /// The names of the files that a manifest lists; nil when the text is no manifest of ours.
  static func names(in bytes: [UInt8]) -> [String]? {
    guard let root = try? JSONReader.read(bytes, name: name).root, root["format"]?.string == format else { return nil }
    return root["files"]?.array?.compactMap { $0["name"]?.string }
  }
}
