import Foundation

/// Finds the files of a folder and its subfolders whose names end in one of some ways.
enum FileLister {
  static func files(below folder: URL, suffixes: [String]) throws -> [URL] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path(percentEncoded: false))
    return names.filter { name in suffixes.contains { name.hasSuffix($0) } }.sorted().map { folder.appending(path: $0) }
  }
}
