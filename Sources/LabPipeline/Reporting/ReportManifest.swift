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
    func member(_ key: String, _ text: String?) {
      writer.key(key)
      if let text { writer.value(text) } else { writer.null() }
    }
    func member(_ key: String, _ number: (some BinaryInteger)?) {
      writer.key(key)
      if let number { writer.value(number) } else { writer.null() }
    }
    writer.beginObject()
    member("format", Self.format)
    member("version", version)
    if let stamp = request.stamp { member("generated_at", stamp.formatted(fractionDigits: 0)) }
    member("title", request.title)
    member("data", facts.path)
    member("calls", facts.rows)
    member("data_bytes", facts.bytes)
    member("target_bytes", request.targetBytes)
    writer.key("progress_pct")
    if let target = request.targetBytes, target > 0 {
      writer.value(min(100, Double(facts.bytes) / Double(target) * 100))
    } else {
      writer.null()
    }
    member("fingerprint", facts.fingerprint.description)
    writer.key("files")
    writer.beginArray()
    for file in files {
      writer.beginObject()
      member("name", file.name)
      member("bytes", file.bytes)
      member("fingerprint", file.fingerprint.description)
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
