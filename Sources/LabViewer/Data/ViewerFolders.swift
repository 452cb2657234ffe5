import LabCore
import LabFiles
import LabPipeline

/// Where the viewer finds data and keeps reports, and which files in there it touches.
///
/// Names that come from a page are compared with what is offered and never become part of a path by themselves.
struct ViewerFolders: Sendable {
  /// The folder with the usage files, and the one that holds a folder of reports for each.
  let data: String
  let reports: String

  /// - Parameter folder: one with `data/` in it (a project), or the folder of the data itself.
  /// - Throws: ``LabFailure`` of kind `notFound` when there is no such folder.
  init(_ folder: String) throws(LabFailure) {
    guard let status = FileHandle.status(of: folder) else {
      throw LabFailure(.notFound, code: "no_folder", "no folder '\(folder)'")
    }
    guard status.isFolder else {
      throw LabFailure(
        .notFound, code: "not_a_folder", "'\(folder)' is no folder",
        help: "name the folder with the data files; a file is chosen in the page")
    }
    let inner = Path.joined(folder, "data")
    data = FileHandle.status(of: inner)?.isFolder == true ? inner : folder
    reports = Path.joined(folder, "reports")
  }

  /// A file that the page may choose.
  struct Offer: Sendable, Equatable {
    /// Such as `peak.csv`, whether that file is there or only its part yet.
    var name: String
    var bytes: Int64
    /// Whether it is being written.
    var isPart: Bool
    var modified: Instant
  }

  /// The usage files of the folder, sorted by name: regular ones that stand in it. Devices, pipes and links that lead out of
  /// it are left out, and so are the lists of customers, which are no usage.
  func offers() -> [Offer] {
    guard let names = try? FileSystem.names(in: data) else { return [] }
    var offers: [String: Offer] = [:]
    for name in names {
      let isPart = name.hasSuffix(".csv.part")
      let final = isPart ? String(name.dropLast(".part".count)) : name
      guard final.hasSuffix(".csv"), !final.hasSuffix(".customers.csv"), !final.hasPrefix("."),
        let status = usable(name)
      else { continue }
      if let known = offers[final], known.modified > status.modified { continue }
      offers[final] = Offer(name: final, bytes: status.size, isPart: isPart, modified: status.modified)
    }
    return offers.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// What a name in the data folder is, when it is a regular file that stands there.
  private func usable(_ name: String) -> FileHandle.Status? {
    let path = Path.joined(data, name)
    guard let status = FileHandle.status(of: path), status.isRegular, let real = FileSystem.resolved(path),
      let folder = FileSystem.resolved(data), real.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
    else { return nil }
    return status
  }

  /// The names that belong to a usage file.
  func paths(of name: String) -> UsageFilePaths { UsageFilePaths(data: Path.joined(data, name)) }

  /// Where a usage file stands now: its part while that is newer than the file, else the file. Nil when neither is usable.
  func place(of name: String) -> (path: String, status: FileHandle.Status)? {
    let paths = paths(of: name)
    let part = usable(name + ".part")
    let final = usable(name)
    if let part, final.map({ part.modified >= $0.modified }) ?? true { return (paths.part, part) }
    return final.map { (paths.data, $0) }
  }

  /// The folder of a usage file's reports.
  func reports(of name: String) -> String { Path.joined(reports, Path.stem(of: name)) }
}
