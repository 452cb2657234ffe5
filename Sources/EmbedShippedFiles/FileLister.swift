import Foundation

/// Finds the JSON files of a folder and its subfolders.
enum FileLister {
  static func files(below folder: URL) throws -> [URL] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path(percentEncoded: false))
    return names.filter { $0.hasSuffix(".json") }.sorted().map { folder.appending(path: $0) }
  }
}
