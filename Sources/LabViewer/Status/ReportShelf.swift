import LabAnalysis
import LabCore
import LabFiles
import LabJSON
import Synchronization

/// The files of the chosen data's report, by the path under which they are served: the only files that the viewer hands out.
///
/// A request's path is looked up here as it is, undecoded; what is not in the table does not exist.
final class ReportShelf: Sendable {
  struct File: Sendable {
    /// Where it lies.
    var path: String
    var type: String
  }

  private struct State {
    var folder: String?
    var manifest: FileHandle.Status?
    var files: [String: File] = [:]
  }

  private let state = Mutex(State())

  /// The pages that a report may have: the overview and one per analyzer.
  static let pages: [(file: String, name: String)] =
    [("index.html", "Overview")] + AnalyzerRegistry.descriptors.map { ($0.id + ".html", $0.title) }

  /// The file of a request's path.
  func file(at path: String) -> File? { state.withLock { $0.files[path] } }

  /// Makes the table that of a folder; called by one thread, often: without a new manifest it is a look at its time.
  func show(_ folder: String?) {
    let manifestPath = folder.map { Path.joined($0, "manifest.json") }
    let manifest = manifestPath.flatMap { FileHandle.status(of: $0) }
    let isKnown = state.withLock { state in
      state.folder == folder && state.manifest?.inode == manifest?.inode
        && state.manifest?.modified == manifest?.modified
    }
    if isKnown { return }
    let files = folder.map { Self.files(in: $0, manifest: manifestPath) } ?? [:]
    state.withLock { state in
      state.folder = folder
      state.manifest = manifest
      state.files = files
    }
  }

  private static func files(in folder: String, manifest: String?) -> [String: File] {
    var names = pages.map(\.file) + ["manifest.json", "summary.json"]
    if let manifest, let bytes = try? FileSystem.read(manifest, limit: 16 << 20),
      let root = try? JSONReader.read(bytes, name: manifest).root
    {
      names += (root["files"]?.array ?? []).compactMap { $0["name"]?.string ?? $0["path"]?.string }
        .filter(isTableOrAsset)
    }
    var files: [String: File] = [:]
    for name in names {
      guard let type = type(of: name) else { continue }
      files["/" + name] = File(path: Path.joined(folder, name), type: type)
    }
    return files
  }

  /// Whether a name of a manifest is one that a report writes: `tables/by_model.csv`, `assets/report.css`.
  private static func isTableOrAsset(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "tables" || parts[0] == "assets", let first = parts[1].first, first != "."
    else {
      return false
    }
    return parts[1].utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  static func type(of name: String) -> String? {
    guard let dot = name.lastIndex(of: ".") else { return nil }
    return switch name[dot...] {
    case ".html": "text/html; charset=utf-8"
    case ".css": "text/css; charset=utf-8"
    case ".js": "text/javascript; charset=utf-8"
    case ".json": "application/json; charset=utf-8"
    case ".csv": "text/csv; charset=utf-8"
    case ".svg": "image/svg+xml"
    case ".txt": "text/plain; charset=utf-8"
    default: nil
    }
  }
}
