import Glibc
import LabCore

/// Operations on paths. Invariant of the unsafe calls: paths are passed as zero-ended copies that live through the call.
public enum FileSystem {
  /// The whole content of a regular file of at most `limit` bytes.
  public static func read(_ path: String, limit: Int64 = 1 << 30) throws(FileError) -> [UInt8] {
    let handle = try FileHandle.reading(path)
    let size = try handle.status().size
    guard size <= limit else { throw FileError(.read, path, number: EFBIG, obstacle: .tooLarge) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(size) + 1)
    // A file of /proc says 0 and has content, and any file may grow meanwhile: read on until less comes than was asked for.
    var wanted = Int(size) + 1
    while try handle.read(into: &bytes, count: wanted, at: Int64(bytes.count)) == wanted {
      guard bytes.count <= limit else { throw FileError(.read, path, number: EFBIG, obstacle: .tooLarge) }
      wanted = max(bytes.count, 65_536)
    }
    guard bytes.count <= limit else { throw FileError(.read, path, number: EFBIG, obstacle: .tooLarge) }
    return bytes
  }

  /// Replaces a file in one step: the content is written to a neighbour of this process, which then takes the name. A link
  /// stays one; what it leads to is replaced. A device or pipe (`/dev/stdout`, `/dev/null`) is written directly.
  public static func replace(_ path: String, with bytes: [UInt8], synchronise: Bool = false) throws(FileError) {
    let file = try FileReplacement(path)
    try file.write(bytes)
    if synchronise { try file.synchronise() }
    try file.commit()
  }

  /// Where the content of a file grows until it is complete, and the name that it then takes: links are followed.
  static func unfinishedNames(of path: String) -> (neighbour: String, target: String) {
    let target = isLink(path) ? resolved(path) ?? path : path
    return (Path.joined(Path.folder(of: target), unfinishedName(for: Path.name(of: target))), target)
  }

  /// The name of a file that takes another name when it is complete: no other process has it, and none of a person.
  private static func unfinishedName(for name: String) -> String { ".\(name.prefix(50)).\(getpid())\(unfinishedEnd)" }
  private static let unfinishedEnd = ".unfinished"

  /// Whether a file was left by a process that ended before it was complete.
  static func isUnfinished(_ name: String) -> Bool { name.hasPrefix(".") && name.hasSuffix(unfinishedEnd) }

  public static func rename(_ path: String, to target: String) throws(FileError) {
    guard unsafe Glibc.rename(path, target) == 0 else { throw FileError(.rename, path, number: errno) }
  }

  /// Removes a file; one that is not there is no error.
  public static func remove(_ path: String) throws(FileError) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw FileError(.remove, path, number: errno) }
  }

  /// Creates a folder with those above it; one that is there is no error.
  public static func createFolder(_ path: String) throws(FileError) {
    if path.isEmpty || FileHandle.status(of: path)?.isFolder == true { return }
    guard path.utf8.count < Int(PATH_MAX) else { throw FileError(.create, path, number: ENAMETOOLONG) }
    let parent = Path.folder(of: path)
    if parent != path, parent != "." { try createFolder(parent) }
    guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else { throw FileError(.create, path, number: errno) }
    guard FileHandle.status(of: path)?.isFolder == true else { throw FileError(.create, path, number: ENOTDIR) }
  }

  /// The names in a folder, sorted by their bytes, without `.` and `..`.
  public static func names(in folder: String) throws(FileError) -> [String] {
    guard let stream = unsafe opendir(folder) else { throw FileError(.list, folder, number: errno) }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Whether two paths lead to the same file, by whatever links.
  public static func areSame(_ path: String, _ other: String) -> Bool {
    guard let one = FileHandle.status(of: path), let two = FileHandle.status(of: other) else { return false }
    return one.device == two.device && one.inode == two.inode
  }

  /// The absolute path of what a path leads to, all links followed; nil when nothing is there.
  public static func resolved(_ path: String) -> String? {
    guard !path.utf8.contains(0), let buffer = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(buffer) }
    return unsafe String(cString: buffer)
  }

  /// Whether anything is at the path.
  public static func exists(_ path: String) -> Bool { FileHandle.status(of: path) != nil }

  /// The absolute path of the working directory.
  public static var workingDirectory: String {
    guard let buffer = unsafe getcwd(nil, 0) else { return "." }
    defer { unsafe free(buffer) }
    return unsafe String(cString: buffer)
  }
}

extension FileSystem {
  /// Removes a folder with all that is in it; links are removed, not followed. One that is not there is no error.
  public static func removeFolder(_ path: String) throws(FileError) {
    guard isFolderItself(path) else {
      // A link, say: what it leads to is not ours.
      guard unsafe unlink(path) == 0 || errno == ENOENT else { throw FileError(.remove, path, number: errno) }
      return
    }
    for name in try names(in: path) {
      let inner = Path.joined(path, name)
      // A folder can't be unlinked, a link to one can.
      if unsafe unlink(inner) == 0 { continue }
      try removeFolder(inner)
    }
    guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw FileError(.remove, path, number: errno) }
  }
}

/// The running process among others.
public enum ProcessIdentity {
  /// Its number, for names that no other process gives.
  public static var number: Int { Int(getpid()) }
}
